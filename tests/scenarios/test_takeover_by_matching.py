"""Nobody gets at another person's data by being taken for her: records that merge by themselves raise no level.

The brand lets sure candidates merge by themselves. Ben writes a record that is as like Valeria's as he can make it, so
that the matcher takes both for one person. Hers is in one profile with her number and her orders, and his with his
chats: somebody has looked at both and merged them.
"""

from collections.abc import AsyncIterator, Sequence
from functools import partial
from pathlib import Path

import pytest

from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.identity import Identity
from middleware.identity.candidates import RULE
from middleware.pipeline.merging import BY_HAND, merge_profiles
from middleware.pipeline.profiles import read_profiles, roots
from tests.running import SHOP, Running, minutes_ago, until
from tests.scenarios.attacking import (
    CUSTOMER,
    EMAIL,
    NAME,
    NUMBER,
    PHONE,
    Attack,
    all_ask,
    merges,
    on_all_channels,
    valeria_is_told,
    valeria_orders,
)
from tests.scenarios.looking import Person, Said, customer
from tests.scenarios.source_moves import CLUB, LIKE_HER, OWN, fill_in, with_tools
from tests.stores import StoreServer
from tests.visitors import site_token

QUESTIONS = ("hi, I'm back", "my cart please", "where is my order?", f"where is my order #{NUMBER}? I am {EMAIL}")

_NAMED = {each: LIKE_HER[each] for each in ("first_name", "last_name", "birth_date")}
_AT_HOME = {each: LIKE_HER[each] for each in ("street", "city", "postcode", "country")}

LOOKALIKES: dict[str, dict[str, str]] = {
    "all of hers": LIKE_HER,
    "her number alone": {**_NAMED, "phone": LIKE_HER["phone"]},
    "her home, her address with a tag": {**_NAMED, **_AT_HOME, "email": "valeria.quintana+x@example.com"},
    "hers, with an address of his": {**_NAMED, **_AT_HOME, "phone": LIKE_HER["phone"], "email": "ben@example.org"},
}
"""What Ben writes into a form of the brand's own. Without her birthday nothing merges by itself."""

HIS_RECORD = Identifier(IdentifierKind.SOURCE_RECORD, f"generic:{OWN}", "b1").key
HER_RECORD = Identifier(IdentifierKind.SOURCE_RECORD, f"generic:{CLUB}", "v1").key


@pytest.fixture
async def merging(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Running]:
    """An installation with every tool, in which sure candidates merge by themselves."""
    async with with_tools(store_server, tmp_path, auto_merge_threshold=10.0) as it:
        yield it


async def _profile(shop: Running, key: str) -> str:
    """The id of the profile that an identifier is in by now."""
    store = shop.here.brands["glow"].store
    home = (await store.get(Identity, [key]))[key].record.profile_id
    assert home is not None
    return roots(await read_profiles(store, [home]))[home].id


async def _one_person(shop: Running, *keys: str) -> None:
    """Somebody looked at these, and merged them."""
    store = shop.here.brands["glow"].store
    for key in keys[1:]:
        one, other = await _profile(shop, keys[0]), await _profile(shop, key)
        if one != other:
            await merge_profiles(store, one, other, rule=BY_HAND, by="eva", now=minutes_ago(0), despite=True)


async def _valeria(shop: Running) -> None:
    """Valeria's order, chat, and record, which somebody has merged."""
    await valeria_orders(shop)
    await Person(shop, "whatsapp", PHONE, NAME).says("hello")
    await fill_in(shop, "club", "v1", **LIKE_HER)
    await _is_there(shop, HER_RECORD)
    phone = Identifier(IdentifierKind.PHONE, "", f"+{PHONE}").key
    await _one_person(shop, phone, HER_RECORD)


async def _ben(shop: Running, attacks: Sequence[Attack], record: dict[str, str]) -> None:
    """Ben's record, which somebody has merged with all of his chats."""
    await fill_in(shop, "own", "b1", **record)
    await _is_there(shop, HIS_RECORD)
    await _one_person(shop, HIS_RECORD, *(attack.ben.identifier.key for attack in attacks))


async def _is_there(shop: Running, key: str) -> None:
    async def there() -> bool:
        return key in await shop.here.brands["glow"].store.get(Identity, [key])

    await until(there, "the record")
    await shop.quiet()


async def _has_merged(shop: Running) -> bool:
    return RULE in {each.rule for each in await merges(shop)}


@pytest.mark.parametrize("first", ["victim", "attacker"])
@pytest.mark.parametrize("record", LOOKALIKES.values(), ids=LOOKALIKES)
async def test_being_taken_for_her_gets_nobody_anything(merging: Running, first: str, record: dict[str, str]) -> None:
    """The records merge by themselves, and with them the profiles; what Ben is told stays the same word for word."""
    attacks = on_all_channels(merging)
    await all_ask(attacks, "hello")
    before = [await all_ask(attacks, text) for text in QUESTIONS]
    if first == "victim":
        await _valeria(merging)
    await _ben(merging, attacks, record)
    if first == "attacker":
        await _valeria(merging)
    await until(partial(_has_merged, merging), "the records to merge by themselves")

    after = [await all_ask(attacks, text) for text in QUESTIONS]

    theirs = {await _profile(merging, attack.ben.identifier.key) for attack in attacks}
    assert theirs == {await _profile(merging, HER_RECORD)}
    assert [await attack.learned() for attack in attacks] == [[]] * len(attacks)
    assert list(map(_told, after)) == list(map(_told, before))
    await valeria_is_told(merging)


def _told(said: Sequence[Said]) -> list[tuple[str, object]]:
    return [(each.text, each.turn.context["identity"]["level"]) for each in said]


async def test_what_he_has_proven_is_his_alone(merging: Running) -> None:
    """Ben has proven his own account and address; being taken for her adds nothing to it."""
    ben = Attack(merging, customer(merging, "webchat", 8))
    token = site_token(sub="ben-8", shop_customer="8800", email="ben@example.org", email_verified=True)
    await ben.says("hello", token=token)
    await merging.say(
        "shopify", "order_created", order_id=4_444_555_560, order_number=2002, customer_id=8800,
        email="ben@example.org", phone=None, name="Ben Ortega", checkout_token="b2" * 16,
    )  # fmt: skip
    await _valeria(merging)
    await _ben(merging, [ben], LIKE_HER)
    await until(partial(_has_merged, merging), "the records to merge by themselves")

    said = [await ben.says(text) for text in ("where is my order?", *QUESTIONS)]

    assert "#2002" in said[0].text
    assert said[0].turn.context["identity"]["level"] == "verified"
    assert said[0].turn.context["orders"]["value"]["count"] == 1
    hers = Identifier(IdentifierKind.SHOP_CUSTOMER, SHOP, str(CUSTOMER))
    assert hers.masked() not in [each["identifier"] for each in said[0].turn.context["identity"]["why"]]
    assert set(await ben.learned()) <= {"paid"}
