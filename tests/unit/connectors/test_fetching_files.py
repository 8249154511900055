"""Fetching what customers send: bounded, from where it is allowed, and each answer with one meaning."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace

import pytest
from pydantic import SecretStr
from scripted_server import ScriptedServer, fails
from yarl import URL

from connectors.channels.messenger import Messenger
from connectors.channels.whatsapp import WhatsApp
from connectors.download import Interrupted
from connectors.guard import Allowed, NotAllowed
from connectors.http import HttpClient
from connectors.testing import File, GraphStandIn
from middleware.domain.attachments import FetchOutcome, FetchResult
from middleware.domain.events import Attachment
from middleware.ports import Account
from tests.stand_ins import breaks_off, hangs, hangs_up, says

TOKEN = SecretStr("EAAG-very-secret")
MOST = 200_000
PICTURE = b"\xff\xd8\xff" + b"p" * 100_000


@pytest.fixture
async def graph() -> AsyncIterator[GraphStandIn]:
    """A stand-in with one picture, which WhatsApp's id 55 names as well."""
    async with GraphStandIn(tokens=[TOKEN.get_secret_value()]) as it:
        it.shelf.files["a.jpg"] = File(PICTURE)
        it.shelf.media["55"] = "a.jpg"
        yield it


def _account(url: str, connector: str = "messenger") -> Account:
    return Account(brand="glow", name="page", connector=connector, id="1001", token=TOKEN, base_url=url)


async def _fetched(
    graph: GraphStandIn, *, url: str | None = None, media_id: str | None = None, seconds: float = 5.0
) -> FetchResult:
    """What becomes of a file by its address (Messenger) or id (WhatsApp)."""
    kind: Callable[[HttpClient], Messenger | WhatsApp] = WhatsApp if media_id is not None else Messenger
    async with HttpClient() as http:
        channel = kind(http)
        attachment = Attachment(kind="image", url=url, media_id=media_id)
        account = _account(graph.url, channel.name)
        return await channel.attachment(account, attachment, most=MOST, timeout=seconds)


async def test_a_file_comes_whole_and_without_the_token(graph: GraphStandIn) -> None:
    """A signed address is asked as it is written; the account's token stays here."""
    result = await _fetched(graph, url=f"{graph.url}/cdn/a.jpg?oh=00_A%2Bb&oe=66")
    assert (result.outcome, result.content, result.claimed_type) == (FetchOutcome.FETCHED, PICTURE, "image/jpeg")
    (asked,) = graph.shelf.asked
    assert "authorization" not in asked.headers
    assert asked.query["oh"] == "00_A+b"


async def test_an_id_gives_an_address_and_the_address_wants_the_token(graph: GraphStandIn) -> None:
    """WhatsApp: first the address by id, then the file, both with the token."""
    graph.shelf.files["a.jpg"] = File(PICTURE, token=True)
    result = await _fetched(graph, media_id="55")
    assert (result.outcome, result.content) == (FetchOutcome.FETCHED, PICTURE)
    assert [asked.path for asked in graph.shelf.asked] == ["/v26.0/55", "/cdn/a.jpg"]
    assert {asked.token for asked in graph.shelf.asked} == {TOKEN.get_secret_value()}


@pytest.mark.parametrize(
    "file",
    [
        File(b"x" * (MOST + 1)),
        File(endless=True),
        File(b"x", length=10**15),
        File(b"x" * (MOST + 1), length=-1),
    ],
    ids=["too large", "endless", "says that it is too large", "says nonsense"],
)
async def test_what_is_too_large_is_not_taken(graph: GraphStandIn, file: File) -> None:
    """Bytes are counted as they come, whatever the length says; nothing is kept of what is too large."""
    graph.shelf.files["a.jpg"] = file
    result = await _fetched(graph, url=f"{graph.url}/cdn/a.jpg")
    assert result.outcome in ({FetchOutcome.RETRY} if file.length == -1 else {FetchOutcome.REFUSED})
    assert result.content == b""


async def test_a_length_that_is_too_small_hides_nothing(graph: GraphStandIn) -> None:
    """What is longer than it says is cut where it says, or no answer at all: never more than is counted."""
    graph.shelf.files["a.jpg"] = File(b"y" * (MOST * 3), length=10)
    result = await _fetched(graph, url=f"{graph.url}/cdn/a.jpg")
    assert (result.outcome, result.content) in {(FetchOutcome.FETCHED, b"y" * 10), (FetchOutcome.RETRY, b"")}


async def test_half_a_file_is_none(graph: GraphStandIn) -> None:
    """What breaks off before its length is asked for again."""
    graph.shelf.files["a.jpg"] = File(b"y" * 100, length=200)
    assert (await _fetched(graph, url=f"{graph.url}/cdn/a.jpg")).outcome is FetchOutcome.RETRY


@pytest.mark.parametrize("file", [File(PICTURE, delay=30), File(PICTURE, pause=30)], ids=["silent", "slow"])
async def test_what_does_not_come_in_time_is_asked_for_again(graph: GraphStandIn, file: File) -> None:
    """The time holds for connecting, answering and reading together."""
    graph.shelf.files["a.jpg"] = file
    async with asyncio.timeout(20):
        result = await _fetched(graph, url=f"{graph.url}/cdn/a.jpg", seconds=0.5)
    assert (result.outcome, result.content) == (FetchOutcome.RETRY, b"")


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (403, FetchOutcome.GONE),
        (404, FetchOutcome.GONE),
        (410, FetchOutcome.GONE),
        (401, FetchOutcome.RETRY),
        (408, FetchOutcome.RETRY),
        (429, FetchOutcome.RETRY),
        (500, FetchOutcome.RETRY),
        (503, FetchOutcome.RETRY),
        (400, FetchOutcome.FAILED),
        (206, FetchOutcome.FAILED),
        (204, FetchOutcome.FAILED),
    ],
)
async def test_a_status_means_one_outcome(graph: GraphStandIn, status: int, outcome: FetchOutcome) -> None:
    """An address that has run out is gone for good, a server in trouble is asked again, the rest has failed."""
    graph.shelf.files["a.jpg"] = File(b"" if status == 204 else b"x", status=status)
    result = await _fetched(graph, url=f"{graph.url}/cdn/a.jpg")
    assert result.outcome is outcome
    assert str(status) in result.reason
    assert "127.0.0.1" not in result.reason


async def test_a_young_address_has_not_run_out(graph: GraphStandIn) -> None:
    """WhatsApp tells a fresh address each time, so that one which is refused is asked for anew."""
    graph.shelf.files["a.jpg"] = File(status=404)
    assert (await _fetched(graph, media_id="55")).outcome is FetchOutcome.RETRY
    assert (await _fetched(graph, media_id="56")).outcome is FetchOutcome.GONE


async def test_a_file_that_says_it_is_too_large_is_not_asked_for(graph: GraphStandIn) -> None:
    """WhatsApp tells the size with the address."""
    graph.shelf.files["a.jpg"] = File(b"x" * (MOST + 1))
    assert (await _fetched(graph, media_id="55")).outcome is FetchOutcome.REFUSED
    assert [asked.path for asked in graph.shelf.asked] == ["/v26.0/55"]


@pytest.mark.parametrize(
    "answer",
    [says(200, {}), says(200, {"url": 7}), says(200, b"<html>"), says(200, {"url": "x" * 9_000}), fails(190), hangs_up],
)
async def test_an_answer_without_an_address_is_asked_again(answer: object) -> None:
    """Garbage, a token that is not taken, a broken connection: perhaps mended the next time."""
    async with ScriptedServer(answer) as server, HttpClient() as http:  # type: ignore[arg-type]
        account = _account(server.url, "whatsapp")
        attachment = Attachment(kind="image", media_id="../55?x=1")
        result = await WhatsApp(http).attachment(account, attachment, most=MOST, timeout=1.0)
    assert result.outcome is FetchOutcome.RETRY
    assert {seen.path for seen in server.seen} == {"/v26.0/..%2F55%3Fx=1"}


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1:1/x",
        "http://169.254.169.254/latest/meta-data",
        "https://evil.example/x",
        "file:///etc/passwd",
        "//evil.example/x",
        "",
    ],
)
async def test_a_redirect_to_elsewhere_is_refused(graph: GraphStandIn, location: str) -> None:
    """Wherever a redirect points is looked at like the first address; one in circles ends."""
    graph.shelf.files["a.jpg"] = File(location=location)
    result = await _fetched(graph, url=f"{graph.url}/cdn/a.jpg")
    assert (result.outcome, result.content) == (FetchOutcome.REFUSED, b"")


async def test_a_redirect_on_the_same_host_is_followed(graph: GraphStandIn) -> None:
    """A file may have moved, three times."""
    graph.shelf.files |= {f"{place}.jpg": File(location=f"{place + 1}.jpg") for place in range(3)}
    graph.shelf.files["3.jpg"] = File(PICTURE)
    assert (await _fetched(graph, url=f"{graph.url}/cdn/0.jpg")).content == PICTURE
    graph.shelf.files["4.jpg"] = File(location="0.jpg")
    assert (await _fetched(graph, url=f"{graph.url}/cdn/4.jpg")).outcome is FetchOutcome.REFUSED


@dataclass(frozen=True)
class Anywhere(Allowed):
    """Lets in what is on this machine."""

    def checked(self, address: str) -> URL:
        """The address as it is."""
        return URL(address, encoded=True)

    def is_base(self, url: URL) -> bool:  # noqa: ARG002 - the base's
        """All of it is trusted."""
        return True


async def test_the_token_does_not_follow_a_redirect() -> None:
    """Another origin never sees the token, even one that may have the file."""
    async with ScriptedServer(says(200, b"x")) as other, HttpClient() as http, ScriptedServer(hangs) as first:
        first.answer = says(302, b"", {"Location": f"{other.url}/cdn/a"})
        await http.files.get(f"{first.url}/x", Anywhere(()), TOKEN, most=10, seconds=5)
    assert "Authorization" in first.seen[0].headers
    assert "Authorization" not in other.seen[0].headers


async def test_a_packed_file_is_refused() -> None:
    """Nothing is unpacked on the way: a small answer cannot become a large one."""
    async with ScriptedServer(says(200, b"x", {"Content-Encoding": "gzip"})) as server, HttpClient() as http:
        with pytest.raises(NotAllowed, match="packed"):
            await http.files.get(f"{server.url}/x", Allowed((), server.url), None, most=10, seconds=5)


@pytest.mark.parametrize("answer", [hangs, hangs_up, breaks_off])
async def test_errors_show_neither_address_nor_token(answer: object) -> None:
    """An exception names a class; its chain is cut."""
    async with ScriptedServer(answer) as server, HttpClient() as http:  # type: ignore[arg-type]
        with pytest.raises(Interrupted) as caught:
            await http.files.get(f"{server.url}/secret", Allowed((), server.url), TOKEN, most=9_999, seconds=0.5)
    shown = f"{caught.value!r} {caught.value.__cause__!r}"
    assert caught.value.__suppress_context__
    assert not any(secret in shown for secret in ("secret", "EAAG", "127.0.0.1"))


async def test_without_what_it_needs_nothing_is_asked(graph: GraphStandIn) -> None:
    """No address, no id, no token, a token that is no header, a client that was not started: an outcome each."""
    async with HttpClient() as http:
        account, nothing = _account(graph.url), Attachment(kind="image")
        for channel, outcome in ((Messenger(http), FetchOutcome.FAILED), (WhatsApp(http), FetchOutcome.FAILED)):
            assert (await channel.attachment(account, nothing, most=1, timeout=1)).outcome is outcome
        by_id = Attachment(kind="image", media_id="55")
        no_token, odd = replace(account, token=None), replace(account, token=SecretStr("a\r\nb"))
        assert (await WhatsApp(http).attachment(no_token, by_id, most=1, timeout=1)).outcome is FetchOutcome.RETRY
        assert (await WhatsApp(http).attachment(odd, by_id, most=1, timeout=1)).outcome is FetchOutcome.FAILED
    by_url = Attachment(kind="image", url=f"{graph.url}/cdn/a.jpg")
    result = await Messenger(HttpClient()).attachment(account, by_url, most=1, timeout=1)
    assert result.outcome is FetchOutcome.RETRY
    assert graph.shelf.asked == []
