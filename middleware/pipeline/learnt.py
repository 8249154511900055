"""Reading the weights that pairs are scored with. They change with a scan, so a process keeps them for a while."""

from datetime import timedelta

from middleware.domain.candidates import MODEL, LearntModel, ValueCounts
from middleware.identity.weights import Weights, counts_ids, shipped_weights, weights_of
from middleware.ports import BrandStore, Clock

LOOKED_AGAIN_AFTER = timedelta(minutes=1)


async def read_weights(store: BrandStore, known: Weights | None = None) -> Weights:
    """The weights that count now; `known` if there are no newer ones, the shipped ones if nothing was learnt yet."""
    learnt = (await store.get(LearntModel, [MODEL])).get(MODEL)
    if learnt is None:
        return shipped_weights()
    if known is not None and known.version == learnt.record.version:
        return known
    counts = await store.get(ValueCounts, counts_ids(learnt.record))
    return weights_of(learnt.record, [each.record for each in counts.values()])


class KeptWeights:
    """The weights of each brand as one process has them in memory. They are looked at again after a minute."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[str, tuple[float, Weights]] = {}

    async def of(self, brand: str, store: BrandStore) -> Weights:
        """The weights of a brand."""
        now = self._clock.monotonic()
        read_at, known = self._kept.get(brand, (0.0, None))
        if known is None or now - read_at >= LOOKED_AGAIN_AFTER.total_seconds():
            known = await read_weights(store, known)
            self._kept[brand] = now, known
        return known
