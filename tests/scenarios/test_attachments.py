"""Files that customers send: the reply never waits for them, they come later, and they go when they are taken back."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from connectors.testing import File
from middleware.bootstrap.building import Installation, opened
from middleware.domain.attachments import PIECE, AttachmentPiece, Attachments, FileState, StoredFile
from middleware.domain.jobs import Job, JobKind
from middleware.domain.turn import Turn, turn_id
from middleware.ports import Put, Recorded
from tests.running import Running, running, until
from tests.scenarios.looking import BRAND, as_text, customer, documents, event_key, everything, new_id, turn_of
from tests.stores import StoreServer

PICTURE = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 16_000
"""Four pieces and a bit."""
BLINK = b"\x89PNG\r\n\x1a\n" + b"p" * 500


async def _sent(shop: Running, channel: str = "messenger", number: int = 1, **parts: Any) -> str:
    """A customer sends the picture `a.jpg`, unless told otherwise; the message's id."""
    shop.graph.shelf.media.setdefault("55", "a.jpg")
    given = {"url": f"{shop.graph.url}/cdn/a.jpg", "media_id": "55", "text": "", **parts}
    return await customer(shop, channel, number).posts(kind=given.pop("kind", "image"), **given)


async def _files(shop: Running, channel: str, message_id: str) -> Attachments | None:
    key = event_key(channel, message_id)
    found = await shop.here.brands[BRAND].store.get(Attachments, [key])
    return next((each.record for each in found.values()), None)


async def _settled(shop: Running, channel: str, message_id: str, within: float = 30.0) -> StoredFile:
    """The one file of a message, once it is settled and its job is over."""

    async def over() -> bool:
        record = await _files(shop, channel, message_id)
        return record is not None and bool(record.files) and not await documents(shop, "jobs")

    await until(over, "the file", within)
    record = await _files(shop, channel, message_id)
    assert record is not None
    (file,) = record.files
    return file


async def _bytes(shop: Running, channel: str, message_id: str) -> bytes:
    record = await _files(shop, channel, message_id)
    assert record is not None
    pieces = await shop.here.brands[BRAND].store.get(AttachmentPiece, record.piece_ids())
    assert all(len(each.record.data) <= PIECE for each in pieces.values())
    return b"".join(pieces[key].record.data for key in record.piece_ids())


@pytest.mark.parametrize("channel", ["messenger", "instagram", "whatsapp"])
async def test_the_reply_does_not_wait_for_the_file(shop: Running, channel: str) -> None:
    """The CDN hangs: the customer is answered all the same, and once it answers the bytes are here."""
    shop.graph.shelf.files["a.jpg"] = File(PICTURE, delay=3.0)
    message_id = await _sent(shop, channel)

    await shop.replies()
    assert await _files(shop, channel, message_id) is None
    file = await _settled(shop, channel, message_id)

    assert (file.state, file.type, file.kind, file.reason) == (FileState.FETCHED, "image/jpeg", "image", "")
    assert (file.size, file.sha256, file.pieces) == (len(PICTURE), hashlib.sha256(PICTURE).hexdigest(), 5)
    assert file.name == "image.jpg"
    assert await _bytes(shop, channel, message_id) == PICTURE
    counted = shop.here.metrics.registry.get_sample_value
    assert counted("throughline_attachments_total", {"channel": channel, "state": "fetched"}) == 1
    assert counted("throughline_jobs_total", {"kind": "attachments", "result": "done"}) == 1
    seconds = counted("throughline_job_seconds_sum", {"kind": "attachments"})
    assert seconds is not None
    assert seconds > 3


async def test_the_context_names_the_file(shop: Running) -> None:
    """A flow or a bot gets the id under which the bytes can be had later; what is no file has none."""
    shop.graph.shelf.files["a.jpg"] = File(BLINK)
    message_id = await _sent(shop)
    await shop.replies()
    turn = await turn_of(shop, "messenger", message_id)

    (attachment,) = turn.context["message"]["attachments"]
    assert attachment["id"] == f"{event_key('messenger', message_id)}/0"


@pytest.mark.parametrize(
    ("parts", "file", "state", "reason"),
    [
        ({}, File(b"%PDF-1.7 not a picture"), FileState.REFUSED, "is application/pdf"),
        ({}, File(b"<svg onload=alert(1)>"), FileState.REFUSED, "svg"),
        ({}, File(b"MZ\x90\x00 a program"), FileState.REFUSED, "a program"),
        ({}, File(b""), FileState.REFUSED, "empty"),
        ({}, File(b"\xff\xd8\xff" + b"x" * 1_000_001), FileState.REFUSED, "larger than 1000000 bytes"),
        ({}, File(endless=True), FileState.REFUSED, "larger than 1000000 bytes"),
        ({}, File(b"x", length=10**12), FileState.REFUSED, "larger than 1000000 bytes"),
        ({}, File(location="http://169.254.169.254/latest/meta-data"), FileState.REFUSED, "https"),
        ({}, File(location="http://127.0.0.1:1/x"), FileState.REFUSED, "https"),
        ({"url": "https://evil.example/a.jpg"}, File(BLINK), FileState.REFUSED, "host"),
        ({"url": "http://127.0.0.1:9/a.jpg"}, File(BLINK), FileState.REFUSED, "https"),
        ({}, File(status=403), FileState.GONE, "HTTP 403"),
        ({}, File(status=404), FileState.GONE, "HTTP 404"),
        ({}, File(status=410), FileState.GONE, "HTTP 410"),
        ({}, File(status=400), FileState.FAILED, "HTTP 400"),
    ],
)
async def test_each_refusal_ends_in_its_state(
    strict: Running, parts: dict[str, str], file: File, state: FileState, reason: str
) -> None:
    """What is not let in, or not there any more, ends at once with its reason, and nothing of it is kept."""
    strict.graph.shelf.files["a.jpg"] = file
    message_id = await _sent(strict, **parts)
    settled = await _settled(strict, "messenger", message_id)

    assert settled.state is state
    assert reason in settled.reason
    assert settled.pieces == 0
    assert await documents(strict, "attachment_pieces") == []
    assert "127.0.0.1" not in settled.reason
    await strict.replies()


@pytest.fixture
async def strict(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Running]:
    """An installation that takes files of a megabyte at most."""
    async with running(store_server, tmp_path, jobs={"attachment_megabytes": 1}) as it:
        yield it


async def test_a_document_is_kept_under_a_safe_name(shop: Running) -> None:
    """WhatsApp's documents bring a name and a type: the type must be true, the name can do no harm."""
    shop.graph.shelf.files["a.jpg"] = File(b"%PDF-1.7 invoice", type="application/pdf")
    true = await _sent(
        shop, "whatsapp", 1, kind="document", media_type="application/pdf", file_name="../../in\rvoice.PDF"
    )
    false = await _sent(shop, "whatsapp", 2, kind="document", media_type="application/zip", file_name="a.zip")

    first, second = [await _settled(shop, "whatsapp", each) for each in (true, false)]
    assert (first.state, first.name, first.claimed_type) == (FileState.FETCHED, "invoice.pdf", "application/pdf")
    assert (second.state, second.reason) == (FileState.REFUSED, "its content is not what its type says")


async def test_what_is_shared_is_not_fetched(shop: Running) -> None:
    """A text, a link, a story's mention (whose media must not be kept) want no job, and no question to anybody."""
    person = customer(shop, "whatsapp")
    await person.says("hello")
    await shop.say("instagram", "story_mention", sender="17840001")
    await shop.quiet()
    assert [each["kind"] for each in await documents(shop, "jobs") if each["kind"] != "sender_profile"] == []
    assert await documents(shop, "attachments") == []


async def test_unsend_deletes_what_was_fetched(shop: Running) -> None:
    """The customer takes the message back: bytes, name and hash of its file go with the words."""
    shop.graph.shelf.files["a.jpg"] = File(PICTURE)
    message_id = await _sent(shop, "instagram")
    await _settled(shop, "instagram", message_id)

    await shop.say("instagram", "unsend", sender=customer(shop, "instagram").id, other_message_id=message_id)
    await shop.quiet()

    assert await documents(shop, "attachment_pieces") == []
    record = await _files(shop, "instagram", message_id)
    assert record is not None
    assert record.taken_back_at is not None
    assert {each.sha256 for each in record.files} == {None}
    assert "/cdn/" not in as_text(await everything(shop))


async def test_unsend_reaches_a_file_that_is_just_being_fetched(shop: Running) -> None:
    """The message is taken back while the CDN hangs: what comes then is not kept, and the job is over."""
    shop.graph.shelf.files["a.jpg"] = File(PICTURE, delay=1.5)
    message_id = await _sent(shop, "whatsapp")
    await until(lambda: _asked(shop, "/cdn/a.jpg"), "the file to be asked for")

    await shop.say("whatsapp", "revoke", sender=customer(shop, "whatsapp").id, other_message_id=message_id)
    await until(lambda: _none(shop, "jobs"), "the job to end")
    await shop.quiet()

    assert await documents(shop, "attachment_pieces") == []
    record = await _files(shop, "whatsapp", message_id)
    assert record is not None
    assert record.taken_back_at is not None


async def test_unsend_that_comes_first_fetches_nothing(shop: Running) -> None:
    """A picture without words that comes in behind its own unsend is neither kept nor fetched."""
    shop.graph.shelf.files["a.jpg"] = File(BLINK)
    person, message_id = customer(shop, "instagram"), new_id()
    await shop.say("instagram", "unsend", sender=person.id, other_message_id=message_id)
    await shop.quiet()
    await _sent(shop, "instagram", message_id=message_id)
    await shop.quiet()

    assert [each for each in await documents(shop, "jobs") if each["kind"] == "attachments"] == []
    assert "/cdn/" not in as_text((await everything(shop))["events"])


async def _asked(shop: Running, path: str) -> bool:
    return any(each.path == path for each in shop.graph.shelf.asked)


async def _none(shop: Running, collection: str) -> bool:
    return not await documents(shop, collection)


async def test_a_server_in_trouble_is_asked_again(shop: Running) -> None:
    """503 first: the job waits and tries again, and the file comes."""
    shop.graph.shelf.files["a.jpg"] = File(status=503)
    message_id = await _sent(shop)
    await until(lambda: _postponed(shop), "the first attempt")
    shop.graph.shelf.files["a.jpg"] = File(BLINK)

    file = await _settled(shop, "messenger", message_id)
    assert file.state is FileState.FETCHED
    assert [each.path for each in shop.graph.shelf.asked if each.path == "/cdn/a.jpg"] == ["/cdn/a.jpg"] * 2


async def _postponed(shop: Running) -> bool:
    return any(each.get("reason") == "HTTP 503" for each in await documents(shop, "jobs"))


async def test_what_never_comes_is_given_up(shop: Running) -> None:
    """After the last attempt the file has failed, with the reason of that attempt."""
    shop.graph.shelf.files["a.jpg"] = File(status=503)
    message_id = await _sent(shop)
    await until(lambda: _postponed(shop), "the first attempt")
    store = shop.here.brands[BRAND].store
    key = f"{JobKind.ATTACHMENTS}|{event_key('messenger', message_id)}"
    stored = (await store.get(Job, [key]))[key]
    last = stored.record.model_copy(update={"attempts": 7, "not_before": stored.record.created_at})
    assert await store.write(stored.put(last)) == (True,)

    file = await _settled(shop, "messenger", message_id)
    assert (file.state, file.reason) == (FileState.FAILED, "HTTP 503")


async def test_a_process_that_dies_before_fetching_loses_nothing(store_server: StoreServer, tmp_path: Path) -> None:
    """The process ends between absorbing and fetching: the next one finds the job."""
    async with running(store_server, tmp_path) as shop:
        await shop.here.runner.stop()
        shop.graph.shelf.files["a.jpg"] = File(BLINK)
        message_id = await _sent(shop)
        await shop.replies()
        assert [each["kind"] for each in await documents(shop, "jobs")] == ["attachments", "sender_profile"]

        async with opened(shop.here.settings) as other:
            other.runner.start()
            file = await _settled(shop, "messenger", message_id)
            await other.runner.stop()
        assert file.state is FileState.FETCHED


async def test_a_process_that_dies_while_fetching_loses_nothing(shop: Running) -> None:
    """A claim whose process is gone runs out, and half-written pieces are replaced."""
    await shop.here.runner.stop()
    shop.graph.shelf.files["a.jpg"] = File(PICTURE)
    message_id = await _sent(shop)
    await shop.replies()
    store = shop.here.brands[BRAND].store
    await _half_fetched(shop, message_id)

    async with opened(shop.here.settings) as other:
        other.runner.start()
        await until(lambda: _none(shop, "jobs"), "the other process")
        await other.runner.stop()
    assert await _bytes(shop, "messenger", message_id) == PICTURE
    assert len(await store.get(Recorded, [event_key("messenger", message_id)])) == 1


@pytest.mark.parametrize("file", [File(status=404), File(BLINK), File(b"%PDF-")], ids=["gone", "smaller", "refused"])
async def test_half_a_file_does_not_stay(shop: Running, file: File) -> None:
    """What an attempt left that ended half-way goes, whatever the next attempt comes to."""
    await shop.here.runner.stop()
    message_id = await _sent(shop)
    await shop.replies()
    await _half_fetched(shop, message_id)
    shop.graph.shelf.files["a.jpg"] = file

    async with opened(shop.here.settings) as other:
        other.runner.start()
        settled = await _settled(shop, "messenger", message_id)
        await other.runner.stop()
    assert settled.state is not FileState.STORING
    assert len(await documents(shop, "attachment_pieces")) == settled.pieces <= 1


async def test_half_a_file_does_not_stay_when_it_is_given_up(shop: Running) -> None:
    """After the last attempt nothing is left of what an earlier one wrote."""
    await shop.here.runner.stop()
    message_id = await _sent(shop)
    await shop.replies()
    await _half_fetched(shop, message_id, attempts=7)
    shop.graph.shelf.files["a.jpg"] = File(status=503)

    async with opened(shop.here.settings) as other:
        other.runner.start()
        await until(lambda: _none(shop, "jobs"), "the job to be given up")
        await other.runner.stop()
    assert (await _settled(shop, "messenger", message_id)).state is FileState.FAILED
    assert await documents(shop, "attachment_pieces") == []


async def _half_fetched(shop: Running, message_id: str, attempts: int = 1) -> None:
    """What a process leaves that dies between two pieces: a claim that has just run out, a mark, and a wrong piece."""
    key = event_key("messenger", message_id)
    now = shop.here.clock.now()
    storing = StoredFile(position=0, kind="image", state=FileState.STORING, pieces=5, at=now)
    store = shop.here.brands[BRAND].store
    job_id = f"{JobKind.ATTACHMENTS}|{key}"
    job = (await store.get(Job, [job_id]))[job_id]
    claimed = job.record.model_copy(update={"owner": "dead", "attempts": attempts, "not_before": now})
    pieces = [Put(AttachmentPiece(id=f"{key}/0/{number}", data=b"half")) for number in (0, 3)]
    assert all(await store.write(job.put(claimed), Put(Attachments(id=key, files=(storing,))), *pieces))


async def test_two_processes_fetch_once(store_server: StoreServer, tmp_path: Path) -> None:
    """Ten files, three processes that all look for work: each file is asked for once."""
    async with running(store_server, tmp_path) as shop:
        await shop.here.runner.stop()
        for number in range(10):
            shop.graph.shelf.files[f"{number}.png"] = File(BLINK, delay=0.2)
            await _sent(shop, number=number, url=f"{shop.graph.url}/cdn/{number}.png")
        await shop.quiet()
        async with (
            opened(shop.here.settings) as one,
            opened(shop.here.settings) as two,
            opened(shop.here.settings) as six,
        ):
            others: tuple[Installation, ...] = (one, two, six)
            for other in others:
                other.runner.start()
            await until(lambda: _none(shop, "jobs"), "all jobs")
            await asyncio.gather(*(other.runner.stop() for other in others))

        asked = sorted(each.path for each in shop.graph.shelf.asked if each.path.startswith("/cdn/"))
        assert asked == sorted(f"/cdn/{number}.png" for number in range(10))
        people = [each.path for each in shop.graph.shelf.asked if not each.path.startswith("/cdn/")]
        assert len(people) == len(set(people)) == 10


async def test_the_same_delivery_again_fetches_nothing_again(shop: Running) -> None:
    """A duplicate wants the job once more, which finds that everything is settled."""
    shop.graph.shelf.files["a.jpg"] = File(BLINK)
    message_id = await _sent(shop)
    await _settled(shop, "messenger", message_id)
    before = await everything(shop)

    await _sent(shop, message_id=message_id)
    await shop.quiet()
    await until(lambda: _none(shop, "jobs"), "the job to end")

    assert [each.path for each in shop.graph.shelf.asked].count("/cdn/a.jpg") == 1
    assert (await everything(shop))["attachments"] == before["attachments"]


async def test_switched_off_nothing_is_fetched(store_server: StoreServer, tmp_path: Path) -> None:
    """`attachments = false`: the message is answered, its file stays where it is."""
    async with running(store_server, tmp_path, brands={"glow": {"attachments": False}}) as shop:
        shop.graph.shelf.files["a.jpg"] = File(BLINK)
        message_id = await _sent(shop)
        await shop.replies()
        await until(lambda: _none(shop, "jobs"), "the question about the sender")
        assert await _files(shop, "messenger", message_id) is None
        assert not any(each.path.startswith("/cdn/") for each in shop.graph.shelf.asked)
        event = (await shop.here.brands[BRAND].store.get(Recorded, [event_key("messenger", message_id)])).popitem()[1]
        turn = turn_id(BRAND, event.record.event)
        assert (await shop.here.brands[BRAND].store.get(Turn, [turn]))[turn].record.done
