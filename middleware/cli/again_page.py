"""A turn decided again, and many of them, on a terminal. Everything from outside is plain text here."""

import difflib
from collections.abc import Iterable

from middleware.cli.places import plain, when
from middleware.cli.trace_page import Line
from middleware.domain.again import FlowAgain, TurnAgain, TurnsAgain, Verdict

_HEAD: dict[Verdict, str] = {
    "same": "Decided the same.",
    "other_reasons": "The customer would get the same, for other reasons.",
    "different": "Decided otherwise: {}.",
    "not_possible": "It cannot be decided again: {}.",
}
_COLOUR: dict[Verdict, str] = {"same": "bold green", "different": "bold yellow", "not_possible": "bold red"}
_SIGNS = {"+": "green", "-": "red", "@": "cyan"}


def page(again: TurnAgain) -> list[Line]:
    """The lines of one turn: the verdict, and what differs."""
    told = again.because or ", ".join(each for each in again.differs if each != "why")
    return [
        Line(plain(f"Turn {again.turn} · {again.channel} · {when(again.decided_at)}"), "dim"),
        Line(plain(_HEAD[again.verdict].format(told)), _COLOUR.get(again.verdict, "bold")),
        *_differences(again),
        *(Line(plain(f"not restored: {each}")) for each in again.not_restored),
        *(
            line
            for answer in again.answers
            for line in (Line("The engine's answer, as it is on record:"), *page(answer))
        ),
    ]


def _differences(again: TurnAgain) -> Iterable[Line]:
    then, now = again.then, again.now
    if now is None:
        return
    if "flow" in again.differs:
        yield Line(plain(f"flow      {then.flow or 'no flow'} -> {now.flow or 'no flow'}"))
    if "effects" in again.differs:
        yield from _compared("effects", then.effects, now.effects)
    if "state" in again.differs:
        yield Line("state     the flow would go on elsewhere")
    if again.differs:
        yield from _compared("why", then.why, now.why)
    if again.diff:
        yield Line("messages")
        yield from (_signed(line) for line in again.diff.splitlines())


def _compared(what: str, then: tuple[str, ...], now: tuple[str, ...]) -> Iterable[Line]:
    """Two lists, line by line: what was there only then, only now, or both times."""
    yield Line(what)
    lines = (line for line in difflib.ndiff(then, now) if not line.startswith("?"))
    yield from (_signed(f"{line[:1]} {line[2:].rstrip()}") for line in lines)


def _signed(line: str) -> Line:
    return Line(f"  {plain(line)}", _SIGNS.get(line[:1], ""))


def sum_page(found: TurnsAgain, flow: str) -> list[Line]:
    """The lines of many turns: how many would be decided otherwise, by flow, and some of them."""
    of = f" of the flow {flow}" if flow else ""
    ended = " It was ended early: these are not all." if found.early else ""
    if not found.turns:
        return [Line(plain(f"None of the last {found.last:,} turns is{of or ' there'}.{ended}"))]
    lines = [
        Line(
            plain(f"{found.different:,} of {found.turns:,} turns{of} would be decided otherwise.{ended}"),
            "bold yellow" if found.different else "bold green",
        ),
        Line(
            f"{found.same:,} the same, {found.other_reasons:,} the same for other reasons, {found.not_possible:,}"
            f" cannot be decided again; since {when(found.since)}"
        ),
        Line(f"  {'flow':32}{'turns':>8}{'otherwise':>11}  would be answered by"),
        *(_flow_line(each) for each in found.flows),
        *(Line(plain(f"  {count:>7,}  {because}"), "yellow") for because, count in found.because.items()),
    ]
    if found.examples:
        lines.append(Line("Some of them: `throughline replay turn ID` shows the difference"))
    return [*lines, *(_example(found, number) for number in range(len(found.examples)))]


def _flow_line(each: FlowAgain) -> Line:
    became = ", ".join(f"{flow} {count:,}" for flow, count in each.became.items())
    return Line(plain(f"  {each.flow or 'no flow':32}{each.turns:>8,}{each.different:>11,}  {became}".rstrip()))


def _example(found: TurnsAgain, number: int) -> Line:
    each = found.examples[number]
    flow = each.flow or "no flow"
    change = flow if each.flow == each.flow_now else f"{flow} -> {each.flow_now or 'no flow'}"
    differs = ", ".join(what for what in each.differs if what != "why")
    return Line(plain(f"  {each.turn} · {each.channel} · {when(each.decided_at)} · {change} · {differs}"))
