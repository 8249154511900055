"""Fitting cards: cards, else a list or buttons, else lines with their links."""

from collections.abc import Sequence

from middleware.domain.capabilities import CardRule
from middleware.domain.fitting.bench import Bench, one_line, opaque, pair, under
from middleware.domain.fitting.choices import fit_buttons, fit_list, written_out
from middleware.domain.forms import Button, Buttons, Card, Cards, Choices, ReplyButton, Row, Section, UrlButton
from middleware.domain.messages import Reply


def fit_cards(bench: Bench, plain: Reply, form: Cards) -> tuple[Reply, ...]:
    """Cards where the channel has such, introduced in the same message if there is room, else in one before it."""
    rule, cards, mark = bench.channel.cards, form.cards, len(bench.notes)
    shown = [_card(bench, rule, card) for card in cards]
    whole = tuple(card for card in shown if card is not None)
    if len(whole) < len(cards) or not _has_room(bench, rule, plain, whole):
        bench.forget(mark)
        return _without_cards(bench, plain, cards)
    if rule.text is not None:
        return (_showing(plain, whole),)
    if plain.text:
        bench.note("the introduction is a message of its own")
    silent = plain.model_copy(update={"text": ""})
    chunks = [whole[start : start + rule.most] for start in range(0, len(whole), rule.most)]
    return (*bench.said(plain), *(_showing(silent, chunk) for chunk in chunks))


def _has_room(bench: Bench, rule: CardRule, plain: Reply, cards: tuple[Card, ...]) -> bool:
    """Whether so many cards can be shown with this introduction."""
    if rule.text is not None:
        return rule.least <= len(cards) <= rule.most and rule.text.holds(plain.text)
    return rule.most > 0 and not (bench.alone and (plain.text or len(cards) > rule.most))


def _showing(plain: Reply, cards: tuple[Card, ...]) -> Reply:
    return plain.model_copy(update={"form": Cards(cards=cards)})


def _card(bench: Bench, rule: CardRule, card: Card) -> Card | None:
    """The card within its rule, or None if it does not go into one."""
    buttons = tuple(_button(bench, rule, button) for button in card.buttons)
    shown = tuple(button for button in buttons if button is not None)
    if len(shown) < len(card.buttons) or len(shown) > rule.buttons or not one_line(card.title):
        return None
    if rule.body:
        return _with_one_text(bench, rule, card, shown)
    title = bench.line(card.title, rule.title, "a card's title")
    subtitle = bench.opt_line(card.subtitle, rule.subtitle, "a card's subtitle")
    if not (subtitle or card.image_url or shown):
        return None
    return Card(title=title, subtitle=subtitle, image_url=card.image_url, buttons=shown)


def _with_one_text(bench: Bench, rule: CardRule, card: Card, buttons: tuple[Button, ...]) -> Card | None:
    """A card whose title and subtitle are one text, under a picture and over exactly its buttons."""
    if card.image_url is None or len(buttons) != rule.buttons:
        return None
    title = bench.line(card.title, rule.body, "a card's title")
    room = rule.body - len(title) - 1
    subtitle = bench.opt_line(card.subtitle, room, "a card's subtitle") if room > 0 else None
    return Card(title=title, subtitle=subtitle, image_url=card.image_url, buttons=buttons)


def _button(bench: Bench, rule: CardRule, button: Button) -> Button | None:
    unsendable = isinstance(button, ReplyButton) and not opaque(button.payload, rule.button.payload)
    if button.kind not in rule.button.kinds or unsendable or not one_line(button.title):
        return None
    return button.model_copy(update={"title": bench.line(button.title, rule.button.title, "a button")})


def _without_cards(bench: Bench, plain: Reply, cards: Sequence[Card]) -> tuple[Reply, ...]:
    """One choice a card: a list. A single card: its words with its buttons. Else lines."""
    bench.note("cards became text" + (", their pictures are left out" if any(card.image_url for card in cards) else ""))
    choices = _as_list(cards) if bench.channel.list and not bench.alone else None
    if choices is not None and plain.text:
        return fit_list(bench, plain, choices)
    if len(cards) == 1 and cards[0].buttons:
        head = pair(cards[0].title, cards[0].subtitle)
        introduced = plain.model_copy(update={"text": under(plain.text, [head])})
        return fit_buttons(bench, introduced, Buttons(buttons=cards[0].buttons))
    lines = [line for card in cards for line in _lines(card)]
    return bench.written(plain, [line for line in lines if line])


def _as_list(cards: Sequence[Card]) -> Choices | None:
    """A list with a row for each card, if each offers exactly one choice."""
    rows = []
    for card in cards:
        if len(card.buttons) != 1 or not isinstance(card.buttons[0], ReplyButton):
            return None
        rows.append(Row(title=card.title, payload=card.buttons[0].payload, description=card.subtitle))
    return Choices(button=cards[0].buttons[0].title, sections=(Section(rows=tuple(rows)),))


def _lines(card: Card) -> list[str]:
    """A card in words; a single link stands behind them."""
    head = pair(card.title, card.subtitle)
    match card.buttons:
        case (UrlButton(url=url),):
            return [pair(head, url)]
    return [head, *(f"- {written_out(button)}" for button in card.buttons if one_line(button.title))]
