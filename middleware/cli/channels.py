"""`throughline channels`: what each channel can do, from the one table; `docs/channels.md` is this page."""

from collections.abc import Callable, Iterable
from typing import Annotated

import typer

from middleware.cli.output import print_json, shown
from middleware.domain.capabilities import ButtonRule, Capabilities, MediaRule, Size
from middleware.domain.channels import CHANNELS
from middleware.domain.record import Record

_NONE = "-"

_HEAD = """# What each channel can do

Made from `middleware/domain/channels.py` by `throughline channels`; a test sees to it that it is current. Change the
table, then write the page anew: `throughline channels > docs/channels.md`.

What a channel has not got becomes the nearest thing that it has, with a note in the turn's trace: buttons become quick
replies or lines, a list the same, cards a list or lines with their links, a caption a message of its own, a sticker a
picture, a question of the platform's own a plain one. Nothing over a limit is sent, and no half message.
"""


def channels(
    as_json: Annotated[bool, typer.Option("--json", help="Print the table as JSON")] = False,
) -> None:
    """Show what each channel can send, and how much of it."""
    if as_json:
        print_json({name: channel.model_dump(mode="json") for name, channel in CHANNELS.items()})
        return
    shown.print(page(), markup=False, end="")


def page() -> str:
    """The table for people, as Markdown."""
    parts = [
        _HEAD,
        "## Forms\n",
        _table("", [(what, _each(cell)) for what, cell in _FORMS.items()]),
        "\n## Media\n\nSize of the file, types, and how long its caption may be.\n",
        _table("", [(kind, _each(_media(kind))) for kind in ("image", "audio", "video", "file", "sticker")]),
        "\n## How fast\n",
        _table("", [(what, _each(cell)) for what, cell in _SPEED.items()]),
        f"\n## Sources\n\n{_SOURCES}.\n",
        _table("", [(what, _each(_source(what))) for what in _SOURCED]),
    ]
    return "\n".join(part.rstrip("\n") if part.startswith("|") else part for part in parts) + "\n"


_SOURCES = "M: Messenger Platform, I: Instagram Messaging, W: WhatsApp Business Platform, T: Throughline"

Cell = Callable[[Capabilities], str]


def _each(cell: Cell) -> list[str]:
    return [cell(channel) for channel in CHANNELS.values()]


def _table(corner: str, rows: Iterable[tuple[str, list[str]]]) -> str:
    lines = [(corner, list(CHANNELS)), ("---", ["---"] * len(CHANNELS)), *rows]
    return "\n".join(f"| {' | '.join([first, *cells])} |" for first, cells in lines)


def _size(size: Size) -> str:
    return f"{size.most:,} {'bytes' if size.in_bytes else 'characters'}"


def _quick_replies(channel: Capabilities) -> str:
    rule = channel.quick_replies
    if rule is None:
        return f"as buttons, or numbered lines (at most {channel.buttons.most} buttons)"
    return f"{rule.most}; title {rule.title}, payload {rule.payload:,}"


def _buttons(channel: Capabilities) -> str:
    rule = channel.buttons
    return f"{_kinds(rule, rule.most)} under {_size(rule.text)}; title {rule.title}, payload {rule.payload:,}"


def _kinds(rule: ButtonRule, most: int) -> str:
    """How many buttons of which kinds; where they do not mix, one alone opens a page."""
    return (
        f"{most} of {', '.join(rule.kinds)}" if rule.mixed or len(rule.kinds) == 1 else f"{most} of reply, or 1 of url"
    )


def _list(channel: Capabilities) -> str:
    rule = channel.list
    if rule is None:
        return _NONE
    return (
        f"{rule.rows} rows in {rule.sections} sections under {_size(rule.text)}; button {rule.button}, heading "
        f"{rule.section_title}, title {rule.title}, description {rule.description}, payload {rule.payload}"
    )


def _cards(channel: Capabilities) -> str:
    rule = channel.cards
    words = f"text {rule.body}, a picture each" if rule.body else f"title {rule.title}, subtitle {rule.subtitle}"
    under = f" under {_size(rule.text)}" if rule.text is not None else ""
    return f"{rule.least} to {rule.most}{under}; {words}; buttons: {_kinds(rule.button, rule.buttons)}"


def _approved(channel: Capabilities) -> str:
    rule = channel.approved
    return _NONE if rule is None else f"{rule.called}; a parameter {rule.parameter:,}"


def _media(kind: str) -> Cell:
    def cell(channel: Capabilities) -> str:
        rule: MediaRule | None = {str(name): each for name, each in channel.media.items()}.get(kind)
        if rule is None:
            return _NONE
        caption = f"; caption {rule.caption:,}" if rule.caption is not None else ""
        return f"{_bytes(rule.size)}; {', '.join(_short(mime) for mime in rule.mimes)}{caption}"

    return cell


def _bytes(size: int) -> str:
    mebi = size // (1024 * 1024)
    return f"{mebi} MiB" if mebi else f"{size // 1024} KiB"


def _short(mime: str) -> str:
    """A MIME type by its last word: those of office files are long."""
    return mime.rpartition("/")[2].rpartition(".")[2]


def _pair(channel: Capabilities) -> str:
    rates = channel.rates
    if rates.pair_seconds is None:
        return _NONE
    return f"one every {rates.pair_seconds:g} s, {rates.pair_burst} at once"


def _yes(value: object) -> str:
    return "yes" if value else _NONE


_FORMS: dict[str, Cell] = {
    "text": lambda channel: _size(channel.text.size),
    "quick replies": _quick_replies,
    "buttons": _buttons,
    "list": _list,
    "cards": _cards,
    "approved template": _approved,
    "ask for": lambda channel: ", ".join(channel.asks) or _NONE,
    "reaction": lambda channel: _yes(channel.reactions),
    "quote a message": lambda channel: _yes(channel.reply_to),
    "private reply to a comment": lambda channel: "one text" if channel.comments else _NONE,
    "tag for a person's late answer": lambda channel: ", ".join(channel.tags) or _NONE,
    "signals": lambda channel: ", ".join(channel.signals) or _NONE,
    "an uploaded file is kept": lambda channel: f"{channel.upload_days} days" if channel.upload_days else _NONE,
    "the window": lambda channel: "always open" if channel.always_open else "24 hours",
}

_SPEED: dict[str, Cell] = {
    "messages a second": lambda channel: f"{channel.rates.text_per_second:g}",
    "audio and video a second": lambda channel: f"{channel.rates.media_per_second:g}",
    "to one person": _pair,
}

_SOURCED = ("text", "quick_replies", "buttons", "list", "cards", "approved", "media", "asks", "rates")


def _source(part: str) -> Cell:
    def cell(channel: Capabilities) -> str:
        rule = getattr(channel, part)
        rules: Iterable[Record] = rule.values() if isinstance(rule, dict) else filter(None, (rule,))
        return "; ".join(dict.fromkeys(str(getattr(each, "source", "")) for each in rules)) or _NONE

    return cell
