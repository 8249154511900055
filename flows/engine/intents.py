"""Intent phrases: their words in order, in one message, with little between them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
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


def phrases_of(intent: Mapping[str, tuple[str, ...]]) -> tuple[Phrase, ...]:
    """The phrases of a flow, most words first, so that the most telling one is found first."""
    phrases = (Phrase(locale, text, words_of(text)) for locale, texts in intent.items() for text in texts)
    return tuple(sorted(phrases, key=lambda phrase: -len(phrase.words)))


def matches(phrases: tuple[Phrase, ...], heard: Heard) -> Iterator[Phrase]:
    """The phrases that stand in a message, most words first."""
    return (phrase for phrase in phrases if phrase.stands_in(heard))
