"""Whom a visitor of the brand's site belongs to, whichever way the site says so: the first account that signs in."""

import hashlib
from datetime import datetime

from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.site import SiteTie
from middleware.pipeline.normalise import Sorted
from middleware.ports import BrandStore, Put, Store

SOMEBODY_ELSES = "the visitor has signed in to another account before: it needs a visitor of its own"


async def refuse_somebody_elses(found: Sorted, store: Store, now: datetime) -> None:
    """Move to quarantine what signs a visitor in to another account than they belong to. Raises StoreUnavailable."""
    judged: dict[tuple[Identifier, Identifier], bool] = {}
    for brand, events in list(found.events.items()):
        for event in events:
            account = next((each for each in event.also if each.kind is IdentifierKind.SITE_ACCOUNT), None)
            if account is None or event.anchor is None:
                continue
            pair = event.anchor, account
            if pair not in judged:
                judged[pair] = await belongs_to_account(store.brand(brand), *pair, now)
            if not judged[pair]:
                found.refuse(brand, event, SOMEBODY_ELSES)


async def belongs_to_account(store: BrandStore, visitor: Identifier, account: Identifier, now: datetime) -> bool:
    """Whether a visitor belongs to an account of the site: they do from now on if they belonged to none."""
    return await belongs(store, visitor.key, f"{account.scope}|{account.value}", now)


async def belongs(store: BrandStore, what: str, holder: str, now: datetime) -> bool:
    """Whether something belongs to this holder: it does from now on if it belonged to nobody."""
    tie = SiteTie(id=what, holder=hashlib.sha256(holder.encode()).hexdigest(), at=now)
    known = (await store.get(SiteTie, [what])).get(what)
    if known is None:
        (landed,) = await store.write(Put(tie))
        if landed:
            return True
        known = (await store.get(SiteTie, [what])).get(what)
    return known is not None and known.record.holder == tie.holder
