"""The identity provider of the settings."""

from connectors.http import HttpClient
from connectors.openid import OpenIdProvider
from middleware.ports import IdentityProvider
from middleware.sections.installation import SingleSignOn


def provider_of(settings: SingleSignOn, http: HttpClient) -> IdentityProvider:
    """The provider, as the console asks it."""
    return OpenIdProvider(settings.issuer, settings.client_id, settings.client_secret, http)
