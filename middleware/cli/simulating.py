"""What a changed mapping or ownership would do to what is stored. Reads, and writes nothing."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from connectors.mapping.reading import MappedBodies
from middleware.bootstrap.building import Installation
from middleware.cli.output import chatter
from middleware.cli.places import plain
from middleware.domain.events import Event, Rejected
from middleware.domain.identity import Identity
from middleware.domain.mapping import SourceMapping
from middleware.domain.ownership import Ownership
from middleware.domain.source_record import Scalar, SourceRecord, newest_record
from middleware.errors import BodyRefused
from middleware.identity.joined import join
from middleware.pipeline.profiles import read_profiles, roots
from middleware.pipeline.records import records
from middleware.pipeline.simulating import fields_of, masked, with_records
from middleware.ports import Account, BrandStore, Recorded, RecordReader

_EXAMPLES = 3
_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Plan:
    """What is simulated: the account with the mapping that would hold, and ownership as it is and as it would be."""

    account: Account
    mapping: SourceMapping | None
    ownership: tuple[Ownership, Ownership]


@dataclass
class Change:
    """How often a field would change, and a few examples, masked: before, after."""

    count: int = 0
    examples: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Simulated:
    """What would change. `refused` are events that would not enter any more, by reason."""

    events: int = 0
    records: int = 0
    profiles: int = 0
    profiles_changed: int = 0
    fields: dict[str, Change] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """All of it, for programs."""
        return asdict(self)

    def compare(self, before: Mapping[str, Scalar], after: Mapping[str, Scalar]) -> None:
        """Count what differs between the fields of one profile."""
        self.profiles += 1
        differs = [name for name in sorted({*before, *after}) if before.get(name) != after.get(name)]
        self.profiles_changed += bool(differs)
        for name in differs:
            change = self.fields.setdefault(name, Change())
            change.count += 1
            example = (_masked(before.get(name)), _masked(after.get(name)))
            if len(change.examples) < _EXAMPLES and example not in change.examples:
                change.examples.append(example)


def _masked(value: Scalar) -> str:
    return plain(masked(value)) or "(empty)"


async def simulated(here: Installation, plan: Plan) -> Simulated:
    """Read what the account has told with the changed mapping, and compare profile by profile, joined as ever.

    What is kept meanwhile is two states of each record of the account, and nothing of what it was read from.
    """
    outcome, store = Simulated(), here.store.brand(plan.account.brand)
    account = replace(plan.account, mapping=plan.mapping)
    reader = MappedBodies(here.connectors)
    before: dict[str, SourceRecord] = {}
    after: dict[str, SourceRecord] = {}
    with _progress() as advance:
        async for stored in records(store, Recorded, prefix=f"{account.connector}:{account.id}:"):
            event = stored.record.event
            if event.record is None or event.anchor is None:
                continue
            outcome.events += 1
            advance(outcome.events)
            key = event.anchor.key
            before[key] = newest_record(before.get(key), event.record)
            again = _again(account, reader, event)
            if isinstance(again, SourceRecord):
                after[key] = newest_record(after.get(key), again)
            else:
                outcome.refused[again] = outcome.refused.get(again, 0) + 1
    outcome.records = len(before)
    await _compare(store, outcome, plan, before, after)
    return outcome


def _again(account: Account, reader: RecordReader, event: Event) -> SourceRecord | str:
    """The record in an event's own slice, read anew; a text says why it would be refused."""
    assert event.record is not None  # noqa: S101 - for the type checker
    if event.record.gone:
        return event.record
    try:
        found = reader.read(account, event.raw, event.received_at)
    except BodyRefused as refused:
        return str(refused)
    same = [each for each in found if isinstance(each, Event) and each.anchor == event.anchor]
    if same and same[0].record is not None:
        return same[0].record
    return next((each.reason for each in found if isinstance(each, Rejected)), "it would be something else")


async def _compare(
    store: BrandStore,
    outcome: Simulated,
    plan: Plan,
    before: Mapping[str, SourceRecord],
    after: Mapping[str, SourceRecord],
) -> None:
    """Compare the joined profiles of these records, each profile once."""
    keys = sorted(before)
    seen: set[str] = set()
    for start in range(0, len(keys), _AT_ONCE):
        identities = await store.get(Identity, keys[start : start + _AT_ONCE])
        homes = {home for each in identities.values() if (home := each.record.profile_id) is not None}
        for profile in roots(await read_profiles(store, homes)).values():
            if profile.id not in seen:
                seen.add(profile.id)
                now, then = (
                    fields_of(join(with_records(profile, set(before), records), ownership))
                    for records, ownership in zip((before, after), plan.ownership, strict=True)
                )
                outcome.compare(now, then)


@contextmanager
def _progress() -> Iterator[Callable[[int], None]]:
    """How many events were read, for people: on standard error and only on a terminal."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=chatter, disable=not chatter.is_terminal, transient=True) as bar:
        task = bar.add_task("reading", total=None)
        yield lambda events: bar.update(task, description=f"reading: {events:,} events")
