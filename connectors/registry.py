"""Every connector there is, named one by one."""

from connectors.channels.instagram import Instagram
from connectors.channels.messenger import Messenger
from connectors.channels.webchat import WebChat
from connectors.channels.whatsapp import WhatsApp
from connectors.http import HttpClient
from connectors.sources.generic import Generic
from connectors.sources.hubspot import HubSpot
from connectors.sources.klaviyo import Klaviyo
from connectors.sources.mailchimp import Mailchimp
from connectors.sources.mandrill import Mandrill
from connectors.sources.shopify import Shopify
from connectors.sources.zendesk import Zendesk
from middleware.ports import Channel, Connector


def channels(http: HttpClient) -> tuple[Channel, ...]:
    """The connectors that carry conversation; they send through `http`."""
    return (Messenger(http), Instagram(http), WhatsApp(http), WebChat())


def connectors(http: HttpClient) -> tuple[Connector, ...]:
    """All connectors: the channels, and the sources of facts."""
    sources = (HubSpot(http), Zendesk(http), Klaviyo(), Mailchimp(), Mandrill(), Generic())
    return (*channels(http), Shopify(http), *sources)
