"""Agents of a running installation, as a console lets them act."""

import uuid

from middleware.domain.agents import Act
from middleware.domain.messages import Reply
from middleware.pipeline.agents import Refused, Taken, acted
from tests.running import Running
from tests.scenarios.looking import BRAND, Person


async def does(
    shop: Running, person: Person, act: Act | Reply, *, by: str = "ana", key: str = "", submit: bool = True
) -> Taken | Refused:
    """An agent does something in a customer's conversation; `key` is that of the page's form."""
    here = shop.here
    conversation = await person.conversation()
    key = key or uuid.uuid4().hex
    found = await acted(here.brands[BRAND], conversation.id, act, by, key, here.clock.now())
    if submit and isinstance(found, Taken):
        here.worker.submit([(BRAND, event) for event in found.events])
    return found


async def done(shop: Running, person: Person, act: Act | Reply, *, by: str = "ana", key: str = "") -> Taken:
    """The same, which must be taken; all work is over."""
    found = await does(shop, person, act, by=by, key=key)
    assert isinstance(found, Taken), found
    await shop.quiet()
    return found


async def writes(shop: Running, person: Person, text: str, *, by: str = "ana", key: str = "") -> Taken:
    """An agent answers with a text."""
    return await done(shop, person, Reply(text=text), by=by, key=key)
