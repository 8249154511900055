"""The contract kit for channels: for each a list of cases, one fixture a case and what has to come of it.

A case is data: the name of a body under `tests/fixtures/connectors/<channel>/` and one expectation for each
of its events. Field values are compared as a subset, so that a case only says what it is about.
"""

import fnmatch
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connectors.body import read_json
from connectors.channels.instagram import Instagram
from connectors.channels.messenger import Messenger
from connectors.channels.webchat import WebChat
from connectors.channels.whatsapp import WhatsApp
from connectors.http import HttpClient
from middleware.domain.events import Event, EventKind, Rejected
from middleware.domain.record import Record
from middleware.ports import Account, Channel, WebhookRequest

FIXTURES = Path(__file__).parents[1] / "fixtures" / "connectors"

RECEIVED_AT = datetime(2026, 9, 21, 15, tzinfo=UTC)
"""When every fixture is received: 47 minutes after it happened."""

CHANNELS: dict[str, Channel] = {
    channel.name: channel
    for channel in (Messenger(HttpClient()), Instagram(HttpClient()), WhatsApp(HttpClient()), WebChat())
}

NOBODY = ""
"""The anchor of an event that is about nobody in particular."""


@dataclass(frozen=True)
class Expected:
    """What one event must be. `key` follows the prefix of connector and account; `*` stands for a digest."""

    kind: EventKind
    key: str
    fields: dict[str, Any] = field(default_factory=dict)
    anchor: str | None = None
    account: str | None = None


@dataclass(frozen=True)
class Refused:
    """What one part that cannot be understood must become."""

    reason: str
    account: str | None = None


@dataclass(frozen=True)
class Case:
    """One body of one channel, and what is in it."""

    channel: str
    name: str
    expected: tuple[Expected | Refused, ...]


@dataclass(frozen=True)
class Setting:
    """What the fixtures of one channel have in common."""

    account: str
    anchor: str


SETTINGS: dict[str, Setting] = {
    "messenger": Setting("1001", "messenger|1001|7301"),
    "instagram": Setting("178414", "instagram|178414|9201"),
    "whatsapp": Setting("777", "whatsapp||FR.9001a"),
    "webchat": Setting("glow-site", "visitor|glow-site|Vn3kQ2mXq8PwR71TbYc5LdAeFgHiJkLmNoPqRsTuVw0"),
}


def read_fixture(case: Case) -> bytes:
    """The body of a case."""
    return (FIXTURES / case.channel / f"{case.name}.json").read_bytes()


def unknown_account(_: str) -> Account | None:
    """An account registry that knows nothing."""
    return None


def normalise(channel: Channel, raw: bytes) -> list[Event | Rejected]:
    """What a channel makes of a body, in a world that knows no account."""
    request = WebhookRequest(headers={}, body=raw)
    return list(channel.normalise(read_json(raw), request, RECEIVED_AT, unknown_account))


def differences(case: Case, expected: Expected | Refused, found: Event | Rejected) -> list[str]:
    """How an event differs from what was expected of it; nothing if it does not."""
    setting = SETTINGS[case.channel]
    if isinstance(expected, Refused) or isinstance(found, Rejected):
        return [] if _is_refusal(expected, found) else [f"expected {expected}, found {found}"]
    account = expected.account or setting.account
    anchor = setting.anchor if expected.anchor is None else expected.anchor
    checks = {
        "kind": (found.kind, expected.kind),
        "connector": (found.connector, case.channel),
        "account": (found.account, account),
        "anchor": (found.anchor.key if found.anchor else NOBODY, anchor),
        "received_at": (found.received_at, RECEIVED_AT),
    }
    wrong = [f"{name}: {is_} instead of {should}" for name, (is_, should) in checks.items() if is_ != should]
    if not fnmatch.fnmatchcase(found.key, f"{case.channel}:{account}:{expected.key}"):
        wrong.append(f"key: {found.key} instead of {expected.key}")
    values = {name: getattr(found, name) for name in expected.fields}
    return [*wrong, *_deep_differences("", values, expected.fields)]


def _is_refusal(expected: Expected | Refused, found: Event | Rejected) -> bool:
    return (
        isinstance(expected, Refused)
        and isinstance(found, Rejected)
        and expected.reason in found.reason
        and expected.account == found.account
        and len(found.raw) > 0
    )


def _deep_differences(path: str, found: Any, expected: Any) -> list[str]:
    value = found.model_dump() if isinstance(found, Record) else found
    if isinstance(expected, dict) and isinstance(value, dict):
        return [
            line for name in expected for line in _deep_differences(f"{path}.{name}", value.get(name), expected[name])
        ]
    if isinstance(expected, tuple) and isinstance(value, tuple) and len(expected) == len(value):
        pairs = zip(value, expected, strict=True)
        return [line for is_, should in pairs for line in _deep_differences(f"{path}[]", is_, should)]
    return [] if value == expected else [f"{path}: {value!r} instead of {expected!r}"]
