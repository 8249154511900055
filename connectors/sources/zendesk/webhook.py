"""Zendesk's webhooks, and pages of its exports: signature, and one event for each thing that a body tells.

Source: Zendesk developers, "Webhooks", "Webhook event types", "Webhook security and authentication". Three shapes:

- an event, `{"type": "zen:event-type:ticket.status_changed", "account_id": ..., "detail": {...}, "event": {...}}`;
- the body of a trigger's or automation's webhook: whatever the help desk's admin wrote, read by the account's mapping;
  it can tell of a ticket and of who asked;
- a page, `{"account_id": ..., "tickets": [...]}` or `{"account_id": ..., "users": [...]}`.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Literal

from connectors.batch import NEVER, Slice, Unclear, alone, collect
from connectors.body import digest, to_bytes
from connectors.fields import as_id, as_moment, as_object, as_text
from connectors.http import HttpClient
from connectors.mapping import MISSING, first_of, shipped_mapping
from connectors.sources.zendesk.pull import OVERLAP, STREAMS, page_after
from connectors.sources.zendesk.signature import is_signed
from connectors.sources.zendesk.telling import SOURCE, Telling
from connectors.sources.zendesk.tickets import ticket_event
from connectors.sources.zendesk.users import requester_event, user_event, user_news
from middleware.domain.events import Event, EventKind, Rejected
from middleware.domain.mapping import Path, SourceMapping
from middleware.domain.record import at_millisecond
from middleware.errors import BodyRefused
from middleware.ports import ONLY_ACCOUNT, Account, AccountLookup, PullAnswer, PullPosition, WebhookRequest

ACCOUNT_HEADER = "x-zendesk-account-id"
INVOCATION_HEADER = "x-zendesk-webhook-invocation-id"

ACCOUNT = "account_id"
PAGES = ("tickets", "users")
ONLY = "only"
"""In a body of our own, which holds one part of a trigger's: which one."""

_EVENT_TYPE = re.compile(r"zen:event-type[:/]([a-z_]{1,60})\.([a-z_]{1,80})", re.ASCII)
"""The reference writes some types with a slash."""
_HEADER = re.compile(r"[A-Za-z0-9_.:-]{1,128}", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Delivery:
    """One delivery: whose it is, how it is read, and what its headers add."""

    account: str
    mapping: SourceMapping
    country: str | None
    base: str
    invocation: str | None
    received_at: datetime

    def telling(self, own: str, topic: str, at: datetime | None, raw: Mapping[str, object]) -> Telling:
        if not self.account:
            raise Unclear("account_id: nobody's account")
        at = at or self.received_at
        return Telling(self.account, own, topic, at, self.received_at, self.country, self.base, raw)


class Zendesk:
    """The connector of Zendesk. An account's id is what events call `account_id`, such as `12514403`."""

    name = SOURCE
    kind: Literal["source"] = "source"

    streams = STREAMS
    overlap = OVERLAP

    def __init__(self, http: HttpClient) -> None:
        self._http = http
        self._mapping = shipped_mapping(self.name) or SourceMapping()

    def is_signed(self, request: WebhookRequest, secret: bytes) -> bool:
        """Whether the signature is this signing secret's, over the time and the body."""
        return is_signed(request, secret)

    def normalise(
        self, body: object, request: WebhookRequest, received_at: datetime, accounts: AccountLookup
    ) -> Sequence[Event | Rejected]:
        """The events of one body. Raises `BodyRefused` for what is no JSON object."""
        return collect(self._slices(body, request, at_millisecond(received_at), accounts))

    def alone(self, body: object, request: WebhookRequest, positions: Collection[int]) -> Mapping[int, WebhookRequest]:
        """See `Connector.alone`: the body itself, or a page with one member. What a trigger tells goes together."""
        return alone(self._slices(body, request, NEVER, lambda _: None), request, positions)

    async def page(
        self,
        account: Account,
        position: PullPosition,
        *,
        timeout: float,  # noqa: ASYNC109 - it ends in an outcome, not in a cancellation
    ) -> PullAnswer:
        """See `PullSource.page`."""
        return await page_after(self._http, account, position, timeout)

    def _slices(
        self, body: object, request: WebhookRequest, received_at: datetime, accounts: AccountLookup
    ) -> Iterator[Slice]:
        if not isinstance(body, dict):
            raise BodyRefused("a body of Zendesk is a JSON object")
        named = as_id(body.get(ACCOUNT)) or _header(request, ACCOUNT_HEADER)
        account = accounts(named or ONLY_ACCOUNT)
        delivery = _Delivery(
            account=named or (account.id if account else ""),
            mapping=(account.mapping if account else None) or self._mapping,
            country=account.country if account else None,
            base=account.base_url if account else "",
            invocation=_header(request, INVOCATION_HEADER),
            received_at=received_at,
        )
        return _slices_of(body, delivery)


def _header(request: WebhookRequest, name: str) -> str | None:
    # Headers are not covered by the signature: only what looks right goes into keys and scopes.
    value = request.headers.get(name, "").strip()
    return value if _HEADER.fullmatch(value) else None


def _slices_of(body: dict[str, Any], delivery: _Delivery) -> Iterator[Slice]:
    page = next((name for name in PAGES if isinstance(body.get(name), list)), None)
    if page is not None:
        for member in body[page]:
            whole = {ACCOUNT: delivery.account, page: [member]}
            yield _slice(member, delivery, partial(_member, page, member, delivery), whole)
        return
    found = _EVENT_TYPE.fullmatch(as_text(body.get("type")) or "")
    if found is not None:
        yield _slice(body, delivery, partial(_news, body, found[1], found[2], delivery), body)
        return
    yield from _trigger_slices(body, delivery)


def _slice(raw: object, delivery: _Delivery, read: Callable[[], Event], whole: Mapping[str, object]) -> Slice:
    return Slice(raw=raw, account=delivery.account or None, read=read, alone=partial(to_bytes, whole))


def _member(page: str, member: object, delivery: _Delivery) -> Event:
    """A ticket or user of a page."""
    if not isinstance(member, dict) or as_id(member.get("id")) is None:
        raise Unclear(f"{page}: a member without an id")
    at = as_moment(member.get("updated_at"))
    if at is None:
        raise Unclear("updated_at: no time")
    written = as_text(member.get("generated_timestamp")) or ""
    own = f"{page}:{as_id(member['id'])}:{at.isoformat(timespec='milliseconds')}:{written}"
    telling = delivery.telling(own, page, at, member)
    if page == "users":
        return user_event(member, delivery.mapping, telling)
    return _ticket(member, delivery, telling)


def _news(body: dict[str, Any], subject: str, what: str, delivery: _Delivery) -> Event:
    """An event of Zendesk's."""
    own = _own(as_id(body.get("id")), body)
    telling = delivery.telling(own, f"{subject}.{what}", as_moment(body.get("time")), body)
    detail = as_object(body.get("detail"))
    if subject == "user":
        return user_news(detail, as_object(body.get("event")), delivery.mapping, telling, what)
    if subject == "ticket":
        return _ticket(detail, delivery, telling, what)
    return telling.event(EventKind.UNKNOWN)


def _ticket(ticket: Mapping[str, Any], delivery: _Delivery, telling: Telling, what: str = "") -> Event:
    rule = delivery.mapping.ticket
    return ticket_event(ticket, rule, telling, what) if rule is not None else telling.event(EventKind.UNKNOWN)


def _trigger_slices(body: dict[str, Any], delivery: _Delivery) -> Iterator[Slice]:
    """What a trigger's body tells: of a ticket, of who asked, or of neither."""
    if set(body) == {ACCOUNT, ONLY, "body"} and isinstance(body["body"], dict):
        named = as_text(body[ONLY]) or ""
        # It goes into the key: nothing but a name of ours.
        inner, wanted = body["body"], [named if named in _ids(delivery.mapping) else ""]
    else:
        inner, wanted = body, [name for name, paths in _ids(delivery.mapping).items() if _id(paths, body)]
    for name in wanted or [""]:
        whole = {ACCOUNT: delivery.account, ONLY: name, "body": inner}
        yield _slice(inner, delivery, partial(_trigger, name, inner, delivery), whole)


def _trigger(name: str, body: dict[str, Any], delivery: _Delivery) -> Event:
    own = _own(delivery.invocation, {key: value for key, value in body.items() if key != ACCOUNT})
    telling = delivery.telling(f"{own}:{name}", "trigger", None, body)
    if name == "ticket":
        return _ticket(body, delivery, telling)
    requester = _id(_ids(delivery.mapping).get(name, ()), body)
    if requester is None:
        return telling.event(EventKind.UNKNOWN)
    return requester_event(body, requester, delivery.mapping, telling)


def _ids(mapping: SourceMapping) -> dict[str, tuple[Path, ...]]:
    """Where the ids of what a trigger's body may tell of stand."""
    ticket, record = mapping.ticket, mapping.record
    found = {"ticket": ticket.id if ticket is not None else (), "requester": record.id if record is not None else ()}
    return {name: paths for name, paths in found.items() if paths}


def _id(paths: tuple[Path, ...], body: Mapping[str, Any]) -> str | None:
    found = first_of(paths, body)
    return None if found is MISSING else as_id(found)


def _own(named: str | None, body: Mapping[str, Any]) -> str:
    """What names a delivery within its account: its own id, else its content."""
    return named or digest(body)
