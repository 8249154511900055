"""`/v1/review/...`: who may read the queue and decide, and what they are told."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from middleware.domain.candidates import Candidate
from middleware.domain.identifiers import Identifier
from middleware.domain.identity import profile_id_of
from middleware.domain.journal import Verdict
from middleware.identity.weights import shipped_weights
from middleware.pipeline.matching import ReviewRules, match_record
from middleware.ports import Put
from middleware.settings import key_hash
from tests.records import NOW, record_identity, record_key
from tests.running import CLIENT_KEY, Running, running
from tests.stores import StoreServer

KEY = "a-key-of-a-client-that-reviews-01"
ANA = {"first_name": "Ana", "last_name": "Quintanilla", "email": "ana@quintanilla.example", "phone": "+34600111222"}
PATH = "/v1/review/candidates"


@pytest.fixture
async def reviewed(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Running]:
    """An installation with three records of one person, and a client that may review."""
    clients = {"desk": {"key_hash": key_hash(KEY), "brands": ["glow"], "review": True}}
    async with running(store_server, tmp_path, clients=clients) as it:
        store = it.here.store.brand("glow")
        for number in "123":
            identity = record_identity(number, **ANA)
            await store.write(Put(identity))
            await match_record(store, identity.id, shipped_weights(), ReviewRules(), NOW)
        yield it


async def ask(it: Running, method: str, path: str, key: str = KEY, **more: Any) -> tuple[int, Any]:
    """Status and body of an answer."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    async with it.http.request(method, it.url + path, headers=headers, **more) as answer:
        return answer.status, await answer.json(content_type=None)


async def test_the_queue_is_read_page_by_page(reviewed: Running) -> None:
    """The surest first, each once; side by side in full and masked."""
    seen, after = [], ""
    while True:
        status, page = await ask(reviewed, "GET", PATH, params={"limit": "1", "after": after})
        assert status == 200
        seen += page["items"]
        if "next" not in page:
            break
        after = page["next"]
    assert len({each["id"] for each in seen}) == len(seen) == 3
    (email,) = (each for each in seen[0]["fields"] if each["field"] == "email")
    assert (email["one"], email["one_masked"]) == ("ana@quintanilla.example", "a…@quintanilla.example")


async def test_one_candidate_is_shown_with_both_sides(reviewed: Running) -> None:
    """With reasons, and with the identifiers of both profiles, masked."""
    _, page = await ask(reviewed, "GET", PATH)
    status, shown = await ask(reviewed, "GET", f"{PATH}/{page['items'][0]['id']}")
    assert status == 200
    assert [each["profile"] for each in shown["sides"]] == shown["profiles"]
    assert shown["reasons"]
    assert all(len(each["identifiers"]) == 1 for each in shown["sides"])


async def test_rejecting_closes_and_is_remembered(reviewed: Running) -> None:
    """In the name of the person and the client; the second time there is none any more."""
    _, page = await ask(reviewed, "GET", PATH)
    chosen = page["items"][0]["id"]

    status, verdict = await ask(reviewed, "POST", f"{PATH}/{chosen}/reject", json={"note": "twins", "by": "kim"})

    assert (status, verdict["verdict"], verdict["by"], verdict["note"]) == (200, "rejected", "kim (desk)", "twins")
    store = reviewed.here.store.brand("glow")
    assert chosen in await store.get(Verdict, [chosen])
    assert not await store.get(Candidate, [chosen])
    assert (await ask(reviewed, "POST", f"{PATH}/{chosen}/reject"))[0] == 404


async def test_locking_closes_all_about_a_profile(reviewed: Running) -> None:
    """Two of the three pairs have it; an unknown one is not found."""
    profile = profile_id_of(Identifier.from_key(record_key("1")))
    status, verdict = await ask(reviewed, "POST", f"/v1/review/profiles/{profile}/lock", json={})
    assert (status, verdict["id"], verdict["by"]) == (200, profile, "desk")
    _, page = await ask(reviewed, "GET", PATH)
    assert len(page["items"]) == 1
    assert (await ask(reviewed, "POST", "/v1/review/profiles/p_nobody/lock"))[0] == 404


async def test_who_may_not_is_told_so(reviewed: Running) -> None:
    """No key, a client without the right, and a brand that is not its own."""
    assert (await ask(reviewed, "GET", PATH, key=""))[0] == 401
    assert (await ask(reviewed, "GET", PATH, key=CLIENT_KEY))[0] == 403
    assert (await ask(reviewed, "POST", f"{PATH}/x/reject", key=CLIENT_KEY))[0] == 403
    assert (await ask(reviewed, "GET", PATH, params={"brand": "noir"}))[0] == 404
    assert (await ask(reviewed, "GET", PATH, params={"brand": "glow"}))[0] == 200


@pytest.mark.parametrize("body", [b"[]", b"{", b'{"note": 7}', b'{"why": "x"}', b"\xff"])
async def test_what_is_no_decision_is_refused(reviewed: Running, body: bytes) -> None:
    """Nothing is decided by a body that says something else."""
    _, page = await ask(reviewed, "GET", PATH)
    chosen = page["items"][0]["id"]
    assert (await ask(reviewed, "POST", f"{PATH}/{chosen}/reject", data=body))[0] == 400
    assert (await ask(reviewed, "GET", f"{PATH}/{chosen}"))[0] == 200


@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "101"}, {"limit": "٣"}, {"after": "x"}])
async def test_a_wrong_page_is_refused(reviewed: Running, query: dict[str, str]) -> None:
    """With what may be asked."""
    assert (await ask(reviewed, "GET", PATH, params=query))[0] == 400
