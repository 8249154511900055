"""`throughline templates render`: the messages that come of a template file and a context, without a server."""

import json
from typing import Annotated, Any, NoReturn

import typer

from flows.language import RenderFailure
from flows.preview.checking import Checked
from flows.preview.customers import Customer
from flows.preview.real import customer_of
from flows.preview.showing import Shown, reason
from flows.preview.showing import shown as shown_to
from flows.templates import Reader
from middleware.cli.output import USAGE, fail, print_json, shown
from middleware.cli.templates.check import finding_as_json, say
from middleware.cli.templates.lines import as_json as shown_as_json
from middleware.cli.templates.lines import lines_of, printable
from middleware.cli.templates.reading import STANDARD_INPUT, checked_file, text_of
from middleware.domain.channels import CHANNELS
from middleware.errors import FlowError

_FIRST_CHANNEL = "messenger"
_BETWEEN = "---"


def render(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A template in YAML; *.j2, *.txt and - are bare sources")],
    context: Annotated[
        str, typer.Option(help="JSON: what `throughline context --json` prints, or values by name; - is standard input")
    ],
    channel: Annotated[str, typer.Option(help=f"{', '.join(CHANNELS)}; without it that of the context")] = "",
    locale: Annotated[str, typer.Option(help="The reader's language, as de or de_AT")] = "",
    zone: Annotated[str, typer.Option(help="The reader's time zone, as Europe/Madrid")] = "",
    variant_key: Annotated[str, typer.Option(help="Who reads it: decides the variant of a split")] = "",
    outside_window: Annotated[bool, typer.Option("--outside-window", help="As if the window had closed")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the messages as JSON")] = False,
) -> None:
    """Render a template for a context, as the channel would get it. Exit code 1 if either is refused."""
    if channel and channel not in CHANNELS:
        fail(f"no channel {channel!r}; there are {', '.join(CHANNELS)}", USAGE)
    if file == context == STANDARD_INPUT:
        fail("standard input is one file: the template or the context, not both", USAGE)
    result, _ = checked_file(file)
    if not result.accepted():
        _refuse(result, as_json=as_json)
    try:
        customer = customer_of(_json(context))
    except FlowError as error:
        _refuse(result, why=str(error), as_json=as_json)
    reader = _reader(customer, channel, locale, zone, variant_key, outside_window=outside_window)
    if result.template is not None:
        outcome = shown_to(result.template, reader, customer.values_on(reader.channel, window_open=reader.window_open))
        _print_shown(outcome, result, as_json=as_json)
    else:
        _render_source(result, customer, reader, as_json=as_json)


def _json(file: str) -> object:
    """The document in a JSON file. Raises FlowError."""
    text = text_of(file)
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        why = (
            f"line {error.lineno}: {error.msg}" if isinstance(error, json.JSONDecodeError) else "too deep or too large"
        )
        raise FlowError(f"{file}: is no JSON: {why}") from None


def _reader(customer: Customer, channel: str, locale: str, zone: str, key: str, *, outside_window: bool) -> Reader:
    """Who reads it: as the options say, else as the context does."""
    message, conversation = customer.values.get("message"), customer.values.get("conversation")
    written_on = message.get("channel") if isinstance(message, dict) else None
    window = conversation.get("window") if isinstance(conversation, dict) else None
    is_open = window.get("open") is not False if isinstance(window, dict) else True
    name = channel or (written_on if isinstance(written_on, str) and written_on in CHANNELS else _FIRST_CHANNEL)
    in_zone = customer if not zone else customer.in_zone(zone)
    return in_zone.reader(CHANNELS[name], locale=locale or None, key=key, window_open=is_open and not outside_window)


def _refuse(result: Checked, *, as_json: bool, why: str | None = None) -> NoReturn:
    """End with exit code 1 and the reason: that of the file, or `why` the context cannot be used."""
    if as_json:
        findings = [finding_as_json(finding) for finding in result.findings]
        print_json({"accepted": False, "why": why, "findings": findings})
    elif why is None:
        say([finding for finding in result.findings if finding.severity == "error"])
    if why is not None:
        fail(printable(why))
    raise typer.Exit(1)


def _print_shown(outcome: Shown, result: Checked, *, as_json: bool) -> None:
    if as_json:
        findings = [finding_as_json(finding) for finding in result.findings]
        print_json({"accepted": True, **shown_as_json(outcome), "findings": findings})
        return
    for number, message in enumerate(outcome.fitted.replies):
        if number:
            shown.print(_BETWEEN, markup=False)
        for line in lines_of(message):
            shown.print(printable(line), markup=False, emoji=False)
    if outcome.why is not None:
        shown.print(printable(f"fallback: {outcome.why}"), markup=False)
    for note in outcome.notes:
        shown.print(f"note: {note}", markup=False)


def _render_source(result: Checked, customer: Customer, reader: Reader, *, as_json: bool) -> None:
    """A bare source has no fallback: where it cannot be said, that is the end."""
    if result.program is None:
        raise AssertionError("a source without errors is there")
    values = customer.values_on(reader.channel, window_open=reader.window_open)
    try:
        text = result.program.render(values, reader.locality(), reader.channel.text.size).strip()
    except RenderFailure:
        _refuse(result, why=reason(result.program, values, reader), as_json=as_json)
    if as_json:
        said: dict[str, Any] = {"accepted": True, "channel": reader.channel.name, "text": text}
        print_json({**said, "findings": [finding_as_json(finding) for finding in result.findings]})
    else:
        shown.print(printable(text), markup=False, emoji=False)
