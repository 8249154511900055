"""What a message asks about a product, and the sentence of a description that answers it.

Nothing is understood here, and nothing inferred: words are looked for. A sentence counts only if every word that was
asked for stands in it, and it is quoted as it is. Whatever else was asked is left to a person.
"""

import re
from dataclasses import dataclass

from flows.engine.words import is_same_word, words_of
from flows.schema import SENTENCE_LENGTH

_PRICE_WORDS = (
    "price prices cost costs expensive cheap preis preise kostet kosten teuer wieviel precio precios cuesta "
    "cuestan cara caro"
)
_STOCK_WORDS = (
    "stock available availability sold lager verfugbar vorratig lieferbar ausverkauft disponible disponibles "
    "agotado agotada existencias queda quedan"
)
_FILLING_WORDS = {
    "en": (
        "a about all am an and any are as at be been but by can could did do does for from get give good got "
        "had has he hello help hey hi how i id if im in is it its just know like look looking many me might "
        "more my need of off on one ones or order our please product question say see she should so some "
        "still tell thank thanks that thats the their them then there these they thing this those to too us "
        "very want was we were what whats when where which who why will with would you your yours"
    ),
    "beside others only": ("much viel vale cuanto sale out habt teneis"),
    "de": (
        "aber als am an auch auf aus bei bin bitte bist da danke das dass dein deine dem den denn der des die "
        "dies diese dieser dieses dir doch du ein eine einem einen einer er es etwas euch euer fur gerne "
        "geben gibt guten habe haben hallo hat hatte ich ihm ihn ihr im in ist ja kann kannst konnen konnt "
        "konnte mal man mehr mein meine mich mir mit mochte mochten nach noch nur ob oder produkt sagen schon "
        "sehr sich sie sind so tag und uns vom von war was welche wenn wer werden wie wieviel will wir wird "
        "wo wurde zu zum zur"
    ),
    "es": (
        "al algo buenas bueno buenos como con cual cuando de del dia dias donde e el ella ellos en era es esa "
        "ese eso esta estan estas este esto estos favor gracias hay hola la las le lo los mas me mi mis muy o "
        "para pero podeis podria por porque puede puedes que queria quiero saber se ser si sobre soy son su "
        "sus tambien te tengo ti tiene tienes tu tus un una uno unos y ya producto pregunta"
    ),
}
"""Words that carry no question of their own, without accents; among them such as ask only beside others."""

_PRICE = frozenset(_PRICE_WORDS.split())
_PRICE_TOGETHER = ({"how", "much"}, {"wie", "viel"}, {"cuanto", "vale"}, {"cuanto", "es"}, {"cuanto", "sale"})
"""Words that ask for a price only beside each other: "vale" alone is a yes."""
_STOCK = frozenset(_STOCK_WORDS.split())
_FILLING = frozenset(word for words in _FILLING_WORDS.values() for word in words.split())

_ASKS = re.compile("[?\u00bf\uff1f]")
_SENTENCE = re.compile(r"[^.!?\n]+(?:[.!?](?![\s])[^.!?\n]*)*[.!?]?")
_MOST_WORDS = 6
"""Content words in a question. More are a story, and no sentence of a description is its answer."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a message asks about a product. `words` are those that its description would have to hold."""

    price: bool = False
    stock: bool = False
    words: tuple[str, ...] = ()
    marked: bool = False
    """It bears a question mark."""

    @property
    def is_one(self) -> bool:
        """Whether anything is asked at all."""
        return self.price or self.stock or (self.marked and bool(self.words))


def question_in(text: str, title: str) -> Question:
    """What a text asks about the product of this title. The words of the title ask for nothing."""
    named = words_of(title)
    said = [word for word in words_of(text) if not any(is_same_word(part, word) for part in named)]
    carrying = [word for word in said if word not in _FILLING | _PRICE | _STOCK]
    return Question(
        price=bool(_PRICE & set(said)) or any(together <= set(said) for together in _PRICE_TOGETHER),
        stock=bool(_STOCK & set(said)),
        words=tuple(dict.fromkeys(carrying)),
        marked=bool(_ASKS.search(text)),
    )


def sentence_with(description: str, words: tuple[str, ...]) -> str | None:
    """The first sentence in which every word stands; None if there is none, or it is too long to be quoted whole."""
    if not words or len(words) > _MOST_WORDS:
        return None
    for match in _SENTENCE.finditer(description):
        sentence = match[0].strip()
        written = words_of(sentence)
        if len(sentence) <= SENTENCE_LENGTH and all(
            any(is_same_word(word, each) for each in written) for word in words
        ):
            return sentence
    return None
