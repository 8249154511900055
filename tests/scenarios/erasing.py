"""A process that carries an erasure on and is killed at one of its steps.

`python -m tests.scenarios.erasing ERASURE POINT` with settings from THROUGHLINE_CONFIG.
"""

import asyncio
import sys

from middleware.bootstrap.building import opened
from middleware.pipeline.erasing import carry_on_erasure
from middleware.settings import load_settings
from tests.scenarios.crashing import Death


async def main(erasure_id: str, point: str) -> None:
    """Carry it on."""
    death = Death(point, 1, "kill")
    async with opened(load_settings()) as here:
        brand = here.brands["glow"]
        assert brand.forgetting is not None
        await carry_on_erasure(brand.store, brand.forgetting, erasure_id, here.clock, death)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
