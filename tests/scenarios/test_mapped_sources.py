"""Records of a generic account: from a signed webhook to a profile, and a changed mapping tried on them."""

import json
from pathlib import Path
from typing import Any

from connectors.signatures import hex_signature
from middleware.domain.commerce import Version
from middleware.domain.fragment import Fragment
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.identity import Identity
from middleware.domain.profile import Profile
from middleware.domain.source_record import FieldValue, SourceRecord
from tests.integration.cli import command
from tests.running import Running, running
from tests.scenarios.looking import documents
from tests.scenarios.test_replay import config_of, replayed
from tests.stores import StoreServer

SECRET = "a-secret-of-the-own-shop-1"
MAPPING = """
record:
  id: id
  fields: {email: mail, first_name: first, city: town}
  consents: {email: {from: news, subscribed: yes, unsubscribed: no, required: true}}
"""
CHANGED = """
record:
  id: id
  fields:
    email: {from: mail, required: true}
    full_name: first
    city: {from: town, choices: {Muenchen: München}, otherwise: Elsewhere}
  consents: {email: {from: news, subscribed: yes, unsubscribed: no, required: true}}
"""


def account(mapping: Path | None) -> dict[str, Any]:
    """The account of one's own shop."""
    named = {"mapping": str(mapping)} if mapping is not None else {}
    return {"connector": "generic", "id": "shop-1", "secrets": [SECRET], **named}


async def send(shop: Running, body: object, name: str = "own") -> int:
    """Deliver a body, signed in hex."""
    raw = json.dumps(body).encode()
    return await shop.post("generic", raw, {"x-signature": hex_signature(raw, SECRET.encode())}, name)


def person(own: str, **changes: Any) -> dict[str, Any]:
    """The body about one person."""
    return {"id": own, "mail": f"{own}@x.es", "first": "Ana", "town": "Muenchen", "news": True, **changes}


async def test_from_the_webhook_to_the_profile_and_from_quarantine_back(
    store_server: StoreServer, tmp_path: Path
) -> None:
    """Of a list one part waits with its reason; mended it enters, and founds a profile as the other did."""
    path = tmp_path / "own.yaml"
    path.write_text(MAPPING, encoding="utf-8")
    async with running(store_server, tmp_path, brands={"glow": {"accounts": {"own": account(path)}}}) as shop:
        assert await send(shop, [person("p1"), person("p2", mail="no address")]) == 200
        assert await shop.post("generic", b"{}", {"x-signature": "sha256=" + "0" * 64}, "own") == 401
        await shop.quiet()
        (kept,) = await documents(shop, "quarantine")
        assert kept["reason"] == "email is no e-mail address"
        assert b"p1" not in kept["raw"]

        config = config_of(shop, tmp_path, own=account(path))
        (tmp_path / "mended.json").write_text(json.dumps(person("p2")), encoding="utf-8")
        answer = await replayed(config, "quarantine", kept["_id"], "--file", str(tmp_path / "mended.json"))
        assert answer["replayed"] == 1
        await shop.quiet()
        keys = [Identifier(IdentifierKind.SOURCE_RECORD, "generic:shop-1", own).key for own in ("p1", "p2")]
        found = await shop.here.brands["glow"].store.get(Identity, keys)
        for key in keys:
            record = found[key].record.fragment.record
            assert record is not None
            assert record.value("city") == "Muenchen"


async def test_without_a_mapping_it_waits(store_server: StoreServer, tmp_path: Path) -> None:
    """Accepted and kept: nothing is lost while somebody writes the mapping."""
    async with running(store_server, tmp_path, brands={"glow": {"accounts": {"own": account(None)}}}) as shop:
        assert await send(shop, person("p1")) == 200
        (kept,) = await documents(shop, "quarantine")
        assert "the account has no mapping" in kept["reason"]
        path = tmp_path / "own.yaml"
        path.write_text(MAPPING, encoding="utf-8")
        assert (await replayed(config_of(shop, tmp_path, own=account(path)), "quarantine", "--all"))["replayed"] == 1
        await shop.quiet()


async def test_a_changed_mapping_is_tried_and_changes_nothing(store_server: StoreServer, tmp_path: Path) -> None:
    """Fields are counted profile by profile, examples are masked, what would be refused is told with its reason."""
    path, changed = tmp_path / "own.yaml", tmp_path / "changed.yaml"
    path.write_text(MAPPING, encoding="utf-8")
    changed.write_text(CHANGED, encoding="utf-8")
    async with running(store_server, tmp_path, brands={"glow": {"accounts": {"own": account(path)}}}) as shop:
        assert await send(shop, [person("p1"), person("p2", town="Segovia"), person("p3", mail="")]) == 200
        await shop.quiet()
        config = config_of(shop, tmp_path, own=account(path))
        before = await documents(shop, "identities")
        arguments = ("mapping", "simulate", "--account", "own")
        ended = await command(*arguments, "--mapping", str(changed), "--json", config=config)
        assert ended.code == 0, ended.err
        told = ended.json
        assert (told["events"], told["records"], told["profiles"], told["profiles_changed"]) == (3, 3, 3, 3)
        assert {name: change["count"] for name, change in told["fields"].items()} == {
            "first_name": 3, "full_name": 2, "city": 3,
        }  # fmt: skip
        assert told["refused"] == {"email is required and empty": 1}
        assert b"Ana" not in ended.out
        assert b"Segovia" not in ended.out

        same = await command(*arguments, "--mapping", str(path), "--json", config=config)
        assert (same.json["profiles_changed"], same.json["refused"]) == (0, {})
        owners = tmp_path / "owners.yaml"
        owners.write_text("fields: {city: {never: [generic]}}", encoding="utf-8")
        owned = await command(*arguments, "--ownership", str(owners), "--json", config=config)
        assert {name: change["count"] for name, change in owned.json["fields"].items()} == {"city": 3}
        assert await documents(shop, "identities") == before


async def test_simulating_joins_as_the_profile_does(store_server: StoreServer, tmp_path: Path) -> None:
    """What a person has pinned stays, and one address under two fields is one contact: neither is told as a change."""
    path, changed = tmp_path / "own.yaml", tmp_path / "changed.yaml"
    path.write_text(MAPPING, encoding="utf-8")
    changed.write_text(MAPPING.replace("city: town", "email.work: mail, city: {value: Lugo}"), encoding="utf-8")
    async with running(store_server, tmp_path, brands={"glow": {"accounts": {"own": account(path)}}}) as shop:
        assert await send(shop, [person("p1"), person("p2")]) == 200
        await shop.quiet()
        await _pin(shop, Identifier(IdentifierKind.SOURCE_RECORD, "generic:shop-1", "p1"), "city", "Segovia")

        arguments = ("mapping", "simulate", "--account", "own", "--mapping", str(changed), "--json")
        ended = await command(*arguments, config=config_of(shop, tmp_path, own=account(path)))
        assert ended.code == 0, ended.err
        assert (ended.json["profiles"], ended.json["profiles_changed"]) == (2, 1)
        assert {name: change["count"] for name, change in ended.json["fields"].items()} == {"city": 1}


async def _pin(shop: Running, of: Identifier, field: str, value: str) -> None:
    """Have a person of the brand pin a field of whom a record belongs to."""
    store = shop.here.brands["glow"].store
    home = (await store.get(Identity, [of.key]))[of.key].record.profile_id
    assert home is not None
    version = Version(at=shop.here.clock.now(), event="edit")
    values = (FieldValue(field=field, value=value, version=version),)
    fragment = Fragment(record=SourceRecord(id="1", source="person", version=version, values=values))
    key = Identifier(IdentifierKind.SOURCE_RECORD, "person:glow", "1").key
    edited = Identity(id=key, profile_id=home, fragment=fragment, facts=1)
    stored = (await store.get(Profile, [home]))[home]
    assert await store.write(stored.put(stored.record.with_member(edited))) == (True,)
