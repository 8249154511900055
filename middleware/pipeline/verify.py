"""Stage 2, verify: whose delivery is it? Signature over the bytes as received, before anything is parsed."""

from collections.abc import Iterable

from middleware.pipeline.seals import Signer
from middleware.ports import Account, Connector, WebhookRequest


def verify(
    connector: Connector, request: WebhookRequest, accounts: Iterable[Account], address: str | None = None
) -> Signer:
    """Who signed this request, among the accounts that its address speaks for; nobody for one to be refused.

    Several secrets per account are for rotation. An account without a secret signs nothing: without any secret
    configured every delivery is refused. All distinct secrets are tried, so that the time does not tell which fits.
    """
    accounts = tuple(accounts)
    secrets = {secret.get_secret_value() for account in accounts for secret in account.secrets}
    valid = {secret for secret in secrets if secret and connector.is_signed(request, secret.encode())}
    trusted = tuple(
        account for account in accounts if any(secret.get_secret_value() in valid for secret in account.secrets)
    )
    return Signer(trusted, tuple(sorted(secret.encode() for secret in valid)), address)
