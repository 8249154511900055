"""How things stand with a brand, for whoever runs it: who was last heard of when, and who is silent or late."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from middleware.domain.alarms import Seen
from middleware.domain.pulls import COMPLETE, Pull
from middleware.domain.pulse import ITSELF, UNSIGNED, Pulse
from middleware.domain.silence import Quiet
from middleware.ports import Account, BrandStore, Stored

Asked = Literal["engine", "look_up", "bot"]
"""What is asked: a bot engine, a system that flows look things up in, the bot that answers on an account."""

_PULSE_OF = {"engine": Pulse.of_engine, "look_up": Pulse.of_look_up, "bot": Pulse.of_bot}

_PULLED = frozenset({"hubspot", "zendesk", "shopify"})
_NEVER_HEARD = frozenset({"csv"})
"""Connectors of files: nothing comes by itself."""


@dataclass(frozen=True, slots=True)
class AccountStanding:
    """One account of the settings. `quiet`: what is to be thought of its silence; `late_since`: a pull is due since."""

    account: Account
    pulse: Pulse | None
    pull: Pull | None
    quiet: Quiet
    late_since: datetime | None

    @property
    def last_pull(self) -> str:
        """How the last run ended, if there was one: `complete`, or what stopped it."""
        return self.pull.history[-1].why if self.pull is not None and self.pull.history else ""

    @property
    def pull_failed(self) -> bool:
        """Whether the last run did not come to its end."""
        return self.last_pull not in {"", COMPLETE}

    @property
    def pulled_at(self) -> datetime | None:
        """When the last run ended that came to its end."""
        if self.pull is None:
            return None
        whole = (each.ended_at for each in self.pull.history if each.why == COMPLETE and each.ended_at is not None)
        return max(whole, default=None)

    @property
    def heard_at(self) -> datetime | None:
        """When it was last heard of, by itself."""
        return self.pulse.at if self.pulse is not None else None

    @property
    def is_unsigned(self) -> bool:
        """Whether what came last was signed with none of its secrets."""
        return self.pulse is not None and self.pulse.why == UNSIGNED and self.pulse.fails()

    @property
    def comes_by_itself(self) -> bool:
        """Whether anything is to be heard of it at all."""
        return self.account.connector not in _NEVER_HEARD


@dataclass(frozen=True, slots=True)
class AskedStanding:
    """One engine, look-up or bot."""

    what: Asked
    name: str
    pulse: Pulse | None
    quiet: Quiet

    @property
    def id(self) -> str:
        """The id of its pulse."""
        return _PULSE_OF[self.what](self.name)


async def accounts_of(store: BrandStore, accounts: Iterable[Account], now: datetime) -> list[AccountStanding]:
    """Every account, with when it was last heard of."""
    here = sorted(accounts, key=lambda each: (each.connector, each.name))
    pulses, pulls = await asyncio.gather(
        store.get(Pulse, [ITSELF, *(Pulse.of_account(each.connector, each.id) for each in here)]),
        store.get(Pull, [Pull.key(each.connector, each.id) for each in here if each.connector in _PULLED]),
    )
    return [_standing(each, pulses, pulls, now) for each in here]


async def asked_of(store: BrandStore, asked: Iterable[tuple[Asked, str]], now: datetime) -> list[AskedStanding]:
    """When each of what is asked last answered, and last failed."""
    named = sorted(asked)
    pulses = await store.get(Pulse, [ITSELF, *(_PULSE_OF[what](name) for what, name in named)])
    found = [(what, name, _record(pulses, _PULSE_OF[what](name))) for what, name in named]
    there = _record(pulses, ITSELF)
    return [
        AskedStanding(what, name, pulse, pulse.quiet(there, now) if pulse is not None else Quiet())
        for what, name, pulse in found
    ]


def seen_in(accounts: Iterable[AccountStanding], asked: Iterable[AskedStanding]) -> Iterator[Seen]:
    """What is watched for alarms: accounts, engines and pulls. Of look-ups and bots nothing usual is expected."""
    for each in accounts:
        account = each.account
        if each.comes_by_itself:
            key = Pulse.of_account(account.connector, account.id)
            yield Seen(id=key, what="account", name=account.name, heard_at=each.heard_at, silent=each.quiet.silent)
        if account.pull_every is not None:
            key = f"pull|{Pull.key(account.connector, account.id)}"
            late = each.late_since is not None
            yield Seen(id=key, what="pull", name=account.name, heard_at=each.late_since, silent=late)
    for one in asked:
        if one.what == "engine":
            at = one.pulse.at if one.pulse is not None else None
            yield Seen(id=one.id, what="engine", name=one.name, heard_at=at, silent=one.quiet.silent)


def _standing(
    account: Account, pulses: Mapping[str, Stored[Pulse]], pulls: Mapping[str, Stored[Pull]], now: datetime
) -> AccountStanding:
    pulse = _record(pulses, Pulse.of_account(account.connector, account.id))
    stored = pulls.get(Pull.key(account.connector, account.id))
    pull = stored.record if stored is not None else None
    every = account.pull_every
    return AccountStanding(
        account,
        pulse,
        pull,
        pulse.quiet(_record(pulses, ITSELF), now) if pulse is not None else Quiet(),
        late_since=pull.late_since(every, now) if pull is not None and every is not None else None,
    )


def _record(pulses: Mapping[str, Stored[Pulse]], key: str) -> Pulse | None:
    return pulses[key].record if key in pulses else None
