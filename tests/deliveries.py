"""Signed deliveries for tests that speak to an installation in other processes, and its settings as a file."""

import json
import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from connectors.body import read_json
from connectors.http import HttpClient
from connectors.registry import connectors
from connectors.samples import SAMPLES, SampleRequest, signed
from middleware.domain.events import Event
from middleware.ports import WebhookRequest
from tests.running import ACCOUNT_IDS, SECRET, SHOP_SECRET


@dataclass(frozen=True)
class Delivered:
    """One signed delivery, and the event in it."""

    connector: str
    body: bytes
    headers: dict[str, str]
    event: Event


def signed_sample(connector: str, kind: str, *, sender: str, **parts: Any) -> Delivered:
    """A signed sample of one event for the account of `tests.running`."""
    now = datetime.now(UTC)
    request = SampleRequest(
        account_id=ACCOUNT_IDS[connector], sender=sender, at=parts.pop("at", now), message_id=uuid.uuid4().hex
    )
    sample = SAMPLES[connector][kind](replace(request, **parts))
    secret = SHOP_SECRET if connector == "shopify" else SECRET
    body, headers = signed(connector, sample.body, secret.encode(), sample.headers)
    reader = {each.name: each for each in connectors(HttpClient())}[connector]
    webhook = WebhookRequest(headers=headers, body=body)
    (event,) = reader.normalise(read_json(body), webhook, now, lambda _: None)
    assert isinstance(event, Event)
    return Delivered(connector, body, headers, event)


def as_toml(fields: dict[str, Any], path: str = "") -> str:
    """Plain fields as TOML: a table for each dict, JSON's spelling for everything else."""
    plain = {key: value for key, value in fields.items() if not isinstance(value, dict)}
    lines = [f"[{path}]"] if path and plain else []
    lines += [f"{json.dumps(key)} = {json.dumps(value)}" for key, value in plain.items()]
    for key, value in fields.items():
        if isinstance(value, dict):
            lines.append(as_toml(value, f"{path}.{json.dumps(key)}" if path else json.dumps(key)))
    return "\n".join(lines)
