"""What flows note of a customer, as a source of its own: it goes through the inbox as an event, like what any source
tells, so that it is on record, can be rebuilt, and moves with the identifier it was said of.
"""

from middleware.domain.changes import tagged
from middleware.domain.commerce import Version
from middleware.domain.events import Event, EventKind, event_key
from middleware.domain.source_record import FLOWS, FieldValue, SourceRecord
from middleware.domain.turn import FieldSet, Tagged, Turn
from middleware.pipeline.passage import Passage


def noted_event(passage: Passage, turn: Turn) -> Event | None:
    """The event that tells of what a turn notes of the sender; None if it notes nothing. The conversation is that
    before the turn.
    """
    effects = [effect for effect in turn.decision.effects if isinstance(effect, Tagged | FieldSet)]
    anchor = passage.event.anchor
    if not effects or anchor is None:
        return None
    key = event_key(turn.channel, turn.account, f"noted:{turn.id}")
    version = Version(at=turn.decided_at, event=key)
    values: dict[str, str | tuple[str, ...]] = {
        each.field: each.value for each in effects if isinstance(each, FieldSet)
    }
    if any(isinstance(effect, Tagged) for effect in effects):
        # Also those of other accounts, and what was told a moment ago and is not absorbed yet.
        values["tags"] = tagged((*_tags(passage), *passage.conversation.record.tags), effects)
    said = (
        FieldValue(field=field, value=value, version=version, identifies=False)
        for field, value in sorted(values.items())
    )
    return Event(
        key=key,
        kind=EventKind.RECORD,
        connector=turn.channel,
        account=turn.account,
        occurred_at=turn.decided_at,
        received_at=turn.decided_at,
        anchor=anchor,
        record=SourceRecord(id=anchor.key, source=FLOWS, version=version, values=tuple(said)),
    )


def _tags(passage: Passage) -> tuple[str, ...]:
    record = passage.sender.record.fragment.record
    tags = record.value("tags") if record is not None and record.source == FLOWS else ()
    return tags if isinstance(tags, tuple) else ()
