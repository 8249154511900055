"""Intent phrases: their words in order, in one message, with little between them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flows.engine.words import ANY_NUMBER, is_same_word, words_of

WORDS_BETWEEN = 2
"""How many other words may stand between two words of a phrase: "where is my [last] order"."""

_STEPS = range(1, WORDS_BETWEEN + 2)


class Heard:
    """The words of one message, and where each of them stands."""

    def __init__(self, text: str) -> None:
        self.words = words_of(text)
        self._starting: dict[str, list[int]] = defaultdict(list)
        self._places: dict[str, frozenset[int]] = {}
        for place, word in enumerate(self.words):
            self._starting[word[0]].append(place)

    @property
    def letters(self) -> frozenset[str]:
        """What its words begin with, and the sign of any number."""
        return frozenset({*self._starting, ANY_NUMBER})

    def places(self, wanted: str) -> frozenset[int]:
        """Where the wanted word stands. Only words with its first letter are compared."""
        if wanted not in self._places:
            everywhere = range(len(self.words))
            near = everywhere if wanted == ANY_NUMBER else self._starting.get(wanted[0], ())
            same = (place for place in near if is_same_word(wanted, self.words[place]))
            self._places[wanted] = frozenset(same)
        return self._places[wanted]


@dataclass(frozen=True, slots=True)
class Phrase:
    """One phrase of one language, as written in the flow and as words."""

    locale: str
    text: str
    words: tuple[str, ...]

    def stands_in(self, heard: Heard) -> bool:
        """Whether its words stand in the message in this order, at most two other words between each."""
        first, *others = self.words
        ends = heard.places(first)
        for word in others:
            if not ends:
                break
            reached = {end + step for end in ends for step in _STEPS}
            ends = heard.places(word) & reached
        return bool(ends)


class Phrases:
    """The phrases of one flow, kept by their first words: a message is compared with few of them."""

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        self._by_letter: dict[str, dict[str, list[tuple[int, Phrase]]]] = defaultdict(lambda: defaultdict(list))
        # Most words first, so that the most telling one is found first.
        for rank, phrase in enumerate(sorted(phrases, key=lambda each: -len(each.words))):
            first = phrase.words[0]
            self._by_letter[first[0]][first].append((rank, phrase))

    def standing_in(self, heard: Heard) -> list[Phrase]:
        """The phrases that stand in a message, most words first."""
        found = [
            ranked
            for letter in heard.letters & self._by_letter.keys()
            for first, beginning in self._by_letter[letter].items()
            if heard.places(first)
            for ranked in beginning
            if ranked[1].stands_in(heard)
        ]
        return [phrase for _, phrase in sorted(found, key=lambda ranked: ranked[0])]


def phrases_of(intent: Mapping[str, tuple[str, ...]]) -> Phrases:
    """The phrases of a flow, from texts by language."""
    return Phrases(Phrase(locale, text, words_of(text)) for locale, texts in intent.items() for text in texts)
