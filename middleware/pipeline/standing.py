"""How things stand with a brand, for whoever runs it: what waits, what was set aside, who was last heard of when."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from middleware.domain.events import Event
from middleware.domain.pulls import COMPLETE, Pull
from middleware.domain.pulse import Pulse
from middleware.domain.record import Record
from middleware.ports import Account, BrandStore, DeadLetter, InboxEntry, Quarantined, Stored

COUNTED_AT_MOST = 500
SHOWN_AT_MOST = 50

SILENT_AFTER = timedelta(hours=24)
"""An account that was heard of before and has said nothing for so long is worth a look."""

_PULLED = frozenset({"hubspot", "zendesk", "shopify"})
_NEVER_HEARD = frozenset({"csv"})
"""Connectors of files: nothing comes by itself."""

R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True)
class Waiting:
    """The inbox: how much is in it (`more`: at least), and since when the oldest has waited."""

    count: int
    more: bool
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True)
class AccountStanding:
    """One account of the settings. `silent`: it was heard of before, and not for long."""

    account: Account
    pulse: Pulse | None
    pull: Pull | None
    silent: bool

    @property
    def last_pull(self) -> str:
        """How the last run ended, if there was one: `complete`, or what stopped it."""
        return self.pull.history[-1].why if self.pull is not None and self.pull.history else ""

    @property
    def pull_failed(self) -> bool:
        """Whether the last run did not come to its end."""
        return self.last_pull not in {"", COMPLETE}

    @property
    def comes_by_itself(self) -> bool:
        """Whether anything is to be heard of it at all."""
        return self.account.connector not in _NEVER_HEARD


@dataclass(frozen=True, slots=True)
class Kept:
    """Some of what was set aside; `more`: there is more than is shown."""

    letters: Sequence[Stored[DeadLetter]]
    quarantined: Sequence[Stored[Quarantined]]
    more: bool


async def waiting_in(store: BrandStore) -> Waiting:
    """The inbox."""
    entries = await store.backlog(COUNTED_AT_MOST)
    oldest = min((_since(entry) for entry in entries), default=None)
    return Waiting(len(entries), len(entries) >= COUNTED_AT_MOST, oldest)


async def kept_in(store: BrandStore, common: BrandStore | None = None) -> Kept:
    """Dead letters and quarantine of a brand; and, with `common`, what no account has claimed."""
    letters, own = await asyncio.gather(_some(store, DeadLetter), _some(store, Quarantined))
    nobodys = await _some(common, Quarantined) if common is not None else []
    quarantined = [*own, *nobodys]
    more = len(letters) > SHOWN_AT_MOST or len(quarantined) > SHOWN_AT_MOST
    return Kept(letters[:SHOWN_AT_MOST], quarantined[:SHOWN_AT_MOST], more)


async def accounts_of(store: BrandStore, accounts: Iterable[Account], now: datetime) -> list[AccountStanding]:
    """Every account, with when it was last heard of."""
    here = sorted(accounts, key=lambda each: (each.connector, each.name))
    pulses = await store.get(Pulse, [Pulse.of_account(each.connector, each.id) for each in here])
    pulls = await store.get(Pull, [Pull.key(each.connector, each.id) for each in here if each.connector in _PULLED])
    return [_standing(each, pulses, pulls, now) for each in here]


async def engines_of(store: BrandStore, names: Iterable[str]) -> dict[str, Pulse | None]:
    """When each engine last answered, and last failed."""
    named = sorted(names)
    pulses = await store.get(Pulse, [Pulse.of_engine(name) for name in named])
    found = {name: pulses.get(Pulse.of_engine(name)) for name in named}
    return {name: stored.record if stored is not None else None for name, stored in found.items()}


def _standing(
    account: Account, pulses: Mapping[str, Stored[Pulse]], pulls: Mapping[str, Stored[Pull]], now: datetime
) -> AccountStanding:
    pulse = pulses.get(Pulse.of_account(account.connector, account.id))
    pull = pulls.get(Pull.key(account.connector, account.id))
    at = pulse.record.at if pulse is not None else None
    return AccountStanding(
        account,
        pulse.record if pulse is not None else None,
        pull.record if pull is not None else None,
        silent=at is not None and now - at > SILENT_AFTER,
    )


def _since(entry: InboxEntry) -> datetime:
    event: Event = entry.event
    return event.received_at


async def _some(store: BrandStore, kind: type[R]) -> list[Stored[R]]:
    found: list[Stored[R]] = []
    async with aclosing(store.scan(kind)) as batches:
        async for batch in batches:
            found += batch
            if len(found) > SHOWN_AT_MOST:
                break
    return found
