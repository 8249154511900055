"""`GET /v1/context`: who may ask, for what, and what they are told."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

from middleware.domain.context import BLOCKS, Context
from middleware.domain.identifiers import Level
from middleware.settings import key_hash
from tests.running import CLIENT_KEY, PAGE, SHOP, Running, running
from tests.scenarios.looking import everything
from tests.stores import StoreServer

OTHER_KEY = "another-client-key-0123456789"
NARROW_KEY = "a-narrow-client-key-0123456789"
QUERY = {"channel": "messenger", "account": PAGE, "sender": "7301"}


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    content_type: str
    headers: dict[str, str]
    body: bytes

    @property
    def content(self) -> Any:
        """The body as JSON."""
        return orjson.loads(self.body)


async def ask(shop: Running, query: dict[str, str], authorization: str | None = f"Bearer {CLIENT_KEY}") -> Answer:
    """Ask for a context."""
    headers = {} if authorization is None else {"Authorization": authorization}
    async with shop.http.get(f"{shop.url}/v1/context", params=query, headers=headers) as answer:
        return Answer(answer.status, answer.content_type, dict(answer.headers), await answer.read())


def is_problem(answer: Answer, status: int) -> bool:
    """Whether it is a problem document that says its own status, a title, and no more than it should."""
    document = answer.content
    return (
        (answer.status, answer.content_type) == (status, "application/problem+json")
        and document["status"] == status
        and document["type"] == "about:blank"
        and bool(document["title"])
        and set(document) <= {"type", "status", "title", "detail"}
    )


@pytest.fixture
async def two_brands(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Running]:
    """A second brand with a page of its own, a client that sees only it, and one that sees few blocks."""
    noir = {
        "database": f"test_{tmp_path.name[:40]}",
        "accounts": {"noir-page": {"connector": "messenger", "id": "2002"}},
    }
    clients = {
        "noir": {"key_hash": key_hash(OTHER_KEY), "brands": ["noir"]},
        "narrow": {"key_hash": key_hash(NARROW_KEY), "brands": ["glow"], "blocks": ["ad_click", "history"]},
    }
    async with running(store_server, tmp_path, brands={"noir": noir}, clients=clients) as it:
        yield it


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        f"Basic {CLIENT_KEY}",
        CLIENT_KEY,
        "Bearer wrong",
        f"Bearer {CLIENT_KEY}x",
        f"Bearer {CLIENT_KEY[:-1]}",
        f"Bearer {CLIENT_KEY.upper()}",
        f"Bearer {key_hash(CLIENT_KEY)}",
        f"Bearer Bearer {CLIENT_KEY}",
        "Bearer \u00e9\u00e9\u00e9\u00e9",
        "Bearer " + "k" * 6_000,
    ],
    ids=repr,
)
async def test_without_a_key_nobody_is_told_anything(shop: Running, authorization: str | None) -> None:
    """Without the key of a client the answer is 401, says how to ask, and does not depend on the question."""
    await shop.say("messenger", sender="7301", text="hello")
    await shop.quiet()

    answers = [await ask(shop, query, authorization) for query in (QUERY, {**QUERY, "account": "9"}, {})]

    assert all(is_problem(answer, 401) for answer in answers)
    assert {answer.headers["WWW-Authenticate"] for answer in answers} == {"Bearer"}
    assert len({answer.body for answer in answers}) == 1


async def test_scheme_is_read_in_any_case(shop: Running) -> None:
    """The scheme's name counts in upper and lower case (RFC 9110, 11.1)."""
    for scheme in ("Bearer", "bearer", "BEARER"):
        assert (await ask(shop, QUERY, f"{scheme} {CLIENT_KEY}")).status == 200


async def test_other_brands_account_is_exactly_like_a_missing_one(two_brands: Running) -> None:
    """An account of another brand, by id or by name, is answered byte for byte like one that does not exist."""
    answers = [
        await ask(two_brands, {**QUERY, "account": account}) for account in ("2002", "noir-page", "99999", "nobody")
    ]
    unknown_channel = await ask(two_brands, {**QUERY, "channel": "telegram"})
    reverse = await ask(two_brands, QUERY, f"Bearer {OTHER_KEY}")

    assert all(is_problem(answer, 404) for answer in answers)
    assert len({answer.body for answer in [*answers, unknown_channel, reverse]}) == 1
    own = await ask(two_brands, {**QUERY, "account": "2002"}, f"Bearer {OTHER_KEY}")
    assert own.status == 200


async def test_shop_is_no_channel(shop: Running) -> None:
    """A shop carries no conversation: asking for a sender there is answered, not a fault."""
    answer = await ask(shop, {"channel": "shopify", "account": SHOP, "sender": "1"})

    assert is_problem(answer, 404)


@pytest.mark.parametrize("missing", ["channel", "account", "sender"])
async def test_missing_query_is_named(shop: Running, missing: str) -> None:
    """What is missing in the query is 400 and named; an empty value is a missing one."""
    for query in ({key: value for key, value in QUERY.items() if key != missing}, {**QUERY, missing: ""}):
        answer = await ask(shop, query)
        assert is_problem(answer, 400)
        assert missing in answer.content["detail"]


@pytest.mark.parametrize("sender", ["a b", "\0", "../..", "7301|", "\u202e7301", "\u0667\u0663\u0660\u0661", "7" * 600])
async def test_what_is_no_senders_id_is_400(shop: Running, sender: str) -> None:
    """What cannot be the id of a sender on that channel is 400."""
    assert is_problem(await ask(shop, {**QUERY, "sender": sender}), 400)


async def test_unknown_sender_is_new(shop: Running) -> None:
    """Somebody who has never written is level `new`, with nothing known and no permission, and 200."""
    answer = await ask(shop, QUERY)

    context = Context.model_validate_json(answer.body)
    assert (answer.status, answer.content_type) == (200, "application/json")
    assert context.identity.level is Level.NEW
    assert context.identity.profile_id is None
    assert not context.policy.may_reply
    assert {getattr(context, block).state for block in BLOCKS} == {"missing"}
    assert answer.content["schema"] == "throughline.context/1"


async def test_known_sender_is_told_as_the_bot_was(shop: Running) -> None:
    """The context of somebody who has written shows the conversation, the claims masked, and why we believe it."""
    await shop.say("shopify", "order_paid", phone="+34600111222", order_number=1001)
    await shop.say("whatsapp", sender="ES.9001abc", phone="+34600111222", text="I am ana@example.com, my order?")
    await shop.quiet()

    answer = await ask(shop, {"channel": "whatsapp", "account": "777", "sender": "ES.9001abc"})

    context = Context.model_validate_json(answer.body)
    assert context.identity.level is Level.LINKED
    assert context.orders is not None
    assert context.orders.value is not None
    assert context.orders.value.latest.number == "#1001"
    assert context.orders.source == "shopify"
    assert context.orders.as_of is not None
    assert context.conversation is not None
    assert [line.by for line in context.conversation.lines] == ["customer", "bot"]
    assert [claim.kind for claim in context.identity.claims] == ["email"]
    assert [reason.rule for reason in context.identity.why] == ["whatsapp.sender"]
    assert b"600111222" not in answer.body
    by_phone = await ask(shop, {"channel": "whatsapp", "account": "whatsapp", "sender": "+34600111222"})
    assert Context.model_validate_json(by_phone.body).conversation == context.conversation


async def test_account_is_found_by_id_and_by_name(shop: Running) -> None:
    """An account can be asked for by its id or by its name in the settings."""
    await shop.say("messenger", sender="7301", text="hello")
    await shop.quiet()

    by_id, by_name = await ask(shop, QUERY), await ask(shop, {**QUERY, "account": "messenger"})

    assert by_id.content["conversation"] == by_name.content["conversation"]


async def test_blocks_that_were_asked_for_and_no_others(shop: Running) -> None:
    """Whoever names blocks gets these and no others; whoever names none gets all that they may see."""
    for asked in ("orders", "orders,cart", " cart , history ", "ad_click,ad_click"):
        names = {name.strip() for name in asked.split(",")}
        content = (await ask(shop, {**QUERY, "blocks": asked})).content
        assert {block for block in BLOCKS if block in content} == names
    content = (await ask(shop, QUERY)).content
    assert {block for block in BLOCKS if block in content} == set(BLOCKS)


async def test_blocks_of_a_client_are_its_limit(two_brands: Running) -> None:
    """A block that a client may not see is 403 by name, and left out where none is named."""
    key = f"Bearer {NARROW_KEY}"
    forbidden = await ask(two_brands, {**QUERY, "blocks": "ad_click,orders"}, key)
    allowed = await ask(two_brands, {**QUERY, "blocks": "ad_click"}, key)
    unnamed = await ask(two_brands, QUERY, key)

    assert is_problem(forbidden, 403)
    assert "orders" in forbidden.content["detail"]
    assert {block for block in BLOCKS if block in allowed.content} == {"ad_click"}
    assert {block for block in BLOCKS if block in unnamed.content} == {"ad_click", "history"}


async def test_block_that_does_not_exist_is_403(shop: Running) -> None:
    """A block that does not exist is refused like one that may not be seen."""
    for asked in ("tickets", "orders,__class__", "ORDERS"):
        assert is_problem(await ask(shop, {**QUERY, "blocks": asked}), 403)


async def test_asking_writes_nothing(shop: Running) -> None:
    """Asking for somebody's context leaves no trace of them."""
    assert (await ask(shop, QUERY)).status == 200

    assert {name: found for name, found in (await everything(shop)).items() if found} == {}


async def test_other_methods_are_405(shop: Running) -> None:
    """Contexts can only be read."""
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        async with shop.http.request(method, f"{shop.url}/v1/context", params=QUERY) as answer:
            assert answer.status == 405
            assert answer.content_type == "application/problem+json"
            assert "GET" in answer.headers["Allow"]
