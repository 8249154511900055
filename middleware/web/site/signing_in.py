"""Who a visitor is, by a signed token of the site: looked at, and tied to this one visitor for good.

A token that somebody else got hold of is worthless to them: it belongs to the first visitor that shows it. And a
visitor belongs to the first account that they sign in to: whoever signs in to another one in the same browser is
another visitor, with a conversation of their own.
"""

import hashlib
from typing import Any, Literal

from middleware.domain.site import SiteTie
from middleware.ports import Put
from middleware.web.site.asking import Asked
from middleware.web.tokens import read_token

Verdict = Literal["no_token", "somebody_else"]


async def proved(asked: Asked, token: object) -> dict[str, Any] | Verdict:
    """What the token says, as it stands in an envelope; or why it does not count for this visitor."""
    account, now = asked.account, asked.site.clock.now()
    secrets = [each.get_secret_value() for each in account.secrets]
    said = read_token(token, secrets, audience=account.id, issuers=account.origins, now=now)
    if said is None:
        return "no_token"
    if not await _is_of(asked, f"visitor|{account.id}|{asked.visitor}", f"{account.id}|{said.sub}"):
        return "somebody_else"
    if not await _is_of(asked, f"token|{account.id}|{_hash(said.jti)}", asked.visitor):
        return "no_token"
    email = said.email if said.email_verified else None
    found = {"account": said.sub, "shop_customer": said.shop_customer, "email": email}
    return {name: value for name, value in found.items() if value is not None}


async def _is_of(asked: Asked, what: str, holder: str) -> bool:
    """Whether it belongs to this holder: it does from now on if it belonged to nobody."""
    store = asked.site.store.brand(asked.account.brand)
    tie = SiteTie(id=what, holder=_hash(holder), at=asked.site.clock.now())
    known = (await store.get(SiteTie, [what])).get(what)
    if known is None:
        (landed,) = await store.write(Put(tie))
        if landed:
            return True
        known = (await store.get(SiteTie, [what])).get(what)
    return known is not None and known.record.holder == tie.holder


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
