"""Signed webhooks by the thousand, as the bytes of whole HTTP requests: made before the clock runs."""

import json
import secrets
from datetime import UTC, datetime
from itertools import count
from typing import Any

from connectors.samples import SAMPLES, Sample, SampleRequest, signed
from connectors.signatures import hex_signature
from tests.benchmarks.accounts import NUMBER, SECRET, SHOP, SHOP_SECRET, WEBHOOK

QUESTION = "Where is my order?"

_ID, _SCOPED, _DIGITS = "MESSAGEIDMARKER", "SENDERMARKER", "34600000000"


class Customer:
    """One made-up customer with an order of their own. `number` counts from 0."""

    __slots__ = ("number", "order", "phone", "scoped_id")

    def __init__(self, number: int) -> None:
        self.number = number
        self.scoped_id = f"ES.{7_000_000_000 + number}"
        self.phone = f"346{number:08d}"
        self.order = f"#{1001 + number}"


def request(path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """A whole HTTP request, as Meta's robots would write it."""
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "User-Agent: facebookexternalua",
        "Accept: */*",
        *(f"{name}: {value}" for name, value in headers.items()),
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


class Questions:
    """Text messages on WhatsApp: one real sample, in which ids and sender are replaced, signed anew each time.

    Every request has a message id that nobody had before. Its time is that of making the object.
    """

    def __init__(self) -> None:
        asked = SampleRequest(
            account_id=NUMBER,
            sender=f"ES.{_SCOPED}",
            phone=f"+{_DIGITS}",
            at=datetime.now(UTC),
            text=QUESTION,
            message_id=_ID,
        )
        body, headers = signed("whatsapp", SAMPLES["whatsapp"]["message"](asked).body, SECRET.encode())
        self._body, self._headers = body.decode(), headers
        self._run = secrets.token_hex(8)
        self._numbers = count()

    def of(self, customer: Customer) -> bytes:
        """The next message of a customer."""
        said = self._body.replace(_ID, f"wamid.HBgL{self._run}{next(self._numbers):012d}")
        said = said.replace(f"ES.{_SCOPED}", customer.scoped_id).replace(_DIGITS, customer.phone)
        body = said.encode()
        headers = {**self._headers, "x-hub-signature-256": hex_signature(body, SECRET.encode())}
        return request(WEBHOOK, body, headers)


def order(customer: Customer) -> bytes:
    """The shop's webhook on the customer's order: its phone is what makes the customer known."""
    sample = SAMPLES["shopify"]["order_created"](
        SampleRequest(
            account_id=SHOP,
            sender="",
            at=datetime.now(UTC),
            name=f"Ana {customer.number}",
            phone=f"+{customer.phone}",
            email=f"customer{customer.number}@example.com",
            customer_id=7_001_000_000_000 + customer.number,
            order_id=5_678_000_000_000 + customer.number,
            order_number=int(customer.order[1:]),
            checkout_token=secrets.token_hex(16),
        )
    )
    body, headers = signed("shopify", _of_its_own(sample), SHOP_SECRET.encode(), sample.headers)
    return request("/webhooks/shopify", body, headers)


def _of_its_own(sample: Sample) -> dict[str, Any]:
    """The sample's body with a cart of its own: all samples share one."""
    body: dict[str, Any] = json.loads(json.dumps(sample.body))
    body["cart_token"] = f"c1-{secrets.token_hex(16)}"
    return body
