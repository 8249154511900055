"""One trace on one screen: what came in, who, what was known, decided, said, and what came of it.

Plain lines that can be read aloud; colours say nothing that the words do not. Everything from outside is plain text.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from middleware.cli.outbox import advice_on
from middleware.cli.places import plain
from middleware.cli.trace_words import duration, engine, fate, headline
from middleware.domain.messages import SendState
from middleware.domain.trace import Trace, TraceBlock, TraceMessage, TraceOutcome, TraceTemplate

_LABEL = 10
_COLOURS: dict[TraceOutcome, str] = {"sent": "bold green", "failed": "bold red", "unknown": "bold yellow"}
_BLOCK_COLOURS = {"stale": "yellow", "error": "red", "withheld": "yellow"}


class Line(NamedTuple):
    """One line of the page, and a colour for it."""

    text: str
    style: str = ""


def page(trace: Trace, account: str) -> list[Line]:
    """The lines of a trace; `account` as the settings call it."""
    return [
        Line(plain(f"Turn {trace.turn} · {account} · {moment(trace.decided_at)}"), "dim"),
        Line(plain(headline(trace)), _COLOURS.get(trace.outcome, "bold")),
        *_labelled("came in", _came_in(trace)),
        *_labelled("burst", _burst(trace)),
        *_labelled("who", _who(trace)),
        *_labelled("knew", _knew(trace.blocks)),
        *_labelled("decided", _decided(trace)),
        *_labelled("engine", _engine(trace)),
        *_labelled("said", _said(trace)),
        *_labelled("effects", (Line(plain(each)) for each in trace.effects)),
        *_labelled("times", _times(trace)),
        *_labelled("note", (Line(plain(each), "yellow") for each in trace.notes)),
    ]


def moment(at: datetime) -> str:
    """A time: UTC, to the millisecond, as the stages are close together."""
    return f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03} UTC"


def _labelled(label: str, lines: Iterable[Line]) -> Iterable[Line]:
    """The lines behind a label; nothing at all without any."""
    for number, line in enumerate(lines):
        yield Line(f"{label if not number else '':<{_LABEL}}{line.text}", line.style)


def _words(text: str | None) -> Iterable[Line]:
    """What somebody wrote, set off by a bar."""
    return (Line(f"| {each}") for each in plain(text or "").splitlines() if (text or "").strip())


def _came_in(trace: Trace) -> Iterable[Line]:
    event = trace.event
    kind = (event.kind or "an event").replace("_", " ")
    files = f", with {', '.join(event.attachments)}" if event.attachments else ""
    yield Line(plain(f"{kind}{f' ({event.message_kind})' if event.message_kind else ''}{files} · {event.key}"))
    received = f", received {moment(event.received_at)}" if event.received_at is not None else ""
    yield Line(f"written {moment(event.written_at)}{received}")
    if event.came == "waiting":
        yield Line("its work is not over: it is in the inbox", "yellow")
    yield from _words(event.text)
    if event.payload:
        yield Line(plain(f"payload {event.payload}"))
    if event.referral:
        yield Line(plain(f"came by {event.referral}"))


def _burst(trace: Trace) -> Iterable[Line]:
    burst = trace.burst
    if burst is None:
        return
    for part in burst.parts:
        yield Line(plain(f"before it, in turn {part.turn}"))
        yield from _words(part.text)
    if not burst.parts:
        answer = f"answered in turn {burst.answered_by}" if burst.answered_by else "which turn answers it is not known"
        yield Line(answer)


def _who(trace: Trace) -> Iterable[Line]:
    who = trace.who
    level = f", level {who.level.name.lower()}" if who.level is not None else ""
    called = f", calls themselves {who.name}" if who.name else ""
    yield Line(plain(f"{who.sender}{level}{called} · profile {who.profile_id or 'none'}"))
    proved = {reason.identifier for reason in who.why}
    for identifier in who.identifiers:
        if identifier not in proved:
            yield Line(plain(f"{identifier} is what they write under"))
    for reason in who.why:
        yield Line(plain(f"{reason.identifier} {reason.evidence} by {reason.rule}, {reason.at:%Y-%m-%d}"))
    for claim in who.claims:
        yield Line(plain(f"claims the {claim.kind.replace('_', ' ')} {claim.masked}: not verified"))


def _knew(blocks: tuple[TraceBlock, ...]) -> Iterable[Line]:
    for block in blocks:
        told = [f"{block.name:<12}{block.state:<9}"]
        if block.source:
            told.append(f"from {block.source}")
        if block.age is not None:
            told.append(f"{duration(block.age)} old")
        level = block.needs_level.name.lower()
        told.append(f"needs level {level}" if block.state == "withheld" else f"level {level}")
        if block.why:
            told.append(block.why)
        yield Line(plain(" · ".join(told)), _BLOCK_COLOURS.get(block.state, ""))


def _decided(trace: Trace) -> Iterable[Line]:
    if trace.agent is not None:
        yield Line(plain("nothing was decided: an agent did it"))
        return
    flow = f"flow {trace.flow}" if trace.flow else "no flow"
    named = (
        flow,
        f"release {trace.release}" if trace.release else "",
        f"locale {trace.locale}" if trace.locale else "",
    )
    yield Line(plain(", ".join(filter(None, named))))
    for number, step in enumerate(trace.why, start=1):
        yield Line(plain(f"{number}. {step}"))


def _engine(trace: Trace) -> Iterable[Line]:
    found = trace.engine
    if found is None:
        return
    yield Line(plain(engine(found)))
    if found.until is not None and found.outcome in {"awaited", "being_asked"}:
        yield Line(f"until {moment(found.until)} at the latest")
    if found.asked_by is not None:
        yield Line(f"asked in turn {found.asked_by}")
    for answer in found.answered_by:
        yield Line(f"answered in turn {answer}")


def _said(trace: Trace) -> Iterable[Line]:
    for number, message in enumerate(trace.messages, start=1):
        by_whom = f"written by {trace.agent} (agent)" if trace.agent is not None else "no template"
        source = _template(message.template) if message.template is not None else by_whom
        form = f" as {message.form}" if message.form else ""
        yield Line(plain(f"{number}. {source}{form}"))
        yield from _words(message.text)
        if message.choices:
            yield Line(plain(f"choices: {' / '.join(message.choices)}"))
        yield Line(plain(fate(message)), {"failed": "red", "unknown": "yellow"}.get(message.state, ""))
        if message.state in {SendState.FAILED, SendState.UNKNOWN}:
            yield Line(plain(f"what to do: {advice_on(message.state, message.reason)}"))
        yield from _on_the_way(message)


def _on_the_way(message: TraceMessage) -> Iterable[Line]:
    if message.not_before is not None:
        yield Line(f"next attempt not before {moment(message.not_before)}")
    for receipt in message.receipts:
        yield Line(plain(f"reported {receipt.status}{f' {moment(receipt.at)}' if receipt.at is not None else ''}"))
    ids = [f"key {message.key}", *([f"id {message.message_id}"] if message.message_id else [])]
    yield Line(plain(" · ".join(ids)), "dim")


def _template(template: TraceTemplate) -> str:
    version = {None: "version not known", 0: "of its file"}.get(template.version, f"version {template.version}")
    perhaps = " or the one before it" if template.perhaps_before else ""
    parts = (
        f"template {template.name}",
        template.locale or "",
        f"variant {template.variant}" if template.variant else "",
        f"{version}{perhaps}",
        "its fallback" if template.fallback else "",
    )
    return ", ".join(filter(None, parts))


def _times(trace: Trace) -> Iterable[Line]:
    times = trace.times
    told = [
        f"{what} {duration(seconds)}"
        for what, seconds in (
            ("received to decided", times.waited),
            ("decided to settled", times.sending),
            ("received to settled", times.whole),
        )
        if seconds is not None
    ]
    if told:
        yield Line(", ".join(told))
