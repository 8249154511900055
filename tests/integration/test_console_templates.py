"""Templates in the console, over HTTP: what marketers see and do, and what they cannot break."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from middleware.pipeline.audit import entries
from middleware.pipeline.templates.looking import looked_at
from tests.console import Seated, add_user, seated
from tests.running import Running, running, until
from tests.stores import StoreServer

ANA = "34600111222"
PATH = "/console/glow/templates"
MARK = re.compile(r'name="(mark_\w+)" value="(\w+)"')


@pytest.fixture
async def mia(shop: Running) -> AsyncIterator[Seated]:
    """A marketer."""
    async with seated(shop, "mia", "marketer") as it:
        yield it


def source_of(shop: Running, name: str) -> str:
    """What stands in the file of a template."""
    return shop.here.editions.flows["glow"].desk.files[name]


async def draft_of(shop: Running, name: str) -> str | None:
    """What stands in the draft of a template."""
    from middleware.bootstrap.reaching import templates_of  # noqa: PLC0415 - used here alone

    draft = (await looked_at(templates_of(shop.here, "glow"), name)).head.record.draft
    return draft.source if draft is not None else None


async def form_of(it: Seated, name: str, query: str = "?locale=en") -> dict[str, str]:
    """The form of a template as the page gives it out, without what is typed."""
    text = await (await it.get(f"{PATH}/{name}{query}")).text()
    revision = re.search(r'name="revision" value="(\d+)"', text)
    assert revision is not None
    return {"tab": "form", "locale": "en", "revision": revision[1], **dict(MARK.findall(text))}


async def said(it: Seated, path: str, data: dict[str, str] | None = None) -> str:
    """The page that comes of a request; of a form, the page that it leads to."""
    answer = await (it.get(path) if data is None else it.post(path, data))
    if answer.status == 303:
        answer = await it.get(answer.headers["Location"])
    assert answer.status == 200, answer.status
    return await answer.text()


async def test_the_list_says_what_there_is(shop: Running, mia: Seated) -> None:
    """Where each is used, its languages and state, by whom it was changed; found by a text of it, filtered by state."""
    everything = await said(mia, PATH)
    assert "identify, order_status" in everything
    assert f"{len(shop.here.editions.flows['glow'].desk.files)} templates" in everything
    await mia.post(f"{PATH}/vip/draft", {"tab": "source", "source": source_of(shop, "vip") + "# x\n", "revision": "0"})
    drafts = await said(mia, "/console/glow/template-rows?state=draft")
    assert "1 template<" in drafts
    assert "<bdi>mia</bdi>" in drafts
    assert "1 template<" in await said(mia, "/console/glow/template-rows?q=WIRD%20gerade%20gepackt")


async def test_a_form_changes_what_was_typed_and_no_other_byte(shop: Running, mia: Seated) -> None:
    """The text of one language; what comes back as it was given out changes nothing."""
    before = source_of(shop, "vip")
    form = await form_of(mia, "vip")
    page = await said(mia, f"{PATH}/vip?locale=en")
    shown = {name: re.search(rf'<textarea id="{name}"[^>]*>\n([^<]*)<', page) for name in ("text", "fallback")}
    given = {name: found[1] for name, found in shown.items() if found is not None}
    unchanged = {**form, **{name: text.replace("\n", "\r\n") for name, text in given.items()}}
    await mia.post(f"{PATH}/vip/draft", unchanged)
    assert await draft_of(shop, "vip") is None
    await mia.post(f"{PATH}/vip/draft", {**unchanged, "text": "Hello!"})
    after = await draft_of(shop, "vip")
    assert after is not None
    assert "Hello!" in after
    assert after.partition("  de:")[2] == before.partition("  de:")[2] != ""


async def test_typing_saves_nothing_and_says_what_is_wrong(shop: Running, mia: Seated) -> None:
    """Each mistake with line, column and what was meant; previews on all channels where there is none."""
    form = await form_of(mia, "vip")
    wrong = await said(mia, f"{PATH}/vip/typing", {**form, "text": "Hi\nthere {{ profile.nmae }}", "fallback": "Hi"})
    assert 'data-field="text" data-line="2" data-column="10"' in wrong
    assert 'data-meant="profile.name"' in wrong
    right = await said(mia, f"{PATH}/vip/typing", {**form, "text": "Hi {{ profile.name }}", "fallback": "Hi"})
    assert right.count('class="phone"') == 4
    assert "Hi Ana Ruiz" in right
    missing = {**form, "text": "Hi {{ profile.name }}", "fallback": "Hi", "customer": "everything_missing"}
    assert (await said(mia, f"{PATH}/vip/typing", missing)).count("profile.name is missing") == 4
    assert await draft_of(shop, "vip") is None


async def test_whoever_was_not_first_is_told_and_loses_nothing(shop: Running, mia: Seated) -> None:
    """409 with who it was and both texts; what is kept goes over theirs, field by field."""
    form = {**await form_of(mia, "vip"), "text": "Mine", "fallback": "Mine too"}
    async with seated(shop, "kim", "marketer") as kim:
        theirs = source_of(shop, "vip") + "# theirs\n"
        await kim.post(f"{PATH}/vip/draft", {"tab": "source", "source": theirs, "revision": "0"})
    told = await mia.post(f"{PATH}/vip/draft", form)
    assert told.status == 409
    page = await told.text()
    assert "kim has saved this template meanwhile" in page
    assert "Mine" in page
    assert await draft_of(shop, "vip") == theirs
    fragment = await mia.post(f"{PATH}/vip/publish", form, headers={"HX-Request": "true"})
    assert (fragment.status, fragment.headers["HX-Retarget"]) == (409, "#conflict")
    await mia.post(f"{PATH}/vip/draft", {**form, "over": "1"})
    both = await draft_of(shop, "vip") or ""
    assert "Mine too" in both
    assert both.endswith("# theirs\n")


async def test_published_taken_back_and_thrown_away(shop: Running, mia: Seated) -> None:
    """What is typed is saved and published in one go; each act is on record; an error keeps it from customers."""
    form = {**await form_of(mia, "fallback"), "text": "We are on it.", "fallback": "We are on it.", "note": "kinder"}
    assert "Published" in await said(mia, f"{PATH}/fallback/publish", form)
    await shop.say("whatsapp", sender=ANA, text="xyzzy")
    assert (await shop.replies())[-1].text == "We are on it."
    assert "kinder" in await said(mia, f"{PATH}/fallback/versions")
    again = await form_of(mia, "fallback")
    assert "earlier text again" in await said(mia, f"{PATH}/fallback/rollback", {**again, "number": "0"})
    wrong = {**await form_of(mia, "fallback"), "text": "{{ nothing }}", "fallback": "We are on it."}
    assert "Not published" in await said(mia, f"{PATH}/fallback/publish", wrong)
    differs = await said(mia, f"{PATH}/fallback/difference")
    assert "{{ nothing }}" in differs
    assert "The draft is gone" in await said(mia, f"{PATH}/fallback/discard", await form_of(mia, "fallback"))
    written = [each.what for each in await entries(shop.here.brands["glow"].store)]
    assert written == [
        "template.discarded", "template.published", "template.drafted", "template.rolled_back", "template.published",
        "template.drafted",
    ]  # fmt: skip


async def test_languages_wordings_and_channels_are_added(shop: Running, mia: Seated) -> None:
    """Each begins with what its customers get so far; a name that none can have is refused."""
    for what, name in (("locale", "fr"), ("variant", "short"), ("channel", "whatsapp")):
        form = await form_of(mia, "vip")
        assert "Added" in await said(mia, f"{PATH}/vip/add", {**_kept(form), "what": what, f"new_{what}": name})
    draft = await draft_of(shop, "vip") or ""
    assert "\n  fr:\n" in draft
    assert "\nvariants:\n  base: 1\n  short: 1" in draft
    assert "\n    channels:\n      whatsapp:\n" in draft
    assert not [each for each in shop.here.editions.flows["glow"].desk.check("vip", draft) if each.severity == "error"]
    for what, name in (("locale", "../x"), ("variant", "base"), ("channel", "fax"), ("nonsense", "x")):
        form = {**_kept(await form_of(mia, "vip")), "what": what, f"new_{what}": name}
        assert "cannot be called that" in await said(mia, f"{PATH}/vip/add", form)
    page = await said(mia, f"{PATH}/vip?locale=en&variant=short")
    form = await form_of(mia, "vip", "?locale=en&variant=short")
    assert 'name="weight_short"' in page
    weights = {**_kept(form), "weight_short": "3", "was_weight_short": "1"}
    await mia.post(f"{PATH}/vip/draft", weights | {"mark_none": ""})
    assert "short: 3" in (await draft_of(shop, "vip") or "")


def _kept(form: dict[str, str]) -> dict[str, str]:
    """A form in which no field was touched."""
    return {name: value for name, value in form.items() if not name.startswith("mark_")}


async def test_a_real_customer_is_shown_without_contacts(shop: Running, mia: Seated) -> None:
    """Found by name and by the number of an order, masked; what they wrote has no address in it; on record once."""
    await shop.say("shopify", "order_created", phone=f"+{ANA}", order_number=1001)
    await shop.quiet()
    await shop.say("whatsapp", sender=ANA, text="I am ana@example.com, +34 600 111 222", name="Ana Ruiz")
    await shop.replies()
    for text in ("ana r", "1001", "%231001"):
        found = await said(mia, f"/console/glow/template-customers?q={text}&template=vip")
        assert "Ana Ruiz" in found
        assert ANA not in found
    customer = re.search(r'data-customer="(real:[^"]+)"', found)
    assert customer is not None
    form = {**await form_of(mia, "vip"), "text": "{{ message.text }}", "fallback": "-", "customer": customer[1]}
    for _ in range(2):
        shown = await said(mia, f"{PATH}/vip/typing", form)
        assert "I am … …" in shown
    written = [each.what for each in await entries(shop.here.brands["glow"].store)]
    assert written.count("template.shown_for") == 1
    assert "Nobody was found" in await said(mia, "/console/glow/template-customers?q=nobody@example.com")


async def test_values_are_offered_with_how_many_have_them(shop: Running, mia: Seated) -> None:
    """What each is, an example, and of how many customers who wrote lately it is known."""
    await shop.say("whatsapp", sender=ANA, text="Hello", name="Ana Ruiz")
    await shop.replies()
    offered = await (await mia.get("/console/glow/template-values")).json()
    by_path = {each["path"]: each for each in offered["values"]}
    assert offered["sample"] == "Of 1 customer who wrote in the last 30 days."
    assert by_path["profile.name"]["detail"] == "text · such as Ana Ruiz · 100 % have it"
    assert by_path["cart.total"]["share"] == 0


async def test_a_forecast_is_made_and_can_be_stopped(shop: Running, mia: Seated) -> None:
    """For how many it falls back, and three of them, masked; another person's forecast is nobody else's."""
    await shop.say("whatsapp", sender=ANA, text="Hello")
    await shop.replies()
    form = {**await form_of(mia, "order_status"), "text": "Your order {{ orders.asked.number }}", "fallback": "-"}
    begun = await mia.post(f"{PATH}/order_status/forecast", form)
    there = begun.headers["Location"]

    async def over() -> bool:
        return "was looked at" in await said(mia, there)

    await until(over, "the forecast")
    page = await said(mia, there)
    assert "For 100% of those who wrote in the last 7 days this falls back." in page
    assert "<code>orders</code>" in page or "<code>orders.asked" in page
    assert ANA not in page
    assert "was looked at" in await said(mia, f"{there}/stop", {})
    async with seated(shop, "kim", "marketer") as kim:
        assert (await kim.get(there)).status == 404


@pytest.mark.parametrize(
    "name", ["Order", "order__x", "..%2f..%2fetc", "%3Cscript%3E", "a" * 61, "order_status%00", "nobody_has_this"]
)
async def test_what_is_no_template_is_not_there(mia: Seated, name: str) -> None:
    """404, for looking and for writing, whatever is written there."""
    assert (await mia.get(f"{PATH}/{name}")).status == 404
    written = await mia.post(f"{PATH}/{name}/draft", {"tab": "source", "source": "x", "revision": "0"})
    assert written.status == 404


async def test_hostile_texts_are_shown_as_they_are_written(shop: Running, mia: Seated) -> None:
    """Markup in a draft, a purpose and a note is text on every page; a draft that is no YAML has its source alone."""
    hostile = "<script>alert(1)</script>"
    source = (
        source_of(shop, "vip")
        .replace("purpose: ", f"purpose: {hostile} ")
        .replace("text: |", f"text: |\n      {hostile}")
    )
    await mia.post(f"{PATH}/vip/publish", {"tab": "source", "source": source, "revision": "0", "note": hostile})
    for path in ("", "/vip?locale=en", "/vip?tab=source", "/vip/versions", "/vip/difference"):
        page = await said(mia, PATH + path)
        assert hostile not in page
        assert "&lt;script&gt;" in page
    broken = {**_kept(await form_of(mia, "vip")), "tab": "source", "source": "locales: [\n<script>"}
    await mia.post(f"{PATH}/vip/draft", broken)
    page = await said(mia, f"{PATH}/vip?locale=en")
    assert "cannot be read as it stands" in page
    assert "&lt;script&gt;" in page


async def test_what_is_too_large_is_refused(shop: Running, mia: Seated) -> None:
    """413, and the draft stays as it was; a revision that is none is a bad request."""
    large = await mia.post(f"{PATH}/vip/draft", {"tab": "source", "source": "x" * 70_000, "revision": "0"})
    assert (large.status, await draft_of(shop, "vip")) == (413, None)
    for revision in ("", "x", "-1", "1" * 30):
        answer = await mia.post(f"{PATH}/vip/draft", {"tab": "source", "source": "x", "revision": revision})
        assert answer.status == 400


async def test_where_it_takes_two_somebody_is_asked(store_server: StoreServer, tmp_path: Path) -> None:
    """Their own draft they cannot publish, only ask for it; who may is named; saved again, it is asked for anew."""
    brands = {"glow": {"templates": {"two_persons": True}}}
    async with running(store_server, tmp_path, brands=brands) as shop, seated(shop, "mia", "marketer") as mia:
        await add_user(shop.here, "kim", "marketer")
        await add_user(shop.here, "ann", "agent")
        form = {**await form_of(mia, "vip"), "text": "Hello!", "fallback": "Hello!", "note": "kinder"}
        assert "Asked." in await said(mia, f"{PATH}/vip/ask", form)
        page = await said(mia, f"{PATH}/vip?locale=en")
        assert "somebody else publishes what you write: Kim." in page
        assert 'formaction="/console/glow/templates/vip/publish"' not in page
        assert "Not done" in await said(mia, f"{PATH}/vip/publish", _kept(await form_of(mia, "vip")))
        async with seated(shop, "lee", "marketer") as lee:
            waiting = await said(lee, "/console/glow/template-rows?state=asked")
            assert "1 template<" in waiting
            assert "mia asks for publication" in await said(lee, f"{PATH}/vip?locale=en")
            assert "Published" in await said(lee, f"{PATH}/vip/publish", _kept(await form_of(lee, "vip")))


async def test_two_who_publish_at_once_publish_once(mia: Seated) -> None:
    """One is published, the other is told; nothing breaks."""
    form = {**await form_of(mia, "vip"), "text": "Hello!", "fallback": "Hello!"}
    answers = await asyncio.gather(*(mia.post(f"{PATH}/vip/publish", form) for _ in range(4)))
    assert {each.status for each in answers} <= {303, 409}
    assert sum("published" in each.headers.get("Location", "") for each in answers) == 1
