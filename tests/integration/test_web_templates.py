"""`/v1/templates/...`: drafts, versions, checks and previews, and who is told what."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from flows.preview.customers import CUSTOMERS
from middleware.settings import key_hash
from tests.running import CLIENT_KEY, Running, running
from tests.stores import StoreServer
from tests.unit.middleware.templates.editors import source, source_saying

KEY = "a-key-of-a-client-that-edits-0001"
PATH = "/v1/templates"


@pytest.fixture
async def shop(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Running]:
    """An installation with a client that may edit templates, in a brand in which that takes two persons."""
    clients = {"desk": {"key_hash": key_hash(KEY), "brands": ["glow"], "templates": True}}
    brands = {"glow": {"templates": {"two_persons": True}}}
    async with running(store_server, tmp_path, clients=clients, brands=brands) as it:
        yield it


async def ask(
    it: Running, method: str, path: str, revision: int | None = None, key: str = KEY, **more: Any
) -> tuple[int, Any, str | None]:
    """Status, body and ETag of an answer."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    if revision is not None:
        headers["If-Match"] = f'"{revision}"'
    async with it.http.request(method, it.url + PATH + path, headers=headers, **more) as answer:
        return answer.status, await answer.json(content_type=None), answer.headers.get("ETag")


async def test_a_draft_becomes_what_customers_get(shop: Running) -> None:
    """Seen, saved on the ETag that was seen, compared, published by somebody else, said, and taken back."""
    status, seen, tag = await ask(shop, "GET", "/fallback")
    assert (status, seen["revision"], tag, seen["published"], seen["in_file"]) == (200, 0, '"0"', 0, True)
    of_file = seen["source"]

    written = {"source": source("We are on it."), "by": "kim", "note": "kinder"}
    status, saved, tag = await ask(shop, "PUT", "/fallback/draft", 0, json=written)
    assert (status, saved["revision"], tag) == (200, 1, '"1"')
    assert {each["severity"] for each in saved["findings"]} == {"hint"}

    status, found, _ = await ask(shop, "GET", "/fallback/diff")
    assert (status, found["one"], found["other"]) == (200, "published", "draft")
    assert "+    text: 'We are on it.'" in found["text"]
    assert len(found["rendered"]) == found["compared"]

    status, refused, _ = await ask(shop, "POST", "/fallback/publish", 1, json={"by": "Kim"})
    assert (status, "somebody else has to publish it" in refused["detail"]) == (409, True)
    status, published, tag = await ask(shop, "POST", "/fallback/publish", 1, json={"by": "lee"})
    assert (status, published["revision"], tag) == (200, 2, '"2"')
    version = published["version"]
    assert (version["number"], version["author"], version["reviewer"]) == (1, "kim", "lee")

    await shop.here.editions.look()
    await shop.say("messenger", sender="7301", text="zzgrmbl")
    assert [each.text for each in await shop.replies()] == ["We are on it."]

    status, history, _ = await ask(shop, "GET", "/fallback/versions")
    assert (status, [each["number"] for each in history["items"]]) == (200, [1])
    status, shown, _ = await ask(shop, "GET", "/fallback/versions/1")
    assert (status, shown["source"]) == (200, source("We are on it."))

    status, back, _ = await ask(shop, "POST", "/fallback/rollback", 2, json={"by": "kim", "version": 0})
    assert (status, back["version"]["number"], back["version"]["repeats"]) == (200, 2, 0)
    assert (await ask(shop, "GET", "/fallback"))[1]["source"] == of_file


async def test_every_write_names_what_it_is_based_on(shop: Running) -> None:
    """Without it 428, with another one 412: who was quicker, when, and the present ETag."""
    written = {"source": source("One."), "by": "kim"}
    await ask(shop, "PUT", "/fallback/draft", 0, json=written)
    for method, path, body in (
        ("PUT", "/fallback/draft", written),
        ("POST", "/fallback/publish", {"by": "lee"}),
        ("POST", "/fallback/rollback", {"by": "lee", "version": 0}),
        ("POST", "/fallback/discard", {"by": "lee"}),
    ):
        assert (await ask(shop, method, path, json=body))[0] == 428
        status, problem, tag = await ask(shop, method, path, 0, json=body)
        assert (status, tag) == (412, '"1"')
        assert problem["detail"].startswith("fallback was changed by kim at ")
    status, _, tag = await ask(shop, "POST", "/fallback/discard", 1, json={"by": "lee"})
    assert (status, tag) == (200, '"2"')
    assert (await ask(shop, "POST", "/fallback/discard", 2, json={"by": "lee"}))[0] == 409


async def test_of_two_writers_one_wins(shop: Running) -> None:
    """Both saw the same revision: one draft is saved, the other writer is told by whom."""
    answers = await asyncio.gather(
        *(
            ask(shop, "PUT", "/fallback/draft", 0, json={"source": source(f"By {name}."), "by": name})
            for name in ("kim", "lee")
        )
    )
    assert sorted(status for status, _, _ in answers) == [200, 412]
    winner = (await ask(shop, "GET", "/fallback"))[1]["draft"]["by"]
    (lost,) = (problem for status, problem, _ in answers if status == 412)
    assert f"changed by {winner}" in lost["detail"]


async def test_errors_come_with_line_and_column(shop: Running) -> None:
    """When a text is checked, when it is saved, when it is to be published, and when it is to be rendered."""
    bad = source_saying("ordrs.latest.number")
    status, checked, _ = await ask(shop, "POST", "/fallback/check", json={"source": bad})
    (error,) = (each for each in checked["findings"] if each["severity"] == "error")
    assert (status, checked["accepted"]) == (200, False)
    assert (error["file"], error["line"], error["column"]) == ("fallback.yaml", 5, 18)
    assert "did you mean orders.latest.number?" in error["message"]

    _, saved, _ = await ask(shop, "PUT", "/fallback/draft", 0, json={"source": bad, "by": "kim"})
    assert error in saved["findings"]
    for path, revision, body in (
        ("publish", 1, {"by": "lee"}),
        ("render", None, {"source": bad}),
        ("render", None, {"version": "draft"}),
    ):
        status, problem, _ = await ask(shop, "POST", f"/fallback/{path}", revision, json=body)
        assert (status, error in problem["findings"]) == (422, True)
        assert problem["detail"].startswith("fallback.yaml:5:18: ")


async def test_rendered_for_made_up_customers(shop: Running) -> None:
    """All of them everywhere, or only some; and what there is if something is named that there is not."""
    status, found, _ = await ask(shop, "POST", "/order_status/render", json={})
    assert status == 200
    assert {each["customer"] for each in found["previews"]} == set(CUSTOMERS)
    only = {"customers": ["ana"], "locales": ["de"], "channels": ["whatsapp"]}
    _, found, _ = await ask(shop, "POST", "/order_status/render", json=only)
    (preview,) = found["previews"]
    assert (preview["locale"], preview["channel"], preview["fallback"]) == ("de", "whatsapp", False)
    assert "#1001" in preview["messages"][0]
    status, problem, _ = await ask(shop, "POST", "/order_status/render", json={"customers": ["zoe"]})
    assert (status, problem["detail"]) == (400, f"There is no 'zoe'; there are {', '.join(CUSTOMERS)}.")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/fallback/draft", b"{"),
        ("PUT", "/fallback/draft", b'{"source": "x"}'),
        ("PUT", "/fallback/draft", b'{"source": "x", "by": ""}'),
        ("PUT", "/fallback/draft", b'{"source": "\\ud800", "by": "kim"}'),
        ("PUT", "/fallback/draft", b'{"source": "x", "by": "k", "why": "z"}'),
        ("PUT", "/fallback/draft", b'{"source": "' + b"x" * 70_000 + b'", "by": "kim"}'),
        ("POST", "/fallback/publish", b"[]"),
        ("POST", "/fallback/rollback", b'{"by": "kim", "version": -1}'),
        ("POST", "/fallback/rollback", b'{"by": "kim", "version": "1"'),
        ("POST", "/fallback/check", b'{"source": 7}'),
        ("POST", "/fallback/render", b'{"locales": ["../../x"]}'),
        ("GET", "?limit=0", b""),
        ("GET", "?limit=101", b""),
        ("GET", "/fallback/versions?before=x", b""),
    ],
)
async def test_what_does_not_fit_is_refused(shop: Running, method: str, path: str, body: bytes) -> None:
    """With what is wrong, and without a change."""
    status, problem, _ = await ask(shop, method, path, 0, data=body)
    assert (status, bool(problem["detail"])) == (400, True)
    assert (await ask(shop, "GET", "/fallback"))[1]["revision"] == 0


@pytest.mark.parametrize(
    "path", ["/nobody", "/Welcome", "/nobody/versions", "/fallback/versions/7", "/fallback/diff?from=x"]
)
async def test_what_is_not_there(shop: Running, path: str) -> None:
    """404, whatever it is."""
    assert (await ask(shop, "GET", path))[0] == 404


async def test_who_may_not_is_told_so(shop: Running) -> None:
    """No key, a client without the right, and a brand that is not its own."""
    assert (await ask(shop, "GET", "", key=""))[0] == 401
    assert (await ask(shop, "GET", "", key=CLIENT_KEY))[0] == 403
    assert (await ask(shop, "PUT", "/fallback/draft", 0, key=CLIENT_KEY, json={}))[0] == 403
    assert (await ask(shop, "GET", "?brand=noir"))[0] == 404
    status, page, _ = await ask(shop, "GET", "?brand=glow&limit=2")
    assert (status, len(page["items"]), page["next"]) == (200, 2, page["items"][-1]["name"])
