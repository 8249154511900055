"""What a site tells of one visitor: the envelope, and each item in it as an event.

    {"object": "site", "account": "<site id>", "visitor": "<id>", "proved": {...} or null,
     "events": [{"what": "page", "id": "<the item's own>", "ago": <milliseconds>, ...}]}

`proved` is what a signed token of the site says of the visitor, verified before: `account`, `shop_customer`, `email`.
Items are what the script in `middleware/web/site/` sends; `docs/site.md` describes them.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from connectors import meta
from connectors.batch import Slice, Unclear
from connectors.body import to_bytes
from connectors.channels.webchat.items import cart, message, receipt, view
from connectors.contacts import email_identifier
from middleware.domain.commerce import Version
from middleware.domain.events import Event, EventKind
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.errors import BodyRefused
from middleware.ports import AccountLookup

CONNECTOR = "webchat"
MOST_ITEMS = 50
"""In one envelope. The script sends at most 20."""

_VISITOR = re.compile(r"[A-Za-z0-9_-]{16,64}", re.ASCII)
_ITEM = re.compile(r"[A-Za-z0-9_-]{8,64}", re.ASCII)
_NAME = re.compile(r"[!-{}~]{1,255}", re.ASCII)
"""Printable ASCII without spaces, and without what separates the parts of a key."""
_LATEST_AGO = 3_600_000

_VIEWS = frozenset({"page", "product", "search"})

Fields = dict[str, Any]


class _Of(NamedTuple):
    """What an item does not say itself: when and by which event, its own id, whose it is, and of which shop."""

    version: Version
    own: str
    visitor: str
    shop: str
    signed_in: bool


def visitor(value: object) -> str:
    """The id of a visitor. Raises `Unclear`."""
    if not isinstance(value, str) or not _VISITOR.fullmatch(value):
        raise Unclear("visitor is no id")
    return value


def slices(body: object, received_at: datetime, accounts: AccountLookup) -> Iterator[Slice]:
    """The items of an envelope. Raises `BodyRefused` for what is none."""
    if not isinstance(body, dict) or body.get("object") != "site" or not isinstance(body.get("events"), list):
        raise BodyRefused("no envelope of a site")
    account = meta.account_or_none(body.get("account"))
    if account is None or len(body["events"]) > MOST_ITEMS:
        raise BodyRefused("an envelope without an account, or with too many events")
    for item in meta.objects(body["events"], account, "events"):
        if isinstance(item, Slice):
            yield item
            continue
        envelope = {key: body[key] for key in ("object", "account", "visitor", "proved") if key in body}
        read = partial(_event, envelope, item, received_at, accounts)
        yield Slice(item, account, read, partial(to_bytes, {**envelope, "events": [item]}))


def _event(envelope: Fields, item: Fields, received_at: datetime, accounts: AccountLookup) -> Event:
    account, who = str(envelope["account"]), visitor(envelope.get("visitor"))
    site = accounts(account)
    shop = site.shop if site is not None else None
    proved = _proved(envelope.get("proved"), account, shop)
    own = _own_id(item)
    key = f"{CONNECTOR}:{account}:{who}:{own}"
    at = received_at - timedelta(milliseconds=_ago(item.get("ago")))
    return Event(
        key=key,
        connector=CONNECTOR,
        account=account,
        occurred_at=at,
        received_at=received_at,
        anchor=Identifier(IdentifierKind.VISITOR, account, who),
        also=proved,
        raw=item,
        **_content(item, _Of(Version(at=at, event=key), own, who, shop or account, signed_in=bool(proved))),
    )


def _own_id(item: Mapping[str, Any]) -> str:
    """The item's own id; a receipt's is the message that it is about, so that it is told once."""
    if item.get("what") == "read":
        return f"read:{meta.identifier(item.get('message'), 'message')[:100]}"
    own = item.get("id")
    if not isinstance(own, str) or not _ITEM.fullmatch(own):
        raise Unclear("id is malformed")
    return own


def _ago(value: object) -> int:
    """How many milliseconds before it was sent it happened: no clock of a browser is trusted with more."""
    if value is None:
        return 0
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _LATEST_AGO:
        raise Unclear("ago is out of range")
    return value


def _content(item: Fields, of: _Of) -> Fields:
    what = item.get("what")
    if what == "message":
        return {"kind": EventKind.MESSAGE, "message": message(item, of.own)}
    if what == "read":
        return {"kind": EventKind.READ, "receipt": receipt(item)}
    if what == "cart" and "items" in item:
        return {"kind": EventKind.CART, "cart": cart(item, of.version, of.visitor, of.shop)}
    if what in _VIEWS or what == "cart":
        return {"kind": EventKind.PAGE_VIEW, "view": view(item, of.version.event, of.version.at)}
    if what == "identify":
        if not of.signed_in:
            raise Unclear("identify without a signed token")
        return {"kind": EventKind.ACCOUNT_LINKING, "topic": "signed_token"}
    raise Unclear("what is unknown")


def _proved(value: object, site: str, shop: str | None) -> tuple[Identifier, ...]:
    """What a signed token says who the visitor is, the site's own account first."""
    if value is None:
        return ()
    said = meta.record(value, "proved")
    found = [Identifier(IdentifierKind.SITE_ACCOUNT, site, _name(said.get("account"), "proved.account"))]
    customer = said.get("shop_customer")
    if customer is not None and shop is not None:
        name = _name(customer, "proved.shop_customer")
        found.append(Identifier(IdentifierKind.SHOP_CUSTOMER, shop, name))
    address = said.get("email")
    email = email_identifier(address) if isinstance(address, str) else None
    return tuple(found) if email is None else (*found, email)


def _name(value: object, what: str) -> str:
    """What a site or a shop calls a customer."""
    found = meta.identifier(value, what)
    if not _NAME.fullmatch(found):
        raise Unclear(f"{what} is malformed")
    return found
