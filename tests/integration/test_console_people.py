"""The console's people over HTTP: who sees what of whom, and that every act is done once and told."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.journal import JournalEntry
from middleware.domain.profile import Profile
from middleware.pipeline.audit import entries
from middleware.pipeline.profile_view import find_profile
from middleware.pipeline.rebuild import differences, members_of
from tests.console import Seated, seated
from tests.people import EMAIL, HOSTILE, PHONE, hostile_person, known_person, nobody_special, record_of
from tests.running import PAGE, Running, running, until
from tests.stores import StoreServer

HTMX = {"HX-Request": "true"}


def hidden(text: str, name: str, after: str = "") -> str:
    """The value of a hidden field, the first behind `after`."""
    found = re.search(rf'name="{name}" value="([^"]*)"', text[text.index(after) if after else 0 :])
    assert found is not None, name
    return found[1]


async def page(it: Seated, path: str, status: int = 200) -> str:
    """The text of a page that must have this status."""
    answer = await it.get(f"/console/glow/people{path}")
    text = await answer.text()
    assert answer.status == status, (answer.status, text[-500:])
    return text


async def send(it: Seated, path: str, status: int = 303, **fields: Any) -> tuple[str, str]:
    """Where a form leads, and what it says; it must have this status."""
    data = [(name, each) for name, value in fields.items() for each in (value if isinstance(value, list) else [value])]
    answer = await it.post(f"/console/glow/people{path}", data)  # type: ignore[arg-type] - fields that are there twice
    text = await answer.text()
    assert answer.status == status, (answer.status, text[-800:])
    return answer.headers.get("Location", ""), text


async def on_record(shop: Running) -> list[tuple[str, str, str, dict[str, str]]]:
    """Who did what about whom, the latest first."""
    found = await entries(shop.here.store.brand("glow"))
    return [(each.by, each.what, each.about, each.details) for each in found]


@pytest.fixture
async def bea(shop: Running) -> AsyncIterator[Seated]:
    """An agent."""
    async with seated(shop, "bea", "agent") as it:
        yield it


async def test_who_it_is_and_why(shop: Running, bea: Seated) -> None:
    """Name, level, evidence with its reason, claims apart, the order, the window, and what happened; on record."""
    ana = await known_person(shop)
    text = await page(bea, f"/{ana}")
    assert "<h1><bdi>Ana Ruiz</bdi></h1>" in text
    for said in ("linked", "not verified", "window open", "WhatsApp verified the number", "#1001", "it proves nothing"):
        assert said in text, said
    assert (PHONE in text, EMAIL in text, "a…@….com" in text) == (False, False, True)
    assert (await on_record(shop))[0] == ("bea", "profile.view", ana, {})


async def test_contacts_are_revealed_by_an_act_for_one_view(shop: Running, bea: Seated) -> None:
    """A reveal shows them once and is on record before; the next look hides them again."""
    ana = await known_person(shop)
    _, whole = await send(bea, f"/{ana}/reveal", 200, what="contacts")
    assert PHONE in whole
    part = await bea.post(f"/console/glow/people/{ana}/reveal", {"what": "contacts"}, headers=HTMX)
    text = await part.text()
    assert (part.status, EMAIL in text, "<html" in text, part.headers["Cache-Control"]) == (
        200,
        True,
        False,
        "no-store",
    )
    assert (await on_record(shop))[0] == ("bea", "profile.reveal", ana, {"what": "contacts"})
    assert PHONE not in await page(bea, f"/{ana}")
    await send(bea, f"/{ana}/reveal", 400, what="everything")


async def test_marketers_see_no_contact_and_can_do_nothing(shop: Running) -> None:
    """No contact, not even masked, anywhere on the page; no act is offered, and none is taken. Admins are agents."""
    ana, hostile = await known_person(shop), await hostile_person(shop)
    async with seated(shop, "mia", "marketer") as mia, seated(shop, "ada", "admin") as ada:
        text = await page(mia, f"/{ana}")
        hidden_ones = (PHONE, EMAIL, "…22", "a…@", "/reveal", "/merge", "/export", "/edit")
        assert [each for each in hidden_ones if each in text] == []
        assert "not shown to your role" in text
        assert "1990" not in await page(mia, f"/{hostile}")
        for act in ("reveal", "merge", "split", "edit", "let-go", "export"):
            assert (await mia.post(f"/console/glow/people/{ana}/{act}", {"what": "contacts"})).status == 403
        answer = await mia.post("/console/glow/people", {"asked": "Berta Ruiz"}, headers=HTMX)
        found = await answer.text()
        assert ("Berta Ruiz" in found, "berta@" in found, "b…@" in found) == (True, False, False)
        assert PHONE in (await send(ada, f"/{ana}/reveal", 200, what="contacts"))[1]


async def test_birth_date_and_address_are_revealed_apart(shop: Running, bea: Seated) -> None:
    """Each by an act of its own; what a bot is told of them stays masked here."""
    hostile = await hostile_person(shop)
    assert "1990-12-31" not in await page(bea, f"/{hostile}")
    _, text = await send(bea, f"/{hostile}/reveal", 200, what="birth_date")
    assert ("1990-12-31" in text, "norw" in text) == (True, True)
    assert (await on_record(shop))[0][3] == {"what": "birth_date"}


async def test_hostile_texts_are_text(shop: Running, bea: Seated) -> None:
    """No markup of a customer is markup here, and no address that is none of the web's is a link."""
    hostile = await hostile_person(shop)
    text = await page(bea, f"/{hostile}")
    assert ("<script>alert" in text, "<img src=x" in text, 'href="javascript' in text) == (False, False, False)
    assert HOSTILE[0].replace("<", "&lt;").replace(">", "&gt;") in text
    assert "and 150 more" in text
    assert "200 orders" in text


async def test_the_bot_sees_its_context_and_no_more(shop: Running, bea: Seated) -> None:
    """On the page of somebody with orders that this sender may not be told, the bot's part has none of them."""
    key = Identifier(IdentifierKind.MESSENGER, PAGE, "5001").key
    await shop.say("messenger", sender="5001", text="hi")
    await shop.quiet()
    young = str((await shop.context("messenger", "5001")).identity.profile_id)
    ana = await known_person(shop)
    preview = await page(bea, f"/{young}/merge?with={ana}")
    form = {"other": ana, "nonce": hidden(preview, "nonce"), "seen": hidden(preview, "seen")}
    there, _ = await send(bea, f"/{young}/merge", **form)
    text = await page(bea, there.partition("?")[0].removeprefix("/console/glow/people"))
    conversation = next(each for each in re.findall(r"conversation=(c_\w+)", text) if each)
    beside = {each: await page(bea, f"/of/{each}") for each in set(re.findall(r"conversation=(c_\w+)", text))}
    told = {each: shown[shown.index('id="bot"') : shown.index('id="timeline"')] for each, shown in beside.items()}
    assert conversation in told
    by_channel = {"Messenger" in bot.partition("</p>")[0]: bot for bot in told.values()}
    assert "#1001" in by_channel[False]
    assert "#1001" not in by_channel[True]
    assert "It needs “linked”, and this sender is “this conversation only”" in by_channel[True]
    assert all("#1001" in shown.partition('id="bot"')[0] for shown in beside.values())
    assert key not in text


async def test_whoever_is_not_known_is_said_to_be_so(shop: Running, bea: Seated) -> None:
    """A profile with nothing in it has a page that says what is not there; one that there is not is 404."""
    nobody = await nobody_special(shop, "p_" + "00" * 12)
    text = await page(bea, f"/{nobody}")
    for said in ("Nobody knows the name", "No order is known.", "Nothing was noted.", "There is no conversation"):
        assert said in text, said
    for path in ("/p_none", "/%00", "/" + "a" * 300, f"/{nobody}?conversation=c_none", "/of/c_none"):
        await page(bea, path, 404)
    await page(bea, f"/{nobody}?before=nonsense", 400)


async def test_another_brands_people_are_not_there(store_server: StoreServer, tmp_path: Path) -> None:
    """Neither their page, nor anything that can be done to them, nor by any search."""
    noir = {"database": f"test_{tmp_path.name[:40]}"}
    async with running(store_server, tmp_path, brands={"noir": noir}) as shop:
        theirs = await nobody_special(replace_brand(shop), "p_" + "11" * 12)
        ours = await known_person(shop)
        async with seated(shop, "bea", "agent") as bea:
            for path in ("", "/timeline", "/merge", "/split", "/edit", "/journal"):
                await page(bea, f"/{theirs}{path}", 404)
            for act in ("reveal", "merge", "split", "edit", "let-go", "export"):
                fields = {"what": "contacts", "nonce": "n" * 20, "field": "company", "other": ours}
                await send(bea, f"/{theirs}/{act}", 404, **fields)
            await page(bea, f"/{ours}/merge?with={theirs}", 404)
            answer = await bea.post("/console/glow/people", {"asked": theirs}, headers=HTMX)
            assert theirs not in await answer.text()
            assert (await bea.get(f"/console/noir/people/{theirs}")).status == 404


def replace_brand(shop: Running) -> Running:
    """The same installation, in which what is written for `glow` lands at `noir`."""
    brands = {**shop.here.brands, "glow": shop.here.brands["noir"]}
    return replace(shop, here=replace(shop.here, brands=brands))


@pytest.mark.parametrize(
    ("asked", "is_found"),
    [
        (PHONE, True), ("600 111 222", True), (EMAIL.upper(), True), ("#1001", True), ("1001", True),
        (" # 1001 ", True),
        ("ES.9001abc", True), ("100", False), ("ana@example.org", False), ("+34600111223", False),
        ("p_" + "0" * 24, False),
        ("na Ruiz", False), ("{$ne: 1}", False), ("\u0000", False), ("a" * 5_000, False), ("|", False), ("#", False),
    ],
)  # fmt: skip
async def test_people_are_found_by_what_a_desk_has(shop: Running, bea: Seated, asked: str, is_found: bool) -> None:  # noqa: FBT001 - pytest's way
    """Whole addresses, numbers, order numbers and ids, however they are written; nothing by a part of them."""
    ana = await known_person(shop)
    answer = await bea.post("/console/glow/people", {"asked": asked}, headers=HTMX)
    assert (answer.status, ana in await answer.text()) == (200, is_found)


async def test_a_name_is_found_where_a_source_has_it(shop: Running, bea: Seated) -> None:
    """Given and family name, or the family name alone; one who is the only one opens at once."""
    await known_person(shop)
    other = await record_of(shop, "78", first_name="Carla", last_name="Montes", email="carla@example.com")
    for asked in ("Carla Montes", "montes", "carla@example.com", other):
        assert (await send(bea, "", asked=asked))[0] == f"/console/glow/people/{other}", asked
    _, text = await send(bea, "", 200, asked="Nobody Atall")
    assert "Nobody was found" in text


async def test_who_writes_is_found_by_what_they_call_themselves(shop: Running, bea: Seated) -> None:
    """Though no source has the name: by its beginning; and the empty page has who wrote lately on it."""
    ana = await known_person(shop)
    await page(bea, "")

    async def is_loaded() -> bool:
        return shop.here.boards["glow"].loaded

    await until(is_loaded, "the board")
    assert f"/people/{ana}" in await page(bea, "")
    for asked in ("ana", "Ana R"):
        assert (await send(bea, "", asked=asked))[0] == f"/console/glow/people/{ana}", asked


async def test_two_who_were_joined_are_parted_where_one_looks(shop: Running, bea: Seated) -> None:
    """One is not found as one's own other; the notice takes the merge back, and so does what is called splitting."""
    ana = await known_person(shop)
    berta = await record_of(shop, "81", last_name="Other", email="other@example.com")
    _, found = await send(bea, f"/{ana}/merge/find", 200, asked=ana)
    assert f"with={ana}" not in found
    preview = await page(bea, f"/{ana}/merge?with={berta}")
    assert "Ana Ruiz" in preview
    there, _ = await send(
        bea, f"/{ana}/merge", other=berta, nonce=hidden(preview, "nonce"), seen=hidden(preview, "seen"), note=""
    )
    stays = there.removeprefix("/console/glow/people/").partition("?")[0]
    (moved,) = {ana, berta} - {stays}
    back = f'href="/console/glow/people/{stays}/unmerge/{moved}"'
    told = await page(bea, there.removeprefix("/console/glow/people"))
    assert f"{back}>Take it back" in told
    assert back in await page(bea, f"/{stays}/split")


async def test_a_merge_is_looked_at_and_done_once(shop: Running, bea: Seated) -> None:
    """The preview says what comes together; sent twice it is done once; the journal and the record name who did it."""
    ana = await known_person(shop)
    berta = await record_of(shop, "79", last_name="Other", email="other@example.com")
    preview = await page(bea, f"/{ana}/merge?with={berta}")
    assert "what a sender may be told stays as it is" in preview
    form = {"other": berta, "nonce": hidden(preview, "nonce"), "seen": hidden(preview, "seen"), "note": "the same"}
    first, second = await asyncio.gather(*(send(bea, f"/{ana}/merge", **form) for _ in range(2)))
    assert first[0] == second[0]
    store = shop.here.store.brand("glow")
    journal = [each.record async for some in store.scan(JournalEntry) for each in some]
    assert [(each.kind, each.by, each.note) for each in journal] == [("merge", "bea", "the same")]
    young = journal[0].moves
    assert (await bea.get(f"/console/glow/people/{young}")).headers["Location"].endswith(journal[0].stays)
    assert "the same" in await page(bea, f"/{ana}/journal")
    # With another nonce it is another act, and there is nothing to do.
    await send(bea, f"/{ana}/merge", 409, **{**form, "nonce": "n" * 20})

    looked = await page(bea, f"/{journal[0].stays}/unmerge/{young}")
    form = {"nonce": hidden(looked, "nonce"), "seen": hidden(looked, "seen")}
    path = f"/{journal[0].stays}/unmerge/{young}"
    assert await send(bea, path, **form) == await send(bea, path, **form)
    assert (await find_profile(store, young) or Profile(id="", created_at=shop.now)).id == young
    assert [each[1] for each in await on_record(shop)].count("profile.unmerge") == 2


async def test_what_changed_in_between_is_told(shop: Running, bea: Seated) -> None:
    """A merge, a split and an edit of what is not as it was seen are not done: the page says so and shows how it is."""
    ana = await known_person(shop)
    berta = await record_of(shop, "80", last_name="Other")
    preview, edit = await page(bea, f"/{ana}/merge?with={berta}"), await page(bea, f"/{ana}/edit")
    split = re.findall(r'name="goes" value="(\w+)"', await page(bea, f"/{ana}/split"))
    _, looked = await send(bea, f"/{ana}/split/look", 200, goes=[split[0]])
    await shop.say("shopify", "order_paid", phone=PHONE, email=EMAIL, order_number=1002, order_id=4711)
    await shop.quiet()
    for path, text, more in (
        ("merge", preview, {"other": berta}), ("split", looked, {"goes": [split[0]]}),
    ):  # fmt: skip
        seen = {"nonce": hidden(text, "nonce"), "seen": hidden(text, "seen")}
        _, said = await send(bea, f"/{ana}/{path}", 409, **seen, **more)
        assert "Something has changed since you looked" in said, path
    await edited(bea, ana, edit, "company", "First")
    _, said = await edited(bea, ana, edit, "company", "Second", status=409, nonce="n" * 20)
    assert ("Something has changed" in said, "First" in said) == (True, True)


async def edited(
    it: Seated,
    profile: str,
    text: str,
    field: str,
    value: str,
    *,
    status: int = 303,
    nonce: str = "",
    act: str = "edit",
) -> tuple[str, str]:
    """Send the form of one field as it stands on a page."""
    at = f'name="field" value="{field}"'
    form = {
        "field": field,
        "value": value,
        "seen": hidden(text, "seen", at),
        "nonce": nonce or hidden(text, "nonce", at),
    }
    return await send(it, f"/{profile}/{act}", status, **form)


async def test_what_a_person_says_stays_until_they_let_go(shop: Running, bea: Seated) -> None:
    """A pinned value goes before every source, identifies nobody, is no fault for a rebuild, and goes when let go."""
    who = await record_of(shop, "81", last_name="Montes", company="Old Ltd", country="ES")
    for _ in range(2):
        text = await page(bea, f"/{who}/edit")
        await edited(bea, who, text, "company", "New & Co")
    await record_of(shop, "81", last_name="Montes", company="Newer Ltd")
    shown = await page(bea, f"/{who}")
    assert ("New &amp; Co" in shown, "Newer" in shown, "kept by a person" in shown) == (True, False, True)
    store = shop.here.store.brand("glow")
    profile = await find_profile(store, who)
    assert profile is not None
    assert await differences(store, await members_of(store, [profile])) == []
    text = await page(bea, f"/{who}/edit")
    await edited(bea, who, text, "company", "", act="let-go")
    shown = await page(bea, f"/{who}")
    assert ("New &amp; Co" in shown, "kept by a person" in shown) == (False, False)
    assert next(each[1:] for each in await on_record(shop) if each[1] != "profile.view") == (
        "profile.let_go", who, {"field": "company"},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("country", "Spain", "two letters"), ("birth_date", "1990-02-31", "year-month-day"), ("language", "!", "tag"),
        ("company", "   ", "Write a text"), ("company", "\u202e", "Write a text"),
    ],
)  # fmt: skip
async def test_what_cannot_be_kept_is_said(shop: Running, bea: Seated, field: str, value: str, says: str) -> None:
    """With what to write instead; nothing is changed, and what was written is still in the form."""
    who = await record_of(shop, "82", last_name="Montes")
    text = await page(bea, f"/{who}/edit")
    _, said = await edited(bea, who, text, field, value, status=400)
    assert says in said
    assert "kept by a person" not in said
    await send(bea, f"/{who}/edit", 400, field="email", value="x@example.com", nonce="n" * 20, seen="")


async def test_a_split_gives_what_is_chosen_a_profile_of_its_own(shop: Running, bea: Seated) -> None:
    """By marks that tell nothing of the identifiers; all of them, or none, is refused with a reason."""
    keys = [Identifier(IdentifierKind.MESSENGER, PAGE, each).key for each in ("71", "72")]
    who = await nobody_special(shop, "p_" + "22" * 12, *keys)
    text = await page(bea, f"/{who}/split")
    marks = re.findall(r'name="goes" value="(\w+)"', text)
    assert (len(marks), any(key in text for key in keys)) == (2, False)
    for goes in ([], marks, ["nonsense"]):
        assert "Choose some" in (await send(bea, f"/{who}/split/look", 400, goes=goes))[1]
    _, looked = await send(bea, f"/{who}/split/look", 200, goes=[marks[0]])
    form = {"nonce": hidden(looked, "nonce"), "seen": hidden(looked, "seen"), "goes": [marks[0]]}
    assert await send(bea, f"/{who}/split", **form) == await send(bea, f"/{who}/split", **form)
    profile = await find_profile(shop.here.store.brand("glow"), who)
    assert profile is not None
    assert len(profile.members) == 1


async def test_everything_known_can_be_taken_along(shop: Running, bea: Seated) -> None:
    """One JSON with the profile, identifiers, conversations and every event with its turn; on record, for agents."""
    ana = await known_person(shop)
    answer = await bea.post(f"/console/glow/people/{ana}/export")
    told = orjson.loads(await answer.read())
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{ana}.json"'
    assert (told["format"], told["profile"]["profile_id"]) == ("throughline.person/1", ana)
    assert {each["id"] for each in told["identifiers"]} >= {f"phone||{PHONE}"}
    assert [each["event"]["kind"] for each in told["events"]] == ["message", "order"]
    assert "turn" in told["events"][0]
    assert (await on_record(shop))[0] == ("bea", "profile.export", ana, {})


async def test_a_long_timeline_is_paged(shop: Running, bea: Seated) -> None:
    """What is older comes by a link, with and without scripts; each thing once."""
    for number in range(20):
        await shop.say("messenger", sender="5002", text=f"n{number}", at=shop.now.replace(microsecond=number))
    await shop.quiet()
    who = str((await shop.context("messenger", "5002")).identity.profile_id)
    text = await page(bea, f"/{who}")
    (more,) = re.findall(r'hx-get="/console/glow/people([^"]+)"', text[text.index('id="timeline"') :])
    rest = await page(bea, more.replace("&amp;", "&"))
    assert (text.count("<strong>Message</strong>"), rest.count("<strong>Message</strong>") >= 4) == (16, True)
    (plain,) = re.findall(r'href="/console/glow/people([^"#]+before[^"#]+)#timeline"', text)
    assert (await page(bea, plain.replace("&amp;", "&"))).count("<strong>Message</strong>") >= 4
