"""What would become of one record of a source: which field comes from where, and what changes on which profile.

Nothing is stored. What a profile says now is masked for whoever may not look at people.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import orjson
from aiohttp import web

from middleware.console.routes import BUILDER, get, post
from middleware.console.visit import Visit
from middleware.domain.events import Event, Rejected
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.identity import Identity
from middleware.domain.mapping import FieldRule, SourceMapping
from middleware.domain.source_record import Scalar
from middleware.domain.turn import turn_id_of
from middleware.errors import BodyRefused, MappingError
from middleware.pipeline.simulating import WouldBe, masked, would_be
from middleware.ports import Account, Recorded

_OF_ALL = frozenset({"email", "phone", "tags", "segments"})
"""Fields in which all sources count together."""

MOST_EVENTS = 10
"""Of a body in which there are more, no more are shown."""


@dataclass(frozen=True, slots=True)
class ReadField:
    """One field of a record. `place`: where the body has it, empty where that is not plain; `named`: all paths of the
    mapping, or its constant.
    """

    name: str
    place: str
    named: str
    value: Scalar


@dataclass(frozen=True, slots=True)
class Change:
    """One field of the profile that would change, as who asks may see it."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one event of the body would come to. `outdone` are fields in which another source is believed."""

    event: Event
    fields: tuple[ReadField, ...]
    becomes: WouldBe | None
    changes: tuple[Change, ...] = ()
    outdone: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tried:
    """What was tried. `wrong` says line by line why there is nothing to show, or not all of it, as the core says it;
    `unknown`: the account has told nothing of the record that was asked for.
    """

    wrong: tuple[str, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    more: int = 0
    unknown: bool = False


async def page(visit: Visit) -> web.StreamResponse:
    """The form."""
    return _page(visit, visit.query("account"), {})


async def fetch(visit: Visit) -> web.StreamResponse:
    """The form with what one record of the account told last, by its id at the source. On record: it is somebody's."""
    form = await visit.form()
    account, own = _account(visit, form), form.get("record", "").strip()[:200]
    stored = await _told_last(visit, account, own) if own else None
    if stored is None:
        return _page(visit, account.name, form, status=404, tried=Tried(unknown=True))
    # By a hash, as everywhere: the id of a record at its source outlives nobody.
    await visit.on_record("mapping.read", turn_id_of(visit.brand.name, stored.key))
    body = orjson.dumps(stored.raw, option=orjson.OPT_INDENT_2, default=str).decode()
    return _page(visit, account.name, {**form, "body": body})


async def simulate(visit: Visit) -> web.StreamResponse:
    """What would become of it."""
    form = await visit.form()
    account = _account(visit, form)
    try:
        mapping = _mapping(visit, account, form.get("mapping", ""))
        body = visit.console.reader.parsed(form.get("body", ""))
        found = visit.console.reader.read(replace(account, mapping=mapping), body, visit.now)
    except (MappingError, BodyRefused) as error:
        return _page(visit, account.name, form, status=422, tried=Tried(tuple(str(error).splitlines())))
    events = [each for each in found if isinstance(each, Event)]
    outcomes = [await _outcome(visit, each, mapping) for each in events[:MOST_EVENTS]]
    for each in outcomes:
        if each.becomes is not None and each.becomes.profile_id is not None:
            await visit.on_record("mapping.simulate", each.becomes.profile_id)
    wrong = tuple(each.reason for each in found if isinstance(each, Rejected))
    return _page(visit, account.name, form, tried=Tried(wrong, tuple(outcomes), max(0, len(events) - MOST_EVENTS)))


async def _outcome(visit: Visit, event: Event, mapping: SourceMapping | None) -> Outcome:
    places = visit.console.reader.found(mapping, event.raw) if mapping is not None else {}
    rules = {each.field: each for each in mapping.record.fields} if mapping and mapping.record else {}
    values = event.record.values if event.record is not None else ()
    fields = tuple(
        ReadField(each.field, places.get(each.field, ""), _named(rules.get(each.field)), each.value) for each in values
    )
    becomes = await would_be(visit.brand.store, event, visit.brand.brand.ownership)
    if becomes is None:
        return Outcome(event, fields, None)
    told = {each.field: each.value for each in values}
    after = {each.field: each.after for each in becomes.fields}
    outdone = (name for name, value in told.items() if name not in _OF_ALL and after.get(name, value) != value)
    return Outcome(event, fields, becomes, tuple(_changes(visit, becomes, told)), tuple(outdone))


def _changes(visit: Visit, becomes: WouldBe, told: Mapping[str, Scalar]) -> Iterator[Change]:
    """What who asks has written themselves they may read; what else stands in a profile, only those who see people."""
    present = _shown if visit.does("agent") else masked
    for each in becomes.changes:
        own = each.after is not None and each.after == told.get(each.field)
        yield Change(each.field, present(each.before), _shown(each.after) if own else present(each.after))


def _named(rule: FieldRule | None) -> str:
    if rule is None:
        return ""
    return ", ".join(path.text for path in rule.paths) if rule.paths else f"= {rule.constant}"


def _mapping(visit: Visit, account: Account, text: str) -> SourceMapping | None:
    """The changed mapping, where one was written; else the account's own. Raises MappingError."""
    return visit.console.reader.mapping(text.replace("\r\n", "\n")) if text.strip() else account.mapping


async def _told_last(visit: Visit, account: Account, own: str) -> Event | None:
    """The event that told the newest version of a record."""
    store = visit.brand.store
    try:
        key = Identifier(IdentifierKind.SOURCE_RECORD, f"{account.connector}:{account.id}", own).key
    except ValueError:
        return None
    identity = (await store.get(Identity, [key])).get(key)
    record = identity.record.fragment.record if identity is not None else None
    if record is None:
        return None
    stored = (await store.get(Recorded, [record.version.event])).get(record.version.event)
    return stored.record.event if stored is not None else None


def sources(visit: Visit) -> list[Account]:
    """The accounts whose bodies a mapping reads."""
    return [each for each in visit.brand.accounts if each.mapping is not None]


def _account(visit: Visit, form: Mapping[str, str]) -> Account:
    account = next((each for each in sources(visit) if each.name == form.get("account")), None)
    if account is None:
        raise web.HTTPBadRequest
    return account


def _page(
    visit: Visit, account: str, form: Mapping[str, str], *, status: int = 200, tried: Tried | None = None
) -> web.Response:
    return visit.page(
        "mapping/simulate.html",
        status=status,
        accounts=sources(visit),
        chosen=account,
        form=form,
        tried=tried,
        sees_people=visit.does("agent"),
        shown=_shown,
    )


def _shown(value: Scalar) -> str:
    if value is None or value == ():
        return ""
    return ", ".join(value) if isinstance(value, tuple) else str(value)


ROUTES = (
    get("/{brand}/mapping/simulate", page, BUILDER),
    post("/{brand}/mapping/simulate", simulate, BUILDER),
    post("/{brand}/mapping/simulate/record", fetch, BUILDER),
)
