"""How much memory our process holds after more and more messages."""

from tests.benchmarks.measures import slope
from tests.benchmarks.stage import Stage

_AT_ONCE = 64
_CUSTOMERS = 500
_SAMPLES = 40


async def memory(stage: Stage) -> None:
    """Whole turns, and the resident set in between. What counts is whether the second half still grows."""
    bench, messages = stage.bench, stage.bench.options.memory
    customers = min(_CUSTOMERS, max(_AT_ONCE, messages // 10))
    await stage.make_known(customers)
    number, done = max(8, messages // _SAMPLES), 0
    samples = [(0.0, float(stage.ours.usage().rss))]
    store_before = stage.store.usage().rss
    while done < messages:
        bench.tell(f"memory: {done:,} of {messages:,} messages")
        answer = await stage.turns(at_once=min(_AT_ONCE, number), customers=customers, most=number)
        done += answer["number"]
        samples.append((float(done), float(stage.ours.usage().rss)))
        if answer["failed"]:
            break
    await stage.check_replies("memory")
    bench.found(
        "memory",
        messages=done,
        rss_before_mib=samples[0][1] / 2**20,
        rss_half_mib=samples[len(samples) // 2][1] / 2**20,
        rss_mib=samples[-1][1] / 2**20,
        rss_slope_bytes=slope(samples[len(samples) // 2 :]),
        store_rss_before_mib=store_before / 2**20,
        store_rss_mib=stage.store.usage().rss / 2**20,
    )
    for position, (messages_so_far, rss) in enumerate(samples):
        bench.found(f"memory.sample{position}", messages=messages_so_far, rss_mib=rss / 2**20)
