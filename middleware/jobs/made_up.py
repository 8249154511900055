"""Filling made-up people in and taking them out: one at a time, whoever clicks and however often.

What happens to them goes the way of everything that happens: into the inbox, and from there to its end. So it can be
broken off anywhere and begun again.
"""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from middleware.domain.events import Event
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.identity import Identity
from middleware.domain.made_up import MADE_UP, MADE_UP_ACCOUNTS, MadeUp, State
from middleware.errors import StoreUnavailable, ThroughlineError
from middleware.pipeline.accept import Submit
from middleware.pipeline.forgetting import SETTLES
from middleware.pipeline.made_up import REMOVING_STEPS, mark, remove_from
from middleware.pipeline.profiles import read_profiles, roots
from middleware.ports import BrandStore, Clock, InboxEntry, Put, Stored

log = structlog.get_logger(__name__)

_WORKED_OFF_WITHIN = 30.0
_LOOKS_EVERY = 0.1
"""Seconds."""

SHOPPER = "17841400009990001"
"""The Instagram id of whoever fills a cart through the link in her first reply."""


class Told(Protocol):
    """What is told of made-up people."""

    def __len__(self) -> int:
        """How many events it has, that of the cart among them."""
        ...

    def event(self, brand: str, number: int, now: datetime) -> Event:
        """The event at a place, from 0: under the same key whenever it is asked for."""
        ...

    def cart(self, brand: str, link: str, now: datetime) -> Event:
        """A cart that came through a personal link."""
        ...


@dataclass(slots=True)
class MadeUpPeople:
    """The made-up people of all brands. `submit` hands events to the worker of this process, if it works."""

    stores: Mapping[str, BrandStore]
    story: Told
    submit: Submit
    clock: Clock
    settles: timedelta = SETTLES
    """How long an emptied conversation is there, so that every board learns of it."""
    _tasks: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    async def standing(self, brand: str) -> MadeUp:
        """How far it is with a brand."""
        stored = await self._stored(brand)
        return stored.record if stored is not None else MadeUp(at=self.clock.now())

    async def begin(self, brand: str, state: State) -> bool:
        """Begin to fill them in or to take them out; False where somebody is at it already."""
        now, stored = self.clock.now(), await self._stored(brand)
        if stored is not None and stored.record.is_under_way(now):
            return False
        steps = len(self.story) if state == "filling" else REMOVING_STEPS
        begun = MadeUp(state=state, of=steps, at=now, shells=stored.record.shells if stored is not None else ())
        (landed,) = await self.stores[brand].write(stored.put(begun) if stored is not None else Put(begun))
        if landed:
            held = Stored(begun, (stored.version if stored is not None else 0) + 1)
            self._tasks[brand] = asyncio.create_task(self._carried_out(brand, held), name=MADE_UP)
        return landed

    async def over(self, brand: str) -> None:
        """Wait for what this process is at."""
        if (task := self._tasks.get(brand)) is not None:
            await asyncio.wait([task])

    async def stop(self) -> None:
        """End what is under way: it can be gone on with."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _carried_out(self, brand: str, held: Stored[MadeUp]) -> None:
        progress = _Progress(self.stores[brand], self.clock, held)
        try:
            if held.record.state == "filling":
                await self._fill(brand, progress)
                await progress.ends("there")
            else:
                found = await remove_from(self.stores[brand], brand, self.clock, progress, self.settles)
                await progress.ends("there" if found.stays else "none", left=found.stays, shells=())
        except (StoreUnavailable, ThroughlineError) as error:
            log.warning("made-up people are not complete", action="made_up", brand=brand, error=str(error))

    async def _fill(self, brand: str, progress: "_Progress") -> None:
        for number in range(len(self.story) - 1):
            await self._happens(brand, self.story.event(brand, number, self.clock.now()))
            await progress.step()
        link = await self._link(brand)
        if link is not None:
            await self._happens(brand, self.story.cart(brand, link, self.clock.now()))
        await mark(self.stores[brand])
        await progress.step()

    async def _happens(self, brand: str, event: Event) -> None:
        """Put an event on its way, and wait until it is worked off."""
        store = self.stores[brand]
        await store.write(Put(InboxEntry.of(event)))
        self.submit([(brand, event)], [])
        end = self.clock.monotonic() + _WORKED_OFF_WITHIN
        while await store.get(InboxEntry, [event.key]):
            if self.clock.monotonic() > end:
                raise ThroughlineError("no worker takes what happens to made-up people")
            await asyncio.sleep(_LOOKS_EVERY)

    async def _link(self, brand: str) -> str | None:
        """The personal link in the shopper's first reply, if the brand's flows give one."""
        store = self.stores[brand]
        key = Identifier(IdentifierKind.INSTAGRAM, MADE_UP_ACCOUNTS["instagram"], SHOPPER).key
        identity = (await store.get(Identity, [key])).get(key)
        home = identity.record.profile_id if identity is not None else None
        profile = roots(await read_profiles(store, {home})).get(home) if home is not None else None
        members = (Identifier.from_key(each.identifier) for each in (profile.members if profile is not None else ()))
        return next((each.value for each in members if each.kind is IdentifierKind.PERSONAL_LINK), None)

    async def _stored(self, brand: str) -> Stored[MadeUp] | None:
        return (await self.stores[brand].get(MadeUp, [MADE_UP])).get(MADE_UP)


class _Progress:
    """Writes how far it is. Who finds that somebody else has gone on with it ends."""

    def __init__(self, store: BrandStore, clock: Clock, held: Stored[MadeUp]) -> None:
        self._store, self._clock, self._held = store, clock, held

    async def step(self) -> None:
        """One step is done."""
        await self._write({"done": self._held.record.done + 1})

    async def alive(self) -> None:
        """It is still under way."""
        await self._write({})

    async def holds(self, shells: Collection[str]) -> tuple[str, ...]:
        """Note these conversations, beside those of a removal that was broken off; all of them."""
        await self._write({"shells": tuple(sorted({*self._held.record.shells, *shells}))})
        return self._held.record.shells

    async def ends(self, state: State, **update: object) -> None:
        """All of it is."""
        await self._write({"state": state, "left": 0, **update})

    async def _write(self, update: dict[str, object]) -> None:
        after = self._held.record.model_copy(update={**update, "at": self._clock.now()})
        (landed,) = await self._store.write(self._held.put(after))
        if not landed:
            raise ThroughlineError("another process goes on with it")
        self._held = Stored(after, self._held.version + 1)
