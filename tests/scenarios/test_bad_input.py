"""What nobody should send: it is refused or kept aside with a reason, never answered, never lost, never a 5xx."""

import asyncio
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from connectors.signatures import base64_signature, hex_signature
from connectors.testing import GraphStandIn
from tests.running import (
    INSTAGRAM,
    NUMBER,
    PAGE,
    SECRET,
    SHOP,
    SHOP_SECRET,
    TOKEN,
    Running,
    running,
    until,
)
from tests.scenarios.looking import CHANNELS, customer, documents, everything, new_id, post_json
from tests.stores import StoreServer

CONNECTORS = (*CHANNELS, "shopify")
OTHER_SECRET = "a-secret-of-another-app-2"
LARGEST = 4 * 1024 * 1024


def signature(connector: str, body: bytes, secret: str | None = None) -> dict[str, str]:
    """The headers of a delivery with this body."""
    if connector == "shopify":
        signed = base64_signature(body, (secret or SHOP_SECRET).encode())
        return {
            "content-type": "application/json", "x-shopify-hmac-sha256": signed,
            "x-shopify-topic": "orders/create", "x-shopify-shop-domain": SHOP,
        }  # fmt: skip
    signed = hex_signature(body, (secret or SECRET).encode())
    return {"content-type": "application/json", "x-hub-signature-256": signed}


async def raw_post(shop: Running, path: str, headers: Mapping[str, bytes], body: bytes) -> int:
    """POST bytes as they are, header values included; the status of the answer."""
    address = urlsplit(shop.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    lines = [f"POST {path} HTTP/1.1".encode(), b"Host: here", b"Connection: close"]
    lines += [name.encode() + b": " + value for name, value in headers.items()]
    lines += [b"Content-Length: " + str(len(body)).encode(), b"", body]
    writer.write(b"\r\n".join(lines))
    async with asyncio.timeout(20):
        answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return int(answer.split(b" ", 2)[1])


def as_bytes(headers: Mapping[str, str]) -> dict[str, bytes]:
    """Headers as `raw_post` takes them."""
    return {name: value.encode() for name, value in headers.items()}


async def nothing_is_stored(shop: Running) -> None:
    """No collection of any database holds anything."""
    for brand in (*shop.here.settings.brands, None):
        stored = await everything(shop, brand)
        assert {name: found for name, found in stored.items() if found} == {}, brand


def _without(name: str, headers: dict[str, str]) -> dict[str, bytes]:
    return {key: value.encode() for key, value in headers.items() if key != name}


def _forged(connector: str, body: bytes) -> Iterable[tuple[str, dict[str, bytes]]]:
    """Headers that must not let this body in, each with its name."""
    good = signature(connector, body)
    name = "x-shopify-hmac-sha256" if connector == "shopify" else "x-hub-signature-256"
    rest, value = _without(name, good), good[name].encode()
    yield "none", rest
    for what, forged in (
        ("empty", b""),
        ("cut off", value[:-1]),
        ("longer", value + b"0"),
        ("one digit off", value[:10] + (b"0" if value[10:11] != b"0" else b"1") + value[11:]),
        ("of another body", signature(connector, body + b" ")[name].encode()),
        ("of another secret", signature(connector, body, OTHER_SECRET)[name].encode()),
        ("of an empty secret", signature(connector, body, "\0")[name].encode()),
        ("in upper case", value.upper()),
        ("in quotes", b'"' + value + b'"'),
        ("twice in one", value + b"," + value),
        ("not ASCII", b"sha256=\xc3\xa9" + value[9:]),
        ("not UTF-8", b"sha256=\xff\xfe" + value[9:]),
        ("Latin-1 digits", b"\xb2" * len(value)),
        ("only the algorithm", b"sha256="),
        ("very long", b"sha256=" + b"a" * 6000),
    ):
        yield what, {**rest, name: forged}
    if connector != "shopify":
        yield "of SHA-1", {**rest, "x-hub-signature": b"sha1=" + b"0" * 40}
        yield "in base64", {**rest, name: base64_signature(body, SECRET.encode()).encode()}


@pytest.mark.parametrize("connector", CONNECTORS)
async def test_unsigned_is_refused_and_not_stored(shop: Running, connector: str) -> None:
    """Without this app's own signature over these very bytes a delivery is 401, and nothing of it is kept anywhere."""
    kind = "order_created" if connector == "shopify" else "message"
    body, headers = shop.sample(connector, kind, sender=customer(shop, CHANNELS[0]).id)

    seen = {
        what: await raw_post(shop, f"/webhooks/{connector}", given, body) for what, given in _forged(connector, body)
    }

    assert seen == dict.fromkeys(seen, 401)
    await nothing_is_stored(shop)
    assert await shop.post(connector, body, headers) == 200


async def test_duplicate_signature_headers_let_nobody_in(shop: Running) -> None:
    """Two signature headers, one of them wrong, are decided on without a fault."""
    body, headers = shop.sample("messenger", "message", sender="7301")
    wrong = hex_signature(body, OTHER_SECRET.encode()).encode()
    both = {"X-Hub-Signature-256": wrong, "x-hub-signature-256": headers["x-hub-signature-256"].encode()}

    assert await raw_post(shop, "/webhooks/messenger", both, body) in {200, 401}


async def test_without_a_secret_everything_is_refused(store_server: StoreServer, tmp_path: Path) -> None:
    """No secret in the settings means that nobody is believed, whatever signs."""
    accounts = {name: {"secrets": []} for name in (*CHANNELS, "shop")}
    async with running(store_server, tmp_path, brands={"glow": {"accounts": accounts}}) as shop:
        for connector in CONNECTORS:
            body = b'{"object":"page","entry":[]}'
            for secret in (SECRET, "\0", " "):
                assert await shop.post(connector, body, signature(connector, body, secret)) == 401
        await nothing_is_stored(shop)


def second_brand(graph: GraphStandIn, secret: str) -> dict[str, Any]:
    """The settings of a second brand, `noir`, with accounts of its own and this app secret."""
    channel = {"token": TOKEN, "secrets": [secret], "base_url": graph.url}
    accounts = {
        "messenger": {"connector": "messenger", "id": "2002", **channel},
        "whatsapp": {"connector": "whatsapp", "id": "888", **channel},
        "shop": {"connector": "shopify", "id": "noir.myshopify.com", "secrets": [f"{secret}-shop"]},
    }
    return {"noir": {"database": new_id("test"), "accounts": accounts}}


def page_entry(page: str, sender: str, mid: str, text: str = "hello") -> dict[str, Any]:
    """One entry with one message to a page."""
    now = 1_790_000_000_000
    message = {"mid": mid, "text": text}
    item = {"sender": {"id": sender}, "recipient": {"id": page}, "timestamp": _now(), "message": message}
    return {"id": page, "time": now, "messaging": [item]}


def _now() -> int:
    return int(datetime.now(UTC).timestamp() * 1000)


async def test_other_brands_secret_is_no_key(store_server: StoreServer, tmp_path: Path) -> None:
    """What is signed with one brand's secret speaks for that brand: never for another one's account."""
    async with (
        GraphStandIn() as other,
        running(store_server, tmp_path, brands=second_brand(other, OTHER_SECRET)) as shop,
    ):
        body = {"object": "page", "entry": [page_entry(PAGE, "7301", "m_1"), page_entry("2002", "7302", "m_2")]}
        assert await post_json(shop, "messenger", body, secret=OTHER_SECRET) == 200
        await shop.quiet()

        assert [each.recipient for each in other.sent] == ["7302"]
        assert shop.graph.requests == []
        assert await documents(shop, "events", "glow") == []
        assert await documents(shop, "quarantine", "glow") == []
        (kept,) = await documents(shop, "quarantine", "noir")
        assert b"m_1" in kept["raw"]
        assert kept["reason"]

        order, headers = shop.sample("shopify", "order_created")
        forged = {**headers, "x-shopify-hmac-sha256": base64_signature(order, f"{OTHER_SECRET}-shop".encode())}
        assert await shop.post("shopify", order, forged) == 200
        await shop.quiet()
        assert await documents(shop, "events", "glow") == []


async def test_named_address_takes_only_its_accounts(store_server: StoreServer, tmp_path: Path) -> None:
    """The address of one account takes what that account's secret signs, and no other."""
    accounts = {"second": {"connector": "messenger", "id": "3003", "secrets": [OTHER_SECRET], "token": TOKEN}}
    async with running(store_server, tmp_path, brands={"glow": {"accounts": accounts}}) as shop:
        body = {"object": "page", "entry": [page_entry("3003", "7301", "m_1")]}

        assert await post_json(shop, "messenger", body, secret=SECRET, name="second") == 401
        assert await post_json(shop, "messenger", body, secret=OTHER_SECRET, name="messenger") == 401
        assert await post_json(shop, "messenger", body, secret=OTHER_SECRET, name="nobody") == 401
        await nothing_is_stored(shop)
        assert await post_json(shop, "messenger", body, secret=OTHER_SECRET, name="second") == 200


async def test_batch_of_two_brands_goes_to_both_databases(store_server: StoreServer, tmp_path: Path) -> None:
    """One app that serves two brands mixes them in one batch: each event lands with its brand, and nothing beside."""
    async with GraphStandIn() as other, running(store_server, tmp_path, brands=second_brand(other, SECRET)) as shop:
        entries = [
            page_entry(PAGE, "7301", "m_1"),
            page_entry("2002", "7302", "m_2"),
            page_entry("9999", "7303", "m_3"),
        ]
        assert await post_json(shop, "messenger", {"object": "page", "entry": entries}) == 200
        await shop.replies(1)
        await _both_quiet(shop)

        assert [each.recipient for each in shop.graph.sent] == ["7301"]
        assert [each.recipient for each in other.sent] == ["7302"]
        for brand, mine, foreign in (("glow", "7301", "7302"), ("noir", "7302", "7301")):
            stored = str(await everything(shop, brand))
            assert mine in stored
            assert foreign not in stored
            assert "7303" not in stored
        (kept,) = await documents(shop, "quarantine", None)
        assert b"m_3" in kept["raw"]


async def _both_quiet(shop: Running) -> None:
    await shop.quiet()

    async def empty() -> bool:
        return not await documents(shop, "inbox", "noir")

    await until(empty, "the other brand's work")


async def test_unreadable_body_of_an_app_of_two_brands_is_kept_in_common(
    store_server: StoreServer, tmp_path: Path
) -> None:
    """What nobody can read belongs to no single brand if its app serves two."""
    async with GraphStandIn() as other, running(store_server, tmp_path, brands=second_brand(other, SECRET)) as shop:
        assert await shop.post("messenger", b"{", signature("messenger", b"{")) == 200

        assert [kept["raw"] for kept in await documents(shop, "quarantine", None)] == [b"{"]
        assert await documents(shop, "quarantine", "glow") == []


UNREADABLE = {
    "nothing": b"",
    "space": b"  \n ",
    "no JSON": b"hello",
    "a form": b"a=1&b=2",
    "cut off": b'{"object":"page","entry":[{"id":"1001","messaging":[{"sender":{"id":"73',
    "two values": b'{"object":"page","entry":[]} {}',
    "a trailing comma": b'{"object":"page","entry":[],}',
    "deep nesting": b'{"object":"page","entry":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep nesting, cut off": b"[" * 100_000,
    "deep objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "NaN": b'{"object":"page","entry":[NaN]}',
    "Infinity": b'{"object":"page","entry":[{"id":-Infinity}]}',
    "UTF-16": '{"object":"page","entry":[]}'.encode("utf-16"),
    "UTF-16 without a mark": '{"object":"page","entry":[]}'.encode("utf-16-le"),
    "UTF-32": '{"object":"page","entry":[]}'.encode("utf-32"),
    "a byte order mark": b'\xef\xbb\xbf{"object":"page","entry":[]}',
    "no UTF-8": b'{"object":"page","entry":["\xff"]}',
    "overlong UTF-8": b'{"object":"page","entry":["\xc0\xaf"]}',
    "a raw surrogate": b'{"object":"page","entry":["\xed\xa0\x80"]}',
    "a raw NUL": b'{"object":"page","entry":["\x00"]}',
    "a list": b"[]",
    "a number": b"1",
    "a huge number": b"1" * 5_000,
    "a huge exponent": b"1e999999",
    "a text": b'"page"',
    "null": b"null",
    "an empty object": b"{}",
    "another object": b'{"object":"user","entry":[]}',
    "no entries": b'{"object":"page"}',
    "entries that are no list": b'{"object":"page","entry":{"id":"1001"}}',
    "gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03",
}
"""Bodies of which nothing can be understood."""


@pytest.mark.parametrize("connector", CHANNELS)
async def test_unreadable_body_is_accepted_and_kept_raw(shop: Running, connector: str) -> None:
    """A signed body that cannot be understood is 200 and kept as it came, with a reason, so that none comes again."""
    sent = UNREADABLE
    seen = {what: await shop.post(connector, body, signature(connector, body)) for what, body in sent.items()}

    assert seen == dict.fromkeys(seen, 200)
    kept = {each["raw"]: each["reason"] for each in await documents(shop, "quarantine")}
    assert [what for what, body in sent.items() if not kept.get(body)] == []
    assert await documents(shop, "inbox") == []
    assert shop.graph.requests == []


async def test_unreadable_shop_body_is_accepted_and_kept_raw(shop: Running) -> None:
    """The same for a shop: what is no JSON object is kept as it came, with a reason."""
    sent = {what: body for what, body in UNREADABLE.items() if what not in _SHOP_OBJECTS}

    seen = {what: await shop.post("shopify", body, signature("shopify", body)) for what, body in sent.items()}

    assert seen == dict.fromkeys(seen, 200)
    kept = {each["raw"]: each["reason"] for each in await documents(shop, "quarantine")}
    assert [what for what, body in sent.items() if not kept.get(body)] == []


_SHOP_OBJECTS = frozenset({"deep objects"})


async def test_unreadable_body_is_kept_once(shop: Running) -> None:
    """A retried delivery of what cannot be understood is kept once."""
    for _ in range(3):
        assert await shop.post("messenger", b"{", signature("messenger", b"{")) == 200

    assert len(await documents(shop, "quarantine")) == 1


@pytest.mark.parametrize("connector", CONNECTORS)
async def test_headers_that_are_no_text_do_no_harm(shop: Running, connector: str) -> None:
    """Bytes that are no text in any header of a signed delivery are no fault of ours: 200, and kept if unreadable."""
    for body in (b"{", b'{"object":"page","entry":[]}'):
        for name in ("user-agent", "content-type", "x-shopify-topic", "x-request-id"):
            given = {key: value.encode() for key, value in signature(connector, body).items()}
            status = await raw_post(shop, f"/webhooks/{connector}", {**given, name: b"\xff\xfe\xed\xa0\x80"}, body)
            assert (name, status) == (name, 200)

    assert b"{" in [each["raw"] for each in await documents(shop, "quarantine")]


@pytest.mark.parametrize("connector", CONNECTORS)
async def test_body_beyond_the_limit_is_413(shop: Running, connector: str) -> None:
    """A byte more than 4 MiB is 413, signed or not, and the next delivery is taken; 4 MiB themselves are taken."""
    padded = b"{" + b" " * (LARGEST - 1)
    path, longer = f"/webhooks/{connector}", padded + b" "
    assert await raw_post(shop, path, as_bytes(signature(connector, longer)), longer) == 413
    assert await raw_post(shop, path, {}, longer) == 413
    await nothing_is_stored(shop)

    assert await raw_post(shop, path, as_bytes(signature(connector, padded)), padded) == 200
    (kept,) = await documents(shop, "quarantine")
    is_same = kept["raw"] == padded
    assert is_same


async def test_large_message_is_answered(shop: Running) -> None:
    """A message of almost 4 MiB is a message: stored whole, answered once."""
    text = "where is my order? " * 200_000
    body = json.dumps({"object": "page", "entry": [page_entry(PAGE, "7301", "m_1", text)]}).encode()
    assert await raw_post(shop, "/webhooks/messenger", as_bytes(signature("messenger", body)), body) == 200
    (reply,) = await shop.replies()

    assert reply.recipient == "7301"


BAD_EVENTS: dict[str, bytes] = {
    "a lone surrogate": rb'"message":{"mid":"m_bad","text":"\ud800"}',
    "a lone surrogate in a key": rb'"message":{"mid":"m_bad","\udc00":1}',
    "a NUL": rb'"message":{"mid":"m_bad","text":"a\u0000b"}',
    "a NUL in a key": rb'"message":{"mid":"m_bad","a\u0000b":1}',
    "an integer beyond 64 bit": b'"message":{"mid":"m_bad","text":"x","n":18446744073709551616}',
    "a negative integer beyond 64 bit": b'"message":{"mid":"m_bad","text":"x","n":-9223372036854775809}',
    "an absurd integer": b'"message":{"mid":"m_bad","text":"x","n":' + b"9" * 5_000 + b"}",
    "a timestamp beyond time": b'"message":{"mid":"m_bad","text":"x"},"timestamp":99999999999999999999999',
    "a message that is a list": b'"message":[]',
    "a message that is a number": b'"message":7',
    "a message without mid": b'"message":{"text":"hello"}',
    "a mid that is an object": b'"message":{"mid":{},"text":"hello"}',
    "a mid that is absurdly long": b'"message":{"mid":"' + b"m" * 5_000 + b'","text":"x"}',
    "a text that is a list": b'"message":{"mid":"m_bad","text":["x"]}',
    "a sender that is a list": b'"sender":[],"message":{"mid":"m_bad","text":"x"}',
    "deep nesting": b'"message":{"mid":"m_bad","text":"x","a":' + b"[" * 200 + b"]" * 200 + b"}",
}
"""The end of an item of `messaging` that cannot be kept as an event."""


@pytest.mark.parametrize("bad", BAD_EVENTS.values(), ids=BAD_EVENTS)
async def test_one_bad_event_takes_no_neighbour_along(shop: Running, bad: bytes) -> None:
    """Of a batch of ten with a bad one, nine are answered and one is kept aside with a reason."""
    items = [json.dumps(page_entry(PAGE, f"73{n}", f"m_{n}")["messaging"][0]).encode() for n in range(10)]
    start = json.dumps({"sender": {"id": "7399"}, "recipient": {"id": PAGE}, "timestamp": _now()})[:-1].encode()
    items[4] = start + b"," + bad + b"}"
    body = b'{"object":"page","entry":[{"id":"1001","time":1,"messaging":[' + b",".join(items) + b"]}]}"

    assert await shop.post("messenger", body, signature("messenger", body)) == 200
    await shop.replies(9)

    assert sorted(each.recipient for each in shop.graph.sent) == [f"73{n}" for n in range(10) if n != 4]
    (kept,) = await documents(shop, "quarantine")
    assert kept["reason"]
    assert b"7399" in kept["raw"] or b'"sender":[]' in kept["raw"]


async def test_account_that_nobody_knows_is_kept_aside(shop: Running) -> None:
    """An event for an account that this secret does not speak for is quarantined, 200, and never answered."""
    bodies: dict[str, dict[str, Any]] = {
        "messenger": {"object": "page", "entry": [page_entry("5005", "7301", "m_1")]},
        "instagram": {"object": "instagram", "entry": [page_entry("5005", "7301", "m_1")]},
        "whatsapp": json.loads(shop.sample("whatsapp", "message", sender="34600111222", account_id="5005")[0]),
    }
    for channel, body in bodies.items():
        assert await post_json(shop, channel, body) == 200
    order, headers = shop.sample("shopify", "order_created", account_id="other.myshopify.com")
    assert await shop.post("shopify", order, headers) == 200
    await shop.quiet()

    kept = await documents(shop, "quarantine")
    assert sorted(each["connector"] for each in kept) == sorted(CONNECTORS)
    assert all("account" in each["reason"] for each in kept)
    assert shop.graph.requests == []
    assert await documents(shop, "events") == []


@dataclass(frozen=True)
class Dashboard:
    """A body as the "Test" button of Meta's dashboard sends it."""

    channel: str
    body: dict[str, Any]


_PARTIES = {"sender": {"id": "12334"}, "recipient": {"id": "23245"}, "timestamp": "1527459824"}
DASHBOARD = [
    Dashboard(
        channel,
        {"object": name, "entry": [{"id": "0", "time": 1527459824, "changes": [{"field": field, "value": value}]}]},
    )
    for channel, name in (("messenger", "page"), ("instagram", "instagram"))
    for field, value in (
        ("messages", {**_PARTIES, "message": {"mid": "test_message_id", "text": "test_message", "commands": []}}),
        ("messaging_postbacks", {**_PARTIES, "postback": {"title": "TITLE", "payload": "USER_DEFINED_PAYLOAD"}}),
        ("message_reads", {**_PARTIES, "read": {"watermark": "1527459824"}}),
        ("message_deliveries", {**_PARTIES, "delivery": {"mids": ["mid.1"], "watermark": "1527459824"}}),
        ("feed", {"item": "status", "post_id": "44444444_444444444", "verb": "add", "published": 1}),
    )
] + [
    Dashboard(
        "whatsapp",
        {
            "object": "whatsapp_business_account",
            "entry": [
                {
                    "id": "0",
                    "changes": [
                        {
                            "field": "messages",
                            "value": {
                                "messaging_product": "whatsapp",
                                "metadata": {"display_phone_number": "16505551111", "phone_number_id": "123456123"},
                                "contacts": [{"profile": {"name": "test user name"}, "wa_id": "16315551181"}],
                                "messages": [
                                    {
                                        "from": "16315551181",
                                        "id": "ABGGFlA5Fpa",
                                        "timestamp": "1504902988",
                                        "type": "text",
                                        "text": {"body": "this is a text message"},
                                    }
                                ],
                            },
                        }
                    ],
                }
            ],
        },
    )
]


async def test_dashboard_tests_are_taken_and_never_answered(shop: Running) -> None:
    """The dashboard's "Test" button is answered 200 for every field; nobody is written to, nothing is lost."""
    for each in DASHBOARD:
        assert await post_json(shop, each.channel, each.body) == 200
    await shop.quiet()

    assert shop.graph.requests == []
    assert len(await documents(shop, "quarantine")) + len(await documents(shop, "events")) == len(DASHBOARD)


async def test_group_message_is_never_answered(shop: Running) -> None:
    """What is written in a group is kept and never answered, not even when it asks for an order of the sender."""
    await shop.say("shopify", "order_paid", phone="+34600111222")
    body = json.loads(shop.sample("whatsapp", "message", sender="34600111222", text="where is my order?")[0])
    body["entry"][0]["changes"][0]["value"]["messages"][0]["group_id"] = "GROUP1"
    assert await post_json(shop, "whatsapp", body) == 200
    await shop.quiet()

    assert shop.graph.requests == []
    assert await documents(shop, "turns") == []
    assert len([each for each in await documents(shop, "events") if each["event"]["connector"] == "whatsapp"]) == 1


def _torture() -> dict[str, bytes]:
    """Bodies that are JSON and make no sense, at every level of every envelope."""
    weird: list[Any] = [
        None,
        True,
        0,
        -1,
        1.5,
        2**53,
        10**18,
        "",
        " ",
        "x",
        "0",
        "|",
        "$where",
        [],
        [[]],
        [None],
        {},
        {"": 1},
    ]
    weird += [{"$gt": ""}, {"id": {"$ne": None}}, "\u202e\u2066", "a" * 70_000, {"id": None}]
    bodies: dict[str, Any] = {}
    for value in weird:
        name = f"{value!r:.24}"
        entry = {"id": PAGE, "time": 1, "messaging": [value]}
        item = page_entry(PAGE, "7301", "m_1")["messaging"][0]
        bodies[f"entry {name}"] = {"object": "page", "entry": value}
        bodies[f"item {name}"] = {"object": "page", "entry": [entry]}
        bodies[f"message {name}"] = {
            "object": "instagram",
            "entry": [{**entry, "id": INSTAGRAM, "messaging": [{**item, "message": value}]}],
        }
        bodies[f"value {name}"] = _change(value)
        bodies[f"order {name}"] = {
            "id": 1,
            "name": "#1",
            "customer": value,
            "line_items": value,
            "phone": value,
            "note_attributes": value,
            "total_price": value,
            "currency": value,
            "created_at": value,
        }
    bodies["every key at once"] = {"object": "page", "entry": [{"id": PAGE, "time": 1, "messaging": [_all_at_once()]}]}
    bodies["duplicate keys"] = None
    raw = {what: json.dumps(body).encode() for what, body in bodies.items()}
    raw["duplicate keys"] = b'{"object":"page","object":"user","entry":[],"entry":[{"id":"1001","id":"1002"}]}'
    raw["operators as keys"] = b'{"object":"page","entry":[{"id":"1001","messaging":[{"$set":{"a":1},"a.b":1,"":{}}]}]}'
    raw["2001 items"] = json.dumps({"object": "page", "entry": [{"id": PAGE, "messaging": [{}] * 2_001}]}).encode()
    return raw


def _change(value: Any) -> dict[str, Any]:
    content = {
        "messaging_product": "whatsapp", "metadata": {"phone_number_id": NUMBER}, "contacts": value,
        "messages": [{"from": value, "id": "wamid.1", "timestamp": "1790000000", "type": "text", "text": value}],
        "statuses": [value], "errors": value,
    }  # fmt: skip
    changes = [{"field": "messages", "value": content}, {"field": value, "value": value}, value]
    return {"object": "whatsapp_business_account", "entry": [{"id": "WABA", "changes": changes}]}


def _all_at_once() -> dict[str, Any]:
    names = (
        "postback", "referral", "optin", "reaction", "read", "delivery", "message_edit", "pass_thread_control",
        "account_linking", "policy_enforcement", "messaging_feedback", "order", "lead", "app_roles",
    )  # fmt: skip
    return {**page_entry(PAGE, "7301", "m_all")["messaging"][0], **{name: {"mid": "m_all"} for name in names}}


async def test_torture_on_all_routes(shop: Running) -> None:
    """Signed nonsense on every route is never a 5xx, and none of it is lost: each part is an event or kept aside."""
    bodies = _torture()
    assert len(bodies) >= 60
    statuses, lost = {}, []
    for connector in CONNECTORS:
        for what, body in bodies.items():
            before = _parts_counted(shop)
            statuses[connector, what] = await shop.post(connector, body, signature(connector, body))
            if _parts_counted(shop) == before:
                lost.append((connector, what))
    await shop.quiet()

    assert {case: status for case, status in statuses.items() if status != 200} == {}
    assert lost == [("messenger", "entry []")]  # the one delivery in which nothing is
    assert await documents(shop, "dead_letters") == []
    assert [each["_id"] for each in await documents(shop, "quarantine") if not each["reason"]] == []
    assert (await customer(shop, "messenger", 77).says("hello")).text


def _parts_counted(shop: Running) -> float:
    """How many parts of deliveries were stored, known already, or kept aside so far."""
    metrics = shop.here.metrics.registry.collect()
    samples = (sample for metric in metrics if metric.name == "throughline_events" for sample in metric.samples)
    return sum(sample.value for sample in samples if sample.name.endswith("_total"))


async def test_paths_that_do_not_exist(shop: Running) -> None:
    """No path below /webhooks is a fault of ours: unknown ones are 404, odd names 401 or 404."""
    body = b"{}"
    for path in (
        "/webhooks", "/webhooks/", "/webhooks/telegram", "/webhooks/messenger/", "/webhooks/messenger/a/b",
        "/webhooks/messenger/%00", "/webhooks/messenger/..%2f..%2fetc", "/webhooks/messenger/%ff%fe",
        "/webhooks/" + "a" * 5_000, "/webhooks/messenger/" + "a" * 5_000,
    ):  # fmt: skip
        status = await raw_post(shop, path, {"content-type": b"application/json"}, body)
        assert status in {400, 401, 404}, (path[:40], status)


async def test_ids_with_separators_and_operators_stay_one_person_each(shop: Running) -> None:
    """A sender's id with the store's own separators or operators in it is nobody else's id, and is answered once."""
    ids = ["7301", "7301|", "|7301", "1001|7301", "messenger|1001|7301", "$7301", "7301.a", "{7301}"]
    entries = [page_entry(PAGE, sender, f"m_{place}") for place, sender in enumerate(ids)]

    assert await post_json(shop, "messenger", {"object": "page", "entry": entries}) == 200
    await shop.replies(len(ids))

    assert sorted(each.recipient for each in shop.graph.sent) == sorted(ids)
    assert len(await documents(shop, "conversations")) == len(ids)
