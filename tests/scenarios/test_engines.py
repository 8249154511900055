"""A bot engine answers: a real one over real HTTP gets the question with its context, and what it says reaches the
customer as it should, or what is said in its place.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from aiohttp import web

from connectors.samples import SampleItem
from connectors.standard_webhooks import is_standard_signed
from middleware.domain.conversation import Owner
from middleware.domain.messages import Reply
from middleware.settings import key_hash
from middleware.web.app import listening
from tests.running import CLIENT_KEY, Running, minutes_ago, running, until
from tests.scenarios.agents import does
from tests.scenarios.looking import CHANNELS, Person, customer, documents, link_in, turns
from tests.stores import StoreServer

SECRET = "whsec_YSBzZWNyZXQgb2YgdGhlIGVuZ2luZQ=="
TIMEOUT = 1.5

EVERYTHING = """flow: everything
purpose: The bot answers all.
triggers:
  any_message: true
steps:
  - ask_engine: bot
"""

Answer = Callable[[dict[str, Any]], Awaitable[web.Response]]


class Bot:
    """Somebody's bot: a web server that keeps what it was asked, and answers as a test says."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.signed: list[bool] = []
        self.at_once = 0
        self.most_at_once = 0
        self.answer: Answer = echo

    async def handle(self, request: web.Request) -> web.Response:
        """One question."""
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.signed.append(is_standard_signed(headers, body, SECRET.encode(), datetime.now(UTC)))
        question = await request.json()
        self.asked.append(question)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            return await self.answer(question)
        finally:
            self.at_once -= 1

    def texts(self) -> list[str]:
        """What customers wrote, in the order in which it was asked about."""
        return [each["message"]["text"] for each in self.asked]


async def echo(question: dict[str, Any]) -> web.Response:
    """Say what was said."""
    return web.json_response({"messages": [{"text": f"You said: {question['message']['text']}"}]})


async def hangs(_: dict[str, Any]) -> web.Response:
    """Say nothing for longer than anybody waits."""
    await asyncio.sleep(30)
    return web.json_response({"messages": [{"text": "too late"}]})


@asynccontextmanager
async def shop_with(bot: Bot, server: StoreServer, folder: Path) -> AsyncIterator[Running]:
    """An installation whose messages all go to a bot."""
    app = web.Application()
    app.router.add_post("/ask", bot.handle)
    (folder / "everything.yaml").write_text(EVERYTHING, encoding="utf-8")
    async with listening(app, "127.0.0.1", 0) as url:
        engine = {
            "kind": "webhook", "url": f"{url}/ask", "secret": SECRET, "timeout": f"{int(TIMEOUT * 1000)}ms",
            "answer_within": "20s", "values": {"order": "{{ orders.latest.number }}"},
        }  # fmt: skip
        changes = {
            "brands": {"glow": {"flows": str(folder), "engines": {"bot": engine}}},
            "clients": {"engine": {"key_hash": key_hash("the-key-of-the-engine"), "brands": ["glow"], "replies": True}},
            "server": {"public_url": "https://hooks.example"},
        }
        async with running(server, folder, **changes) as shop:
            yield shop


@pytest.fixture
def bot() -> Bot:
    """The bot."""
    return Bot()


@pytest.fixture
async def shop(bot: Bot, store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Running]:
    """The installation."""
    async with shop_with(bot, store_server, tmp_path) as it:
        yield it


async def sent_to(shop: Running, who: Person, at_least: int = 1) -> list[str]:
    """What a customer got, once it is so much and all work is over."""

    def got() -> list[str]:
        return [each.text for each in shop.graph.sent if each.recipient.lstrip("+") == who.id]

    async def enough() -> bool:
        return len(got()) >= at_least

    await until(enough, f"{at_least} messages to {who.id}")
    await shop.quiet()
    return got()


@pytest.mark.parametrize("channel", CHANNELS)
async def test_the_bot_is_asked_with_the_order_and_its_answer_is_sent(shop: Running, bot: Bot, channel: str) -> None:
    """Signed, with what this customer may be told, and nothing rendered of what comes back."""
    ana = customer(shop, channel, 1, name="Ana")

    async def knows(_: dict[str, Any]) -> web.Response:
        return web.json_response({"messages": [{"text": "{{ profile.name }}: on its way"}, {"text": "Anything else?"}]})

    bot.answer = knows
    await ana.posts("where is my order?")
    assert await sent_to(shop, ana, 2) == ["{{ profile.name }}: on its way", "Anything else?"]
    (question,) = bot.asked
    assert bot.signed == [True]
    assert (question["schema"], question["message"]["text"]) == ("throughline.turn/1", "where is my order?")
    if channel == "whatsapp":
        assert question["context"]["profile"]["name"] == "Ana"
    asked, answered = await turns(shop)
    assert asked.decision.flow == answered.decision.flow == "everything"
    assert answered.answers == asked.id == question["turn"]
    conversation = await ana.conversation()
    assert conversation.awaiting is None
    assert [line.by for line in conversation.lines] == ["customer", "bot", "bot"]


async def test_a_bot_that_hangs_holds_up_nobody(shop: Running, bot: Bot) -> None:
    """Its customer gets the fallback and a person once its time is over; others are answered meanwhile."""
    ana, others = customer(shop, "messenger", 1), [customer(shop, "messenger", number) for number in range(2, 12)]

    async def for_others_only(question: dict[str, Any]) -> web.Response:
        return await (hangs if question["message"]["text"] == "hang" else echo)(question)

    bot.answer = for_others_only
    await ana.posts("hang")
    for other in others:
        await other.posts("hello")
    for other in others:
        assert await sent_to(shop, other) == ["You said: hello"]

    (fallback,) = await sent_to(shop, ana)
    assert "team" in fallback
    assert (await ana.conversation()).needs_person is not None
    assert bot.texts().count("hang") == 1


@pytest.mark.parametrize("status", [400, 500, 503])
async def test_a_bot_that_fails_leaves_nobody_in_silence(shop: Running, bot: Bot, status: int) -> None:
    """The customer is told, in their language, and a person is asked; what it may have done is not asked twice."""

    async def fails(_: dict[str, Any]) -> web.Response:
        return web.Response(status=status, text="<html>secret of the engine</html>")

    bot.answer = fails
    ana = customer(shop, "whatsapp", 1)
    await ana.posts("Wo ist meine Bestellung?")
    (fallback,) = await sent_to(shop, ana)
    assert "secret" not in fallback
    assert "Team" in fallback
    assert (await ana.conversation()).needs_person is not None
    assert len(bot.asked) == 1


async def test_what_is_written_next_waits_for_the_answer(shop: Running, bot: Bot) -> None:
    """Of one conversation the bot has one question at a time, in the order in which they were written."""
    ana = customer(shop, "messenger", 1)

    async def slowly(question: dict[str, Any]) -> web.Response:
        await asyncio.sleep(0.3)
        return await echo(question)

    bot.answer = slowly
    texts = ["one", "two", "three"]
    for number, text in enumerate(texts):
        await ana.posts(text, at=minutes_ago(1 - number / 60))
    assert await sent_to(shop, ana, 3) == [f"You said: {text}" for text in texts]
    assert bot.texts() == texts
    assert bot.most_at_once == 1


async def test_a_stop_is_heard_while_the_bot_thinks(shop: Running, bot: Bot) -> None:
    """What it then says is not sent."""
    ana, answered = customer(shop, "messenger", 1), asyncio.Event()

    async def once_told(question: dict[str, Any]) -> web.Response:
        await answered.wait()
        return await echo(question)

    bot.answer = once_told
    await ana.posts("hello", at=minutes_ago(0.1))
    await until(lambda: _true(len(bot.asked) == 1), "the question")
    await ana.posts("STOP")

    async def stopped() -> bool:
        return (await ana.conversation()).stopped()

    await until(stopped, "the STOP")
    answered.set()
    await _decided(shop, 3)
    assert shop.graph.sent == []
    assert bot.texts() == ["hello"]


async def test_a_person_who_takes_over_while_the_bot_thinks_is_not_talked_over(shop: Running, bot: Bot) -> None:
    """An echo of the brand's own app comes in between: the bot's answer is kept back."""
    ana, answered = customer(shop, "messenger", 1), asyncio.Event()

    async def once_told(question: dict[str, Any]) -> web.Response:
        await answered.wait()
        return await echo(question)

    bot.answer = once_told
    await ana.posts("hello", at=minutes_ago(0.1))
    await until(lambda: _true(len(bot.asked) == 1), "the question")
    await shop.say("messenger", "echo", sender=ana.id, text="Let me look")

    async def taken() -> bool:
        return (await ana.conversation()).owner is Owner.HUMAN

    await until(taken, "the person")
    answered.set()
    *_, last = await _decided(shop, 2)
    assert shop.graph.sent == []
    assert last.reasons == ("human_owner",)


async def _true(value: bool) -> bool:  # noqa: FBT001 - a tiny adapter
    return value


async def _decided(shop: Running, number: int) -> list[Any]:
    """The turns, once there are so many and all work is over."""

    async def enough() -> bool:
        return len(await turns(shop)) >= number

    await until(enough, f"{number} turns")
    await shop.quiet()
    return await turns(shop)


async def later(_: dict[str, Any]) -> web.Response:
    """Say that the answer comes later."""
    return web.Response(status=202)


async def answer_later(
    shop: Running, turn: str, answer: Any, *, key: str = "the-key-of-the-engine", own: str | None = None
) -> tuple[int, dict[str, Any]]:
    """The engine comes back with an answer."""
    headers = {"Authorization": f"Bearer {key}"} | ({"webhook-id": own} if own is not None else {})
    async with shop.http.post(f"{shop.url}/v1/turns/{turn}/replies", json=answer, headers=headers) as response:
        return response.status, await response.json()


async def test_an_answer_that_comes_later_is_sent_once(shop: Running, bot: Bot) -> None:
    """202, then the answer at the address that the question names: told twice it is said once; another is another."""
    bot.answer = later
    ana = customer(shop, "messenger", 1)
    await ana.posts("hello")
    await until(lambda: _true(len(bot.asked) == 1), "the question")
    turn = bot.asked[0]["turn"]
    assert bot.asked[0]["reply"]["url"] == f"https://hooks.example/v1/turns/{turn}/replies"

    first = {"messages": [{"text": "Here I am"}]}
    taken = [await answer_later(shop, turn, first) for _ in range(2)]
    assert [status for status, _ in taken] == [202, 202]
    assert taken[0] == taken[1]
    assert await sent_to(shop, ana) == ["Here I am"]
    assert (await answer_later(shop, turn, {"messages": [{"text": "And more"}]}, own="two"))[0] == 202
    assert await sent_to(shop, ana, 2) == ["Here I am", "And more"]


@pytest.mark.parametrize(
    ("key", "turn", "answer", "status"),
    [
        ("no such key", None, {"messages": []}, 401),
        (CLIENT_KEY, None, {"messages": []}, 403),
        ("the-key-of-the-engine", "0" * 32, {"messages": []}, 404),
        ("the-key-of-the-engine", None, {"messages": "text"}, 400),
        ("the-key-of-the-engine", None, [], 400),
        ("the-key-of-the-engine", None, {"messages": [{"text": "x" * 70_000}]}, 413),
    ],
)
async def test_whoever_may_not_answer_is_told_so(
    shop: Running, bot: Bot, key: str, turn: str | None, answer: Any, status: int
) -> None:
    """Nothing of it reaches the customer."""
    bot.answer = later
    ana = customer(shop, "messenger", 1)
    await ana.posts("hello")
    await until(lambda: _true(len(bot.asked) == 1), "the question")
    found, problem = await answer_later(shop, turn or bot.asked[0]["turn"], answer, key=key)
    assert (found, problem["status"]) == (status, status)
    await shop.quiet()
    assert shop.graph.sent == []


async def test_the_order_of_the_customer_goes_along_and_nobody_elses(shop: Running, bot: Bot) -> None:
    """On WhatsApp the number says who it is: the bot knows their order; a stranger's question has none of it."""
    ana, ben = customer(shop, "whatsapp", 1), customer(shop, "whatsapp", 2)
    await shop.say("shopify", "order_paid", phone=f"+{ana.id}", order_number=4711)
    await shop.quiet()
    await ana.posts("where is my order?")
    await sent_to(shop, ana)
    await ben.posts("where is my order?")
    await sent_to(shop, ben)
    of_ana, of_ben = bot.asked
    assert of_ana["values"] == {"order": "#4711"}
    assert of_ana["context"]["orders"]["value"]["latest"]["number"] == "#4711"
    assert "4711" not in str(of_ben)
    assert of_ben["values"] == {}


async def test_what_the_bot_notes_is_on_the_conversation_and_on_the_profile(shop: Running, bot: Bot) -> None:
    """Fields, tags and an intent are noted as by a flow, and the bot gets them the next time; an address of mail that
    it names is nobody's, and the trace says that it was left out.
    """
    await shop.say("shopify", "order_created", phone="+34611000001", order_number=1001)
    await shop.quiet()
    ana = customer(shop, "whatsapp", 1)
    noted = {
        "set": {"lifecycle_stage": "lead", "custom.size": 38, "email": "ben@example.com"},
        "tags": ["reseller"],
        "intent": "product_interest",
    }

    async def notes(_: dict[str, Any]) -> web.Response:
        return web.json_response({"messages": [{"text": "Noted"}], **noted})

    bot.answer = notes
    await ana.posts("wholesale, please")
    assert await sent_to(shop, ana) == ["Noted"]
    conversation = await ana.conversation()
    assert (conversation.tags, conversation.intent) == (("reseller",), "product_interest")
    details = (await shop.context("whatsapp", "+34611000001")).details
    assert details is not None
    assert details.value is not None
    assert details.value.tags == ("reseller",)
    assert details.value.fields["lifecycle_stage"].value == "lead"
    assert details.value.fields["custom.size"].value == "38"
    *_, answered = await turns(shop)
    why = " | ".join(answered.decision.why)
    assert "set: 1 field left out" in why
    assert "noted: 1 tag, 2 fields, intent product_interest" in why
    assert "ben@example.com" not in str(answered)
    await ana.posts("hello")
    await sent_to(shop, ana, 2)
    assert bot.asked[-1]["context"]["conversation"]["tags"] == ["reseller"]


CREAM = SampleItem(title="Rose Night Cream", variant="30 ml", sku="ROSE-30", variant_id=44100200777, price="31.50")


async def says_link(question: dict[str, Any]) -> web.Response:
    """Say the links that are on offer: that of the cart behind a button, that of the product in the text."""
    links = question["context"]["links"]
    if "cart" in links:
        button = {"title": "Your cart", "url": links["cart"]["url"]}
        return web.json_response({"messages": [{"text": "Go on?", "buttons": [button]}]})
    if "product" in links:
        return web.json_response({"messages": [{"text": f"Here: {links['product']['url']}"}]})
    return web.json_response({"messages": [{"text": "Nothing on offer"}]})


async def issued_links(shop: Running) -> dict[str, str]:
    """To whom each personal link that there is was given."""
    found = [each for each in await documents(shop, "identities") if each.get("link")]
    return {each["_id"].rpartition("|")[2]: each["link"]["issued_to"] for each in found}


async def test_a_link_that_the_bot_says_works(shop: Running, bot: Bot) -> None:
    """What is put into the cart behind it comes back to this customer, whom the bot then offers a fresh link to it."""
    bot.answer = says_link
    ana = customer(shop, "instagram", 1)
    await ana.posts("is it vegan?", "ad_message")
    (said,) = await sent_to(shop, ana)
    link = link_in(said)
    assert link == bot.asked[0]["context"]["links"]["product"]["id"]
    assert await issued_links(shop) == {link: ana.identifier.key}

    await shop.say("shopify", "checkout_created", link_id=link, email=None, customer_id=None, items=(CREAM,))
    await shop.quiet()
    await ana.posts("hi, I'm back")
    await sent_to(shop, ana, 2)
    context = bot.asked[1]["context"]
    assert context["cart"]["value"]["items"][0]["title"].startswith(CREAM.title)
    assert (await issued_links(shop)).keys() == {link, context["links"]["cart"]["id"]}

    oil = SampleItem(title="Rosehip Oil", variant="50 ml", variant_id=44100200888)
    fresh = {"link_id": context["links"]["cart"]["id"], "checkout_token": "0f" * 16, "at": minutes_ago(-1)}
    await shop.say("shopify", "checkout_created", items=(oil,), email=None, customer_id=None, **fresh)
    await shop.quiet()
    await ana.posts("and now?")
    await sent_to(shop, ana, 3)
    assert bot.asked[2]["context"]["cart"]["value"]["items"][0]["title"].startswith("Rosehip Oil")


async def test_a_link_that_was_not_offered_is_text(shop: Running, bot: Bot) -> None:
    """The bot says to Ben what it was offered for Ana and never said, and an id that it made up: neither comes into
    being, and what comes back on them is nobody's.
    """
    ana, ben = customer(shop, "instagram", 1), customer(shop, "instagram", 2)
    await ana.posts("is it vegan?", "ad_message")
    await sent_to(shop, ana)
    offered = bot.asked[0]["context"]["links"]["product"]
    assert await issued_links(shop) == {}
    made_up = offered["url"].replace(offered["id"], "A" * 22)

    async def to_ben(_: dict[str, Any]) -> web.Response:
        return web.json_response({"messages": [{"text": f"{offered['url']} {made_up}"}]})

    bot.answer = to_ben
    await ben.posts("hello")
    assert await sent_to(shop, ben) == [f"{offered['url']} {made_up}"]
    assert await issued_links(shop) == {}
    for number, link in enumerate((offered["id"], "A" * 22)):
        given = {"link_id": link, "checkout_token": f"0{number}" * 16, "email": None, "customer_id": None}
        await shop.say("shopify", "checkout_created", items=(CREAM,), **given)
    await shop.quiet()
    for person in (ana, ben):
        await person.posts("my cart please")
        await sent_to(shop, person, 2)
        assert bot.asked[-1]["context"]["cart"]["state"] == "missing"


async def test_a_link_in_an_answer_that_comes_later_works(shop: Running, bot: Bot) -> None:
    """It is that of the turn that asked; said in two answers it is one link."""
    bot.answer = later
    ana = customer(shop, "instagram", 1)
    await ana.posts("is it vegan?", "ad_message")
    await until(lambda: _true(len(bot.asked) == 1), "the question")
    link = bot.asked[0]["context"]["links"]["product"]
    for own in ("one", "two"):
        answer = {"messages": [{"text": f"{own}: {link['url']}"}]}
        assert (await answer_later(shop, bot.asked[0]["turn"], answer, own=own))[0] == 202
    await sent_to(shop, ana, 2)
    assert await issued_links(shop) == {link["id"]: ana.identifier.key}


async def test_the_question_is_the_published_one(shop: Running, bot: Bot) -> None:
    """What really goes over the wire fits the schema that the installation itself publishes."""
    ana = customer(shop, "instagram", 1)
    await ana.posts("is it vegan?", "ad_message")
    await sent_to(shop, ana)
    async with shop.http.get(f"{shop.url}/schemas/throughline.turn/1") as response:
        schema = await response.json()
    jsonschema.validate(bot.asked[0], schema)
    assert bot.asked[0].keys() == schema["properties"].keys()
    assert bot.asked[0]["message"]["conversation"] == (await ana.conversation()).id


async def test_an_agent_does_not_wait_for_an_engine(bot: Bot, shop: Running) -> None:
    """While a bot hangs, and the customer's next message waits for it, an agent's reply goes out; what the bot says
    afterwards is not said.
    """
    answers = asyncio.Event()

    async def late(_: dict[str, Any]) -> web.Response:
        await answers.wait()
        return web.json_response({"messages": [{"text": "too late"}]})

    bot.answer = late
    person = customer(shop, "messenger")
    await person.posts("first")

    async def is_asked() -> bool:
        return len(bot.asked) == 1

    await until(is_asked, "the question")
    await person.posts("second")
    await does(shop, person, Reply(text="Ana here."))

    async def is_said() -> bool:
        return [each.text for each in shop.graph.sent] == ["Ana here."]

    await until(is_said, "the agent's reply")
    answers.set()
    await shop.quiet()

    assert [each.text for each in shop.graph.sent] == ["Ana here."]
    assert bot.texts() == ["first"]
