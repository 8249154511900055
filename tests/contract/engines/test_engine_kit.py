"""The contract that every engine keeps, against a stand-in that behaves as the engine's documentation says."""

import copy
import json
import socket
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from engine_cases import PRESSED, QUESTION, ROWS, Row
from engine_stand_ins import SECRET, TOKEN, EngineStandIn, answers, drips

from connectors.engines.registry import KINDS
from connectors.http import HttpClient
from middleware.domain.engine_answers import LONGEST_TEXT, MOST_MESSAGES
from middleware.domain.engines import EngineAnswer, EngineOutcome
from middleware.domain.forms import Approved, Media
from middleware.ports import Engine, EngineSetup
from tests.stand_ins import breaks_off, hangs, hangs_up

FIXTURES = Path(__file__).parents[2] / "fixtures" / "connectors" / "engines"
WORD = "Xylophone-Secret-Word"
SHOWN_HEADERS = ("Content-Type", "Authorization", "authorization", "x-user-key")


@pytest.fixture(params=ROWS, ids=lambda row: row.kind)
def row(request: pytest.FixtureRequest) -> Row:
    """Each engine in turn."""
    found: Row = request.param
    return found


@pytest.fixture
async def http() -> AsyncIterator[HttpClient]:
    """The way out."""
    async with HttpClient() as client:
        yield client


@pytest.fixture
async def stand_in(row: Row) -> AsyncIterator[EngineStandIn]:
    """The engine's stand-in."""
    async with row.stand_in() as it:
        yield it


@pytest.fixture
def engine(row: Row, stand_in: EngineStandIn, http: HttpClient) -> Engine:
    """The engine, at its stand-in."""
    return row.engine(stand_in, http)


def _texts(answer: EngineAnswer) -> list[str]:
    return [reply.text for reply in answer.replies]


def test_every_kind_has_a_row() -> None:
    """A kind of engine that the kit does not know would keep no contract."""
    assert tuple(row.kind for row in ROWS) == KINDS


async def test_what_is_sent_is_what_the_documentation_says(row: Row, stand_in: EngineStandIn, engine: Engine) -> None:
    """The requests of two questions, byte for byte: method, address, what lets us in, and body."""
    for question in (QUESTION, PRESSED):
        assert (await engine.ask(question, timeout=3.0)).outcome is EngineOutcome.ANSWERED
    shown = [
        {
            "request": f"{each.method} {each.path}{'?' if each.query else ''}{each.query}",
            "headers": {
                name: value
                for name, value in sorted(each.headers.items())
                if name in SHOWN_HEADERS or name.lower().startswith("webhook-")
            },
            "body": each.body.decode(),
        }
        for each in stand_in.seen
        if each.method == "POST" or each is stand_in.seen[-1]
    ]
    written = json.dumps(shown, indent=1, ensure_ascii=False).replace(stand_in.url, "http://engine") + "\n"
    assert written == (FIXTURES / f"{row.kind}.json").read_text(encoding="utf-8")


async def test_texts_come_back_in_order(row: Row, stand_in: EngineStandIn, engine: Engine) -> None:
    """Every text is a message, in the engine's order, from no template and with no tag."""
    stand_in.body = row.stand_in.saying(["One", "Two\nlines", "Drei ä 🙂"])
    answer = await engine.ask(QUESTION, timeout=3.0)
    assert (answer.outcome, _texts(answer), answer.hand_over) == (
        EngineOutcome.ANSWERED,
        ["One", "Two\nlines", "Drei ä 🙂"],
        None,
    )
    assert answer.detail == ""
    assert engine.once is row.once


async def test_every_form_of_the_engine_becomes_ours(row: Row, stand_in: EngineStandIn, engine: Engine) -> None:
    """Quick replies, buttons, cards and media come out as the forms that channels are fitted from."""
    stand_in.body = copy.deepcopy(row.rich)
    answer = await engine.ask(QUESTION, timeout=3.0)
    assert answer.outcome is EngineOutcome.ANSWERED, answer.detail
    assert list(answer.replies) == list(row.replies)
    assert answer.detail == ""


@pytest.mark.parametrize("row", [row for row in ROWS if row.handing_over is not None], ids=lambda row: row.kind)
async def test_an_engine_can_ask_for_a_person(row: Row, stand_in: EngineStandIn, engine: Engine) -> None:
    """The engine's own way to hand over becomes `hand_over`, with why, also where nothing is said."""
    stand_in.body = copy.deepcopy(row.handing_over)
    answer = await engine.ask(QUESTION, timeout=3.0)
    assert (answer.outcome, answer.replies, answer.hand_over) == (EngineOutcome.ANSWERED, (), "too hard")


async def test_an_empty_answer_says_nothing(row: Row, stand_in: EngineStandIn, engine: Engine) -> None:
    """An answer without messages is SILENT; where it looks like an engine that still thinks, it is UNKNOWN."""
    stand_in.body = copy.deepcopy(row.empty)
    answer = await engine.ask(QUESTION, timeout=0.5)
    assert (answer.outcome, answer.replies) == (row.empty_is, ())


async def test_of_fifty_messages_ten_are_said(row: Row, stand_in: EngineStandIn, engine: Engine) -> None:
    """More messages than anybody wants to get are left out, and the trace says so."""
    stand_in.body = row.stand_in.saying([f"Message {number}" for number in range(50)])
    answer = await engine.ask(QUESTION, timeout=3.0)
    assert _texts(answer) == [f"Message {number}" for number in range(MOST_MESSAGES)]
    assert "more than 10" in answer.detail


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("{{ 7 * 7 }}{% for a in b %}${x}<%= y %>#{z}", "{{ 7 * 7 }}{% for a in b %}${x}<%= y %>#{z}"),
        ("<b>Hi</b> <script>alert(1)</script>", "<b>Hi</b> <script>alert(1)</script>"),
        ("\x1b[31mred\x1b[0m \x1b]8;;https://evil.example\x07link\x1b]8;;\x07 \x9b2Jend", "red link end"),
        ("a\u202eevil\u202c \u2066b\u2069\u200b\u200f\ufeff", "aevil b"),
        ("a\U000e0069\U000e0067\U000e006e\U000e007f", "a"),
        ("NUL\x00 bell\x07\x08 del\x7f\x85", "NUL bell del"),
        ("tab\tstop\r\nline\u2028end", "tab stop\nline\nend"),
        ("👩‍👩‍👧 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f می‌خواهم क्‍ष", None),
    ],
    ids=["templates", "html", "ansi", "bidi", "tags", "controls", "lines", "joiners"],
)
async def test_text_is_text(stand_in: EngineStandIn, engine: Engine, row: Row, given: str, said: str | None) -> None:
    """Template code stays characters; what nobody sees goes; what scripts and emoji need stays."""
    stand_in.body = row.stand_in.saying([given])
    answer = await engine.ask(QUESTION, timeout=3.0)
    assert _texts(answer) == [given if said is None else said]


async def test_a_very_long_text_is_cut(stand_in: EngineStandIn, engine: Engine, row: Row) -> None:
    """A text has at most 8,000 characters, and the trace says that it had more."""
    stand_in.body = row.stand_in.saying(["x" * 12_000])
    answer = await engine.ask(QUESTION, timeout=3.0)
    assert len(answer.replies[0].text) == LONGEST_TEXT
    assert "longer than 8000" in answer.detail


@pytest.mark.parametrize("trouble", [hangs, drips], ids=["hangs", "drips"])
async def test_the_time_is_kept(stand_in: EngineStandIn, engine: Engine, trouble: Any) -> None:
    """An engine that says nothing, or a byte now and then, is UNKNOWN when the time is up, and no later."""
    stand_in.trouble = trouble
    begun = time.monotonic()
    answer = await engine.ask(QUESTION, timeout=0.6)
    assert time.monotonic() - begun < 1.2
    assert (answer.outcome, answer.replies) == (EngineOutcome.UNKNOWN, ())


@pytest.mark.parametrize("trouble", [hangs_up, breaks_off], ids=["reset", "broken off"])
async def test_a_broken_connection_may_have_been_enough(stand_in: EngineStandIn, engine: Engine, trouble: Any) -> None:
    """A connection that breaks after the message left is UNKNOWN."""
    stand_in.trouble = trouble
    assert (await engine.ask(QUESTION, timeout=3.0)).outcome is EngineOutcome.UNKNOWN


async def test_a_closed_door_is_certain(row: Row, http: HttpClient) -> None:
    """Nobody listens, or there is no such name: UNREACHABLE, so it may be asked again."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    for url in (f"http://127.0.0.1:{port}", "http://no-such-host.invalid"):
        nowhere = row.stand_in()
        nowhere.url = url
        answer = await row.engine(nowhere, http).ask(QUESTION, timeout=3.0)
        assert answer.outcome is EngineOutcome.UNREACHABLE, answer.detail
        assert url.partition("://")[2] not in answer.detail


STATUSES = [
    *((status, {}, EngineOutcome.REFUSED, None) for status in (400, 401, 403, 404, 408, 409, 410, 413, 422)),
    *((status, {}, EngineOutcome.UNKNOWN, None) for status in (500, 501, 502, 503, 504, 599)),
    (503, {"Retry_After": "7"}, EngineOutcome.UNREACHABLE, 7.0),
    (503, {"Retry_After": "soon"}, EngineOutcome.UNKNOWN, None),
    (429, {"Retry_After": "7"}, EngineOutcome.UNREACHABLE, 7.0),
    (429, {}, EngineOutcome.UNREACHABLE, None),
    (500, {"Retry_After": "7"}, EngineOutcome.UNKNOWN, None),
]


@pytest.mark.parametrize(("status", "headers", "outcome", "wait"), STATUSES)
async def test_what_a_status_comes_to(
    stand_in: EngineStandIn,
    engine: Engine,
    status: int,
    headers: dict[str, str],
    outcome: EngineOutcome,
    wait: float | None,
) -> None:
    """The table of `calling.py`, for every engine, whatever stands in the body."""
    stand_in.trouble = answers(status, {"error": WORD}, **headers)
    answer = await engine.ask(QUESTION, timeout=3.0)
    assert (answer.outcome, answer.retry_after) == (outcome, wait)
    assert f"HTTP {status}" in answer.detail
    assert WORD not in answer.detail
    assert len(stand_in.asking()) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(row: Row, stand_in: EngineStandIn, engine: Engine, status: int) -> None:
    """Nothing is sent to where a redirect points."""
    async with row.stand_in() as other:
        stand_in.trouble = answers(status, b"", Location=f"{other.url}/bot")
        answer = await engine.ask(QUESTION, timeout=3.0)
        assert (answer.outcome, other.seen) == (EngineOutcome.REFUSED, [])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"garbage " + WORD.encode(),
        b"<!doctype html><html><h1>" + WORD.encode() + b"</h1></html>",
        b'{"messages": [{"text": "' + WORD.encode(),
        b"\xff\xfe\x00",
        b"null",
        b"5",
        b'"' + WORD.encode() + b'"',
        b"[" * 20_000,
        b'{"messages": [{"text": "' + b"x" * 1_000_000 + b'"}]}',
        b'{"messages": []}' + b" " * (64 * 1024),
    ],
    ids=["nothing", "garbage", "html", "half", "bytes", "null", "number", "text", "deep", "1 MB", "64 KiB and a bit"],
)
async def test_what_is_no_answer_is_refused(stand_in: EngineStandIn, engine: Engine, body: bytes) -> None:
    """No JSON, another shape, or more than 64 KiB: REFUSED, with a detail that says where in no word of it."""
    stand_in.trouble = answers(200, body, Content_Type="application/json")
    answer = await engine.ask(QUESTION, timeout=3.0)
    assert (answer.outcome, answer.replies) == (EngineOutcome.REFUSED, ())
    assert answer.detail
    assert WORD not in answer.detail
    assert ("more than 64 KiB" in answer.detail) == (len(body) > 64 * 1024)


def _spoiled(body: Any) -> Iterator[Any]:
    """The same body again and again, each time with one value in it replaced by something else."""
    for odd in (
        None,
        5,
        True,
        WORD,
        [],
        {},
        [WORD],
        {"text": 5},
        [[5]],
        "\ud83d",
        "a\u202eb\x00",
        "javascript:alert(1)",
    ):
        yield from _with(body, odd)


def _with(body: Any, odd: Any) -> Iterator[Any]:
    yield odd
    items = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for key, value in list(items):
        for spoiled in _with(value, odd):
            copied = dict(body) if isinstance(body, dict) else list(body)
            copied[key] = spoiled
            yield copied


async def test_wrong_types_are_an_outcome(row: Row, http: HttpClient) -> None:
    """Every value of an answer, replaced by something odd: refused or left out, no exception, no word of it told."""
    good = copy.deepcopy(row.rich)
    async with row.stand_in() as stand_in:
        engine = row.engine(stand_in, http)
        count = 0
        for spoiled in _spoiled(good):
            count += 1
            stand_in.body = {"none": None} if spoiled is None else copy.deepcopy(spoiled)
            answer = await engine.ask(QUESTION, timeout=0.35)
            assert "not understood" not in answer.detail, (spoiled, answer.detail)
            assert WORD not in answer.detail, spoiled
            _assert_harmless(answer)
        assert count > 100


def _assert_harmless(answer: EngineAnswer) -> None:
    for reply in answer.replies:
        assert (reply.tag, reply.template, reply.variant, reply.to_comment, reply.reply_to) == (None,) * 5
        assert not isinstance(reply.form, Approved)
        assert not (isinstance(reply.form, Media) and (reply.form.file or reply.form.media_id))
        shown = reply.model_dump_json()
        assert not any(
            odd in shown for odd in ("\u202e", "\\u0000", '"url":"javascript', '_url":"javascript', "\\ud83d")
        )


async def test_no_secret_shows(row: Row, stand_in: EngineStandIn, http: HttpClient) -> None:
    """Neither the engine's representation nor any detail has token, secret, or the address that they stand in."""
    engine = row.engine(stand_in, http)
    shown = [repr(engine), repr(EngineSetup(name="bot", kind=row.kind, url="u", **row.setup))]
    for trouble in (answers(401, {}), hangs_up, answers(200, b"{"), answers(500, b"")):
        stand_in.trouble = trouble
        shown.append(repr(await row.engine(stand_in, http).ask(QUESTION, timeout=2.0)))
    assert not any(secret in text for text in shown for secret in (TOKEN, SECRET, stand_in.url))
