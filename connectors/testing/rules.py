"""What the Graph API checks in a message before it accepts it: the way into the rules of each channel."""

from collections.abc import Mapping
from typing import Any

from connectors.testing.checks import Content, Known
from connectors.testing.page_rules import read_page
from connectors.testing.whatsapp_rules import read_whatsapp


def read(channel: str, body: Mapping[str, Any], known: Known) -> Content:
    """The message in a request of `channel`. Raises `ApiError` for what the platform would refuse."""
    return read_whatsapp(body, known) if channel == "whatsapp" else read_page(channel, body, known)
