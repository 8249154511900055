"""Messenger: a Facebook Page's conversations. Source: Messenger Platform reference."""

from typing import Any

from connectors import meta_leads, meta_profiles
from connectors.http import HttpClient
from connectors.mapping import shipped_mapping
from connectors.meta_channel import Recipient
from connectors.meta_items import Dialect
from connectors.meta_sending import node_url
from connectors.page_channel import PageChannel, attachment_upload
from connectors.page_messages import page_body
from middleware.domain.channels import CHANNELS
from middleware.domain.identifiers import IdentifierKind
from middleware.domain.leads import LeadAnswer
from middleware.domain.mapping import SourceMapping
from middleware.domain.messages import Reply
from middleware.ports import Account

DEFAULT_BASE = "https://graph.facebook.com"

DIALECT = Dialect(connector="messenger", object_name="page", person=IdentifierKind.MESSENGER)


class Messenger(PageChannel):
    """The channel `messenger`. Accounts are Pages; customers are page-scoped ids."""

    name: str = DIALECT.connector
    dialect = DIALECT
    capabilities = CHANNELS[DIALECT.connector]
    way = attachment_upload(DEFAULT_BASE)
    profiles = meta_profiles.MESSENGER
    file_hosts = ("*.fbcdn.net", "cdn.fbsbx.com", "lookaside.fbsbx.com")

    def __init__(self, http: HttpClient) -> None:
        super().__init__(http)
        self._leads = shipped_mapping("leads") or SourceMapping()

    def _body(self, to: Recipient, reply: Reply, key: str) -> dict[str, Any]:
        """`key` comes back as `metadata` of the echo."""
        return page_body(to["id"], reply, pictures="attachment", metadata=key)

    async def lead(
        self,
        account: Account,
        lead_id: str,
        key: str,
        *,
        timeout: float,  # noqa: ASYNC109 - the port's
    ) -> LeadAnswer:
        """See `LeadSource.lead`: a Page's lead ads."""
        url = node_url(account, self.way.default_base, lead_id)
        return await meta_leads.ask(self._http, account, url, key, account.mapping or self._leads, seconds=timeout)
