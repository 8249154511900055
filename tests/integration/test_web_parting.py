"""`/v1/profiles/{id}/unmerge` and `.../split`: who may take people apart, and that it is what the command does."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.identity import Identity
from middleware.domain.journal import JournalEntry
from middleware.domain.profile import Profile
from middleware.pipeline.merging import BY_HAND, merge_profiles
from middleware.ports import Put
from middleware.settings import key_hash
from tests.integration.test_web_review import KEY, ask
from tests.records import NOW
from tests.running import CLIENT_KEY, Running, running
from tests.stores import StoreServer

STAYS, SPLIT_OFF, MERGED = (Identifier(IdentifierKind.MESSENGER, "1001", each).key for each in ("1", "2", "3"))


async def joined_person(it: Running) -> dict[str, str]:
    """A profile of two identifiers, with another one merged into it: the ids to split and to unmerge."""
    store = it.here.store.brand("glow")
    for name, keys in (("p_whole", (STAYS, SPLIT_OFF)), ("p_young", (MERGED,))):
        profile = Profile(id=name, created_at=NOW)
        for key in keys:
            identity = Identity(id=key, profile_id=name)
            profile = profile.with_member(identity)
            assert await store.write(Put(identity)) == (True,)
        assert await store.write(Put(profile)) == (True,)
    entry = await merge_profiles(store, "p_whole", "p_young", rule=BY_HAND, by="kim", now=NOW)
    return {"split": entry.stays, "unmerge": entry.moves}


@pytest.fixture
async def person(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[tuple[Running, dict[str, str]]]:
    """An installation with one person who is to be taken apart, and a client that may."""
    clients = {"desk": {"key_hash": key_hash(KEY), "brands": ["glow"], "review": True}}
    async with running(store_server, tmp_path, clients=clients) as it:
        yield it, await joined_person(it)


async def homes(it: Running) -> dict[str, str | None]:
    """To which profile each identifier belongs by now, what is merged followed."""
    store = it.here.store.brand("glow")
    found = await store.get(Identity, [STAYS, SPLIT_OFF, MERGED])
    profiles = await store.get(Profile, [each.record.profile_id or "" for each in found.values()])
    return {
        key: profiles[each.record.profile_id or ""].record.merged_into or each.record.profile_id
        for key, each in found.items()
    }


async def test_an_unmerge_is_looked_at_first_and_done_in_somebodys_name(person: tuple[Running, dict[str, str]]) -> None:
    """With `dry_run` nothing changes; then the two are two, the journal names person and client, and once is enough."""
    it, ids = person
    path = f"/v1/profiles/{ids['unmerge']}/unmerge"
    status, looked = await ask(it, "POST", path, json={"dry_run": True})
    assert (status, len(looked["preview"]["after"]), "entry" in looked) == (200, 2, False)
    assert await homes(it) == dict.fromkeys((STAYS, SPLIT_OFF, MERGED), ids["split"])

    status, done = await ask(it, "POST", path, json={"by": "kim", "note": "twins"})
    assert (status, done["preview"]) == (200, looked["preview"])
    assert (done["entry"]["by"], done["entry"]["note"], done["entry"]["state"]) == ("kim (desk)", "twins", "done")
    assert (await homes(it))[MERGED] == ids["unmerge"]
    assert done["entry"]["id"] in await it.here.store.brand("glow").get(JournalEntry, [done["entry"]["id"]])
    status, problem = await ask(it, "POST", path, json={"by": "kim"})
    assert (status, problem["detail"]) == (409, "Refused: this profile is not merged into another one.")


async def test_a_split_moves_what_is_named(person: tuple[Running, dict[str, str]]) -> None:
    """The identifier gets a profile of its own; the others stay."""
    it, ids = person
    path, said = f"/v1/profiles/{ids['split']}/split", {"identifiers": [SPLIT_OFF], "by": "kim"}
    status, looked = await ask(it, "POST", path, json={**said, "dry_run": True})
    assert (status, len(looked["preview"]["after"]), "entry" in looked) == (200, 2, False)
    status, done = await ask(it, "POST", path, json=said)
    found = await homes(it)
    assert (status, found[SPLIT_OFF], found[STAYS]) == (200, done["entry"]["moves"], ids["split"])
    assert (await ask(it, "POST", path, json={**said, "identifiers": [STAYS, "x"]}))[0] == 409


@pytest.mark.parametrize("name", ["unmerge", "split"])
async def test_who_may_not_and_what_is_nothing(person: tuple[Running, dict[str, str]], name: str) -> None:
    """No key, no right, another brand, nobody's name, another body, nobody of this id: nothing is done."""
    it, ids = person
    before = await homes(it)
    path, said = f"/v1/profiles/{ids[name]}/{name}", {"by": "kim", "identifiers": [SPLIT_OFF]}
    if name == "unmerge":
        said.pop("identifiers")
    asked: list[tuple[int, dict[str, Any]]] = [
        (401, {"key": "", "json": said}), (403, {"key": CLIENT_KEY, "json": said}),
        (404, {"params": {"brand": "noir"}, "json": said}), (400, {"json": {**said, "by": ""}}),
        (400, {"json": {**said, "by": 7}}), (400, {"json": {**said, "why": "x"}}), (400, {"data": b"{"}),
    ]  # fmt: skip
    for status, more in asked:
        assert (await ask(it, "POST", path, **more))[0] == status
    assert (await ask(it, "POST", f"/v1/profiles/p_nobody/{name}", json=said))[0] == 404
    assert await homes(it) == before
