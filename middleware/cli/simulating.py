"""What a changed mapping or ownership would do to what is stored. Reads, and writes nothing."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from connectors.mapping.telling import Delivered, told
from connectors.mapping.unfit import Unfit
from middleware.bootstrap import Installation
from middleware.cli.output import chatter
from middleware.cli.places import plain
from middleware.domain.events import Event, Rejected
from middleware.domain.identity import Identity
from middleware.domain.mapping import SourceMapping
from middleware.domain.ownership import Ownership
from middleware.domain.profile import Profile
from middleware.domain.source_record import FieldValue, Scalar, SourceRecord, newest_record
from middleware.errors import BodyRefused
from middleware.pipeline.records import records
from middleware.ports import Account, BrandStore, Connector, Recorded, WebhookRequest

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
            example = (masked(before.get(name)), masked(after.get(name)))
            if len(change.examples) < _EXAMPLES and example not in change.examples:
                change.examples.append(example)


def masked(value: Scalar) -> str:
    """A value as a person may see it who only wants to know what sort of change it is."""
    if value is None or value == ():
        return "(empty)"
    if isinstance(value, tuple):
        return f"{len(value)} tags"
    text = str(value)
    shown = f"{text[0]}…{text[-1]}" if len(text) > 3 else "…"  # noqa: PLR2004 - of less nothing is shown
    return plain(f"{shown} ({len(text)} characters)")


async def simulated(here: Installation, plan: Plan) -> Simulated:
    """Read what the account has told with the changed mapping, and compare profile by profile.

    What is kept meanwhile is two states of each record of the account, and nothing of what it was read from.
    """
    outcome, store = Simulated(), here.store.brand(plan.account.brand)
    account = replace(plan.account, mapping=plan.mapping)
    connector = here.connectors.get(account.connector)
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
            again = _again(account, connector, event)
            if isinstance(again, SourceRecord):
                after[key] = newest_record(after.get(key), again)
            else:
                outcome.refused[again] = outcome.refused.get(again, 0) + 1
    outcome.records = len(before)
    await _compare(store, outcome, plan, before, after)
    return outcome


def _again(account: Account, connector: Connector | None, event: Event) -> SourceRecord | str:
    """The record in an event's own slice, read anew; a text says why it would be refused."""
    assert event.record is not None  # noqa: S101 - for the type checker
    if event.record.gone:
        return event.record
    try:
        found = list(_read(account, connector, event))
    except (BodyRefused, Unfit) as refused:
        return str(refused)
    same = [each for each in found if isinstance(each, Event) and each.anchor == event.anchor]
    if same and same[0].record is not None:
        return same[0].record
    return next((each.reason for each in found if isinstance(each, Rejected)), "it would be something else")


def _read(account: Account, connector: Connector | None, event: Event) -> Iterable[Event | Rejected]:
    """The events in a slice. A connector whose deliveries are lists gets a list of one."""
    if connector is None:
        own = event.key.rpartition(":")[2]
        yield told(
            account.mapping or SourceMapping(),
            event.raw,
            Delivered(account.connector, account.id, own, event.received_at, account.country),
        )
        return
    request = WebhookRequest(headers={}, body=b"")
    for body in (event.raw, [event.raw]):
        try:
            yield from connector.normalise(body, request, event.received_at, lambda _: account)
        except BodyRefused:
            continue
        return


async def _compare(
    store: BrandStore,
    outcome: Simulated,
    plan: Plan,
    before: Mapping[str, SourceRecord],
    after: Mapping[str, SourceRecord],
) -> None:
    keys = sorted(before)
    seen: set[str] = set()
    for start in range(0, len(keys), _AT_ONCE):
        some = keys[start : start + _AT_ONCE]
        profiles = await _profiles(store, some)
        for key in some:
            profile = profiles.get(key)
            if profile is None or profile.id not in seen:
                beside = _others(profile, before) if profile is not None else []
                own = [key] if profile is None else [each.identifier for each in profile.members]
                now = [before[each] for each in own if each in before]
                then = [after[each] for each in own if each in after]
                outcome.compare(
                    _joined([*beside, *now], plan.ownership[0]), _joined([*beside, *then], plan.ownership[1])
                )
            if profile is not None:
                seen.add(profile.id)


async def _profiles(store: BrandStore, keys: list[str]) -> dict[str, Profile]:
    """The profiles of these records, by the record's key; a record that no profile has is left out."""
    identities = await store.get(Identity, keys)
    homes = {key: home for key, stored in identities.items() if (home := stored.record.profile_id) is not None}
    found: dict[str, Profile] = {}
    asked = set(homes.values())
    while asked:
        profiles = {key: stored.record for key, stored in (await store.get(Profile, asked)).items()}
        found |= profiles
        asked = {each.merged_into for each in profiles.values() if each.merged_into} - set(found)
    return {key: _last(found, found[home]) for key, home in homes.items() if home in found}


def _last(found: Mapping[str, Profile], profile: Profile) -> Profile:
    while profile.merged_into is not None and profile.merged_into in found:
        profile = found[profile.merged_into]
    return profile


def _others(profile: Profile, own: Mapping[str, SourceRecord]) -> list[SourceRecord]:
    """The records of other accounts in a profile."""
    members = (each for each in profile.members if each.identifier not in own)
    return [each.fragment.record for each in members if each.fragment.record is not None]


def _joined(found: Iterable[SourceRecord], ownership: Ownership) -> dict[str, Scalar]:
    """The value that counts for each field: of the source that wins, its newest."""
    best: dict[str, tuple[tuple[int, str], FieldValue]] = {}
    for record in found:
        for value in record.values:
            place = ownership.place(value.field, record.source)
            known = best.get(value.field)
            if place is None or value.value is None:
                continue
            if known is None or place < known[0] or (place == known[0] and known[1].version < value.version):
                best[value.field] = (place, value)
    return {name: value.value for name, (_, value) in best.items()}


@contextmanager
def _progress() -> Iterator[Callable[[int], None]]:
    """How many events were read, for people: on standard error and only on a terminal."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=chatter, disable=not chatter.is_terminal, transient=True) as bar:
        task = bar.add_task("reading", total=None)
        yield lambda events: bar.update(task, description=f"reading: {events:,} events")
