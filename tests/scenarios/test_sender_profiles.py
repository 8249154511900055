"""What a sender has set about themselves: asked beside the message, a claim when it comes, and no question too many."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from connectors.testing import ApiError, Profile
from middleware.domain.identifiers import Level
from middleware.domain.identity import Asked, Identity
from middleware.domain.sender_profile import ProfileTrouble
from middleware.store.collections import MARK
from tests.running import Running, running, until
from tests.scenarios.looking import BRAND, Person, customer, documents, everything, together
from tests.stores import StoreServer

GERMAN = Profile({"name": "Anna Kranz", "locale": "de_DE", "timezone": 1})
VAGUE = "👍👍"
"""Words of no language."""


async def _no_jobs(shop: Running) -> bool:
    return not await documents(shop, "jobs")


async def _over(shop: Running) -> None:
    """Wait until nothing is left to do, on the path and beside it."""
    await shop.quiet()
    await until(lambda: _no_jobs(shop), "the jobs")
    await shop.quiet()


def _questions(shop: Running) -> list[str]:
    return [each.path.rpartition("/")[2] for each in shop.graph.shelf.asked]


async def _profile_events(shop: Running) -> list[dict[str, Any]]:
    return [each["event"] for each in await documents(shop, "events") if each["event"]["kind"] == "sender_profile"]


async def test_name_and_language_count_from_the_second_message(shop: Running) -> None:
    """The first message is answered without waiting; then the platform's word on name and language is known."""
    person = customer(shop, "messenger")
    shop.graph.shelf.profiles[person.id] = GERMAN

    first = await person.says(VAGUE)
    await _over(shop)
    second = await person.says(VAGUE)

    assert [said.turn.decision.locale for said in (first, second)] == ["en", "de"]
    profile = (await shop.context("messenger", person.id)).profile
    assert profile.name == "Anna Kranz"
    said = {what: (each.value, each.source) for what, each in profile.claimed.items()}
    source = "messenger.sender_profile"
    assert said == {"name": ("Anna Kranz", source), "locale": ("de_DE", source), "time_zone": ("UTC+01:00", source)}
    assert _questions(shop) == [person.id]


async def test_the_customers_own_words_say_more_than_their_settings(shop: Running) -> None:
    """The language of this message, or else of an earlier one, goes before the language that is set."""
    person = customer(shop, "messenger")
    shop.graph.shelf.profiles[person.id] = GERMAN
    await person.says("hello, where is my order?")
    await _over(shop)

    said = [await person.says(text) for text in ("¿dónde está mi pedido?", VAGUE)]
    assert [each.turn.decision.locale for each in said] == ["es", "es"]


async def test_a_profile_is_a_claim_and_opens_nothing(shop: Running) -> None:
    """The name of somebody with an order gives nobody their order, and no higher level."""
    person = customer(shop, "messenger")
    shop.graph.shelf.profiles[person.id] = Profile({"name": "Ana Ruiz"})
    await shop.say("shopify", "order_created", phone="+34600111222", order_number=1001)
    await person.says("hello")
    await _over(shop)

    said = await person.says("where is my order?")
    context = await shop.context("messenger", person.id)
    assert "#1001" not in said.text
    assert context.identity.level is Level.CHANNEL
    assert context.identity.why == ()
    assert context.orders is not None
    assert context.orders.state == "missing"


async def test_the_answer_is_an_event_like_any_other(shop: Running) -> None:
    """It stands in the timeline once, with its source and nothing but what was asked for."""
    person = customer(shop, "messenger")
    fields = {**GERMAN.fields, "gender": "female", "profile_pic": "https://x.example/a"}
    shop.graph.shelf.profiles[person.id] = Profile(fields)
    await person.says("hello")
    await _over(shop)

    (event,) = await _profile_events(shop)
    assert (event["name"], event["sender_profile"]) == (
        "Anna Kranz",
        {"locale": "de_DE", "time_zone": "UTC+01:00"},
    )
    assert b"profile_pic" not in event["raw"]
    assert [each for each in await documents(shop, "turns") if each["event_key"] == event["key"]] == []


async def test_once_and_not_with_every_message(shop: Running) -> None:
    """Five messages, the first of them delivered twice: one question."""
    person = customer(shop, "instagram")
    shop.graph.shelf.profiles[person.id] = Profile({"name": "Bea"})
    said = await person.says("hello")
    await _over(shop)
    before = await everything(shop)
    await person.posts("hello", message_id=said.message_id)
    await _over(shop)
    assert (await everything(shop))["events"] == before["events"]
    for text in ("a", "b", "c", "d"):
        await person.says(text)
    await _over(shop)

    assert _questions(shop) == [person.id]
    assert len(await _profile_events(shop)) == 1


async def _asked_before(shop: Running, person: Person, ago: timedelta) -> None:
    """The platform was asked about somebody, and answered, so long ago."""
    keys = [each["_id"] for each in await documents(shop, "identities")]
    ids = [key for key in keys if key.endswith(f"|{person.id}") and not key.startswith(MARK)]
    store = shop.here.brands[BRAND].store
    stored = (await store.get(Identity, ids))[ids[0]]
    identity = stored.record
    at = shop.here.clock.now() - ago
    name = identity.fragment.name.model_copy(update={"at": at}) if identity.fragment.name is not None else None
    fragment = identity.fragment.model_copy(update={"name": name})
    asked = Asked(event="earlier", at=at)
    changed = identity.model_copy(update={"asked": asked, "fragment": fragment})
    assert await store.write(stored.put(changed)) == (True,)


@pytest.mark.parametrize(
    ("known", "days", "again"),
    [(True, 29, False), (True, 31, True), (False, 0.9, False), (False, 1.1, True)],
)
async def test_asked_again_after_a_while(shop: Running, *, known: bool, days: float, again: bool) -> None:
    """30 days after an answer, a day after a question that brought none; a newer name replaces an older one."""
    person = customer(shop, "messenger")
    if known:
        shop.graph.shelf.profiles[person.id] = Profile({"name": "Anna Kranz"})
    await person.says("hello")
    await _over(shop)
    await _asked_before(shop, person, timedelta(days=days))
    shop.graph.shelf.profiles[person.id] = Profile({"name": "Anna Lang"})

    await person.says("hello again")
    await _over(shop)
    assert len(_questions(shop)) == (2 if again else 1)
    name = (await shop.context("messenger", person.id)).profile.name
    assert name == ("Anna Lang" if again else "Anna Kranz" if known else None)


@pytest.mark.parametrize(
    "refusal",
    [ApiError(200, "(#200) no", status=403), ApiError(190, "expired", subcode=463, status=401), ApiError(10, "no")],
    ids=["permission", "token", "app"],
)
async def test_what_is_wrong_with_the_account_is_told_once(shop: Running, refusal: ApiError) -> None:
    """A permission or a token: the operator hears of it once, and no other customer is asked about."""
    shop.graph.shelf.refusal = refusal
    people = [customer(shop, "messenger", number) for number in range(6)]
    with capture_logs() as lines:
        await together(shop, [(person, "hello", "message", {}) for person in people[:3]])
        await _over(shop)
        asked = len(_questions(shop))
        for person in people[3:]:
            said = await person.says("hello")
            assert len(said.sent) == 1
        await _over(shop)

    warned = [line for line in lines if line.get("action") == "sender_profile"]
    assert [(line["log_level"], line["account"]) for line in warned] == [("warning", "messenger")]
    assert len(_questions(shop)) == asked <= 6
    assert await _profile_events(shop) == []


async def test_until_something_changes(shop: Running) -> None:
    """Another token, or a day: the platform is asked again, and the trouble forgotten once it answers."""
    shop.graph.shelf.refusal = ApiError(190, "expired", status=401)
    await customer(shop, "messenger", 1).says("hello")
    await _over(shop)
    store = shop.here.brands[BRAND].store
    key = "messenger|1001"
    stored = (await store.get(ProfileTrouble, [key]))[key]
    assert await store.write(stored.put(stored.record.model_copy(update={"token": "of another token"}))) == (True,)
    shop.graph.shelf.refusal = None
    person = customer(shop, "messenger", 2)
    shop.graph.shelf.profiles[person.id] = GERMAN

    await person.says("hello")
    await _over(shop)
    assert (await shop.context("messenger", person.id)).profile.name == "Anna Kranz"
    assert await documents(shop, "profile_troubles") == []


async def test_without_the_further_permission_names_come_all_the_same(shop: Running) -> None:
    """Language and time zone are not permitted: told once, and from then on only names are asked for."""
    people = [customer(shop, "messenger", number) for number in range(3)]
    shop.graph.shelf.profiles |= {person.id: Profile(GERMAN.fields, further=False) for person in people}
    with capture_logs() as lines:
        for person in people:
            await person.says("hello")
            await _over(shop)

    assert [each["name"] for each in await _profile_events(shop)] == ["Anna Kranz"] * 3
    assert [request.query["fields"].count("locale") for request in shop.graph.shelf.asked] == [1, 0, 0, 0]
    assert len([line for line in lines if line.get("action") == "sender_profile"]) == 1


async def test_consent_is_a_matter_of_one_customer(shop: Running) -> None:
    """Instagram wants consent of this sender: it is no trouble of the account, others are asked about."""
    shop.graph.shelf.refusal = ApiError(230, "User consent is required to access user profile", status=403)
    await customer(shop, "instagram", 1).says("hello")
    await _over(shop)
    shop.graph.shelf.refusal = None
    person = customer(shop, "instagram", 2)
    shop.graph.shelf.profiles[person.id] = Profile({"name": "Bea"})
    await person.says("hello")
    await _over(shop)

    assert len(_questions(shop)) == 2
    assert (await shop.context("instagram", person.id)).profile.name == "Bea"
    assert await documents(shop, "profile_troubles") == []


async def test_whatsapp_is_not_asked(shop: Running) -> None:
    """WhatsApp has no profiles, and brings the name with each message."""
    person = customer(shop, "whatsapp")
    await person.says("hello")
    await _over(shop)
    assert shop.graph.shelf.asked == []
    profile = (await shop.context("whatsapp", person.id)).profile
    assert (profile.name, profile.claimed["name"].source) == ("Ben Ortega", "whatsapp")


@pytest.fixture
async def silent(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Running]:
    """An installation whose page does not ask about senders."""
    accounts = {"messenger": {"sender_profiles": False}}
    async with running(store_server, tmp_path, brands={"glow": {"accounts": accounts}}) as it:
        yield it


async def test_switched_off_for_one_account(silent: Running) -> None:
    """`sender_profiles = false` holds for that account alone."""
    await customer(silent, "messenger").says("hello")
    await customer(silent, "instagram").says("hello")
    await _over(silent)
    assert _questions(silent) == [customer(silent, "instagram").id]
