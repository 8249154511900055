"""Operators of stores, languages and paths in deliveries, files, mappings and commands: nobody is meant by them."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from connectors.mapping.paths import MISSING, PathError, parse_path, read_path
from connectors.signatures import hex_signature
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.identity import Identity
from tests.integration.cli import command, write_config
from tests.operators import HOSTILE
from tests.running import PAGE, SECRET, Running, running
from tests.scenarios.looking import everything
from tests.stores import StoreServer
from tests.visitors import fresh_key, item, post

ANA, BEN = "7301", "7302"


@pytest.fixture
async def known(shop: Running) -> Running:
    """An installation that two customers have written to."""
    for sender in (ANA, BEN):
        await shop.say("messenger", sender=sender, text=f"my wish is a lighthouse, {sender}")
    await shop.quiet()
    return shop


OPERATORS: tuple[Any, ...] = (
    {"$gt": ""}, {"$ne": None}, {"$regex": ".*"}, {"$where": "1"}, {"__proto__": {"id": ANA}}, [ANA, BEN], [], {},
    *(each for name, each in HOSTILE.items() if name not in {"spaces", "long"}),
)  # fmt: skip
"""What a signed delivery, or a page, has in place of an id."""


_FROM_NOBODY: dict[str, Any] = {"sender": {"id": "7399"}, "recipient": {"id": PAGE}, "timestamp": 1}


async def test_an_operator_in_a_delivery_is_nobody(known: Running) -> None:
    """Where a delivery names a sender by an operator, it is nobody's whom we know: both customers are as before."""
    before = await _known(known)
    for place, hostile in enumerate(OPERATORS):
        message = {"mid": f"m_op_{place}", "text": "hello"}
        for event in (
            {"sender": {"id": hostile}, "recipient": {"id": PAGE}, "timestamp": 1, "message": message},
            {
                "sender": {"id": "7399"},
                "recipient": {"id": PAGE},
                "timestamp": 1,
                "message": {**message, "mid": hostile},
            },
            {"sender": {"id": "7399"}, "recipient": {"id": hostile}, "timestamp": 1, "message": message},
            {"sender": {"id": "7399", "$where": hostile, "__proto__": hostile}, "$gt": hostile, "a.b": 1, "\0": 1},
        ):
            body = orjson.dumps({"object": "page", "entry": [{"id": PAGE, "time": 1, "messaging": [event]}]})
            signature = {"x-hub-signature-256": hex_signature(body, SECRET.encode())}
            assert await known.post("messenger", body, signature) == 200
    await known.quiet()
    assert await _known(known) == before
    assert "dead_letters" not in await everything(known) or (await everything(known))["dead_letters"] == []


async def test_an_operator_from_a_page_is_nobody(known: Running) -> None:
    """A page's key, mark, token and ids: refused, or a visitor of their own; nobody's conversation is shown."""
    before, key = await _known(known), fresh_key()
    for hostile in OPERATORS:
        for path in ("events", "conversation"):
            status, _, _ = await post(known, path, {"key": hostile, "events": [item(what="page", path="/")]})
            assert status in {400, 429}
    for hostile in OPERATORS[:8]:
        named = {"what": "page", "path": "/", "id": hostile}
        assert (await post(known, "events", {"key": key, "events": [named]}))[0] == 400
        token = {"key": key, "events": [item(what="page", path="/")], "token": hostile}
        assert (await post(known, "events", token))[0] in {401, 429}
    await known.quiet()
    assert await _known(known) == before


async def _known(shop: Running) -> dict[str, Identity]:
    """What is kept of the two customers."""
    store = shop.here.brands["glow"].store
    keys = [Identifier(IdentifierKind.MESSENGER, PAGE, each).key for each in (ANA, BEN)]
    found = await store.get(Identity, keys)
    assert set(found) == set(keys)
    return {key: each.record.model_copy(update={"lease": None}) for key, each in found.items()}


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_an_operator_in_a_path_of_a_mapping_reads_nothing(hostile: str) -> None:
    """It is refused when the mapping is read, or names a key that is not there; it reads nothing else."""
    body = {"id": "7301", "members": [{"identifier": "secret"}], "__proto__": {"polluted": "secret"}, "$": "secret"}
    for text in (
        hostile,
        f"id.{hostile}",
        f"members[{hostile}]",
        f'"{hostile}"',
        f'members["{hostile}"="x"].identifier',
    ):
        try:
            path = parse_path(text)
        except PathError:
            continue
        assert read_path(path, body) is MISSING, text


NAMES = ("where", "greater", "mark")
"""Those of the hostile texts that a command is given: each is a process of its own."""


@pytest.mark.parametrize("name", NAMES)
async def test_an_operator_in_a_command_is_refused(
    known: Running, store_server: StoreServer, tmp_path: Path, name: str
) -> None:
    """A command says in one line that there is no such thing, ends with an error, and changes nothing."""
    database = known.here.settings.brands["glow"].database
    config = write_config(tmp_path, store_server.uri, known.graph.url, brands={"glow": {"database": database}})
    before, hostile = await everything(known), HOSTILE[name]
    profile = (await known.context("messenger", ANA)).identity.profile_id or ""
    for arguments in (
        ("profile", "show", hostile, "--json"),
        ("profile", "merge", hostile, profile, "--yes"),
        ("identity", "show-candidate", hostile),
        ("identity", "lock", hostile),
    ):
        ended = await command(*arguments, config=config)
        assert ended.code != 0, arguments
        assert ended.err.strip(), arguments
        assert "Traceback" not in ended.err
        assert b"lighthouse" not in ended.out
    assert await everything(known) == before


async def test_operators_in_a_file_are_names_of_columns(store_server: StoreServer, tmp_path: Path) -> None:
    """A CSV file whose columns and cells are operators: what the mapping names is read, the rest is left alone."""
    mapping = tmp_path / "people.yaml"
    mapping.write_text("record: {id: Nr, fields: {first_name: Name, email: Mail}}", encoding="utf-8")
    account = {"connector": "csv", "id": "list", "mapping": str(mapping)}
    async with running(store_server, tmp_path, brands={"glow": {"accounts": {"list": account}}}) as shop:
        fields = {"database": shop.here.settings.brands["glow"].database, "accounts": {"list": account}}
        config = write_config(tmp_path, store_server.uri, shop.graph.url, brands={"glow": fields})
        head = 'Nr;Name;Mail;$where;__proto__;Mail[$ne];a.b;"{""$gt"": """"}"'
        rows = [
            "1;$where: 1;a@x.example;1;1;b@x.example;1;1",
            '2;"{""$gt"": """"}";"{""$ne"": null}";;;;;',
            "$ne;C;;;;;;",
        ]
        (tmp_path / "people.csv").write_text("\n".join([head, *rows, ""]), encoding="utf-8")
        ended = await command("import", "people.csv", "--account", "list", "--json", config=config, directory=tmp_path)
        await shop.quiet()
        kept = [each for each in (await everything(shop))["identities"] if each["_id"].startswith("source_record|")]
    assert "Traceback" not in ended.err
    values = {each["_id"].rpartition("|")[2]: each["fragment"]["record"]["values"] for each in kept}
    assert {own: [each["value"] for each in told if "value" in each] for own, told in values.items()} == {
        "1": ["a@x.example", "$where: 1"],
        "$ne": ["C"],
    }
