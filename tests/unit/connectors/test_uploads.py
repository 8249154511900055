"""Files of a brand: uploaded once, remembered until they expire, and never from anywhere but the media directory."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import SecretStr

from connectors.channels.messenger import Messenger
from connectors.channels.whatsapp import WhatsApp
from connectors.http import HttpClient
from connectors.meta_uploads import KEPT
from connectors.testing import (
    GraphRequest,
    GraphStandIn,
    api_error,
    reset_before_accept,
    server_error,
    slow,
)
from connectors.testing.behaviour import Behaviour
from middleware.domain.forms import Approved, Media, MediaType
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.messages import Outcome, Reply, SendResult
from middleware.ports import Account

PHONE = (Identifier(IdentifierKind.PHONE, "", "+33600000000"),)
PERSON = (Identifier(IdentifierKind.MESSENGER, "777", "7301"),)
PDF = b"%PDF-1.7 made up"
DAY = 86_400.0


@dataclass
class Shelf:
    """A media directory with a file in it, a channel that sends from it, and what it is sent to."""

    directory: Path
    graph: GraphStandIn
    channel: WhatsApp
    now: float = 0.0

    def account(self, directory: Path | None = None) -> Account:
        """The account that sends."""
        return Account(
            "glow", "main", "whatsapp", "777", token=SecretStr("EAAG"), base_url=self.graph.url,
            media=directory or self.directory,
        )  # fmt: skip

    async def send(self, file: str = "a.pdf", kind: MediaType = "file", seconds: float = 5.0) -> SendResult:
        """Send a file by its name."""
        reply = Reply(text="", form=Media(type=kind, file=file))
        return await self.channel.send(self.account(), PHONE, reply, "k.0", timeout=seconds)


@pytest.fixture
async def shelf(tmp_path: Path) -> AsyncIterator[Shelf]:
    """A directory with one PDF; the clock of uploads is turned by hand."""
    directory = tmp_path / "media"
    directory.mkdir()
    (directory / "a.pdf").write_bytes(PDF)
    async with GraphStandIn() as graph, HttpClient() as http:
        it = Shelf(directory, graph, WhatsApp(http))
        it.channel._uploads.clock = lambda: it.now
        yield it


async def test_a_file_is_uploaded_once(shelf: Shelf) -> None:
    """The second message carries the id of the first one's upload."""
    assert (await shelf.send()).outcome is Outcome.SENT
    assert (await shelf.send()).outcome is Outcome.SENT
    assert len(shelf.graph.uploaded) == 1
    assert [sent.body["document"]["id"] for sent in shelf.graph.sent] == [shelf.graph.uploaded[0].media_id] * 2


async def test_an_id_is_forgotten_before_it_expires(shelf: Shelf) -> None:
    """WhatsApp keeps a file for 30 days: on the 29th it is uploaded again, not before."""
    await shelf.send()
    shelf.now = 28.9 * DAY
    await shelf.send()
    assert len(shelf.graph.uploaded) == 1
    shelf.now = 29 * DAY
    await shelf.send()
    assert len(shelf.graph.uploaded) == 2


async def test_a_changed_file_is_another(shelf: Shelf) -> None:
    """What stands in the directory now is what is sent."""
    await shelf.send()
    (shelf.directory / "a.pdf").write_bytes(PDF + b", second edition")
    await shelf.send()
    assert [file.content for file in shelf.graph.uploaded] == [PDF, PDF + b", second edition"]


async def test_many_messages_wait_for_one_upload(shelf: Shelf) -> None:
    """Twenty messages at once with one file: one upload, twenty messages."""
    results = await asyncio.gather(*(shelf.send() for _ in range(20)))
    assert {result.outcome for result in results} == {Outcome.SENT}
    assert (len(shelf.graph.uploaded), len(shelf.graph.sent)) == (1, 20)


@pytest.mark.parametrize(
    "name",
    ["../secret.pdf", "/etc/hostname", "link.pdf", "sub/../../secret.pdf", "missing.pdf", ".", "a.pdf\x00.png"],
)
async def test_nothing_outside_the_directory_is_sent(shelf: Shelf, name: str) -> None:
    """A way out of the media directory, also by a link, is no file: refused before any call."""
    (shelf.directory.parent / "secret.pdf").write_bytes(PDF)
    (shelf.directory / "link.pdf").symlink_to(shelf.directory.parent / "secret.pdf")
    for kind in ("file", "image"):
        # Without fitting, which would not let most of these names come so far.
        found = await shelf.channel._uploads.id_of(shelf.account(), Media(type=kind, file=name), 5.0)
        assert isinstance(found, SendResult)
        assert found.outcome is Outcome.REFUSED
    assert (await shelf.send(name)).outcome is Outcome.REFUSED
    assert shelf.graph.requests == []


async def test_without_a_directory_no_file_is_sent(shelf: Shelf) -> None:
    """A brand that has no media directory sends no files, whatever they are called."""
    account = shelf.account()
    nowhere = Account(account.brand, account.name, "whatsapp", "777", token=account.token, base_url=account.base_url)
    reply = Reply(text="", form=Media(type="file", file=str(shelf.directory / "a.pdf")))
    assert (await shelf.channel.send(nowhere, PHONE, reply, "k.0", timeout=5)).outcome is Outcome.REFUSED
    assert shelf.graph.requests == []


@pytest.mark.parametrize(
    ("name", "kind", "size"),
    [("b.png", "image", 5 * 1024 * 1024 + 1), ("b.webp", "sticker", 100 * 1024 + 1), ("empty.pdf", "file", 0)],
)
async def test_size_is_checked_before_any_call(shelf: Shelf, name: str, kind: MediaType, size: int) -> None:
    """A file over the limit of its type, or with nothing in it, is refused and never leaves."""
    (shelf.directory / name).write_bytes(b"x" * size)
    assert (await shelf.send(name, kind)).outcome is Outcome.REFUSED
    assert shelf.graph.requests == []


async def test_the_largest_file_is_taken(shelf: Shelf) -> None:
    """Exactly the limit goes up whole."""
    (shelf.directory / "b.png").write_bytes(b"x" * 5 * 1024 * 1024)
    assert (await shelf.send("b.png", "image")).outcome is Outcome.SENT
    assert len(shelf.graph.uploaded[0].content) == 5 * 1024 * 1024


async def test_a_type_that_no_form_takes_is_not_sent(shelf: Shelf) -> None:
    """A program is nothing that a channel shows: nothing of the reply is left, and nothing leaves."""
    (shelf.directory / "b.exe").write_bytes(b"MZ")
    assert (await shelf.send("b.exe")).outcome is Outcome.REFUSED
    assert shelf.graph.requests == []


@pytest.mark.parametrize(
    ("failing", "outcome"),
    [
        (server_error(), Outcome.RETRY),
        (reset_before_accept(), Outcome.RETRY),
        (api_error(130429), Outcome.RETRY),
        (api_error(190, status=401), Outcome.ACCOUNT_PROBLEM),
        (api_error(131053), Outcome.REFUSED),
    ],
)
async def test_an_upload_that_fails_sent_nothing(shelf: Shelf, failing: Behaviour, outcome: Outcome) -> None:
    """Whatever became of the upload, the message did not go out: it may be tried again, or it is refused for good."""
    shelf.graph.fail_next(failing)
    assert (await shelf.send()).outcome is outcome
    assert shelf.graph.sent == []
    assert (await shelf.send()).outcome is Outcome.SENT


async def test_a_slow_upload_outlasts_the_send(shelf: Shelf) -> None:
    """A send that runs out of time ends in a retry; the upload goes on, and the next attempt finds its id."""
    shelf.graph.fail_next(slow(0.4))
    assert (await shelf.send(seconds=0.2)).outcome is Outcome.RETRY
    await asyncio.sleep(0.4)
    assert (await shelf.send()).outcome is Outcome.SENT
    assert (len(shelf.graph.uploaded), len(shelf.graph.sent)) == (1, 1)


async def test_an_id_that_is_refused_is_forgotten(shelf: Shelf) -> None:
    """The platform may forget earlier than it says: a remembered id that is refused goes up anew, a fresh one not."""
    await shelf.send()
    shelf.graph.behave(_refuse_messages)
    assert (await shelf.send()).outcome is Outcome.RETRY
    assert (await shelf.send()).outcome is Outcome.REFUSED
    assert len(shelf.graph.uploaded) == 2


def _refuse_messages(request: GraphRequest) -> Behaviour | None:
    return api_error(131009) if request.edge == "messages" else None


async def test_remembered_ids_are_bounded(shelf: Shelf) -> None:
    """The id that was asked for longest ago makes room."""
    await shelf.send()
    uploads = shelf.channel._uploads
    (first,) = uploads._ids
    for number in range(KEPT):
        uploads._remember(type(first)(first.connector, str(number), "file", first.path, 1, 1), "id")
    assert len(uploads._ids) == KEPT
    assert first not in uploads._ids


async def test_accounts_do_not_share_ids(shelf: Shelf) -> None:
    """An id belongs to the number that uploaded it: another one uploads for itself."""
    await shelf.send()
    other = Account(
        "glow", "other", "whatsapp", "888", token=SecretStr("EAAG"), base_url=shelf.graph.url, media=shelf.directory
    )
    reply = Reply(text="", form=Media(type="file", file="a.pdf"))
    assert (await shelf.channel.send(other, PHONE, reply, "k.0", timeout=5)).outcome is Outcome.SENT
    assert [file.path_id for file in shelf.graph.uploaded] == ["777", "888"]


async def test_a_page_keeps_its_ids_longer(shelf: Shelf) -> None:
    """Meta keeps an attachment of a page for 90 days."""
    messenger = Messenger(shelf.channel._http)
    messenger._uploads.clock = lambda: shelf.now
    reply = Reply(text="", form=Media(type="file", file="a.pdf"))
    for shelf.now in (0.0, 88.9 * DAY, 89 * DAY):
        assert (await messenger.send(shelf.account(), PERSON, reply, "k.0", timeout=5)).outcome is Outcome.SENT
    assert len(shelf.graph.uploaded) == 2


async def test_the_header_of_a_template_is_uploaded_too(shelf: Shelf) -> None:
    """A file in the header of an approved template goes up like any other."""
    (shelf.directory / "b.png").write_bytes(b"\x89PNG made up")
    shelf.graph._templates = ()
    approved = Approved(name="order_update", language="en", header=Media(type="image", file="b.png"))
    result = await shelf.channel.send(shelf.account(), PHONE, Reply(text="x", form=approved), "k.0", timeout=5)
    body = shelf.graph.requests[-1].content or {}
    (component,) = body["template"]["components"]
    assert component["parameters"] == [{"type": "image", "image": {"id": shelf.graph.uploaded[0].media_id}}]
    assert result.code == "HTTP 404/132001"
