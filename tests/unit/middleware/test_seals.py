"""Seals: who had signed what is kept in quarantine."""

from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from connectors.signatures import is_hex_signed
from middleware.pipeline.seals import sealed, signer_of
from middleware.ports import Account, Quarantined

SECRET = "a-secret-of-the-app-0001"
KEPT = Quarantined(
    id="1", connector="messenger", reason="why", raw=b'{"object":"page"}',
    received_at=datetime(2026, 5, 1, 8, 0, 0, 123000, tzinfo=UTC), headers={"content-type": "application/json"},
)  # fmt: skip


def account(name: str, *secrets: str, connector: str = "messenger") -> Account:
    """An account with these secrets."""
    return Account("glow", name, connector, name, secrets=tuple(map(SecretStr, secrets)))


def test_only_accounts_with_the_secret_signed_it() -> None:
    """A seal names every account that lists the secret, also one added later; rotation beside it does no harm."""
    kept = sealed(KEPT, [SECRET.encode()])
    accounts = (
        account("old", SECRET), account("rotated", "a-new-one", SECRET), account("other", "another"),
        account("none"), account("empty", ""), account("shop", SECRET, connector="shopify"),
    )  # fmt: skip
    assert [each.name for each in signer_of(kept, accounts).accounts] == ["old", "rotated"]
    assert signer_of(kept, accounts).secrets == (SECRET.encode(),)
    assert signer_of(KEPT, accounts).accounts == ()


@pytest.mark.parametrize(
    "changed",
    [
        {"raw": b'{"object":"page" }'},
        {"connector": "instagram"},
        {"address": "old"},
        {"headers": {}},
        {"received_at": datetime(2026, 5, 1, 8, tzinfo=UTC)},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_a_seal_holds_for_nothing_else(changed: dict[str, object]) -> None:
    """Whatever is read when it is read again is under the seal."""
    kept = sealed(KEPT, [SECRET.encode()]).model_copy(update=changed)
    assert signer_of(kept, [account("old", SECRET, connector=kept.connector)]).accounts == ()


def test_the_reason_may_change() -> None:
    """What is still refused keeps its seal under its new reason."""
    kept = sealed(KEPT, [SECRET.encode()]).model_copy(update={"reason": "another"})
    assert len(signer_of(kept, [account("old", SECRET)]).accounts) == 1


def test_an_address_speaks_for_its_account_alone() -> None:
    """What came to one account's address is nobody else's, whoever else has the secret."""
    kept = sealed(KEPT.model_copy(update={"address": "old"}), [SECRET.encode()])
    assert [each.name for each in signer_of(kept, [account("old", SECRET), account("new", SECRET)]).accounts] == ["old"]


def test_a_seal_is_no_signature() -> None:
    """Whoever reads the store cannot deliver what is kept there as a webhook."""
    (seal,) = sealed(KEPT, [SECRET.encode()]).seals
    assert not is_hex_signed(f"sha256={seal}", KEPT.raw, SECRET.encode())
