"""The way into the console at the end of the demo: somebody who may do everything, and a link on Ana's conversation."""

from middleware.cli.demo_stage import Stage
from middleware.console.users import find_user, issue_ticket, save_user
from middleware.domain.conversation import Conversation
from middleware.domain.users import User


async def console_link(stage: Stage) -> str:
    """A link that signs in once."""
    here, common = stage.here, stage.here.store.common
    brands = tuple(here.brands)
    user = User(id="demo", name="Demo", roles=("admin",), brands=brands, created_at=here.clock.now())
    if await find_user(common, user.id) is None:
        await save_user(common, user)
    found = await _anas(stage, brands[0])
    to = f"/console/{brands[0]}/conversations{f'/{found}' if found else ''}"
    return f"{stage.url}/console/link/{await issue_ticket(common, user, 'sign_in', here.clock.now(), to)}"


async def _anas(stage: Stage, brand: str) -> str | None:
    """Her conversation in which was said something last."""
    found = [stored.record async for some in stage.here.store.brand(brand).scan(Conversation) for stored in some]
    hers = [each for each in found if (each.name or "").startswith("Ana")] or found
    return max(hers, key=lambda each: str(each.last_inbound_at)).id if hers else None
