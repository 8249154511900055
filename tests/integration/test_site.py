"""The routes of a site over real HTTP: what is taken, what is stored, and who may read what."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from connectors.signatures import hex_signature
from middleware.bootstrap.reaching import replay_of
from middleware.domain.conversation import Conversation, OutboxEntry
from middleware.domain.events import Event, EventKind
from middleware.domain.forms import Buttons, Card, Cards, ReplyButton, UrlButton
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.identity import Identity
from middleware.domain.messages import Reply, SendState
from middleware.domain.turn import Turn
from middleware.pipeline.site_ties import SOMEBODY_ELSES
from middleware.ports import InboxEntry, Quarantined, Recorded
from middleware.web.site import asking, routes
from middleware.web.site.asking import visitor_of
from middleware.web.site.limits import Limit
from tests.running import SHOP, SITE, SITE_ORIGIN, SITE_SECRET, Running, running, until
from tests.stores import StoreServer
from tests.visitors import PAGE, fresh_key, item, post, site_token


async def tell(shop: Running, key: str, *items: dict[str, Any], **more: Any) -> int:
    """Report items of a visitor; the status of the answer."""
    status, _, _ = await post(shop, "events", {"key": key, "events": list(items), **more})
    return status


async def conversation(shop: Running, key: str, after: str = "") -> dict[str, Any] | None:
    """The visitor's conversation, None if it has not changed."""
    status, content, _ = await post(shop, "conversation", {"key": key, "after": after})
    assert status in {200, 204}, content
    found: dict[str, Any] | None = content
    return found


async def recorded(shop: Running, key: str, own: str) -> Event:
    """The event that became of an item, once it is in the timeline."""
    event = f"webchat:{SITE}:{visitor_of(SITE, key)}:{own}"
    store = shop.here.brands["glow"].store

    async def there() -> bool:
        return bool(await store.get(Recorded, [event]))

    await until(there, "the event to be recorded")
    return (await store.get(Recorded, [event]))[event].record.event


async def answered(shop: Running, key: str, lines: int = 2) -> dict[str, Any]:
    """The conversation once it has so many lines."""
    found: dict[str, Any] = {"mark": "", "lines": []}
    while len(found["lines"]) < lines:
        found = await conversation(shop, key, found["mark"]) or found
    return found


async def test_a_page_view_is_stored_before_it_is_acknowledged(shop: Running) -> None:
    """204 says that it is in the inbox or beyond; the event has path, product, price and link, and no query."""
    await shop.here.worker.stop()
    key, seen = fresh_key(), item(what="product", path="/p/red-mug?email=a@b.example", product="red-mug", price="24.90",
                                  currency="EUR", link="Zk3_mXq8-PwR71TbYc5LdA")  # fmt: skip
    assert await tell(shop, key, seen) == 204
    event_key = f"webchat:{SITE}:{visitor_of(SITE, key)}:{seen['id']}"
    found = await shop.here.brands["glow"].store.get(InboxEntry, [event_key])
    event = found[event_key].record.event
    assert event.kind is EventKind.PAGE_VIEW
    assert event.anchor == Identifier(IdentifierKind.VISITOR, SITE, visitor_of(SITE, key))
    assert event.view is not None
    assert (event.view.path, event.view.product, event.view.link) == ("/p/red-mug", "red-mug", "Zk3_mXq8-PwR71TbYc5LdA")
    assert event.also == ()


async def test_nothing_secret_is_kept(shop: Running) -> None:
    """Neither the visitor's key nor a token stands in anything that is stored, nor a query as it was sent."""
    key = fresh_key()
    token = site_token(sub="ana-7")
    written = item(what="message", text="Hello")
    assert await tell(shop, key, written, token=token) == 204
    event = await recorded(shop, key, written["id"])
    await shop.quiet()
    assert key not in event.model_dump_json()
    assert token not in event.model_dump_json()


async def test_the_same_item_twice_is_one(shop: Running) -> None:
    """A page that did not hear the answer sends it again: one message, one reply."""
    key, written = fresh_key(), item(what="message", text="Hello?")
    for _ in range(3):
        assert await tell(shop, key, written) == 204
    await answered(shop, key)
    await shop.quiet()
    assert await tell(shop, key, written) == 204
    await shop.quiet()
    found = await conversation(shop, key)
    assert found is not None
    assert [line["by"] for line in found["lines"]] == ["customer", "bot"]


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"null", b"[]", b"\xff", b'{"key":"\xed\xa0\x80"}',
        {}, {"key": "short", "events": [item(**PAGE)]}, {"key": 7, "events": []},
        {"key": "k" * 43}, {"key": "k" * 43, "events": []}, {"key": "k" * 43, "events": {}},
        {"key": "k" * 43, "events": [7]}, {"key": "k" * 43, "events": [{"what": "page", "path": "/"}]},
        {"key": "k" * 43, "events": [item(**PAGE)] * 21},
        {"key": "k" * 43, "events": [item(**PAGE), item(what="hologram")]},
        {"key": "k" * 43, "events": [item(what="identify")]},
        {"key": "k" * 43, "proved": {"account": "ana"}, "events": [item(what="identify")]},
        b'{"key":"' + b"k" * 43 + b'","events":[{"id":"abcdefgh","what":"page","path":"/","title":"\\ud800"}]}',
        b'{"key":"' + b"k" * 43 + b'","events":' + b"[" * 2000 + b"]" * 2000 + b"}",
    ],
    ids=range(20),
)  # fmt: skip
async def test_what_is_not_understood_is_refused_whole(shop: Running, body: object) -> None:
    """400, and nothing of it is stored: not as an event, and not in quarantine, which strangers must not fill."""
    status, problem, _ = await post(shop, "events", body)
    assert (status, problem["status"]) == (400, 400)
    store = shop.here.brands["glow"].store
    assert await store.backlog(10) == []
    for place in (store, shop.here.store.common):
        assert [batch async for batch in place.scan(Quarantined) if batch] == []


async def test_too_much_at_once_is_refused(shop: Running) -> None:
    """A body of more than 32 KiB is 413, compressed or not."""
    large = {"key": fresh_key(), "events": [item(what="message", text="x" * 40_000)]}
    assert (await post(shop, "events", large))[0] == 413
    assert (await post(shop, "conversation", large))[0] == 413
    packed = gzip.compress(orjson.dumps(large))
    assert (await post(shop, "events", packed, **{"Content-Encoding": "gzip"}))[0] == 413


@pytest.mark.parametrize("origin", [None, "", "null", "https://evil.example", f"{SITE_ORIGIN}.evil.example",
                                    f"http{SITE_ORIGIN[5:]}", f"{SITE_ORIGIN}:444", SITE_ORIGIN.upper()])  # fmt: skip
async def test_only_the_accounts_own_pages_may_ask(shop: Running, origin: str | None) -> None:
    """Any other origin is 403 and may not read the answer; the account's own may, and no other is told so."""
    key = fresh_key()
    for path in ("events", "conversation"):
        status, _, headers = await post(shop, path, {"key": key, "events": [item(**PAGE)]}, origin)
        assert status == 403
        assert "Access-Control-Allow-Origin" not in headers
    status, _, headers = await post(shop, "events", {"key": key, "events": [item(**PAGE)]})
    assert (status, headers["Access-Control-Allow-Origin"], headers["Vary"]) == (204, SITE_ORIGIN, "Origin")
    assert "Access-Control-Allow-Credentials" not in headers


async def test_a_site_that_does_not_exist_is_404(shop: Running) -> None:
    """A wrong account is 404 for scripts, events and conversation; a page's id is no site."""
    for account in ("nobody", "1001"):
        for method, path in (("GET", "throughline.js"), ("POST", "events"), ("POST", "conversation")):
            headers = {"Origin": SITE_ORIGIN}
            async with shop.http.request(method, f"{shop.url}/site/{account}/{path}", headers=headers) as answer:
                assert answer.status == 404


async def test_who_comes_too_often_waits(shop: Running) -> None:
    """Each visitor and each address has a limit: 429 with the time to wait, and others go on."""
    key = fresh_key()
    statuses = [await tell(shop, key, item(**PAGE)) for _ in range(60)]
    assert set(statuses) == {204, 429}
    assert statuses[:40] == [204] * 40
    status, _, headers = await post(shop, "events", {"key": key, "events": [item(**PAGE)]})
    assert status == 429
    assert int(headers["Retry-After"]) >= 1
    assert await tell(shop, fresh_key(), item(**PAGE)) == 204


def test_a_limit_fills_up_again_and_forgets() -> None:
    """As many as the burst at once, then by the second; a stranger's bucket is another one."""
    limit = Limit(burst=2, per_second=0.5)
    assert [limit.wait("a", 0.0) for _ in range(3)] == [0.0, 0.0, 2.0]
    assert limit.wait("b", 0.0) == 0.0
    assert limit.wait("a", 1.0) == 1.0
    assert limit.wait("a", 2.0) == 0.0


async def test_addresses_are_those_that_our_own_proxy_saw(store_server: StoreServer, tmp_path: Path) -> None:
    """Without a proxy the header counts for nothing; with one its own entry counts, and what stands before does not."""
    async with running(store_server, tmp_path) as direct:
        assert 429 in [await _from(direct, f"10.0.0.{n % 250}") for n in range(450)]
    async with running(store_server, tmp_path, server={"proxies": 1}) as behind:
        assert {await _from(behind, f"1.2.3.4, 10.0.1.{n % 250}") for n in range(450)} == {400}
        assert 429 in [await _from(behind, f"10.0.1.{n % 250}, 1.2.3.4") for n in range(450)]


async def _from(shop: Running, forwarded: str) -> int:
    """The status for a request that came through proxies."""
    return (await post(shop, "conversation", b"", **{"X-Forwarded-For": forwarded}))[0]


async def test_the_bot_answers_and_the_page_gets_it(shop: Running) -> None:
    """A message is answered in the conversation, which the page gets as soon as it is there, and once."""
    key = fresh_key()
    waiting = asyncio.create_task(conversation(shop, key))
    assert await tell(shop, key, item(what="message", text="hello")) == 204
    first = await waiting
    assert first is not None
    found = first if len(first["lines"]) > 1 else await answered(shop, key)
    assert [(line["by"], bool(line["text"])) for line in found["lines"]] == [("customer", True), ("bot", True)]
    assert shop.graph.sent == []
    again = await conversation(shop, key)
    assert again is not None
    assert again["lines"] == found["lines"]


async def test_the_window_never_closes(shop: Running) -> None:
    """On the brand's own channel one may write at any time, once the visitor has written."""
    key = fresh_key()
    await tell(shop, key, item(what="message", text="hello"))
    await answered(shop, key)
    context = await shop.context("webchat", visitor_of(SITE, key))
    assert context.conversation is not None
    assert context.conversation.window.open
    assert context.conversation.window.closes_at is None
    later = Conversation(id="c", channel="webchat", account=SITE, aliases=(), started_at=datetime.now(UTC),
                         last_inbound_at=datetime.now(UTC) - timedelta(days=400))  # fmt: skip
    assert later.window(datetime.now(UTC)).open


async def test_nobody_reads_another_visitors_conversation(shop: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """With another key, with the visitor's id in place of the key, or with a key nearly right there is nothing."""
    monkeypatch.setattr(routes, "HELD_FOR", 0.0)
    key = fresh_key()
    await tell(shop, key, item(what="message", text="my secret wish"))
    await shop.quiet()
    assert await conversation(shop, key) is not None
    visitor = visitor_of(SITE, key)
    nearly = key[:-1] + ("A" if key[-1] != "A" else "B")
    for other in (fresh_key(), visitor, nearly):
        assert await conversation(shop, other) is None
    assert visitor_of("another-site", key) != visitor


async def test_a_page_is_not_held_for_ever(shop: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """When nothing changes the answer is 204 after a while; when too many wait, at once."""
    monkeypatch.setattr(routes, "HELD_FOR", 0.3)
    monkeypatch.setattr(routes, "LOOK_EVERY", 0.05)
    assert await conversation(shop, fresh_key()) is None
    monkeypatch.setattr(routes, "HELD_FOR", 600.0)
    monkeypatch.setattr(routes, "MOST_HELD", 0)
    assert await asyncio.wait_for(conversation(shop, fresh_key()), 10) is None


async def _turn(shop: Running, key: str, replies: tuple[Reply, ...], state: SendState) -> None:
    """Let the last turn of a visitor have said something else, as it stands in the store."""
    store = shop.here.brands["glow"].store
    identity = Identifier(IdentifierKind.VISITOR, SITE, visitor_of(SITE, key)).key
    seat = (await store.get(Identity, [identity]))[identity].record.seat("webchat", SITE)
    assert seat is not None
    stored = (await store.get(Conversation, [seat]))[seat]
    turn = (await store.get(Turn, [stored.record.applied[-1]]))[stored.record.applied[-1]]
    messages = tuple(
        message.model_copy(update={"reply": reply, "state": state})
        for message, reply in zip(turn.record.messages, replies, strict=False)
    )
    await store.write(turn.put(turn.record.model_copy(update={"messages": messages})))
    changed = stored.record.model_copy(update={"flow_state": None, "locale": "en"})
    await store.write(stored.put(changed))


async def test_buttons_and_cards_are_shown(shop: Running) -> None:
    """Quick replies, buttons and cards of the turn come with the line; pictures do not."""
    key = fresh_key()
    await tell(shop, key, item(what="message", text="hello"))
    await answered(shop, key)
    cards = Cards(cards=(Card(title="Rose", subtitle="24 EUR", image_url="https://shop.example/r.jpg",
                              buttons=(UrlButton(title="View", url="https://shop.example/rose"),)),))  # fmt: skip
    await _turn(shop, key, (Reply(text="", form=cards),), SendState.SENT)
    shown = (await answered(shop, key))["lines"][-1]
    assert shown["cards"] == [
        {"title": "Rose", "subtitle": "24 EUR", "choices": [{"title": "View", "url": "https://shop.example/rose"}]}
    ]
    buttons = Buttons(buttons=(ReplyButton(title="Track it", payload="TRACK"),))
    await _turn(shop, key, (Reply(text="And now?", form=buttons),), SendState.SENT)
    shown = (await answered(shop, key))["lines"][-1]
    assert (shown["text"], shown["choices"]) == ("And now?", [{"title": "Track it", "payload": "TRACK"}])


async def test_a_reply_in_doubt_is_shown_and_settled_by_the_page(shop: Running) -> None:
    """A reply of which nobody knows whether it went out is there all the same; that it was shown settles it."""
    key, written = fresh_key(), item(what="message", text="hello")
    await tell(shop, key, written)
    told = (await answered(shop, key))["lines"]
    await shop.quiet()
    store = shop.here.brands["glow"].store
    ours = told[-1]["id"]
    turn_key = ours.partition(".")[0]
    turn = (await store.get(Turn, [turn_key]))[turn_key]
    identity = Identifier(IdentifierKind.VISITOR, SITE, visitor_of(SITE, key)).key
    seat = (await store.get(Identity, [identity]))[identity].record.seat("webchat", SITE)
    assert seat is not None
    stored = (await store.get(Conversation, [seat]))[seat]
    entry = OutboxEntry(key=ours, hash="", state=SendState.UNKNOWN, at=datetime.now(UTC))
    lines = tuple(line for line in stored.record.lines if line.id != ours)
    lost = stored.record.model_copy(update={"outbox": (entry,), "lines": lines, "own_ids": ()})
    unknown = tuple(each.model_copy(update={"state": SendState.UNKNOWN}) for each in turn.record.messages)
    await store.write(turn.put(turn.record.model_copy(update={"messages": unknown})), stored.put(lost))
    found = (await answered(shop, key))["lines"]
    assert (found[-1]["id"], found[-1]["text"]) == (ours, told[-1]["text"])
    assert await tell(shop, key, item(what="read", message=ours)) == 204
    await shop.quiet()
    settled = (await store.get(Turn, [turn_key]))[turn_key].record
    assert settled.messages[0].state is SendState.SENT
    assert (await conversation(shop, key) or {})["lines"][-1]["status"] == "read"


async def test_without_the_store_nothing_is_acknowledged(tmp_path: Path) -> None:
    """503 while the store is away, for events as for the conversation."""
    with StoreServer.started(tmp_path) as server:
        async with running(server, tmp_path) as shop:
            if server.process is None:
                pytest.skip("this store is not ours to end")
            server.process.kill()
            server.process.wait()
            assert await tell(shop, fresh_key(), item(**PAGE)) == 503
            assert (await post(shop, "conversation", {"key": fresh_key()}))[0] == 503


ANA = Identifier(IdentifierKind.SITE_ACCOUNT, SITE, "ana-7")


async def test_a_signed_token_says_who_it_is(shop: Running) -> None:
    """All events that come with a valid token name the site's account, the shop's customer and a verified address."""
    key, first, second = fresh_key(), item(what="identify"), item(**PAGE)
    token = site_token(sub="ana-7", shop_customer="7001", email="Ana@Example.com", email_verified=True)
    assert await tell(shop, key, first, second, token=token) == 204
    for each in (first, second):
        event = await recorded(shop, key, each["id"])
        assert event.also == (
            ANA,
            Identifier(IdentifierKind.SHOP_CUSTOMER, SHOP, "7001"),
            Identifier(IdentifierKind.EMAIL, "", "ana@example.com"),
        )
    third = item(**PAGE)
    assert await tell(shop, key, third, token=site_token(sub="ana-7", email="ana@example.com")) == 204
    assert (await recorded(shop, key, third["id"])).also == (ANA,)
    fourth = item(**PAGE)
    assert await tell(shop, key, fourth) == 204
    assert (await recorded(shop, key, fourth["id"])).also == ()


async def test_who_has_logged_in_is_told_of_their_orders(shop: Running) -> None:
    """The customer that the site has signed for is told of the order; another one, and a nameless visitor, are not."""
    await shop.say("shopify", "order_paid", order_number=1001)
    await shop.quiet()
    ana, ben, nobody = fresh_key(), fresh_key(), fresh_key()
    asking_for = "Where is my order?"
    tokens = {
        ana: {"token": site_token(sub="ana-7", shop_customer="7001002003004")},
        ben: {"token": site_token(sub="ben-8", shop_customer="7001002003999")},
        nobody: {},
    }
    for key, more in tokens.items():
        assert await tell(shop, key, item(what="message", text=asking_for), **more) == 204
    told = {key: (await answered(shop, key))["lines"][-1]["text"] for key in tokens}
    assert "1001" in told[ana]
    assert "1001" not in told[ben] + told[nobody]
    assert (await shop.context("webchat", visitor_of(SITE, ana))).identity.level.name == "VERIFIED"
    assert (await shop.context("webchat", visitor_of(SITE, nobody))).identity.level.name == "CHANNEL"


async def test_a_token_belongs_to_the_visitor_that_showed_it_first(shop: Running) -> None:
    """The same visitor may show it again; anybody else is refused, and nothing of theirs is stored."""
    token, ana, thief = site_token(sub="ana-7"), fresh_key(), fresh_key()
    for _ in range(2):
        assert await tell(shop, ana, item(what="identify"), token=token) == 204
    assert await tell(shop, thief, item(what="identify"), token=token) == 401
    assert await tell(shop, thief, item(**PAGE)) == 204


async def test_a_visitor_belongs_to_one_account(shop: Running) -> None:
    """Whoever signs in to another account in the same browser must be another visitor: 409."""
    key = fresh_key()
    assert await tell(shop, key, item(what="identify"), token=site_token(sub="ana-7")) == 204
    assert await tell(shop, key, item(what="identify"), token=site_token(sub="ben-8")) == 409
    assert await tell(shop, key, item(what="identify"), token=site_token(sub="ana-7")) == 204
    assert await tell(shop, fresh_key(), item(what="identify"), token=site_token(sub="ben-8")) == 204


@pytest.mark.parametrize("token", ["", "a.b.c", 7, {"sub": "ana-7"}, "x" * 9_000], ids=repr)
async def test_what_is_no_token_is_401(shop: Running, token: object) -> None:
    """Anything that is no token of this site: 401, nothing stored."""
    assert await tell(shop, fresh_key(), item(what="identify"), token=token) == 401


async def test_tokens_of_others_are_401(shop: Running) -> None:
    """Signed with another secret, for another site or by another page."""
    for token in (
        site_token("another-secret-of-thirty-two-bytes-or-more", sub="ana-7"),
        site_token(sub="ana-7", aud="noir-site"),
        site_token(sub="ana-7", iss="https://evil.example"),
    ):
        assert await tell(shop, fresh_key(), item(what="identify"), token=token) == 401


async def test_what_a_page_says_of_itself_proves_nothing(shop: Running) -> None:
    """`proved`, `visitor` and `account` in a page's own body are read by nobody."""
    key, seen = fresh_key(), item(**PAGE)
    claims = {"proved": {"account": "ana-7"}, "visitor": "somebody-else-entirely", "account": "noir-site"}
    assert await tell(shop, key, seen, **claims) == 204
    event = await recorded(shop, key, seen["id"])
    assert (event.also, event.account) == ((), SITE)


@pytest.fixture
async def plain(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Running]:
    """A site without a secret."""
    accounts: dict[str, Any] = {"site": {"secrets": []}}
    async with running(store_server, tmp_path, brands={"glow": {"accounts": accounts}}) as it:
        yield it


async def test_without_a_secret_tokens_are_refused_and_the_rest_works(plain: Running) -> None:
    """No secret: nobody is proven, and views and messages are taken all the same."""
    assert await tell(plain, fresh_key(), item(what="identify"), token=site_token(sub="ana-7")) == 401
    assert await tell(plain, fresh_key(), item(**PAGE)) == 204
    body, headers = plain.sample("webchat", "message", sender="somebody")
    assert await plain.post("webchat", body, headers) == 401


async def test_the_brands_own_server_may_sign(shop: Running) -> None:
    """An envelope that is signed with the site's secret is a webhook like any other."""
    await shop.say("webchat", "product_view", sender="a-visitor-of-the-site", message_id="view-0001")
    await shop.quiet()
    found = await shop.here.brands["glow"].store.get(Recorded, [f"webchat:{SITE}:a-visitor-of-the-site:view-0001"])
    assert len(found) == 1


async def sign_in(shop: Running, visitor: str, account: str) -> None:
    """The brand's own server says who a visitor is."""
    envelope = {"object": "site", "account": SITE, "visitor": visitor, "proved": {"account": account}}
    raw = orjson.dumps({**envelope, "events": [item(what="identify")]})
    headers = {"x-throughline-signature": hex_signature(raw, SITE_SECRET.encode())}
    assert await shop.post("webchat", raw, headers) == 200
    await shop.quiet()


async def test_who_is_signed_in_by_a_server_is_as_by_a_token(shop: Running) -> None:
    """The visitor belongs to the first account either way: to another one they can be signed in by neither."""
    first, second = fresh_key(), fresh_key()
    await sign_in(shop, visitor_of(SITE, first), "ana-7")
    assert await tell(shop, first, item(what="identify"), token=site_token(sub="ben-8")) == 409
    assert await tell(shop, first, item(what="identify"), token=site_token(sub="ana-7")) == 204

    assert await tell(shop, second, item(what="identify"), token=site_token(sub="ana-7")) == 204
    await sign_in(shop, visitor_of(SITE, second), "ben-8")
    store = shop.here.brands["glow"].store
    ((kept,),) = [batch async for batch in store.scan(Quarantined)]
    assert kept.record.reason == SOMEBODY_ELSES
    again = await replay_of(shop.here, dry=False).quarantined("glow", kept)
    assert (again.fate, again.reason) == ("refused", SOMEBODY_ELSES)
    ben = Identifier(IdentifierKind.SITE_ACCOUNT, SITE, "ben-8").key
    assert await store.get(Identity, [ben]) == {}


@pytest.mark.parametrize("name", ["throughline.js", "chat.js"])
async def test_a_script_is_small_and_kept(shop: Running, name: str) -> None:
    """Below 4 KB compressed; the plain form is the same; asked again with its tag, nothing is sent."""
    url = f"{shop.url}/site/{SITE}/{name}"
    shop.http._auto_decompress = False
    async with shop.http.get(url, headers={"Accept-Encoding": "gzip"}) as packed:
        raw = await packed.read()
        assert packed.headers["Content-Encoding"] == "gzip"
        assert packed.headers["Content-Type"] == "text/javascript; charset=utf-8"
        assert packed.headers["X-Content-Type-Options"] == "nosniff"
        tag = packed.headers["ETag"]
    assert len(raw) < 4_000
    async with shop.http.get(url, headers={"Accept-Encoding": "identity"}) as plain:
        assert await plain.read() == gzip.decompress(raw)
    async with shop.http.get(url, headers={"If-None-Match": tag}) as again:
        assert (again.status, await again.read()) == (304, b"")


@pytest.mark.parametrize("name", ["throughline.js", "chat.js"])
def test_a_script_needs_nothing_that_a_strict_policy_forbids(name: str) -> None:
    """No eval, no code from text, no markup from text, no style attributes."""
    source = (Path(routes.__file__).parent / name).read_text()
    for word in (
        "eval(",
        "Function(",
        "innerHTML",
        "outerHTML",
        "insertAdjacent",
        "document.write",
        ".style",
        "import(",
    ):
        assert word not in source


def test_bodies_are_bounded_as_said() -> None:
    """What the docs say of the limit."""
    assert asking.LARGEST_BODY == 32 * 1024
