"""Zendesk's signature. Source: Zendesk developers, "Verifying the authenticity of a webhook request".

It covers the time and the body, which may be empty. How old a delivery may be is documented nowhere, and Zendesk tries
again for a while; repeating one changes nothing, since its events have the same keys.
"""

import re

from connectors.signatures import is_base64_signed
from middleware.ports import WebhookRequest

SIGNATURE = "x-zendesk-webhook-signature"
TIME = "x-zendesk-webhook-signature-timestamp"

_TIME = re.compile(r"[0-9A-Z:.+-]{1,40}", re.ASCII)


def is_signed(request: WebhookRequest, secret: bytes) -> bool:
    """Whether the webhook's signing secret signed time and body."""
    time = request.headers.get(TIME, "")
    if not _TIME.fullmatch(time):
        return False
    return is_base64_signed(request.headers.get(SIGNATURE), time.encode() + request.body, secret)
