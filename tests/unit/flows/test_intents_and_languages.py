"""Intent phrases and the guess at a language."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.engine import guess_locale
from flows.engine.intents import Heard, phrases_of
from flows.engine.words import is_same_word, words_of


@pytest.mark.parametrize(
    ("wanted", "written"),
    [
        ("order", "order"),
        ("order", "ordre"),
        ("package", "pakage"),
        ("tracking", "trackng"),
        ("warenkorb", "warenkob"),
        ("bestellung", "bestelung"),
        ("sendungsverfolgung", "sendungverfolgng"),
        ("#", "1001"),
        ("#", "ab-1001"),
    ],
)
def test_typing_errors_in_long_words_are_forgiven(wanted: str, written: str) -> None:
    """One slip from six letters on, two from ten on, neighbours turned around from five on."""
    assert is_same_word(wanted, written)


@pytest.mark.parametrize(
    ("wanted", "written"),
    [
        ("cart", "card"),
        ("cart", "carta"),
        ("order", "older"),
        ("order", "oder"),
        ("order", "border"),
        ("order", "ordner"),
        ("basket", "casket"),
        ("carrito", "barrito"),
        ("warenkorb", "warenk"),
        ("my", "by"),
        ("#", "12"),
        ("#", "order"),
    ],
)
def test_short_words_and_other_words_are_told_apart(wanted: str, written: str) -> None:
    """A word that is a word of its own is never taken for a typing error."""
    assert not is_same_word(wanted, written)


@pytest.mark.parametrize(
    ("text", "stands"),
    [
        ("where is my order", True),
        ("WHERE IS MY ORDER?!", True),
        ("hey, where is my last order please", True),
        ("where on earth is my order", True),
        ("order my is where", False),
        ("where is she and what is it with my little brother and his order", False),
        ("", False),
    ],
)
def test_phrases_stand_in_order_with_little_between(text: str, stands: bool) -> None:  # noqa: FBT001 - a table
    """The words of a phrase stand in its order, at most two other words between."""
    phrases = phrases_of({"en": ("where is my order",)})

    assert bool(phrases.standing_in(Heard(text))) is stands


def test_the_longest_phrase_comes_first() -> None:
    """What tells most is found first, whatever the order in the file."""
    phrases = phrases_of({"en": ("order", "finish my order", "my order")})

    assert [one.text for one in phrases.standing_in(Heard("finish my order"))] == [
        "finish my order",
        "my order",
        "order",
    ]


def test_words_are_folded() -> None:
    """Case, accents and marks make no difference; only the beginning of a long text is read."""
    assert words_of("¿DÓNDE está, mi-Pedido #7?") == ("donde", "esta", "mi-pedido", "7")
    assert words_of("STRASSE Straße") == ("strasse", "strasse")
    assert len(words_of("a " * 100_000)) == 80


@pytest.mark.parametrize(
    ("text", "locale"),
    [
        ("Where is my order?", "en"),
        ("Hello!", "en"),
        ("thanks", "en"),
        ("do you ship to Germany", "en"),
        ("Wo ist meine Bestellung?", "de"),
        ("Moin", "de"),
        ("Gibt es das auch in rot?", "de"),
        ("größer?", "de"),
        ("¿Dónde está mi pedido?", "es"),
        ("hola", "es"),
        ("cuanto cuesta", "es"),
        ("mañana", "es"),
        ("", None),
        ("ok", None),
        ("1001", None),
        ("👍", None),
        ("no", None),
        ("Waar is mijn bestelling?", None),
        ("Où est ma commande ?", None),
        ("dov'è il mio ordine", None),
        ("onde está meu pedido", None),
        ("hola hello hallo", None),
    ],
)
def test_the_language_is_guessed_or_left_open(text: str, locale: str | None) -> None:
    """Telling words decide; shared words, other languages and mixtures leave it open."""
    assert guess_locale(text) == locale


@given(st.text(max_size=300))
def test_any_text_can_be_heard(text: str) -> None:
    """No text breaks matching or guessing."""
    phrases_of({"en": ("where is #", "my order")}).standing_in(Heard(text))
    assert guess_locale(text) in {"en", "de", "es", None}
