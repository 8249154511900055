"""Releases of flows: imported, published by one of several, gone back to; never half, never unseen."""

import asyncio
from dataclasses import replace

import pytest

from flows.publishing import Desk
from flows.runner import Flows
from middleware.domain.flow_releases import (
    FlowFiles,
    FlowPublication,
    FlowRelease,
    digest_of,
    is_release_path,
    numbered,
)
from middleware.pipeline.releases.errors import FlowsChanged, NoRelease, ReleaseRefused
from middleware.pipeline.releases.importing import bring_in, latest, same_as
from middleware.pipeline.releases.looking import listed, usual_pair
from middleware.pipeline.releases.parts import files_of, publications, read_head, release_of
from middleware.pipeline.templates.errors import NotDone, NotNow
from middleware.pipeline.templates.publishing import roll_back as template_back
from middleware.ports import Put
from tests.unit.middleware.releases.builders import Builders, answered_by, flow
from tests.unit.middleware.templates.editors import Crash, crashing_at, shipped


@pytest.fixture
def builders() -> Builders:
    """A brand that says what stands in its files."""
    return Builders()


async def history(builders: Builders) -> list[int]:
    """The releases that customers got, the latest first."""
    head = (await read_head(builders.of.store)).record
    return [each.release async for each in publications(builders.of.store, head.publication)]


async def test_a_folder_becomes_a_release_once(builders: Builders) -> None:
    """Numbers rise; what is there already is no new one; who, when, and what it was based on are kept."""
    first = await builders.bring(hello=flow("hello"))
    again = await builders.bring(hello=flow("hello"), by="lee")
    assert (first.release.number, first.same, again.same) == (1, False, True)
    assert again.release == first.release
    assert (first.release.by, first.release.based_on, first.release.flows) == ("kim", 0, ("hello",))
    second = await builders.bring(hello=flow("hello", phrase="hi there"))
    assert second.release.number == 2
    assert (await files_of(builders.of.store, second.release)).flows == {"hello.yaml": flow("hello", phrase="hi there")}


async def test_what_is_published_is_the_same_though_another_was_imported_since(builders: Builders) -> None:
    """An export that comes back is what customers get, and no third release."""
    await builders.say(hello=flow("hello"))
    await builders.bring(hello=flow("hello", phrase="hi there"))
    again = await builders.bring(hello=flow("hello"))
    assert (again.release.number, again.same) == (1, True)


async def test_the_same_files_over_other_flows_are_a_new_release(builders: Builders) -> None:
    """One that was based on what is not published any more could never be published."""
    await builders.bring(hello=flow("hello"))
    await builders.bring(bye=flow("bye"))
    await builders.publish(1)
    assert await same_as(builders.of, digest_of({"bye.yaml": flow("bye")})) is None
    again = await builders.bring(bye=flow("bye"))
    assert (again.release.number, again.same, again.release.based_on) == (3, False, 1)


async def test_two_who_import_at_once_get_a_number_each(builders: Builders) -> None:
    """Neither overwrites the other."""

    async def pause() -> None:
        await asyncio.sleep(0)

    builders.editors.store.before = pause
    both = await asyncio.gather(builders.bring(one=flow("one")), builders.bring(two=flow("two")))
    assert sorted(each.release.number for each in both) == [1, 2]
    assert {each.release.flows for each in both} == {("one",), ("two",)}


@pytest.mark.parametrize(("by", "note"), [("", "n"), ("kim\n", "x" * 501), ("a\x07b", "n")])
async def test_who_and_why_have_to_fit(builders: Builders, by: str, note: str) -> None:
    """It is said what does not, and nothing is kept."""
    files = FlowFiles.of({"a.yaml": flow("a")})
    with pytest.raises(NotDone, match=r"^(by|note): "):
        await bring_in(builders.of, files, ["a"], by=by, now=builders.editors.now, note=note)
    assert builders.editors.store.records.get(FlowRelease, {}) == {}


async def test_published_and_back(builders: Builders) -> None:
    """A plain rollback goes to the one before each time, and says so when there is none; with a number to that one."""
    for number in (1, 2, 3):
        await builders.say(hello=flow("hello", phrase=f"word{number}"))
    assert [(await builders.back()).publication.release for _ in range(3)] == [2, 1, 0]
    with pytest.raises(NotNow, match="nothing was published before"):
        await builders.back()
    assert (await builders.back(2)).publication.release == 2
    assert (await builders.back()).publication.release == 1
    assert await history(builders) == [1, 2, 0, 1, 2, 3, 2, 1]
    assert (await read_head(builders.of.store)).version == 8


@pytest.mark.parametrize(
    ("act", "number", "error", "says"),
    [
        ("publish", 9, NoRelease, "there is no release 9"),
        ("publish", 1, NotNow, "release 1 is published already"),
        ("publish", 0, NotNow, "throughline flows rollback 0"),
        ("publish", 3, NotNow, "release 3 was imported when the files .* was published; lee has published release 1"),
        ("back", 9, NoRelease, "there is no release 9"),
        ("back", 1, NotNow, "release 1 is what customers get already"),
        ("back", 2, NotNow, "release 2 was never published: throughline flows publish 2"),
    ],
)
async def test_what_cannot_be_done_says_what_to_do(
    builders: Builders, act: str, number: int, error: type[NotDone], says: str
) -> None:
    """And customers get what they got."""
    await builders.bring(hello=flow("hello"))
    await builders.bring(bye=flow("bye"))
    await builders.bring(ciao=flow("ciao"))
    await builders.publish(1)
    with pytest.raises(error, match=says):
        await (builders.publish(number) if act == "publish" else builders.back(number))
    assert (await read_head(builders.of.store)).record.release == 1


async def test_where_it_takes_two_nobody_publishes_their_own(builders: Builders) -> None:
    """However they write their name; going back takes one."""
    builders.two_persons()
    await builders.bring(hello=flow("hello"), by="Kim  Lee")
    with pytest.raises(
        NotNow, match=r"Kim {2}Lee imported release 1, and in this brand somebody else has to publish it"
    ):
        await builders.publish(1, by="kim lee")
    await builders.publish(1, by="ana")
    await builders.back()


async def test_who_was_not_the_first_is_told_who_was(builders: Builders) -> None:
    """One of two wins, the other changes nothing and leaves nothing behind; nor does who names an old revision."""
    for name in ("one", "two"):
        await builders.bring(**{name: flow(name)})

    async def pause() -> None:
        await asyncio.sleep(0)

    builders.editors.store.before = pause
    both = await asyncio.gather(builders.publish(1, by="ana"), builders.publish(2, by="ben"), return_exceptions=True)
    (lost,) = (each for each in both if isinstance(each, FlowsChanged))
    (won,) = (each for each in both if not isinstance(each, BaseException))
    assert f"{won.publication.by} has published release {won.publication.release} at " in str(lost)
    assert "look at that (revision 1) and do it again" in str(lost)
    assert len(builders.editors.store.records[FlowPublication]) == 1
    with pytest.raises(FlowsChanged):
        await builders.back(revision=0)
    await builders.back(revision=1)


async def test_a_release_is_checked_against_the_templates_of_now(builders: Builders) -> None:
    """One that is only in the store is enough; without it the release is refused, and it is said what to do."""
    await builders.bring(hello=flow("hello", says="greeting"))
    with pytest.raises(ReleaseRefused, match=r"hello.yaml:8: there is no template 'greeting'") as refused:
        await builders.publish(1)
    assert "throughline templates import FOLDER/templates" in str(refused.value)
    await builders.editors.say("Good morning!", "greeting")
    await builders.publish(1)
    builders.editors.of = await builders.editors_now()
    with pytest.raises(NotNow, match="greeting has no file that it could be given back to, and flows say it"):
        await template_back(builders.editors.of, "greeting", 0, by="lee", now=builders.editors.later())


async def test_a_template_is_checked_against_the_published_flows(builders: Builders) -> None:
    """What it reads has to be declared by them, and no longer by those of files."""
    await builders.say(hello=flow("hello", says="order_status", more="needs: [orders]\n"))
    builders.editors.of = await builders.editors_now()
    text = (
        "name: order_status\npurpose: x\nlocales:\n  en:\n    text: '{{ cart.count | default(1) }}'\n    fallback: b\n"
    )
    errors = [each for each in builders.editors.of.desk.check("order_status", text) if each.severity == "error"]
    assert any(each.file == "hello.yaml" and "write it under needs" in each.message for each in errors)


async def test_an_engine_that_is_not_there_refuses_the_release(builders: Builders) -> None:
    """The settings name no engine here."""
    builders.of = replace(builders.of, desk=Desk(Flows(replace(shipped().shelf, engines={}))))
    await builders.bring(hello=flow("hello").replace("- reply: fallback", "- ask_engine: brain"))
    with pytest.raises(NotNow, match="there is no engine 'brain'; write it into the brand's settings"):
        await builders.publish(1)


async def test_a_crash_leaves_before_or_after(builders: Builders) -> None:
    """Wherever publishing stops, people, a process that runs and one that starts agree; then it goes on."""
    outcomes, call = set(), 0
    while True:
        call += 1
        builders = Builders()
        await builders.say(hello=flow("old"))
        running = await builders.live()
        await builders.bring(hello=flow("new"))
        try:
            with crashing_at(builders.editors.store, call):
                await builders.publish(2)
        except Crash:
            ended = False
        else:
            ended = True
        head = (await read_head(builders.of.store)).record.release
        said = {await answered_by(await builders.live(running)), await answered_by(await builders.live())}
        assert said == {"new" if head == 2 else "old"}, call
        outcomes |= said
        if head == 1:
            await builders.publish(2)
        assert {await answered_by(await builders.live(running)), await answered_by(await builders.live())} == {"new"}
        assert await history(builders) == [2, 1]
        if ended:
            break
    assert outcomes == {"old", "new"}
    assert call > 5


async def test_a_crash_while_importing_leaves_no_half_release(builders: Builders) -> None:
    """A release that is there has its files; the import done again goes through."""
    call, ended = 0, False
    while not ended:
        call += 1
        builders = Builders()
        try:
            with crashing_at(builders.editors.store, call):
                await builders.bring(hello=flow("hello"))
            ended = True
        except Crash:
            pass
        for stored in builders.editors.store.records.get(FlowRelease, {}).values():
            await files_of(builders.of.store, stored.record)
        assert (await builders.bring(hello=flow("hello"))).release.number == 1
        await builders.publish(1)
    assert call > 3


async def test_releases_are_listed_the_latest_first(builders: Builders) -> None:
    """Some at a time, with what customers got."""
    with pytest.raises(NotNow, match="there is no release"):
        await usual_pair(builders.of, None, None)
    for number in range(1, 6):
        await builders.bring(hello=flow("hello", phrase=f"word{number}"))
    await builders.publish(5)
    found = await listed(builders.of, 2)
    assert ([each.number for each in found.releases], found.more) == ([5, 4], True)
    rest = await listed(builders.of, 3, before=4)
    assert ([each.number for each in rest.releases], rest.more) == ([3, 2, 1], False)
    assert [each.release for each in found.history] == [5]
    assert await usual_pair(builders.of, None, None) == (0, 5)
    assert await usual_pair(builders.of, 3, None) == (3, 5)
    await builders.bring(hello=flow("hello", phrase="word6"))
    assert await usual_pair(builders.of, None, None) == (5, 6)
    assert (await release_of(builders.of.store, 6)).based_on == 5


@pytest.mark.parametrize("path", ["a.yaml", "tests/a.yaml", "b c-ü.yaml"])
def test_files_of_a_release(path: str) -> None:
    """Those of the folder, and of its tests."""
    assert is_release_path(path)


@pytest.mark.parametrize(
    "path",
    [
        "../a.yaml",
        "/a.yaml",
        "templates/a.yaml",
        "tests/../a.yaml",
        "tests/tests/a.yaml",
        "a.yml",
        ".a.yaml",
        "tests/.yaml",
        "a\\b.yaml",
        "a\n.yaml",
        "x" * 200 + ".yaml",
    ],
)
def test_no_release_leads_out_of_its_folder(path: str) -> None:
    """Whatever somebody wrote into the store: an export writes beside nothing else."""
    assert not is_release_path(path)
    with pytest.raises(ValueError, match="no name of a file of flows"):
        FlowFiles.of({path: ""})


async def test_the_latest_is_found_however_many_there_are(builders: Builders) -> None:
    """Without reading all of them; and pages of the list go back to the first one, each once."""
    of = builders.of
    assert await latest(of.store) is None
    for number in range(1, 71):
        release = FlowRelease(id=numbered(number), files="x", by="kim", at=builders.editors.now)
        await of.store.write(Put(release))
        found = await latest(of.store)
        assert found is not None
        assert found.number == number
    shown: list[int] = []
    before: int | None = None
    while before is None or before > 1:
        page = await listed(of, 30, before)
        shown += [each.number for each in page.releases]
        before = shown[-1]
        assert page.more == (before > 1)
    assert shown == list(range(70, 0, -1))
