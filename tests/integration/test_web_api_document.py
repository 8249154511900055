"""`/openapi.json` and `/docs`: what they say is what there is, and what there is stands in them."""

import asyncio
import base64
import hashlib
import html.parser
import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from openapi_spec_validator import validate
from requests.auth import AuthBase
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from connectors.signatures import base64_signature, hex_signature
from middleware.bootstrap.serving import web_parts
from middleware.domain.engines import EngineAsked
from middleware.domain.events import Event, EventKind
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.identity import Identity, profile_id_of
from middleware.domain.profile import Profile
from middleware.domain.template_versions import TemplateVersion
from middleware.domain.turn import Decision, Turn, turn_id_of
from middleware.identity.weights import shipped_weights
from middleware.pipeline.matching import ReviewRules, match_record
from middleware.pipeline.merging import merge_profiles
from middleware.pipeline.review import Queue
from middleware.ports import Put, Recorded
from middleware.settings import key_hash
from middleware.web import webhooks
from middleware.web.app import build_app
from middleware.web.site import asking, routes
from tests.bots import behind, token_for
from tests.contract.shape_cases import CASES as ENGINES
from tests.integration.test_web_parting import SPLIT_OFF, joined_person
from tests.records import NOW, record_identity
from tests.running import (
    CLIENT_KEY,
    CONSOLE_KEY,
    PAGE,
    SECRET,
    SHOP_SECRET,
    SITE,
    SITE_ORIGIN,
    SITE_SECRET,
    VERIFY_TOKEN,
    Running,
    running,
)
from tests.scenarios.looking import documents
from tests.stores import StoreServer
from tests.unit.middleware.templates.editors import source, source_saying
from tests.visitors import PAGE as SEEN
from tests.visitors import fresh_key, item, post, site_token

CONTEXT = f"/v1/context?channel=messenger&account={PAGE}&sender=7301"
PANEL_OF = {"channel": "messenger", "account": PAGE, "sender": "7301"}
HANDSHAKE = f"hub.mode=subscribe&hub.verify_token={VERIFY_TOKEN}&hub.challenge=1158201444"
CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)
EXAMPLES = 20
REVIEW_KEY = "a-key-of-a-client-that-reviews-01"
NARROW_KEY = "a-key-of-a-client-that-sees-little"
REPLY_KEY = "a-key-of-an-engine-that-answers-01"
REPLIES = {"engine": {"key_hash": key_hash(REPLY_KEY), "brands": ["glow"], "replies": True}}
REVIEWER = {
    "desk": {"key_hash": key_hash(REVIEW_KEY), "brands": ["glow"], "review": True},
    "narrow": {"key_hash": key_hash(NARROW_KEY), "brands": ["glow"], "blocks": ["history"]},
}


async def document(shop: Running) -> dict[str, Any]:
    """What `/openapi.json` says."""
    async with shop.http.get(f"{shop.url}/openapi.json") as answer:
        assert (answer.status, answer.content_type) == (200, "application/json")
        found: dict[str, Any] = await answer.json()
        return found


async def test_document_is_valid_and_versioned(shop: Running) -> None:
    """It is OpenAPI 3.1 by the specification's own schema, and says which version of Throughline it is of."""
    found = await document(shop)
    validate(found)  # type: ignore[arg-type] - a parsed document
    assert found["openapi"].startswith("3.1.")
    assert re.fullmatch(r"\d+\.\d+\.\d+", found["info"]["version"])


async def test_every_route_stands_in_the_document(shop: Running) -> None:
    """No route of the application is missing from the document, and the document invents none."""
    app = build_app(web_parts(shop.here, work=False))
    routes = {(route.method, str(route.resource.canonical)) for route in app.router.routes() if route.resource}
    told = {(method.upper(), path) for path, each in (await document(shop))["paths"].items() for method in each}
    assert {route for route in routes if route[0] != "HEAD"} == told


async def _statuses(shop: Running) -> set[tuple[str, int]]:
    """Operation and status of everything that can be had from an installation that is well."""
    key = {"Authorization": f"Bearer {CLIENT_KEY}"}
    body, signed = shop.sample("messenger", "message", sender="7301")
    large = b" " * (webhooks.LARGEST_BODY + 1)
    asked: list[tuple[str, str, str, dict[str, Any]]] = [
        ("alive", "GET", "/livez", {}), ("ready", "GET", "/readyz", {}),
        ("openapi", "GET", "/openapi.json", {}), ("docs", "GET", "/docs", {}),
        ("contextSchema", "GET", "/schemas/throughline.context/1", {}),
        ("turnSchema", "GET", "/schemas/throughline.turn/1", {}),
        ("context", "GET", CONTEXT, {"headers": key}), ("context", "GET", CONTEXT, {}),
        ("context", "GET", "/v1/context", {"headers": key}),
        ("context", "GET", f"{CONTEXT}&blocks=tickets", {"headers": key}),
        ("context", "GET", CONTEXT.replace(PAGE, "9999"), {"headers": key}),
    ]  # fmt: skip
    console = {"Authorization": f"Bearer {CONSOLE_KEY}"}
    known = await _known_profile(shop)
    for operation, end in (("profile", ""), ("timeline", "/timeline")):
        asked += [
            (operation, "GET", f"/v1/profiles/{known}{end}", {"headers": console}),
            (operation, "GET", f"/v1/profiles/{known}{end}", {"headers": key}),
            (operation, "GET", f"/v1/profiles/{known}{end}", {}),
            (operation, "GET", f"/v1/profiles/nobody{end}", {"headers": console}),
            (operation, "GET", f"/v1/profiles/{known}{end}?brand=", {"headers": console}),
        ]
    for named, headers in ((known_turn(), console), (known_turn(), key), (known_turn(), {}), ("nobody", console)):
        asked.append(("trace", "GET", f"/v1/turns/{named}", {"headers": headers}))
    for end, name, other in (("", "", ""), ("OfAccount", "/messenger", "/shop")):
        asked += [
            (f"handshake{end}", "GET", f"/webhooks/messenger{name}?{HANDSHAKE}", {}),
            (f"handshake{end}", "GET", f"/webhooks/messenger{name}", {}),
            (f"handshake{end}", "GET", f"/webhooks/telegram{name}", {}),
            (f"handshake{end}", "GET", f"/webhooks/shopify{other}", {}),
            (f"deliver{end}", "POST", f"/webhooks/messenger{name}", {"data": body, "headers": signed}),
            (f"deliver{end}", "POST", f"/webhooks/messenger{name}", {"data": body}),
            (f"deliver{end}", "POST", f"/webhooks/telegram{name}", {"data": body}),
            (f"deliver{end}", "POST", f"/webhooks/messenger{name}", {"data": io.BytesIO(large)}),
        ]
    found = set()
    for operation, method, path, more in asked:
        async with shop.http.request(method, shop.url + path, **more) as answer:
            found.add((operation, answer.status))
    return found


def _asked_by_engines() -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Operation, method, path and headers of a question in each shape, with the name of an account to replace."""
    asked = f"?channel=messenger&account={PAGE}&values="
    bodies = {case.name: (case.path, case.body("7301")) for case in ENGINES}
    for name, (path, body) in bodies.items():
        sent = {**body, "id": "7301", "sender": "7301"}
        yield f"{name}Values", "POST", f"{path}{asked}", {"json": sent}
    yield "httpValuesOf", "GET", f"/v1/engines/http{asked}", {"params": {"sender": "7301"}}


async def _engines(shop: Running) -> set[tuple[str, int]]:
    """Operation and status of all that the shapes of engines answer while the store is well."""
    key, narrow = ({"Authorization": f"Bearer {each}"} for each in (CLIENT_KEY, NARROW_KEY))
    found = set()

    async def ask(operation: str, method: str, path: str, **more: Any) -> None:
        async with shop.http.request(method, shop.url + path, **more) as answer:
            found.add((operation, answer.status))

    for operation, method, path, sent in _asked_by_engines():
        count = f"{path}orders.count"
        await ask(operation, method, count, headers=key, **sent)
        await ask(operation, method, count, headers=narrow, **sent)
        await ask(operation, method, count, **sent)
        await ask(operation, method, count.replace(PAGE, "9999"), headers=key, **sent)
        await ask(operation, method, f"{path}nope", headers=key, **sent)
        if method == "POST":
            await ask(operation, method, count, headers=key, data=b"{")
            await ask(operation, method, count, headers=key, data=io.BytesIO(b" " * (webhooks.LARGEST_BODY + 1)))
    return found


async def _statuses_of_site(shop: Running) -> set[tuple[str, int]]:
    """The same for the routes of a site."""
    found = set()
    for name in ("throughline", "chat"):
        url = f"{shop.url}/site/{SITE}/{name}.js"
        async with shop.http.get(url) as answer:
            found.add((f"site_{name}", answer.status))
        async with shop.http.get(url, headers={"If-None-Match": answer.headers["ETag"]}) as answer:
            found.add((f"site_{name}", answer.status))
        async with shop.http.get(url.replace(SITE, "nobody")) as answer:
            found.add((f"site_{name}", answer.status))
    key, other = fresh_key(), fresh_key()
    said = item(what="message", text="hello")
    told: list[tuple[str, Any, str]] = [
        ("events", {"key": key, "events": [said]}, SITE_ORIGIN),
        ("events", {"key": key, "events": [item(**SEEN)], "token": site_token(sub="ana-7")}, SITE_ORIGIN),
        ("events", {"key": key, "events": [item(**SEEN)], "token": site_token(sub="ben-8")}, SITE_ORIGIN),
        ("events", {"key": key, "events": [item(**SEEN)], "token": "no.token"}, SITE_ORIGIN),
        ("conversation", {"key": other}, SITE_ORIGIN),
    ]
    for path in ("events", "conversation"):
        too_much = [(path, {"key": other, "events": [item(**SEEN)], "after": ""}, SITE_ORIGIN)] * 45
        told += [
            (path, b"{", SITE_ORIGIN),
            (path, {"key": key}, "https://evil.example"),
            (path, b" " * 40_000, SITE_ORIGIN),
        ]
        told += too_much
    for path, content, origin in told:
        found.add((f"site{path.title()}", (await post(shop, path, content, origin))[0]))
        async with shop.http.post(f"{shop.url}/site/nobody/{path}") as answer:
            found.add((f"site{path.title()}", answer.status))
    await shop.quiet()
    found.add(("siteConversation", (await post(shop, "conversation", {"key": key}))[0]))
    return found


def known_turn() -> str:
    """The id of the turn of the message by which a profile is known."""
    return turn_id_of("glow", f"messenger:{PAGE}:mid.of.a.known.turn")


async def _known_profile(shop: Running) -> str:
    """The id of a profile that is there."""
    await shop.say("messenger", sender="7302", text="hello", message_id="mid.of.a.known.turn")
    await shop.quiet()
    return str((await shop.context("messenger", "7302")).identity.profile_id)


async def _review(shop: Running) -> set[tuple[str, int]]:
    """Operation and status of all that the review queue answers while the store is well."""
    store = shop.here.store.brand("glow")
    for number, name in enumerate(("Ana", "Ana", "Ana", "Ulla", "Ulla")):
        told = record_identity(
            f"{number}", scope="csv:1", first_name=name, last_name="Roe", email=f"{name}@roe.example"
        )
        key = told.id if name == "Ana" else f"shop_customer|glow.example|{number}"
        identity = Identity(id=key, fragment=told.fragment, profile_id=profile_id_of(Identifier.from_key(key)))
        profile = Profile(id=str(identity.profile_id), created_at=NOW).with_member(identity)
        await store.write(Put(identity), Put(profile))
        await match_record(store, identity.id, shipped_weights(), ReviewRules(), NOW)
    page = await Queue(store, merge_profiles).page(10)
    (conflicting,) = (each.id for each in page.items if each.conflicts)
    first, second = [each.id for each in page.items if not each.conflicts][:2]
    return await _answers(shop, conflicting, first, second)


async def _templates(shop: Running) -> set[tuple[str, int]]:
    """Operation and status of all that templates answer while the store is well."""
    may, may_not = ({"Authorization": f"Bearer {each}"} for each in (CONSOLE_KEY, CLIENT_KEY))
    path, right, wrong = "/v1/templates/fallback", source("Hi."), source_saying("nope")
    kim, lee = {"by": "kim"}, {"by": "lee"}
    found = set()

    async def ask(operation: str, method: str, end: str, known: int | None = None, **more: Any) -> None:
        headers = {**more.pop("headers", may), **({"If-Match": f'"{known}"'} if known is not None else {})}
        where = more.pop("path", path) + end
        async with shop.http.request(method, shop.url + where, headers=headers, **more) as answer:
            found.add((operation, answer.status))

    reads = {
        "templates": ("GET", ""), "template": ("GET", ""), "templateVersions": ("GET", "/versions"),
        "templateVersion": ("GET", "/versions/1"), "templateDifference": ("GET", "/diff"),
    }  # fmt: skip
    writes = {
        "draftTemplate": ("PUT", "/draft"), "publishTemplate": ("POST", "/publish"),
        "discardTemplate": ("POST", "/discard"), "rollbackTemplate": ("POST", "/rollback"),
    }  # fmt: skip
    tries = {"checkTemplate": ("POST", "/check"), "renderTemplate": ("POST", "/render")}
    await ask("templateDifference", "GET", "/diff")
    for end in ("/publish", "/discard"):
        await ask({method_end[1]: each for each, method_end in writes.items()}[end], "POST", end, 0, json=lee)
    await ask("draftTemplate", "PUT", "/draft", 0, json={**kim, "source": wrong})
    await ask("publishTemplate", "POST", "/publish", 1, json=lee)
    await ask("draftTemplate", "PUT", "/draft", 1, json={**kim, "source": right})
    await ask("publishTemplate", "POST", "/publish", 2, json=lee)
    await ask("rollbackTemplate", "POST", "/rollback", 3, json={**lee, "version": 1})
    await ask("rollbackTemplate", "POST", "/rollback", 3, json={**lee, "version": 0})
    store = shop.here.store.brand("glow")
    version = (await store.get(TemplateVersion, ["fallback|1"]))["fallback|1"]
    await store.write(version.put(version.record.model_copy(update={"source": wrong})))
    await ask("rollbackTemplate", "POST", "/rollback", 4, json={**lee, "version": 1})
    await ask("draftTemplate", "PUT", "/draft", 4, json={**kim, "source": right})
    await ask("discardTemplate", "POST", "/discard", 5, json=lee)
    await ask("checkTemplate", "POST", "/check", json={"source": wrong})
    await ask("renderTemplate", "POST", "/render", json={"source": wrong})
    await ask("renderTemplate", "POST", "/render", json={})
    with pytest.MonkeyPatch.context() as few:
        few.setattr("middleware.pipeline.templates.edition.MOST_TEMPLATES", 1)
        await ask("draftTemplate", "PUT", "/draft", 0, path="/v1/templates/other", json={**kim, "source": right})
    for operation, (method, end) in {**reads, **writes, **tries}.items():
        where = "/v1/templates" if operation == "templates" else path
        if operation in reads:
            await ask(operation, method, end, path=where)
        else:
            known = 0 if operation in writes else None
            await ask(operation, method, end, known, data=b"{")
            large = io.BytesIO(b" " * (webhooks.LARGEST_BODY + 1))
            await ask(operation, method, end, known, data=large)
        if operation in writes:
            await ask(operation, method, end)
            await ask(operation, method, end, 0, json={**kim, "source": right} if method == "PUT" else
                      {**lee, "version": 1} if end == "/rollback" else lee)  # fmt: skip
        await ask(operation, method, end, path=where, headers={})
        await ask(operation, method, end, path=where, headers=may_not)
        await ask(operation, method, f"{end}?brand=noir", path=where)
    await ask("templates", "GET", "?limit=0", path="/v1/templates")
    await ask("templateVersions", "GET", "/versions?limit=0")
    return found


async def _answers(shop: Running, conflicting: str, first: str, second: str) -> set[tuple[str, int]]:
    """What the operations of the review queue answer to requests that fit, and to others."""
    may, may_not = ({"Authorization": f"Bearer {each}"} for each in (REVIEW_KEY, CLIENT_KEY))
    base, profile = "/v1/review/candidates", first.split("|", maxsplit=1)[0]
    operations = {
        "candidates": ("GET", base), "candidate": ("GET", f"{base}/{conflicting}"),
        "reject": ("POST", f"{base}/{first}/reject"), "accept": ("POST", f"{base}/{second}/accept"),
        "lock": ("POST", f"/v1/review/profiles/{profile}/lock"),
    }  # fmt: skip
    asked: list[tuple[str, str, str, dict[str, Any]]] = [
        ("accept", "POST", f"{base}/{conflicting}/accept", {"headers": may}),
        ("candidates", "GET", f"{base}?limit=0", {"headers": may}),
    ]
    for name, (method, path) in operations.items():
        asked += [(name, method, path, {}), (name, method, path, {"headers": may_not})]
        asked += [(name, method, f"{path}?brand=noir", {"headers": may})]
        if method == "POST":
            large = io.BytesIO(b" " * (webhooks.LARGEST_BODY + 1))
            asked += [(name, method, path, {"headers": may, "data": b"{"})]
            asked += [(name, method, path, {"headers": may, "data": large})]
        asked += [(name, method, path, {"headers": may})]
    found = await _parting(shop)
    for operation, method, path, more in asked:
        async with shop.http.request(method, shop.url + path, **more) as answer:
            found.add((operation, answer.status))
    return found


async def _parting(shop: Running) -> set[tuple[str, int]]:
    """What taking people apart answers to requests that fit, and to others."""
    profile = await joined_person(shop)
    may, may_not = ({"Authorization": f"Bearer {each}"} for each in (REVIEW_KEY, CLIENT_KEY))
    found = set()
    for name, more in (("split", {"identifiers": [SPLIT_OFF]}), ("unmerge", {})):
        path, large = f"/v1/profiles/{profile[name]}/{name}", io.BytesIO(b" " * (webhooks.LARGEST_BODY + 1))
        for headers, content in (
            ({}, {}), (may_not, {}), (may, {"data": b"{"}), (may, {"data": large}), (may, {"json": more}),
            (may, {"json": {**more, "by": "kim"}}), (may, {"json": {**more, "by": "kim"}}),
        ):  # fmt: skip
            async with shop.http.post(shop.url + path, headers=headers, **content) as answer:
                found.add((name, answer.status))
        async with shop.http.post(
            f"{shop.url}/v1/profiles/nobody/{name}", headers=may, json={**more, "by": "kim"}
        ) as answer:
            found.add((name, answer.status))
    return found


async def _too_slow(shop: Running, path: str) -> int:
    """The status for a body that does not come."""
    address = urlsplit(shop.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    head = f"POST {path} HTTP/1.1\r\nHost: here\r\nOrigin: {SITE_ORIGIN}\r\nContent-Length: 10"
    writer.write(f"{head}\r\n\r\n{{".encode())
    async with asyncio.timeout(20):
        status = int((await reader.readline()).split()[1])
    writer.close()
    return status


def _templates_without_store() -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """What templates cannot do without the store."""
    headers = {"Authorization": f"Bearer {CONSOLE_KEY}", "If-Match": '"0"'}
    path, lee = "/v1/templates/fallback", {"by": "lee"}
    for operation, end in (
        ("templates", "/v1/templates"), ("template", path), ("templateVersions", f"{path}/versions"),
        ("templateVersion", f"{path}/versions/1"), ("templateDifference", f"{path}/diff"),
    ):  # fmt: skip
        yield operation, "GET", end, {"headers": headers}
    yield "draftTemplate", "PUT", f"{path}/draft", {"headers": headers, "json": {**lee, "source": source("Hi.")}}
    yield "publishTemplate", "POST", f"{path}/publish", {"headers": headers, "json": lee}
    yield "discardTemplate", "POST", f"{path}/discard", {"headers": headers, "json": lee}
    yield "rollbackTemplate", "POST", f"{path}/rollback", {"headers": headers, "json": {**lee, "version": 1}}
    yield "renderTemplate", "POST", f"{path}/render", {"headers": headers, "json": {}}


async def _of_templates(shop: Running) -> set[tuple[str, int]]:
    """The same for the results of templates."""
    may, may_not = ({"Authorization": f"Bearer {each}"} for each in (CONSOLE_KEY, CLIENT_KEY))
    found = set()
    for end, headers in (
        ("", may), ("?days=0", may), ("?goal=sold", may), ("", {}), ("", may_not), ("?brand=noir", may),
    ):  # fmt: skip
        async with shop.http.get(f"{shop.url}/v1/templates/fallback/results{end}", headers=headers) as answer:
            found.add(("templateResults", answer.status))
    return found


async def _panel_links(shop: Running, bodies: tuple[Any, ...], keys: tuple[str, ...]) -> set[tuple[str, int]]:
    """What asking for a link to a panel answers, for every body with every key."""
    found = set()
    for body in bodies:
        for key in keys:
            headers = {"Authorization": f"Bearer {key}"}
            async with shop.http.post(f"{shop.url}/v1/panel-links", json=body, headers=headers) as answer:
                found.add(("panelLink", answer.status))
    return found


async def _passed(shop: Running) -> set[tuple[str, int]]:
    """What the link to a context answers."""
    await shop.say("instagram", sender="17841400000007301")
    await shop.quiet()
    (passing,) = await documents(shop, "passings")
    found = set()
    for token in (token_for("instagram", passing["_id"]), "nothing"):
        async with shop.http.get(f"{shop.url}/v1/passed/{token}") as answer:
            found.add(("passed", answer.status))
    return found


async def _replies(shop: Running) -> set[tuple[str, int]]:
    """What an engine is answered that comes back later."""
    store = shop.here.store.brand("glow")
    event = Event(
        key="messenger:asked",
        kind=EventKind.MESSAGE,
        connector="messenger",
        account=PAGE,
        occurred_at=shop.now,
        received_at=shop.now,
        anchor=Identifier(IdentifierKind.MESSENGER, PAGE, "7399"),
    )
    turn = Turn(
        id=turn_id_of("glow", event.key), event_key=event.key, conversation_id="c", profile_id="p",
        channel="messenger", account=PAGE, recipient=(), decided_at=datetime.now(UTC), sent_at=shop.now,
        decision=Decision(effects=(EngineAsked(engine="bot", within=10),)), done=True,
    )  # fmt: skip
    await store.write(Put(turn), Put(Recorded(id=event.key, event=event)))
    may, may_not = ({"Authorization": f"Bearer {each}"} for each in (REPLY_KEY, CLIENT_KEY))
    said = {"messages": [{"text": "Hello"}]}
    found = set()
    for named, headers, answer in (
        (turn.id, may, said),
        (turn.id, may, {"messages": 5}),
        (turn.id, {}, said),
        (turn.id, may_not, said),
        ("nobody", may, said),
        (turn.id, may, {"messages": [{"text": "x" * 70_000}]}),
    ):
        async with shop.http.post(f"{shop.url}/v1/turns/{named}/replies", json=answer, headers=headers) as back:
            found.add(("replies", back.status))
    return found


async def _without_store(shop: Running) -> set[tuple[str, int]]:
    """What needs the store while that is away."""
    body, signed = shop.sample("messenger", "message", sender="7301")
    keys = (CLIENT_KEY, REVIEW_KEY, CONSOLE_KEY)
    key, review, editor = ({"Authorization": f"Bearer {each}"} for each in keys)
    found = set()
    for operation, method, path, more in (
        ("ready", "GET", "/readyz", {}),
        ("context", "GET", CONTEXT, {"headers": key}),
        ("profile", "GET", "/v1/profiles/p_1", {"headers": {"Authorization": f"Bearer {CONSOLE_KEY}"}}),
        ("timeline", "GET", "/v1/profiles/p_1/timeline", {"headers": {"Authorization": f"Bearer {CONSOLE_KEY}"}}),
        ("deliver", "POST", "/webhooks/messenger", {"data": body, "headers": signed}),
        ("deliverOfAccount", "POST", "/webhooks/messenger/messenger", {"data": body, "headers": signed}),
        ("candidates", "GET", "/v1/review/candidates", {"headers": review}),
        ("candidate", "GET", "/v1/review/candidates/x", {"headers": review}),
        ("accept", "POST", "/v1/review/candidates/x/accept", {"headers": review}),
        ("reject", "POST", "/v1/review/candidates/x/reject", {"headers": review}),
        ("lock", "POST", "/v1/review/profiles/x/lock", {"headers": review}),
        ("unmerge", "POST", "/v1/profiles/x/unmerge", {"headers": review, "json": {"by": "kim"}}),
        ("split", "POST", "/v1/profiles/x/split", {"headers": review, "json": {"by": "kim", "identifiers": ["x"]}}),
        *_templates_without_store(),
        ("passed", "GET", f"/v1/passed/{token_for('instagram', 'x', seconds=600)}", {}),
        ("trace", "GET", "/v1/turns/x", {"headers": editor}),
        (
            "replies",
            "POST",
            "/v1/turns/x/replies",
            {
                "headers": {"Authorization": f"Bearer {REPLY_KEY}"},
                "json": {"messages": []},
            },
        ),
        ("templateResults", "GET", "/v1/templates/x/results", {"headers": editor}),
    ):
        async with shop.http.request(method, shop.url + path, **more) as answer:  # type: ignore[arg-type]
            found.add((operation, answer.status))
    for operation, method, path, sent in _asked_by_engines():
        url = f"{shop.url}{path}orders.count"
        async with shop.http.request(method, url, headers=key, **sent) as answer:
            found.add((operation, answer.status))
    for path in ("events", "conversation"):
        asked = {"key": fresh_key(), "events": [item(**SEEN)]}
        found.add((f"site{path.title()}", (await post(shop, path, asked))[0]))
    return found


async def test_every_documented_status_occurs_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever an operation is said to answer it does answer, for the reason that is given."""
    with StoreServer.started(tmp_path) as server:
        changes = behind("http://127.0.0.1:9/", "instagram")
        bot = {"kind": "webhook", "url": "http://127.0.0.1:9/", "secret": "a-secret-of-the-bot"}
        changes["brands"]["glow"]["engines"] = {"bot": bot}
        async with running(server, tmp_path) as bare:
            seen = await _panel_links(bare, (PANEL_OF,), (CONSOLE_KEY,))
        changes |= {
            "console": {"embed_in": ["https://acme.zendesk.com"]},
            "server": {"public_url": "https://x.example"},
        }
        async with running(server, tmp_path, clients=REVIEWER | REPLIES, **changes) as shop:
            told = {
                (operation["operationId"], int(status))
                for methods in (await document(shop))["paths"].values()
                for operation in methods.values()
                for status in operation["responses"]
            }
            monkeypatch.setattr(routes, "HELD_FOR", 0.0)
            seen |= await _statuses(shop) | await _statuses_of_site(shop) | await _review(shop) | await _templates(shop)
            seen |= await _of_templates(shop) | await _engines(shop) | await _passed(shop)
            seen |= await _replies(shop)
            bodies = ({}, PANEL_OF, {"profile_id": "p_none"})
            seen |= await _panel_links(shop, bodies, (CONSOLE_KEY, CLIENT_KEY, "nonsense"))
            monkeypatch.setattr(webhooks, "READ_WITHIN", 0.2)
            monkeypatch.setattr(asking, "READ_WITHIN", 0.2)
            for path in ("events", "conversation"):
                seen.add((f"site{path.title()}", await _too_slow(shop, f"/site/{SITE}/{path}")))
            seen.add(("deliver", await _too_slow(shop, "/webhooks/messenger")))
            seen.add(("deliverOfAccount", await _too_slow(shop, "/webhooks/messenger/messenger")))
            if server.process is None:
                pytest.skip("this store is not ours to end")
            server.process.kill()
            server.process.wait()
            seen |= await _without_store(shop) | await _panel_links(shop, (PANEL_OF,), (CONSOLE_KEY,))
    assert seen == told


class Signed(AuthBase):
    """Signs what is sent as the platform would, and shows the client's key."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the headers."""
        raw = request.body or b""
        body = raw.encode() if isinstance(raw, str) else raw
        console = any(
            each in str(request.url) for each in ("/v1/profiles/", "/v1/templates", "/v1/turns/", "/v1/panel-links")
        )
        key = CONSOLE_KEY if console else CLIENT_KEY
        request.headers["Authorization"] = f"Bearer {key}"
        request.headers["X-Hub-Signature-256"] = hex_signature(body, SECRET.encode())
        request.headers["X-Throughline-Signature"] = hex_signature(body, SITE_SECRET.encode())
        request.headers["X-Shopify-Hmac-Sha256"] = base64_signature(body, SHOP_SECRET.encode())
        return request


def _attacked(url: str, told: dict[str, Any], *, signed: bool) -> set[tuple[str, int]]:
    """Every operation under made-up requests, fitting and unfitting: operations and the statuses that came back."""
    schema = schemathesis.openapi.from_dict(told)
    schema.config.update(base_url=url)
    modes = (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)
    seen = set()
    for operation in (found.ok() for found in schema.get_all_operations()):
        has_input = any(True for _ in operation.iter_parameters()) or operation.body
        for mode in modes if has_input else modes[:1]:
            seen |= _attack(operation, mode, signed=signed)
    return seen


def _attack(operation: Any, mode: schemathesis.GenerationMode, *, signed: bool) -> set[tuple[str, int]]:
    """One operation under made-up requests of one mode."""
    seen = set()

    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode))
    def attack(case: schemathesis.Case) -> None:
        more: dict[str, Any] = {"auth": Signed()} if signed else {}
        answer = case.call_and_validate(checks=CHECKS, **more)
        seen.add((operation.definition.raw["operationId"], answer.status_code))

    attack()
    return seen


@pytest.mark.parametrize("signed", [True, False], ids=["signed", "unsigned"])
async def test_made_up_requests_get_documented_answers(shop: Running, signed: bool) -> None:  # noqa: FBT001
    """Whatever is sent, fitting or not, signed or not: a documented status, in the documented shape, never a 5xx."""
    told = await document(shop)
    seen = await asyncio.to_thread(lambda: _attacked(shop.url, told, signed=signed))
    operations = {each["operationId"] for methods in told["paths"].values() for each in methods.values()}
    assert {operation for operation, _ in seen} == operations
    assert ("deliver", 200 if signed else 401) in seen
    assert ("deliver", 200) not in seen or signed


class Page(html.parser.HTMLParser):
    """What a page consists of."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.style = ""
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the tag; what needs no end is not kept open."""
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "link", "br", "img"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """It must be the one that is open."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Keep style and text apart."""
        if self.open[-1:] == ["style"]:
            self.style += data
        else:
            self.text += data


async def test_page_shows_everything_and_runs_nothing(shop: Running) -> None:
    """`/docs` names every operation, status and shape; no script, nothing from elsewhere, and a policy that fits."""
    async with shop.http.get(f"{shop.url}/docs") as answer:
        assert (answer.status, answer.content_type) == (200, "text/html")
        policy, text = answer.headers["Content-Security-Policy"], await answer.text()
    page = Page()
    page.feed(text)
    assert page.open == []
    digest = base64.b64encode(hashlib.sha256(page.style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy

    attributes = {name for _, each in page.tags for name in each}
    assert not {"script", "link", "img", "iframe"} & {tag for tag, _ in page.tags}
    assert not [name for name in attributes if name.startswith("on") or name in {"style", "src"}]
    targets = [str(each["href"]) for tag, each in page.tags if tag == "a"]
    anchors = {str(each["id"]) for _, each in page.tags if "id" in each}
    assert not [each for each in targets if each != "/openapi.json" and each.removeprefix("#") not in anchors]

    found = await document(shop)
    operations = [each for methods in found["paths"].values() for each in methods.values()]
    assert {each["operationId"] for each in operations} <= anchors
    assert {f"shape-{name}" for name in found["components"]["schemas"]} <= anchors
    assert not [path for path in found["paths"] if path not in page.text]
    assert all(json.dumps(each["summary"])[1:-1] in page.text for each in operations)
