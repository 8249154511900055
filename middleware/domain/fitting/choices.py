"""Fitting quick replies, buttons and lists: buttons, else quick replies, else numbered lines."""

from collections.abc import Sequence

from middleware.domain.capabilities import ButtonRule, ListRule
from middleware.domain.fitting.bench import Bench, numbered, one_line, opaque, pair, under
from middleware.domain.forms import Button, Buttons, Choices, PhoneButton, ReplyButton, Row, Section, UrlButton
from middleware.domain.messages import QuickReply, Reply


def fit_quick_replies(bench: Bench, plain: Reply, choices: Sequence[QuickReply]) -> tuple[Reply, ...]:
    """Quick replies where there are any, else buttons if all fit whole, else numbered lines."""
    if not choices:
        return bench.said(plain)
    rule = bench.channel.quick_replies
    if rule is None:
        return _as_buttons(bench, plain, choices)
    usable = [each for each in choices if one_line(each.title) and opaque(each.payload, rule.payload)]
    if len(usable) < len(choices):
        bench.note("choices whose payload does not fit are left out")
    if not usable:
        return bench.said(plain)
    if len(usable) > rule.most or not plain.text:
        bench.note("choices became numbered lines")
        return bench.written(plain, numbered(one_line(each.title) for each in usable))
    shown = tuple(
        QuickReply(title=bench.line(each.title, rule.title, "a choice"), payload=each.payload) for each in usable
    )
    (said,) = bench.said(plain)
    return (said.model_copy(update={"quick_replies": shown}),)


def _as_buttons(bench: Bench, plain: Reply, choices: Sequence[QuickReply]) -> tuple[Reply, ...]:
    rule = bench.channel.buttons
    buttons = tuple(ReplyButton(title=one_line(each.title), payload=each.payload) for each in choices)
    whole = all(0 < len(each.title) <= rule.title and opaque(each.payload, rule.payload) for each in buttons)
    if whole and _fits(rule, plain.text, buttons):
        bench.note("choices became buttons")
        return (plain.model_copy(update={"form": Buttons(buttons=buttons)}),)
    bench.note("choices became numbered lines")
    return bench.written(plain, numbered(each.title for each in buttons if each.title))


def fit_buttons(bench: Bench, plain: Reply, form: Buttons) -> tuple[Reply, ...]:
    """Buttons of the kinds that the channel has; the others are written under the text."""
    rule, buttons = bench.channel.buttons, form.buttons
    legible = [each for each in buttons if one_line(each.title)]
    usable = [each for each in legible if not isinstance(each, ReplyButton) or opaque(each.payload, rule.payload)]
    if rule.most and len(usable) < len(buttons):
        bench.note("buttons without a title, or whose payload does not fit, are left out")
    if not rule.most:
        usable = legible
    kept, lines = _mixing(rule, usable)
    mark = len(bench.notes)
    shown = tuple(each.model_copy(update={"title": bench.line(each.title, rule.title, "a button")}) for each in kept)
    if _fits(rule, under(plain.text, lines), shown):
        if lines:
            bench.note("buttons that cannot be shown are written out")
        text = under(plain.text, lines)
        return (plain.model_copy(update={"text": text, "form": Buttons(buttons=shown)}),)
    bench.forget(mark)
    return _without_buttons(bench, plain, usable)


def _mixing(rule: ButtonRule, buttons: Sequence[Button]) -> tuple[list[Button], list[str]]:
    """The buttons that can stand together, and lines for the others."""
    kinds: set[str] = set(rule.kinds)
    if not rule.mixed and any(isinstance(each, ReplyButton) for each in buttons):
        kinds = {"reply"}
    kept = [each for each in buttons if each.kind in kinds]
    if not rule.mixed and len(kept) > 1 and "reply" not in {each.kind for each in kept}:
        kept = []
    return kept, [written_out(each) for each in buttons if each not in kept]


def _fits(rule: ButtonRule, text: str, buttons: Sequence[Button]) -> bool:
    if not 0 < len(buttons) <= rule.most or not rule.text.holds(text):
        return False
    payloads = [each.payload for each in buttons if isinstance(each, ReplyButton)]
    titles = {each.title for each in buttons}
    return not rule.unique or (len(titles) == len(buttons) and len(set(payloads)) == len(payloads))


def _without_buttons(bench: Bench, plain: Reply, buttons: Sequence[Button]) -> tuple[Reply, ...]:
    """Quick replies under the text and the rest written out; else all of it in numbered lines."""
    choices = [QuickReply(title=each.title, payload=each.payload) for each in buttons if isinstance(each, ReplyButton)]
    others = [written_out(each) for each in buttons if not isinstance(each, ReplyButton)]
    rule = bench.channel.quick_replies
    if rule is not None and 0 < len(choices) <= rule.most and bench.holds(text := under(plain.text, others)):
        bench.note("buttons became quick replies")
        return fit_quick_replies(bench, plain.model_copy(update={"text": text}), choices)
    if buttons:
        bench.note("buttons became lines")
    return bench.written(plain, [*numbered(one_line(each.title) for each in choices), *others])


def written_out(button: Button) -> str:
    """A button as a line of text."""
    match button:
        case UrlButton(title=title, url=url):
            return pair(title, url)
        case PhoneButton(title=title, phone=phone):
            return pair(title, phone)
        case ReplyButton(title=title):
            return one_line(title)


def fit_list(bench: Bench, plain: Reply, choices: Choices) -> tuple[Reply, ...]:
    """A list where there is one, else quick replies, else numbered lines."""
    rule = bench.channel.list
    rows = [row for row in choices.rows() if one_line(row.title)]
    mark = len(bench.notes)
    shown = _list(bench, rule, choices) if rule is not None and rule.text.holds(plain.text) else None
    if shown is not None:
        return (plain.model_copy(update={"form": shown}),)
    bench.forget(mark)
    quick = bench.channel.quick_replies
    described = [pair(row.title, row.description) for row in rows if row.description]
    if quick is not None and 0 < len(rows) <= quick.most and bench.holds(text := under(plain.text, described)):
        bench.note("the list became quick replies")
        replies = tuple(QuickReply(title=row.title, payload=row.payload) for row in rows)
        return fit_quick_replies(bench, plain.model_copy(update={"text": text}), replies)
    bench.note("the list became numbered lines")
    return bench.written(plain, numbered(pair(row.title, row.description) for row in rows))


def _list(bench: Bench, rule: ListRule, choices: Choices) -> Choices | None:
    """The list within its rule, or None if it does not go into one."""
    seen: set[str] = set()
    sections = [(each.title, _rows(bench, rule, each, seen)) for each in choices.sections]
    filled = [(bench.opt_line(title, rule.section_title, "a heading"), rows) for title, rows in sections if rows]
    count = sum(len(rows) for _, rows in filled)
    if len(filled) > 1 and not all(title for title, _ in filled):
        bench.note("sections without a heading became one")
        filled = [(None, tuple(row for _, rows in filled for row in rows))]
    if not 0 < len(filled) <= rule.sections or count > rule.rows or not one_line(choices.button):
        return None
    return Choices(
        button=bench.line(choices.button, rule.button, "the list's button"),
        sections=tuple(Section(title=title, rows=rows) for title, rows in filled),
    )


def _rows(bench: Bench, rule: ListRule, section: Section, seen: set[str]) -> tuple[Row, ...]:
    rows = []
    for row in section.rows:
        if not one_line(row.title) or not opaque(row.payload, rule.payload) or row.payload in seen:
            bench.note("rows without a title, or whose payload does not fit or comes twice, are left out")
            continue
        seen.add(row.payload)
        title = bench.line(row.title, rule.title, "a row")
        description = bench.opt_line(row.description, rule.description, "a description")
        rows.append(Row(title=title, payload=row.payload, description=description))
    return tuple(rows)
