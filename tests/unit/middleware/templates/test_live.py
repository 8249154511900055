"""What a process says: published versions within a look, one consistent set, and the old one where the new is wrong."""

import asyncio
from datetime import timedelta
from inspect import isawaitable
from threading import Event, get_ident
from time import sleep
from typing import Any

import pytest

from flows.publishing import Desk
from flows.publishing.published import Compiled
from middleware.domain.channels import CHANNELS
from middleware.domain.flow_releases import FlowHead
from middleware.domain.messages import Reply
from middleware.domain.template_versions import TemplateEdition, TemplatePage, TemplateVersion
from middleware.domain.turn import Decision
from middleware.errors import StoreUnavailable
from middleware.pipeline.templates.edition import LEFT_BEHIND_AFTER, begin, mend, read_edition
from middleware.pipeline.templates.errors import NoTemplate
from middleware.pipeline.templates.live import LiveFlows
from middleware.pipeline.templates.looking import looked_at, source_of, versions
from middleware.pipeline.templates.publishing import publish_draft, roll_back
from middleware.store.collections import COLLECTIONS
from tests.unit.flows.flow_examples import a_context, an_event
from tests.unit.middleware.templates.editors import Crash, Editors, crashing_at, shipped, source


@pytest.fixture
def editors() -> Editors:
    """A brand that nobody has edited yet."""
    return Editors()


async def answer(flows: Any, text: str = "gobbledygook") -> str:
    """What is said to a message that nothing understands."""
    return str((await reply(flows, text)).text)


async def reply(flows: Any, text: str = "gobbledygook") -> Reply:
    """The same whole, of what a process says or of flows that do not change."""
    decided = flows.decide(an_event(text), None, a_context(), CHANNELS["messenger"])
    decision: Decision = await decided if isawaitable(decided) else decided
    return decision.replies[0]


async def test_a_published_version_is_said_after_the_next_look(editors: Editors) -> None:
    """Draft: not yet; published: yes; rolled back to the file: what the file says."""
    flows = await editors.live()
    of_file = await answer(flows)
    await editors.save("We are on it.")
    await editors.live(flows)
    assert await answer(flows) == of_file

    await editors.publish()
    assert await answer(flows) == of_file
    assert await flows.look(editors.store, editors.now)
    assert await answer(flows) == "We are on it."
    assert flows.published == {"fallback": 1}

    await roll_back(editors.of, "fallback", 0, by="lee", now=editors.later())
    await editors.live(flows)
    assert await answer(flows) == of_file
    assert await answer(await editors.live()) == of_file


async def test_without_news_two_documents_of_one_collection_are_read(editors: Editors) -> None:
    """The edition and the head of the flows, every second, in every process: the store does both in one command."""
    await editors.say("We are on it.")
    flows = await editors.live()
    reads = 0

    async def count() -> None:
        nonlocal reads
        reads += 1

    editors.store.before = count
    assert not await flows.look(editors.store, editors.now)
    assert reads == 2
    assert COLLECTIONS[TemplateEdition].name == COLLECTIONS[FlowHead].name
    assert await answer(flows) == "We are on it."


async def test_a_store_that_is_away_changes_nothing(editors: Editors) -> None:
    """Whatever read fails, what was said goes on, and the next look finds what is new."""
    await editors.say("One.")
    flows = await editors.live()
    await editors.say("Two.")

    for call in range(1, 6):
        left = call

        async def before() -> None:
            nonlocal left
            left -= 1
            if left == 0:
                raise StoreUnavailable

        editors.store.before = before
        try:
            await flows.look(editors.store, editors.now)
        except StoreUnavailable:
            assert await answer(flows) == "One."
    assert left > 0, "the last look was cut nowhere"
    assert await answer(flows) == "Two."


@pytest.mark.parametrize("bad", ["{{ nope }}", "{% if %}", "{{ cart.count }}"])
async def test_what_is_wrong_here_is_refused_and_the_old_one_said(editors: Editors, bad: str) -> None:
    """In a process that runs and in one that starts; counted, and told by name, number and reason; once."""
    await editors.say("One.")
    told: list[str] = []
    flows = await editors.live(LiveFlows(editors.of.desk, "glow", told.append))
    await editors.say_unchecked(bad)

    for _ in range(3):
        await editors.live(flows)
    fresh = await editors.live()

    for each in (flows, fresh):
        assert await answer(each) == "One."
        assert each.published == {"fallback": 1}
        refusal = each.refusals["fallback"]
        assert (refusal.template, refusal.number) == ("fallback", 2)
        assert refusal.why
    assert told == ["taken", "refused"]

    await editors.say("Three.")
    await editors.live(flows)
    assert (await answer(flows), flows.refusals, told) == ("Three.", {}, ["taken", "refused", "taken"])


async def test_one_wrong_template_holds_up_no_other(editors: Editors) -> None:
    """What was published beside it is said."""
    await editors.say_unchecked("{{ nope }}", "fallback")
    await editors.say("A file!", "file_received")
    flows = await editors.live()
    assert flows.published == {"file_received": 1}
    assert list(flows.refusals) == ["fallback"]


async def test_templates_that_no_flow_says_are_not_loaded(editors: Editors) -> None:
    """There may be thousands."""
    await editors.say("Extra.", "extra")
    flows = await editors.live()
    assert (flows.published, flows.refusals) == ({}, {})


async def test_a_decision_that_is_under_way_keeps_its_set(editors: Editors) -> None:
    """The exchange replaces the set as a whole: who has taken hold of one decides by it."""
    await editors.say("One.")
    flows = await editors.live()
    held = flows._said._now
    await editors.say("Two.")
    await editors.live(flows)
    assert (await answer(held), await answer(flows)) == ("One.", "Two.")


async def _calls_of_publishing() -> int:
    """How many calls to the store publishing makes."""
    editors = Editors()
    await editors.save("One.")
    calls = 0

    async def count() -> None:
        nonlocal calls
        calls += 1

    editors.store.before = count
    await editors.publish()
    return calls


async def test_a_crash_leaves_before_or_after(editors: Editors) -> None:
    """Wherever it stops, people, a process that runs and one that starts agree at their next look; then it goes on."""
    outcomes = set()
    for call in range(1, await _calls_of_publishing() + 1):
        editors = Editors()
        await editors.say("Old.")
        running = await editors.live()
        await editors.save("New.")
        with crashing_at(editors.store, call), pytest.raises(Crash):
            await editors.publish()

        people = await source_of(editors.of, "fallback", "published")
        draft = (await looked_at(editors.of, "fallback")).head.record.draft
        said = {await answer(await editors.live(running)), await answer(await editors.live())}
        assert said == ({"New."} if draft is None else {"Old."}), call
        assert people == source(next(iter(said))), call
        outcomes |= said

        editors.later(LEFT_BEHIND_AFTER.total_seconds() + 1)
        await editors.live(running)
        assert (await read_edition(editors.store)).record.under_way == (), call
        assert await answer(running) in said, call
        assert await answer(await editors.live()) in said, call

        await editors.say("Newer.")
        assert {await answer(await editors.live(running)), await answer(await editors.live())} == {"Newer."}, call
        history, _ = await versions(editors.of, "fallback")
        assert [each.source for each in history] == [
            source(text) for text in ("Newer.", *(["New."] if draft is None else []), "Old.")
        ], call
    assert outcomes == {"Old.", "New."}


async def test_what_is_under_way_is_left_to_whoever_does_it(editors: Editors) -> None:
    """Only after ten seconds somebody else brings it to its end."""
    await editors.say("One.")
    await begin(editors.store, ["fallback|2"], editors.now)
    flows = await editors.live()
    assert len((await read_edition(editors.store)).record.under_way) == 1
    await flows.look(editors.store, editors.now + LEFT_BEHIND_AFTER + timedelta(seconds=1))
    assert (await read_edition(editors.store)).record.under_way == ()


async def _published_meanwhile(call: int) -> bool:
    """Somebody publishes between two calls of whoever ends what was left behind; whether it came to that."""
    editors = Editors()
    await editors.say("One.")
    running = await editors.live()
    await begin(editors.store, ["fallback|9"], editors.now)
    await editors.save("Two.")
    left = call

    async def before() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            await editors.publish()

    editors.store.before = before
    await mend(editors.store, editors.now + LEFT_BEHIND_AFTER + timedelta(seconds=1))
    if left > 0:
        return False
    pages, edition = editors.store.records[TemplatePage], (await read_edition(editors.store)).record
    assert [stored.record.numbers for stored in pages.values()] == [{"fallback": 2}], call
    assert edition.marks == {page: stored.version for page, stored in pages.items()}, call
    assert edition.under_way == (), call
    assert {await answer(await editors.live(running)), await answer(await editors.live())} == {"Two."}, call
    return True


async def test_ending_what_was_left_behind_never_brings_back_what_was_before() -> None:
    """Wherever between its calls somebody publishes: the page says what the head says."""
    call = 1
    while await _published_meanwhile(call):
        call += 1
    assert call > 4


async def test_many_publish_different_templates_at_once(editors: Editors) -> None:
    """All of them land, pages and edition say so, and nothing stays under way."""

    async def pause() -> None:
        await asyncio.sleep(0)

    names = [f"t{number}" for number in range(40)]
    for name in names:
        await editors.save("Hi.", name)
    editors.store.before = pause
    await asyncio.gather(*(publish_draft(editors.of, name, by="lee", now=editors.now) for name in names))
    edition = editors.store.records[TemplateEdition]["edition"].record
    assert edition.under_way == ()
    for name in names:
        assert (await looked_at(editors.of, name)).head.record.published == 1
    pages = editors.store.records[TemplatePage]
    told = {name: number for stored in pages.values() for name, number in stored.record.numbers.items()}
    assert told == dict.fromkeys(names, 1)
    assert all(edition.marks[page] == stored.version for page, stored in pages.items())


async def test_a_version_that_is_not_there_is_refused(editors: Editors) -> None:
    """Nothing is said of it, and people are told which one it is."""
    await editors.say("One.")
    del editors.store.records[TemplateVersion]["fallback|1"]
    flows = await editors.live()
    assert flows.refusals["fallback"].why == "it is not in the store"
    assert await answer(flows) == await answer(shipped())
    with pytest.raises(NoTemplate):
        await versions(editors.of, "fallback")


async def test_more_than_are_checked_at_once_are_checked_when_they_are_said(
    editors: Editors, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that starts takes them as they are. One that is wrong is then refused: that of the file is said, people
    are told, and a version after it is taken.
    """
    monkeypatch.setattr("middleware.pipeline.templates.said.CHECKED_AT_ONCE", 0)
    await editors.say_unchecked("{{ nope }}", "fallback")
    await editors.say("A file!", "file_received")
    told: list[str] = []
    flows = await editors.live(LiveFlows(editors.of.desk, "glow", told.append))
    assert flows.published == {"fallback": 1, "file_received": 1}
    assert await answer(flows) == await answer(shipped())
    assert flows.published == {"file_received": 1}
    assert flows.refusals["fallback"].number == 1
    assert told == ["taken", "taken", "refused"]
    await editors.say("Two.")
    assert await answer(await editors.live(flows)) == "Two."
    assert flows.refusals == {}


async def test_nothing_is_compiled_on_the_event_loop(editors: Editors, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not ready, or was thrown out, is compiled in a thread, once for all who wait for it; what was said of it
    is said again.
    """
    threads: list[int] = []

    def check(name: str, source: str, file: str = "") -> Any:
        threads.append(get_ident())
        sleep(0.05)
        return checked(name, source, file)

    compiled = Compiled(most=1)
    desk = Desk(shipped(), compiled=compiled)
    checked = desk.check
    monkeypatch.setattr(desk, "check", check)
    monkeypatch.setattr("middleware.pipeline.templates.said.CHECKED_AT_ONCE", 0)
    await editors.say("We are on it.")
    flows = await editors.live(LiveFlows(desk))
    for _ in range(2):
        assert set(await asyncio.gather(*(answer(flows) for _ in range(5)))) == {"We are on it."}
        compiled.keep("other", "", shipped().templates["fallback"])
    assert len(threads) == 2
    assert get_ident() not in threads


async def test_a_fault_in_compiling_leaves_nobody_without_an_answer(
    editors: Editors, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The template of the file is said, and people are told."""
    monkeypatch.setattr("middleware.pipeline.templates.said.CHECKED_AT_ONCE", 0)
    await editors.say("We are on it.")
    desk = Desk(shipped())
    flows = await editors.live(LiveFlows(desk))
    monkeypatch.setattr(desk, "check", lambda *_: 1 / 0)
    assert await answer(flows) == await answer(shipped())
    assert flows.refusals["fallback"].why == "it cannot be compiled: ZeroDivisionError"


async def test_a_decision_that_had_to_wait_says_what_is_published_then(
    editors: Editors, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A version that is exchanged while the one before it is compiled: nobody gets the older text any more."""
    monkeypatch.setattr("middleware.pipeline.templates.said.CHECKED_AT_ONCE", 0)
    await editors.say("One.")
    desk = Desk(shipped())
    flows = await editors.live(LiveFlows(desk))
    begun, go_on, checked = Event(), Event(), desk.check

    def check(name: str, source: str, file: str = "") -> Any:
        begun.set()
        assert go_on.wait(5)
        return checked(name, source, file)

    monkeypatch.setattr(desk, "check", check)
    waiting = asyncio.create_task(answer(flows))
    assert await asyncio.to_thread(begun.wait, 5)
    await editors.say("Two.")
    await editors.live(flows)
    go_on.set()
    assert await waiting == "Two."


async def test_a_reply_says_which_version_it_is(editors: Editors) -> None:
    """The number that was published; 0 for a file, and for a template that was given back to its file."""
    flows = await editors.live()
    numbers = [(await reply(flows)).version]
    for text in ("One.", "Two."):
        await editors.say(text)
        numbers.append((await reply(await editors.live(flows))).version)
    await roll_back(editors.of, "fallback", 1, by="lee", now=editors.later())
    numbers.append((await reply(await editors.live(flows))).version)
    await roll_back(editors.of, "fallback", 0, by="lee", now=editors.later())
    numbers.append((await reply(await editors.live(flows))).version)
    assert numbers == [0, 1, 2, 3, 0]
