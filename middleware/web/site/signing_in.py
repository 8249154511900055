"""Who a visitor is, by a signed token of the site: looked at, and tied to this one visitor for good.

A token that somebody else got hold of is worthless to them: it belongs to the first visitor that shows it. And a
visitor belongs to the first account that they sign in to: whoever signs in to another one in the same browser is
another visitor, with a conversation of their own.
"""

import hashlib
from typing import Any, Literal

from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.site import TOKEN
from middleware.pipeline.site_ties import belongs, belongs_to_account
from middleware.web.site.asking import Asked
from middleware.web.tokens import read_token

Verdict = Literal["no_token", "somebody_else"]


async def proved(asked: Asked, token: object) -> dict[str, Any] | Verdict:
    """What the token says, as it stands in an envelope; or why it does not count for this visitor."""
    account, now = asked.account, asked.site.clock.now()
    store = asked.site.store.brand(account.brand)
    secrets = [each.get_secret_value() for each in account.secrets]
    said = read_token(token, secrets, audience=account.id, issuers=account.origins, now=now)
    if said is None:
        return "no_token"
    visitor = Identifier(IdentifierKind.VISITOR, account.id, asked.visitor)
    signed_for = Identifier(IdentifierKind.SITE_ACCOUNT, account.id, said.sub)
    if not await belongs_to_account(store, visitor, signed_for, now):
        return "somebody_else"
    if not await belongs(store, f"{TOKEN}|{account.id}|{_hash(said.jti)}", asked.visitor, now):
        return "no_token"
    email = said.email if said.email_verified else None
    found = {"account": said.sub, "shop_customer": said.shop_customer, "email": email}
    return {name: value for name, value in found.items() if value is not None}


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
