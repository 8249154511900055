"""A guess at the language of a message, by words that are frequent in one of ours and rare in the others."""

from flows.engine.words import words_of

_OTHER = "other"
_TELLING = 2
_ENOUGH = 2
_LETTERS = {"ß": "de", "ä": "de", "ö": "de", "¿": "es", "¡": "es", "ñ": "es"}

# Words that two of the languages share, or that a neighbouring language has too, are left out on purpose
# ("die", "was", "no", "me", "so", "an", "in").
_WORDS: dict[str, dict[int, str]] = {
    "en": {
        2: "where what when why how the my your please thanks thank hello have has been order orders shipped "
        "would could should want does don't delivery package tracking help need hey there and with this that "
        "still buy checkout which arrive arrived yes size",
        1: "is it are i to of for not hi you do did can will at on be from back",
    },
    "de": {
        2: "wo wann warum wie ist mein meine meinen meiner bitte danke hallo habe haben wurde nicht "
        "bestellung bestellt paket lieferung sendung warenkorb kasse ich und mochte hilfe guten tag "
        "morgen kommt noch eine einen wird schon moin servus gibt kann kannst konnen konnt ihr "
        "euch das mit fur auf bin",
        1: "der den dem ein zu von ja nein mir mich sie es oder",
    },
    "es": {
        2: "donde cuando como mi mis por favor gracias hola quiero tengo pedido pedidos paquete envio esta "
        "estan compra carrito ayuda necesito buenos buenas dias tardes llega llegado pero puedo cuanto cual "
        "muchas seguimiento hacer una los las para",
        1: "el la de que un y con se del si sin ya lo al su",
    },
    # Neighbours that would pass for one of ours: Portuguese, Dutch, French, Italian.
    _OTHER: {
        2: "onde meu minha nao voce obrigado obrigada ola waar mijn het een goedemorgen bedankt ou est "
        "bonjour merci commande je dove mio ciao grazie buongiorno ordine",
    },
}

_WEIGHTS = {
    locale: {word: weight for weight, words in weighted.items() for word in words.split()}
    for locale, weighted in _WORDS.items()
}


def guess_locale(text: str) -> str | None:
    """`en`, `de` or `es`, or None when unsure: no telling word, or about as many of two languages."""
    words = words_of(text)
    scores = {locale: sum(known.get(word, 0) for word in words) for locale, known in _WEIGHTS.items()}
    for letter in set(text[:1000].casefold()) & _LETTERS.keys():
        scores[_LETTERS[letter]] += _TELLING
    (best, score), (_, second) = sorted(scores.items(), key=lambda pair: -pair[1])[:2]
    return best if best != _OTHER and score >= _ENOUGH and score >= 2 * second else None
