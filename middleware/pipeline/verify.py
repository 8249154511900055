"""Stage 2, verify: whose delivery is it? Signature over the bytes as received, before anything is parsed."""

from collections.abc import Iterable

from middleware.pipeline.seals import Signer
from middleware.ports import Account, Connector, WebhookRequest


class Address:
    """One webhook address: the accounts that it speaks for, and the secrets that sign for them.

    Several secrets per account are for rotation. An account without a secret signs nothing: without any secret
    configured every delivery is refused. `name` is the account that the address names, if it names one.
    """

    def __init__(self, connector: Connector, accounts: Iterable[Account], name: str | None = None) -> None:
        self.accounts = tuple(accounts)
        self._connector = connector
        self._name = name
        secrets = {secret.get_secret_value() for account in self.accounts for secret in account.secrets}
        self._secrets = sorted(secret.encode() for secret in secrets if secret)
        self._signers: dict[tuple[bytes, ...], Signer] = {}

    def verify(self, request: WebhookRequest) -> Signer:
        """Who signed this request; nobody for one to be refused.

        All distinct secrets are tried, so that the time does not tell which fits.
        """
        valid = tuple(secret for secret in self._secrets if self._connector.is_signed(request, secret))
        if valid not in self._signers:
            self._signers[valid] = self._signer(valid)
        return self._signers[valid]

    def _signer(self, valid: tuple[bytes, ...]) -> Signer:
        trusted = (a for a in self.accounts if any(each.get_secret_value().encode() in valid for each in a.secrets))
        return Signer(tuple(trusted), valid, self._name)
