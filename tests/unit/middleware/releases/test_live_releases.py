"""What a process says of releases: taken whole with their templates, refused where they cannot be said."""

import asyncio
from threading import Event, get_ident
from typing import Any

import pytest

from flows.publishing import Desk
from middleware.domain.flow_releases import FlowFiles
from middleware.errors import StoreUnavailable
from middleware.pipeline.releases.parts import files_of, release_of
from middleware.pipeline.templates.editing import save_draft
from middleware.pipeline.templates.live import LiveFlows
from middleware.pipeline.templates.publishing import publish_draft
from tests.unit.middleware.releases.builders import Builders, answered_by, asking, decided, flow
from tests.unit.middleware.templates.editors import shipped, source, source_saying


@pytest.fixture
def builders() -> Builders:
    """A brand that says what stands in its files."""
    return Builders()


async def broken(builders: Builders, number: int) -> None:
    """Let a release be one that this version cannot read: as another version could have written it."""
    stored = await files_of(builders.of.store, await release_of(builders.of.store, number))
    kept = builders.editors.store.records[FlowFiles][stored.id]
    odd = FlowFiles(id=stored.id, files=(stored.files[0].model_copy(update={"source": "flow: hello\nsteps: later\n"}),))
    builders.editors.store.records[FlowFiles][stored.id] = type(kept)(odd, kept.version)


async def test_a_release_is_said_after_the_next_look(builders: Builders) -> None:
    """Imported: not yet; published: yes; gone back to the files: what they say. The turn says which one it was."""
    flows = await builders.live()
    of_files = await answered_by(flows)
    await builders.bring(hello=flow("hello"))
    await builders.live(flows)
    assert (await answered_by(flows), (await decided(flows, "good morning")).release) == (of_files, 0)

    await builders.publish(1)
    assert await answered_by(flows) == of_files
    assert await flows.look(builders.of.store, builders.editors.now)
    assert (await answered_by(flows), (await decided(flows, "good morning")).release) == ("hello", 1)
    assert not await flows.look(builders.of.store, builders.editors.now)
    assert await answered_by(await builders.live()) == "hello"

    await builders.back()
    await builders.live(flows)
    assert (await answered_by(flows), flows.release) == (of_files, 0)


async def test_it_stands_over_the_shipped_flows_and_in_place_of_the_folder(builders: Builders, tmp_path: Any) -> None:
    """What it does not replace goes on; a flow of the brand's folder that is not in it is gone."""
    (tmp_path / "of_folder.yaml").write_text(flow("of_folder", phrase="folder please"))
    desk = Desk(type(shipped()).load(tmp_path))
    flows = LiveFlows(desk)
    assert await answered_by(flows, "folder please") == "of_folder"
    await builders.say(support=flow("support", phrase="help me now"), hello=flow("hello"))
    await builders.live(flows)
    assert await answered_by(flows, "folder please") == "fallback"
    assert await answered_by(flows, "help me now") == "support"
    assert await answered_by(flows, "where is my order?") == "order_status"


async def test_what_flows_need_and_start_with_follows(builders: Builders) -> None:
    """The blocks of the context, and the news that are told to them."""
    flows = await builders.live()
    before = flows.needs
    text = flow("hello", more="needs: [browsing]\n").replace("triggers:\n", "triggers:\n  ticket_solved: true\n")
    await builders.say(hello=text)
    await builders.live(flows)
    assert "browsing" in flows.needs - before
    assert "ticket_solved" in flows.told_of


async def test_templates_come_with_the_release_that_says_them(builders: Builders) -> None:
    """One that stands in no file is said from the first message on, and one that is published over it later, too."""
    flows = await builders.live()
    await builders.editors.say("Good morning!", "greeting")
    await builders.live(flows)
    assert flows.published == {}
    await builders.say(hello=flow("hello", says="greeting"))
    for each in (await builders.live(flows), await builders.live()):
        assert (await decided(each, "good morning")).replies[0].text == "Good morning!"
        assert each.published == {"greeting": 1}
    builders.editors.of = await builders.editors_now()
    await builders.editors.say("Morning!", "greeting")
    await builders.live(flows)
    assert (await decided(flows, "good morning")).replies[0].text == "Morning!"


async def test_what_cannot_be_read_here_is_refused_and_the_one_before_is_said(builders: Builders) -> None:
    """In a process that runs and in one that starts; told once, and the next release is taken."""
    told: list[str] = []
    await builders.say(hello=flow("one"))
    flows = await builders.live(LiveFlows(builders.of.desk, "glow", told_release=told.append))
    await builders.say(hello=flow("two"))
    await broken(builders, 2)
    for _ in range(3):
        await builders.live(flows)
    fresh = await builders.live()
    for each in (flows, fresh):
        assert (await answered_by(each), each.release) == ("one", 1)
        assert each.refused is not None
        assert each.refused.number == 2
        assert "hello.yaml:2: steps must be a list" in each.refused.why
    assert told == ["taken", "refused"]
    await builders.back(1)
    await builders.say(hello=flow("three"))
    await builders.live(flows)
    assert (await answered_by(flows), flows.refused, told[2:]) == ("three", None, ["taken"])


async def test_what_another_version_keeps_otherwise_is_refused(
    builders: Builders, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault in loading it ends no look: flows and templates go on, and people are told."""
    flows = await builders.live()
    await builders.say(hello=flow("one"))
    monkeypatch.setattr(builders.of.desk, "carrying", lambda _: 1 / 0)
    await builders.editors.say("We are on it.")
    await builders.live(flows)
    assert flows.refused is not None
    assert flows.refused.why == "it cannot be loaded: ZeroDivisionError"
    assert (await decided(flows, "gobbledygook")).replies[0].text == "We are on it."


async def test_a_process_that_finds_nothing_that_it_can_say_says_the_files(builders: Builders) -> None:
    """And names the release that is published as refused."""
    await builders.say(hello=flow("one"))
    await broken(builders, 1)
    fresh = await builders.live()
    assert (fresh.release, await answered_by(fresh)) == (0, await answered_by(LiveFlows(builders.of.desk)))
    assert fresh.refused is not None


async def test_a_release_that_lacks_a_template_is_taken_once_that_is_there(builders: Builders) -> None:
    """It was published by a process that had the file."""
    await builders.bring(hello=flow("hello", says="greeting"))
    of, files = builders.of, shipped().shelf.templates["fallback"]
    shelf = shipped().shelf
    with_file = Desk(shipped().saying({**shelf.templates, "greeting": files}))
    builders.of = type(of)(of.store, with_file)
    await builders.publish(1)
    builders.of = of
    flows = await builders.live()
    assert flows.refused is not None
    assert "there is no template 'greeting'" in flows.refused.why
    await builders.editors.say("Good morning!", "greeting")
    await builders.live(flows)
    assert (await answered_by(flows), flows.refused, flows.release) == ("hello", None, 1)


async def test_a_template_that_does_not_fit_the_release_gives_way(builders: Builders) -> None:
    """Published at the same moment by two who did not know of each other: everywhere the same outcome."""
    await builders.editors.say("Fine.", "fallback")
    running = await builders.live()
    await builders.bring(hello=flow("hello"))
    await builders.editors.say_unchecked("{{ cart.count | default(1) }}", "fallback")
    builders.of = type(builders.of)(builders.of.store, _Blind(builders.of.desk))  # type: ignore[arg-type]
    await builders.publish(1)
    builders.of = type(builders.of)(builders.of.store, builders.editors.of.desk)
    for each in (await builders.live(running), await builders.live()):
        assert (await answered_by(each), each.published) == ("hello", {"fallback": 1})
        assert list(each.refusals) == ["fallback"]


async def test_a_template_that_is_compiled_is_held_against_the_new_flows(builders: Builders) -> None:
    """It fitted those that said it before; whether a process had it ready or starts makes no difference."""
    reads_cart = source_saying("cart.count | default(1)", "continue_cart")
    of = builders.editors.of
    await save_draft(of, "continue_cart", reads_cart, by="kim", now=builders.editors.later())
    await publish_draft(of, "continue_cart", by="lee", now=builders.editors.later())
    running = await builders.live()
    assert running.published == {"continue_cart": 1}
    await builders.bring(hello=flow("hello", says="continue_cart"))
    builders.of = type(builders.of)(builders.of.store, _Blind(of.desk))  # type: ignore[arg-type]
    await builders.publish(1)
    builders.of = type(builders.of)(builders.of.store, of.desk)
    for each in (await builders.live(running), await builders.live(LiveFlows(Desk(shipped())))):
        assert each.refused is not None
        assert "template continue_cart reads cart; write it under needs" in each.refused.why
        assert (each.release, each.published) == (0, {"continue_cart": 1})


class _Blind:
    """A desk that finds nothing wrong."""

    def __init__(self, desk: Any) -> None:
        self._desk = desk

    def __getattr__(self, name: str) -> Any:
        return getattr(self._desk, name)

    def carrying(self, files: Any) -> "_Blind":
        """The same with other flows."""
        return _Blind(self._desk.carrying(files))

    def compile(self, *_: str) -> tuple[()]:
        """Nothing."""
        return ()

    def lacks(self, _: Any) -> tuple[()]:
        """Nothing."""
        return ()


async def _cut(call: int) -> bool:
    """A release is published, and the store is away at the `call`-th read of it; whether it came to that."""
    builders = Builders()
    await builders.editors.say("Good morning!", "greeting")
    await builders.say(hello=flow("one"))
    flows = await builders.live()
    await builders.say(hello=flow("two", says="greeting"))
    left = call

    async def before() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise StoreUnavailable

    builders.editors.store.before = before
    try:
        await flows.look(builders.of.store, builders.editors.now)
    except StoreUnavailable:
        assert (await answered_by(flows), flows.release, flows.published) == ("one", 1, {}), call
        assert await flows.look(builders.of.store, builders.editors.now), call
    assert (await decided(flows, "good morning")).replies[0].text == "Good morning!", call
    return left <= 0


async def test_a_store_that_is_away_changes_nothing() -> None:
    """Whatever read fails, what was said goes on whole, and the next look takes the release."""
    call = 1
    while await _cut(call):
        call += 1
    assert call > 6


async def test_nothing_is_loaded_on_the_event_loop(builders: Builders, monkeypatch: pytest.MonkeyPatch) -> None:
    """Five hundred files are read in a thread, while others are answered by what was said before."""
    await builders.say(hello=flow("hello"))
    begun, go_on, threads = Event(), Event(), list[int]()
    desk = Desk(shipped())
    carrying = desk.carrying

    def slowly(files: Any) -> Any:
        threads.append(get_ident())
        begun.set()
        assert go_on.wait(5)
        return carrying(files)

    monkeypatch.setattr(desk, "carrying", slowly)
    flows = LiveFlows(desk)
    looking = asyncio.create_task(flows.look(builders.of.store, builders.editors.now))
    assert await asyncio.to_thread(begun.wait, 5)
    assert (await decided(flows, "good morning")).release == 0
    go_on.set()
    await looking
    assert (await decided(flows, "good morning")).release == 1
    assert get_ident() not in threads


async def test_what_was_taken_hold_of_stays_that_of_one_release(builders: Builders) -> None:
    """A message whose context was put together for one release is decided by it, whatever is published meanwhile."""
    await builders.say(hello=flow("one"))
    flows = await builders.live()
    held = flows.held()
    await builders.say(hello=flow("two", more="needs: [browsing]\n"))
    await builders.live(flows)
    assert ((await decided(held, "good morning")).flow, (await decided(held, "good morning")).release) == ("one", 1)
    assert "browsing" not in held.needs
    assert await answered_by(flows) == "two"


async def test_a_question_survives_a_publication_and_a_rollback(builders: Builders) -> None:
    """Asked under one release, answered under the next; gone in the one after, it ends; back again, it is answered."""
    await builders.say(hello=asking("hello", "how_many"))
    flows = await builders.live()
    asked = await decided(flows, "good morning")
    assert asked.next_state is not None
    state = asked.next_state

    await builders.say(hello=asking("hello", "how_many", then="support"))
    answer = await decided(await builders.live(flows), "7", state)
    assert (answer.flow, answer.release, answer.next_state) == ("hello", 2, None)
    assert [each.template for each in answer.replies] == ["support"]
    assert "(its file has changed since)" in answer.why[0]

    await builders.say(hello=asking("hello", "how_old"))
    gone = await decided(await builders.live(flows), "7", state)
    assert (gone.flow, gone.release, gone.next_state) == ("fallback", 3, None)
    assert gone.why[0] == "hello waited at how_many, which is no longer there"

    await builders.back()
    back = await decided(await builders.live(flows), "7", state)
    assert (back.flow, back.release, [each.template for each in back.replies]) == ("hello", 2, ["support"])


async def test_the_file_of_a_template_can_be_said_again(builders: Builders) -> None:
    """What was published over it is known to the new release, and what was given back to the file as well."""
    await builders.editors.say("We are on it.")
    await builders.say(hello=flow("hello"))
    flows = await builders.live()
    assert (await decided(flows, "good morning")).replies[0].text == "We are on it."
    assert flows.sources["fallback"].source == source("We are on it.")
