"""The context beside what is passed on: signed, bound to one body and a time, never too large; and how bots read it."""

import ast
import asyncio
import base64
import io
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import given, settings
from hypothesis import strategies as st

from middleware.client import passed
from middleware.client.passed import FRESH_FOR, context_of, current_context, link_of
from middleware.domain.context import BLOCKS
from middleware.pipeline.passed_context import (
    CONTEXT_HEADER,
    DROPPED_FIRST,
    LINK_HEADER,
    MOST_OF_HEADER,
    Ticket,
    context_header,
    is_signed,
    link_token,
    ticket_of,
)

SECRET, BODY = b"a-secret-that-signs-what-the-bot-is-told", b'{"object":"page"}'
CONTEXT = {"schema": "throughline.context/1", "orders": {"value": {"latest": {"number": "#1001"}}}}
READER = Path(__file__).parents[2] / "scenarios" / "other_bots" / "bottender" / "throughline.js"


def header(context: dict[str, Any] | None = None, body: bytes = BODY, at: float | None = None) -> dict[str, str]:
    """The headers of a request with a context."""
    seconds = int(time.time() if at is None else at)
    return {CONTEXT_HEADER: context_header(CONTEXT if context is None else context, seconds, body, SECRET)}


def said(value: str) -> dict[str, Any]:
    """What stands in a header, believed or not."""
    payload = value.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return found


def test_what_was_signed_is_read() -> None:
    """The bot reads what we wrote, however it spells the header, with the secret as text or bytes."""
    assert context_of(header(), BODY, SECRET) == CONTEXT
    assert context_of({"throughline-context": header()[CONTEXT_HEADER]}, BODY, SECRET.decode()) == CONTEXT


@pytest.mark.parametrize(
    ("headers", "body", "secret"),
    [
        (header(), BODY + b" ", SECRET),
        (header(), BODY, b"another secret"),
        (header(), BODY, b""),
        (header(at=time.time() - FRESH_FOR - 60), BODY, SECRET),
        (header(at=time.time() + 86_400), BODY, SECRET),
        ({}, BODY, SECRET),
        ({CONTEXT_HEADER: ""}, BODY, SECRET),
        ({CONTEXT_HEADER: "v1.e30." + "A" * 43}, BODY, SECRET),
        ({CONTEXT_HEADER: header()[CONTEXT_HEADER].replace("v1.", "v2.", 1)}, BODY, SECRET),
        ({CONTEXT_HEADER: header()[CONTEXT_HEADER] + "A"}, BODY, SECRET),
        ({CONTEXT_HEADER: "v1.ü." + "A" * 43}, BODY, SECRET),
        ({CONTEXT_HEADER: "v1." + "A" * 9000 + "." + "A" * 43}, BODY, SECRET),
    ],
)
def test_what_cannot_be_believed_is_not_read(headers: dict[str, str], body: bytes, secret: bytes) -> None:
    """Another body, another secret, an old or a changed header: no context, and no error."""
    assert context_of(headers, body, secret) is None


def _block(size: int) -> dict[str, Any]:
    return {"state": "fresh", "value": "ü" * size}


@settings(max_examples=100, deadline=None)
@given(sizes=st.dictionaries(st.sampled_from([*BLOCKS, "identity", "profile", "message"]), st.integers(0, 4000)))
def test_a_header_is_never_too_large(sizes: dict[str, int]) -> None:
    """What does not fit is left out in one order, and named; what is there is whole."""
    context = {name: _block(size) for name, size in sizes.items()}
    value = header(context)[CONTEXT_HEADER]
    assert len(value) <= MOST_OF_HEADER
    told = said(value)
    assert told["context"].keys() | set(told["left_out"]) == context.keys()
    assert all(told["context"][name] == context[name] for name in told["context"])
    assert told["left_out"] == [name for name in DROPPED_FIRST if name in told["left_out"]]
    kept = [DROPPED_FIRST.index(name) for name in told["context"]]
    assert all(DROPPED_FIRST.index(gone) < place for gone in told["left_out"] for place in kept)


def test_what_the_bot_can_do_without_goes_first() -> None:
    """The lines of the conversation are left out before the orders; the rest of the conversation stays."""
    talk = {"id": "c", "lines": ["x" * 5000]}
    told = said(header({"conversation": talk, "orders": _block(10)})[CONTEXT_HEADER])
    assert told["left_out"] == ["conversation.lines"]
    assert told["context"] == {"conversation": {"id": "c"}, "orders": _block(10)}
    assert said(header({"anything": "x" * 9000})[CONTEXT_HEADER])["left_out"] == ["context"]


def test_every_block_has_its_place_in_the_order() -> None:
    """A block that nobody put into the order could never be left out."""
    assert set(BLOCKS) <= set(DROPPED_FIRST)


def test_a_link_is_what_we_made() -> None:
    """A token says what it stands for; a changed one, or one of another secret, is not signed; junk is none."""
    ticket = Ticket("messenger", "1001", "abc", 1_790_000_000)
    token = link_token(ticket, SECRET)
    assert ticket_of(token) == ticket
    assert is_signed(token, SECRET)
    assert not is_signed(token, b"another")
    assert not is_signed("A" + token[1:], SECRET)
    for junk in ("", "x", ".", "e30." + "A" * 43, "W10." + "A" * 43, "____." + "A" * 43, "MQ." + "A" * 43):
        assert ticket_of(junk) is None
    assert link_of({LINK_HEADER.lower(): "https://x"}) == "https://x"
    assert link_of({}) is None


def test_the_reader_needs_nothing_but_the_standard_library() -> None:
    """The file can be copied into a bot."""
    tree = ast.parse(Path(passed.__file__).read_text(encoding="utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {each.module or "" if isinstance(each, ast.ImportFrom) else each.names[0].name for each in imports}
    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names


async def test_an_asgi_application_finds_it() -> None:
    """The handler has the context, the body as it came, and nothing once it is over."""
    found: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        del scope, send
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message["body"], message.get("more_body", False)
        found.append((current_context(), body, await receive()))

    chunks = [
        {"type": "http.request", "body": BODY[:5], "more_body": True},
        {"type": "http.request", "body": BODY[5:]},
        {"type": "http.disconnect"},
    ]

    async def receive() -> Any:
        return chunks.pop(0)

    headers = [(name.lower().encode(), value.encode()) for name, value in header().items()]
    await passed.with_context(app, SECRET)({"type": "http", "headers": headers}, receive, None)
    assert found == [(CONTEXT, BODY, {"type": "http.disconnect"})]
    assert current_context() is None


def test_a_wsgi_application_finds_it() -> None:
    """The same for WSGI; a request without a context is left as it is."""
    found: list[Any] = []

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        del start_response
        found.append((current_context(), environ["wsgi.input"].read()))
        return []

    wrapped = passed.with_context_wsgi(app, SECRET)
    value = header()[CONTEXT_HEADER]
    wrapped(
        {"HTTP_THROUGHLINE_CONTEXT": value, "CONTENT_LENGTH": str(len(BODY)), "wsgi.input": io.BytesIO(BODY)}, print
    )
    wrapped({"wsgi.input": io.BytesIO(BODY)}, print)
    assert found == [(CONTEXT, BODY), (None, BODY)]
    assert current_context() is None


async def test_an_aiohttp_application_finds_it() -> None:
    """The same for aiohttp, over HTTP."""

    async def handle(request: web.Request) -> web.Response:
        return web.json_response([current_context(), (await request.read()).decode()])

    app = web.Application(middlewares=[passed.passed_context(SECRET)])
    app.router.add_post("/", handle)
    async with TestClient(TestServer(app)) as client:
        assert await (await client.post("/", data=BODY, headers=header())).json() == [CONTEXT, BODY.decode()]
        assert await (await client.post("/", data=BODY)).json() == [None, BODY.decode()]
    await asyncio.sleep(0)


def test_the_reader_in_javascript_says_the_same() -> None:
    """The lines of docs/put-it-in-front.md read what we write, and nothing that is not believed."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node")
    wrong = header()[CONTEXT_HEADER][:-1] + ("A" if header()[CONTEXT_HEADER][-1] != "A" else "B")
    cases = [header()[CONTEXT_HEADER], wrong, header(at=0)[CONTEXT_HEADER], "", "v1.x.y"]
    script = (
        f"const {{ contextOf }} = require({json.dumps(str(READER))});"
        f"const cases = {json.dumps(cases)};"
        f"console.log(JSON.stringify(cases.map((each) => contextOf({{'throughline-context': each}},"
        f" {json.dumps(BODY.decode())}, {json.dumps(SECRET.decode())}) ?? null)));"
    )
    ran = subprocess.run([node, "-e", script], capture_output=True, check=True, text=True, timeout=30)  # noqa: S603
    assert json.loads(ran.stdout) == [CONTEXT, None, None, None, None]
