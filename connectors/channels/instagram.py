"""Instagram: an account's direct messages. Source: Instagram messaging reference."""

from typing import Any

from connectors import meta_profiles
from connectors.meta_channel import Recipient
from connectors.meta_items import Dialect
from connectors.page_channel import PageChannel, attachment_upload
from connectors.page_messages import page_body
from middleware.domain.channels import CHANNELS
from middleware.domain.identifiers import IdentifierKind
from middleware.domain.messages import Reply

DEFAULT_BASE = "https://graph.instagram.com"

DIALECT = Dialect(connector="instagram", object_name="instagram", person=IdentifierKind.INSTAGRAM)


class Instagram(PageChannel):
    """The channel `instagram`. Accounts are professional accounts; customers are Instagram-scoped ids.

    Behind a Page, the account's `base_url` and `sender_id` say so.
    """

    name: str = DIALECT.connector
    dialect = DIALECT
    capabilities = CHANNELS[DIALECT.connector]
    way = attachment_upload(DEFAULT_BASE, platform="instagram")
    profiles = meta_profiles.INSTAGRAM
    file_hosts = ("*.cdninstagram.com", "*.fbcdn.net", "lookaside.fbsbx.com")

    def _body(self, to: Recipient, reply: Reply, key: str) -> dict[str, Any]:
        """No field for `key` is documented here: an echo is matched by its id and text."""
        del key
        return page_body(to["id"], reply, pictures="attachments")
