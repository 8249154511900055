"""The soak in small: a whole installation, its platform a process that enforces limits. `tests.benchmarks.soak`."""

from pathlib import Path

from tests.benchmarks.soak import soak
from tests.benchmarks.soak_stage import Plan
from tests.stores import StoreServer


async def test_a_burst_is_sent_at_the_allowed_rate(store_server: StoreServer, tmp_path: Path) -> None:
    """300 messages of 30 customers at once, 25 a second allowed: none lost, none refused, each lane in its order."""
    plan = Plan(
        channel="whatsapp", messages=300, per_second=25, offered=200, customers=30, answers_after=0.02, sample_every=1
    )

    result = await soak(plan, store_server, tmp_path)

    assert result.problems() == []
    assert result.outcomes == {"sent": 300}
    assert result.busiest >= 10
    assert max(mebibytes for _, mebibytes in result.memory) < 250
