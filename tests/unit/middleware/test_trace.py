"""A trace from what is kept: every reason has words, the version is that of the time, what is not known is said."""

from datetime import timedelta
from typing import Any

import pytest

from middleware.cli import trace_words
from middleware.cli.trace_page import page
from middleware.cli.trace_words import duration, headline, silence
from middleware.domain import policy
from middleware.domain.context import Context, IdentityView, Policy
from middleware.domain.engines import EngineOutcome
from middleware.domain.identifiers import Identifier, IdentifierKind, Level
from middleware.domain.messages import QuickReply, Reply, SendState
from middleware.domain.record import Record
from middleware.domain.template_versions import TemplateVersion
from middleware.domain.trace import without_words
from middleware.domain.turn import Decision, OutboundMessage, Turn, context_record
from middleware.pipeline.trace.reading import Kept
from middleware.pipeline.trace.telling import effect_in_words, told
from tests.unit.middleware.builders import START, at, message

SENDER = Identifier(IdentifierKind.MESSENGER, "1001", "7301234567")
WORDS = "lighthouse"
REASONS = [
    value
    for name, value in vars(policy).items()
    if name.isupper() and isinstance(value, str) and not name.startswith("_")
]


def turn(**parts: Any) -> Turn:
    """A turn that answered with one message."""
    context = Context(
        trace_id="e1",
        at=START,
        identity=IdentityView(level=Level.CHANNEL),
        policy=Policy(may_reply=True, may_promote=True),
    )
    reply = Reply(text=WORDS, template="greeting", locale="en", quick_replies=(QuickReply(title=WORDS, payload="x"),))
    known: dict[str, Any] = {
        "id": "a" * 32,
        "event_key": "e1",
        "conversation_id": "c_1",
        "profile_id": "p_1",
        "channel": "messenger",
        "account": "1001",
        "recipient": (SENDER,),
        "decided_at": START,
        "sent_at": at(-1),
        "decision": Decision(flow="greeting", replies=(reply,), why=("a step",)),
        "messages": (OutboundMessage(key=f"{'a' * 32}.0", reply=reply, state=SendState.SENT, settled_at=at(1)),),
        "context": context_record(context),
    }
    return Turn(**{**known, **parts})


def version(number: int, minutes: float) -> TemplateVersion:
    """A published version of the template."""
    return TemplateVersion(
        id=f"greeting|{number}", source="x", author="kim", reviewer="lee", at=at(minutes), before=number - 1
    )


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_for_silence_has_words(reason: str) -> None:
    """Whoever reads it needs no table."""
    silent = turn(decision=Decision(why=(f"silent: {reason}",)), messages=(), reasons=(reason,))
    said = headline(told(Kept("glow", silent), START))
    assert said.startswith("Nothing was said: ")
    assert said != f"Nothing was said: {reason}."
    assert reason in said


def test_every_outcome_of_an_engine_has_words() -> None:
    """None is shown by its name alone."""
    assert set(EngineOutcome) <= set(trace_words._ENGINE)
    assert silence(()) == "no reason is kept"


@pytest.mark.parametrize(
    ("published", "said", "perhaps"),
    [
        ((), 0, False),
        ((1,), 0, False),
        ((-5,), 1, False),
        ((-5, -0.01), 2, True),
        ((-5, -1, 3), 2, False),
        ((3, 5), 0, False),
    ],
)
def test_the_version_is_the_one_of_the_time(published: tuple[float, ...], said: int, perhaps: bool) -> None:  # noqa: FBT001
    """What was published later was not said yet; for two seconds it may have been the one before."""
    newest_first = tuple(reversed([version(number, when) for number, when in enumerate(published, start=1)]))
    (found,) = told(Kept("glow", turn(), versions={"greeting": newest_first}), START).messages
    assert found.template is not None
    assert (found.template.version, found.template.perhaps_before) == (said, perhaps)


def test_what_is_not_kept_is_said() -> None:
    """No event, no context, or one that another version kept: there is a trace, with notes, and it can be shown."""
    for parts, notes in (({"context": {}}, 2), ({"context": {"schema": "throughline.context/9"}}, 2), ({}, 1)):
        found = told(Kept("glow", turn(**parts)), START)
        assert len(found.notes) == notes
        assert [line.text for line in page(found, "messenger/main")][-notes:][0].startswith("note")
    assert told(Kept("glow", turn(), event=message(SENDER, key="e1")), START).notes == ()


def test_without_words_there_are_none() -> None:
    """Neither what was written, nor what was said or could be pressed."""
    event = message(SENDER, key="e1", text=WORDS)
    found = told(Kept("glow", turn(), event=event), START)
    assert found.model_dump_json().count(WORDS) == 3
    assert WORDS not in without_words(found).model_dump_json()
    assert SENDER.value not in found.model_dump_json()


def test_an_effect_that_nobody_told_of_has_a_name() -> None:
    """What a later version decides is shown by its name."""

    class Followed(Record):
        effect: str = "followed_up"

    assert effect_in_words(Followed()) == "followed up"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.012, "12 ms"), (1.26, "1.3 s"), (59.4, "59 s"), (60, "1 minute"), (7_300, "2 hours"), (90_000, "1 day")],
)
def test_durations(seconds: float, said: str) -> None:
    """As people say them."""
    assert duration(seconds) == said
    assert duration(timedelta(seconds=seconds) / timedelta(seconds=1)) == said


def test_nothing_from_outside_steers_the_terminal() -> None:
    """Control and direction characters of a customer are written out."""
    event = message(SENDER, key="e1", text="a\x1b[31mb\u202ec\nd")
    lines = [line.text for line in page(told(Kept("glow", turn(), event=event), START), "messenger/main")]
    assert all(line.isprintable() for line in lines)
    assert any(line.strip() == "| d" for line in lines)
