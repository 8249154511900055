"""A release of flows in running installations: said by every process within two seconds, amid conversations."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from middleware.bootstrap.building import Installation
from middleware.bootstrap.reaching import releases_of, templates_of
from middleware.cli.trace_page import page
from middleware.domain.flow_releases import FlowFiles
from middleware.pipeline.releases.importing import bring_in
from middleware.pipeline.releases.publishing import publish, roll_back
from middleware.pipeline.templates.editing import save_draft
from middleware.pipeline.templates.live import LiveFlows
from middleware.pipeline.templates.publishing import publish_draft
from middleware.pipeline.templates.said import SaidFlows
from middleware.pipeline.trace import Traces
from tests.running import Running, running
from tests.scenarios.looking import customer, turns
from tests.scenarios.test_templates_in_processes import SAID_WITHIN, two_processes
from tests.stores import StoreServer
from tests.unit.middleware.releases.builders import asking, flow
from tests.unit.middleware.templates.editors import source


async def release(here: Installation, **flows: str) -> int:
    """Import these flows; the number of their release."""
    files = FlowFiles.of({f"{name}.yaml": text for name, text in flows.items()})
    brought = await bring_in(releases_of(here, "glow"), files, list(flows), by="kim", now=datetime.now(UTC))
    return brought.release.number


async def say(here: Installation, **flows: str) -> int:
    """Import and publish."""
    number = await release(here, **flows)
    await publish(releases_of(here, "glow"), number, by="lee", now=datetime.now(UTC))
    return number


async def say_template(here: Installation, name: str, text: str) -> None:
    """Publish a template, which may stand in no file."""
    of = templates_of(here, "glow")
    await save_draft(of, name, source(text, name), by="kim", now=datetime.now(UTC))
    await publish_draft(of, name, by="lee", now=datetime.now(UTC))


async def test_both_processes_say_what_is_published_within_two_seconds(
    store_server: StoreServer, tmp_path: Path
) -> None:
    """Published, published again with a template that stands in no file, and gone back from: each time both say it two
    seconds later, and never what is only imported.
    """
    async with two_processes(store_server, tmp_path) as two:
        of_files = await two.answers()
        await say_template(two.here, "greeting", "Good morning!")
        imported = await release(two.here, hello=flow("hello", says="greeting", phrase="zzgrmbl"))
        await asyncio.sleep(SAID_WITHIN)
        assert await two.answers() == of_files
        await publish(releases_of(two.here, "glow"), imported, by="lee", now=datetime.now(UTC))
        await asyncio.sleep(SAID_WITHIN)
        assert await two.answers() == ("Good morning!",) * 2

        await say_template(two.here, "evening", "Good evening!")
        await say(two.here, hello=flow("hello", says="evening", phrase="zzgrmbl"))
        await asyncio.sleep(SAID_WITHIN)
        assert await two.answers() == ("Good evening!",) * 2

        await roll_back(releases_of(two.here, "glow"), by="lee", now=datetime.now(UTC))
        await asyncio.sleep(SAID_WITHIN)
        assert await two.answers() == ("Good morning!",) * 2
        await roll_back(releases_of(two.here, "glow"), 0, by="lee", now=datetime.now(UTC))
        await asyncio.sleep(SAID_WITHIN)
        assert await two.answers() == of_files


async def test_a_conversation_goes_on_over_a_publication(shop: Running) -> None:
    """What was asked under one release is answered under the next, ends where its step is gone, and is answered again
    after a rollback; each turn, and its trace, says which release decided it.
    """
    here, person = shop.here, customer(shop, "messenger")
    await say_template(here, "how_many", "How many?")
    await say_template(here, "thanks", "Thank you!")

    def asks(step: str, then: str) -> str:
        return asking("hello", step, then=then).replace("template: fallback", "template: how_many")

    await say(here, hello=asks("how_many", "file_received"))
    await here.editions.look()
    assert (await person.says("good morning")).text == "How many?"

    await say(here, hello=asks("how_many", "thanks"))
    await here.editions.look()
    assert (await person.says("7")).text == "Thank you!"

    assert (await person.says("good morning")).text == "How many?"
    await say(here, hello=asks("how_old", "thanks"))
    await here.editions.look()
    gone = await person.says("7")
    assert gone.text not in {"Thank you!", "How many?"}
    assert (await person.conversation()).flow_state is None

    await roll_back(releases_of(here, "glow"), by="lee", now=datetime.now(UTC))
    await here.editions.look()
    assert (await person.says("good morning")).text == "How many?"
    assert (await person.says("7")).text == "Thank you!"

    decided = sorted(await turns(shop), key=lambda each: each.decided_at)
    assert [each.decision.release for each in decided] == [1, 2, 2, 3, 2, 2]
    assert decided[3].decision.why[0] == "hello waited at how_many, which is no longer there"
    (trace,) = await Traces(here.brands, here.clock).find("glow", decided[1].id)
    assert trace.release == 2
    assert any("flow hello, release 2, locale en" in line.text for line in page(trace, "messenger"))


async def test_a_message_is_decided_by_the_release_of_its_context(store_server: StoreServer, tmp_path: Path) -> None:
    """Another one that is taken between the two is for the next message: never flows without the blocks they need."""
    shop: Running
    exchanges: list[SaidFlows] = []

    def exchange(stage: str) -> None:
        if stage == "enriched" and exchanges:
            shop.here.editions.flows["glow"]._said = exchanges.pop()

    async with running(store_server, tmp_path, checkpoint=exchange) as shop:
        live = shop.here.editions.flows["glow"]
        person = customer(shop, "messenger")
        await say(shop.here, hello=flow("hello"))
        await shop.here.editions.look()
        await say(shop.here, hello=flow("hello", more="needs: [browsing]\n"))
        other = LiveFlows(live.files)
        await other.look(shop.here.store.brand("glow"), datetime.now(UTC))
        await shop.here.editions.stop()
        live._publication = other._publication
        exchanges.append(other.held())
        await person.says("good morning")
        await person.says("good morning")
        first, second = sorted(await turns(shop), key=lambda each: each.decided_at)
    assert (first.decision.release, "browsing" in first.context) == (1, False)
    assert (second.decision.release, "browsing" in second.context) == (2, True)
