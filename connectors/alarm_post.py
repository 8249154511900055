"""Alarms told to an address of the brand's own choosing.

    POST <url>
    webhook-id, webhook-timestamp, webhook-signature (Standard Webhooks), where there is a secret
    {"schema": "throughline.alarm/1", "news", "what", "brand", "name", "id", "since", "at", "text"}

`text` is a sentence: chat tools that take `{"text": ...}` show it as it is. The id of the delivery is the same whenever
the same news is told again. Any 2xx is taken for an answer.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from pydantic import SecretStr

from connectors.http import HttpClient, MaybeSent, NotConnected
from connectors.standard_webhooks import standard_signature
from middleware.domain.alarms import Alarm

_WITHIN = 10.0
"""Seconds."""

_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)
_TAKEN = range(200, 300)
_WORDS = {
    ("account", "began"): "{brand}: nothing comes from account {name} since {since}, and usually something would have.",
    ("account", "ended"): "{brand}: account {name} is heard of again; there was nothing since {since}.",
    ("engine", "began"): "{brand}: engine {name} has not answered since {since}, and usually it would have.",
    ("engine", "ended"): "{brand}: engine {name} answers again; there was nothing since {since}.",
    ("pull", "began"): "{brand}: account {name} should have been pulled by {since}, and was not.",
    ("pull", "ended"): "{brand}: account {name} is pulled again; it was due since {since}.",
}


@dataclass(frozen=True, slots=True)
class PostedAlarms:
    """One address (`AlarmPost`). Raises ValueError for a secret that is none."""

    url: str
    secret: SecretStr | None
    http: HttpClient

    def __post_init__(self) -> None:
        if self.secret is not None:
            standard_signature(self.secret.get_secret_value().encode(), "alarm", _ANY_TIME, b"")

    async def tell(self, brand: str, alarm: Alarm, now: datetime) -> bool:
        """See `AlarmPost.tell`."""
        own, body = _own_id(brand, alarm), orjson.dumps(_said(brand, alarm, now))
        headers = {"Content-Type": "application/json", "webhook-id": own}
        if self.secret is not None:
            headers |= standard_signature(self.secret.get_secret_value().encode(), own, now, body)
        try:
            reply = await self.http.post(self.url, body, headers, _WITHIN)
        except (NotConnected, MaybeSent):
            return False
        return reply.status in _TAKEN


def _said(brand: str, alarm: Alarm, now: datetime) -> dict[str, Any]:
    since = f"{alarm.heard_at:%Y-%m-%d %H:%M} UTC"
    words = _WORDS[alarm.what, alarm.news or "ended"]
    return {
        "schema": "throughline.alarm/1",
        "news": alarm.news,
        "what": alarm.what,
        "brand": brand,
        "name": alarm.name,
        "id": alarm.id,
        "since": alarm.heard_at.isoformat(),
        "at": now.isoformat(),
        "text": words.format(brand=brand, name=alarm.name, since=since),
    }


def _own_id(brand: str, alarm: Alarm) -> str:
    """The same for the same news, whoever tells it."""
    parts = (brand, alarm.id, alarm.began_at.isoformat(), alarm.news or "")
    return f"alarm_{hashlib.sha256('|'.join(parts).encode()).hexdigest()[:32]}"
