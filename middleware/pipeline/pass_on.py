"""Passing on, before the acknowledgement: what of a delivery goes to bots that answer in our place.

It is stored with the events, in the same write, so that what was acknowledged reaches the bot; handing it over is a
job's work (`jobs/passing.py`). Where all of a delivery is one sender's, the bytes and their signature go on as they
came. Else each sender's part is a body of its own, signed anew with the secret that had signed the whole.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from middleware.domain.events import Event
from middleware.domain.jobs import Job, JobKind
from middleware.domain.passing import Passing
from middleware.pipeline.normalise import Delivery, Sorted
from middleware.ports import Account, PassesOn, SenderPart

_PLAIN = re.compile(r"[\x20-\x7e]{1,500}", re.ASCII)
_AS_THEY_CAME = ("content-type", "user-agent")
_SIGNATURES = ("x-hub-signature-256", "x-hub-signature")


def passings_of(found: Sorted) -> dict[str, list[Passing]]:
    """What goes on of a sorted delivery, by brand. Nothing for accounts that are answered by us."""
    delivery = found.delivery
    if not isinstance(delivery.connector, PassesOn) or all(each.pass_to is None for each in delivery.signer.accounts):
        return {}
    parts = _Parts(delivery, delivery.connector, _events(found))
    passings: dict[str, list[Passing]] = {}
    for account, passing in parts.all(delivery.connector.parts_by_sender(found.body)):
        passings.setdefault(account.brand, []).append(passing)
    return passings


def job_of(passing: Passing) -> Job:
    """The job that hands it over."""
    return Job.of(JobKind.PASS_ON, passing.id, passing.connector, passing.account, passing.received_at)


@dataclass(frozen=True, slots=True)
class _Parts:
    """The parts of one delivery. `events` by account and customer."""

    delivery: Delivery
    connector: PassesOn
    events: Mapping[tuple[str, str | None], Sequence[Event]]

    def all(self, parts: Sequence[SenderPart]) -> list[tuple[Account, Passing]]:
        """Each part that goes to a bot, with its account."""
        try:
            return [
                (account, self._passing(account, part, is_whole=len(parts) == 1))
                for part in parts
                if (account := self._account(part.account)) is not None and account.pass_to is not None
            ]
        except ValueError:
            # It cannot be written anew: it goes on whole, if all of it is for one bot.
            return self.all([SenderPart(None, None, lambda: self.delivery.request.body)])

    def _account(self, named: str | None) -> Account | None:
        """The account whose bot gets a part.

        News about a business as a whole, and test bodies, name none of ours: these go to the one bot behind the
        signature, if there is only one.
        """
        signer = self.delivery.signer
        if named is not None and named in signer.by_id:
            return signer.by_id[named]
        bots = {(each.brand, each.pass_to.url if each.pass_to else None) for each in signer.accounts}
        return signer.accounts[0] if len(bots) == 1 else None

    def _passing(self, account: Account, part: SenderPart, *, is_whole: bool) -> Passing:
        body = self.delivery.request.body if is_whole else part.body()
        events = self.events.get((account.id, part.sender), ()) if part.sender is not None else ()
        # What is written in a group is read by others than the sender: no context goes with it.
        in_group = any(event.message is not None and event.message.group is not None for event in events)
        is_about_sender = part.account == account.id and not in_group
        return Passing(
            id=hashlib.blake2b(f"{account.connector}\0{account.id}\0".encode() + body, digest_size=16).hexdigest(),
            connector=account.connector,
            account=account.id,
            received_at=self.delivery.received_at,
            sender=part.sender if is_about_sender else None,
            keys=tuple(event.key for event in events),
            body=body,
            headers=self._headers(account, body, is_whole=is_whole),
        )

    def _headers(self, account: Account, body: bytes, *, is_whole: bool) -> dict[str, str]:
        given = self.delivery.request.headers
        names = _AS_THEY_CAME + (_SIGNATURES if is_whole else ())
        kept = {name: given[name] for name in names if _PLAIN.fullmatch(given.get(name, ""))}
        if is_whole:
            return kept
        own = (secret.get_secret_value().encode() for secret in account.secrets)
        secret = next(each for each in own if each in self.delivery.signer.secrets)
        return {**kept, **self.connector.signature(body, secret, given)}


def _events(found: Sorted) -> Mapping[tuple[str, str | None], Sequence[Event]]:
    """The events of all brands, by account and customer."""
    known: dict[tuple[str, str | None], list[Event]] = {}
    for event in chain.from_iterable(found.events.values()):
        whose = (event.account, event.anchor.value if event.anchor is not None else None)
        known.setdefault(whose, []).append(event)
    return known
