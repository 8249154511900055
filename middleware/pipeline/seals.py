"""Seals: what tells, long after the delivery, whose secret had signed what is kept in quarantine.

The platform's signature covers a whole body, and of that only one person's own part is kept. So the part is signed
anew, with the secret that had signed the delivery, over all that is read when it is read again. Whoever can write to
the store and does not know the secret cannot make a part that speaks for an account. The prefix makes a seal worthless
as a webhook's signature: what it covers is no JSON.
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import orjson

from middleware.ports import ONLY_ACCOUNT, Account, Quarantined

_PREFIX = b"throughline quarantine seal 1\0"


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signed a delivery: the accounts that it may speak for, the secrets that fit, and the address it came to.

    `address` is the account that the webhook address named; None for an address that speaks for all accounts.
    """

    accounts: tuple[Account, ...]
    secrets: tuple[bytes, ...]
    address: str | None = None
    by_id: Mapping[str, Account] = field(init=False)
    home: str | None = field(init=False)
    """The brand to which everything that the signing app sends belongs, or None if it serves several."""

    def __post_init__(self) -> None:
        """Work out once what every delivery asks for."""
        brands = {account.brand for account in self.accounts}
        object.__setattr__(self, "by_id", {account.id: account for account in self.accounts})
        object.__setattr__(self, "home", brands.pop() if len(brands) == 1 else None)

    def account(self, named: str) -> Account | None:
        """The account of an id, or the only one where that is what is asked for."""
        if named == ONLY_ACCOUNT:
            return self.accounts[0] if len(self.accounts) == 1 else None
        return self.by_id.get(named)


def sealed(kept: Quarantined, secrets: Iterable[bytes]) -> Quarantined:
    """The document with a seal of each of these secrets."""
    return kept.model_copy(update={"seals": tuple(_seal(secret, kept) for secret in secrets)})


def signer_of(kept: Quarantined, accounts: Iterable[Account]) -> Signer:
    """Who had signed what is kept, among accounts of today: those one of whose secrets made one of its seals.

    It speaks for no account that the address which it came to did not speak for.
    """
    accounts = tuple(each for each in accounts if _is_meant(each, kept))
    secrets = {secret.get_secret_value().encode() for account in accounts for secret in account.secrets}
    valid = {secret for secret in secrets if secret and _fits(secret, kept)}
    trusted = (a for a in accounts if any(secret.get_secret_value().encode() in valid for secret in a.secrets))
    return Signer(tuple(trusted), tuple(sorted(valid)), kept.address)


def _is_meant(account: Account, kept: Quarantined) -> bool:
    return account.connector == kept.connector and kept.address in {None, account.name}


def _fits(secret: bytes, kept: Quarantined) -> bool:
    wanted = _seal(secret, kept).encode()
    return any(hmac.compare_digest(wanted, seal.encode()) for seal in kept.seals)


def _seal(secret: bytes, kept: Quarantined) -> str:
    """Over everything that is read when it is read again; the reason may change."""
    said = [kept.connector, kept.address, sorted(kept.headers.items()), kept.received_at.isoformat()]
    return hmac.new(secret, _PREFIX + orjson.dumps(said) + b"\0" + kept.raw, hashlib.sha256).hexdigest()
