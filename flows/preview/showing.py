"""What one customer would get of a template on one channel, and why it is not what was written, if it is not."""

from collections.abc import Mapping
from dataclasses import dataclass

from flows.language import OutputTooLong, Program, RenderFailure
from flows.language.program import Value
from flows.templates import Reader, Template, render
from flows.templates.loading import Content
from flows.templates.model import BASE
from middleware.domain.capabilities import Capabilities
from middleware.domain.fitting import Fitted, fit
from middleware.domain.forms import Approved
from middleware.domain.messages import Reply


@dataclass(frozen=True, slots=True)
class Shown:
    """A template as somebody would get it.

    `why` is the reason for which the fallback is said, or None where it is not; `notes` are what the channel changes;
    `lacks` is the language that they would have read and the template has not.
    """

    channel: Capabilities
    reply: Reply
    fitted: Fitted
    why: str | None
    notes: tuple[str, ...]
    lacks: str | None


def shown(template: Template, reader: Reader, values: Mapping[str, Value]) -> Shown:
    """The messages that come of it on the reader's channel. Never raises."""
    reply = render(template, reader, values)
    fitted = fit(reply, reader.channel)
    content = _content(template, reply, reader.channel)
    why = reason(content.program, values, reader) if reply.fallback else None
    notes = (*_of_approved(content, reply, reader), *fitted.notes)
    return Shown(reader.channel, reply, fitted, why, notes, _lacking(reply, reader))


def reason(program: Program, values: Mapping[str, Value], reader: Reader) -> str:
    """Why a program says nothing with these values."""
    try:
        program.render(values, reader.locality())
    except OutputTooLong:
        return "the text grows too long"
    except RenderFailure as failure:
        return str(failure)
    return "the text comes out empty"


def _content(template: Template, reply: Reply, channel: Capabilities) -> Content:
    """What the reply was rendered from."""
    contents = template.forms[reply.locale or ""].contents
    variant = reply.variant or BASE
    return contents.get((variant, channel.name)) or contents[variant, None]


def _lacking(reply: Reply, reader: Reader) -> str | None:
    wanted = reader.locales[0].partition("_")[0]
    return None if (reply.locale or "").partition("_")[0] == wanted else wanted


def _of_approved(content: Content, reply: Reply, reader: Reader) -> tuple[str, ...]:
    """Where a template of the platform was wanted and could not be."""
    if isinstance(reply.form, Approved):
        return ()
    lacking = ("a parameter of the approved template is missing: the text is said",) if content.approved else ()
    closed = not reader.window_open and not reader.channel.always_open
    return (*lacking, *(("outside of the window only an approved template is sent: this is not",) if closed else ()))
