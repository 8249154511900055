"""The process dies while it works on what an agent did: all of it comes, and nothing is sent twice."""

import uuid
from pathlib import Path

import pytest

from middleware.bootstrap.building import opened
from middleware.domain.conversation import Conversation, Owner
from middleware.domain.messages import Reply, SendState
from middleware.domain.turn import Turn, turn_id
from middleware.pipeline.agents import Taken, acted
from tests.running import until
from tests.scenarios.elsewhere import ROLE, Elsewhere, elsewhere
from tests.stores import StoreServer

pytestmark = pytest.mark.crash

ANA = "7300000001"


async def _dies_at(stage: Elsewhere, point: str, text: str) -> tuple[Taken, str]:
    """An agent answers, and the process dies when its work on the reply is at this point. What was taken, where."""
    await stage.processes.end()
    async with opened(stage.settings) as here:
        brand = here.brands["glow"]
        batches = [batch async for batch in brand.store.scan(Conversation)]
        ((stored,),) = batches
        # Without taking over, so that the reply is the only event that comes to the point.
        key, now = uuid.uuid4().hex, here.clock.now()
        held = stored.record.model_copy(update={"owner": Owner.HUMAN})
        await brand.store.write(stored.put(held))
        taken = await acted(brand, stored.record.id, Reply(text=text), "ana", key, now)
        assert isinstance(taken, Taken)
    dying = await stage.processes.start(ROLE, point, 1)
    await dying.wait()
    return taken, stored.record.id


@pytest.mark.parametrize("point", ["absorbed", "decided", "carried_out", "claimed", "sent"])
async def test_a_reply_is_sent_once_at_most_whenever_the_process_dies(
    store_server: StoreServer, tmp_path: Path, point: str
) -> None:
    """Before the claim it is sent, once, by the next process; after it, it is unknown or sent, and never sent again."""
    async with elsewhere(store_server, tmp_path) as stage:
        await stage.says(ANA, "hello")
        before = len(stage.graph.sent)
        taken, conversation_id = await _dies_at(stage, point, "Ana here.")
        await stage.processes.start(ROLE)
        async with opened(stage.settings) as here:
            store = here.brands["glow"].store

            async def over() -> bool:
                return not await store.backlog(1)

            await until(over, "the work to be over")
            identifier = turn_id("glow", taken.events[-1])
            (message,) = (await store.get(Turn, [identifier]))[identifier].record.messages
            conversation = (await store.get(Conversation, [conversation_id]))[conversation_id].record

        said = [each.text for each in stage.graph.sent[before:]]
        claimed = point in {"claimed", "sent"}
        assert message.state is (SendState.UNKNOWN if claimed else SendState.SENT)
        assert said == ([] if point == "claimed" else ["Ana here."])
        assert conversation.owner is Owner.HUMAN
        lines = [line.text for line in conversation.lines if line.by == "human"]
        assert lines == ([] if claimed else ["Ana here."])
