"""Jobs of the kind `sender_profile`: the platform is asked what a sender has set about themselves.

What comes back is a claim. It goes through the inbox as an event of its own, so that it is absorbed, kept and replayed
like everything else. What is wrong with the account is remembered for all of its senders: the operator is told once,
and nobody else is asked about until the token changes or a day is over.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from middleware.domain.events import Event, EventKind, SenderProfile, event_key
from middleware.domain.jobs import JobKind
from middleware.domain.sender_profile import ProfileAnswer, ProfileOutcome, ProfileTrouble
from middleware.jobs.claim import Claim, KindOfJob, Later, Over
from middleware.jobs.questions import ASKED_WITHIN, NOT_ASKED, Questions
from middleware.ports import Account, Channel, Clock, Delete, Put, Recorded, Stored

log = structlog.get_logger(__name__)

TRIED_AGAIN_AFTER = timedelta(days=1)
"""A permission may be granted at the platform, of which nobody tells us."""

_OF_THE_ACCOUNT = frozenset({ProfileOutcome.NOT_PERMITTED, ProfileOutcome.ACCOUNT_PROBLEM})


@dataclass(slots=True)
class AskForProfiles:
    """How senders are asked about."""

    channels: Mapping[str, Channel]
    clock: Clock
    told: Callable[[str, ProfileOutcome], None]
    _questions: Questions = field(init=False)

    def __post_init__(self) -> None:
        self._questions = Questions(self.clock)

    def kind(self) -> KindOfJob:
        """The kind of job."""
        return KindOfJob(JobKind.SENDER_PROFILE, self.work, self.give_up)

    async def work(self, claim: Claim) -> Over | Later:
        """Ask about the sender of the event, unless the answer is there or the account may not ask."""
        account = claim.account
        if account is None or account.profile_refresh is None:
            return Over(NOT_ASKED)
        answer_key = event_key(account.connector, account.id, f"sender_profile:{_digest(claim.job.event_key)}")
        found = await claim.brand.store.get(Recorded, [claim.job.event_key, answer_key])
        if answer_key in found:
            return Over(ProfileOutcome.ANSWERED)
        if claim.job.event_key not in found:
            return Later("the event is not in the timeline")
        return await self._ask(claim, account, found[claim.job.event_key].record.event, answer_key)

    async def _ask(self, claim: Claim, account: Account, asked_for: Event, answer_key: str) -> Over | Later:
        """Ask, as far as the account may, and write down what follows."""
        known = await self._trouble(claim, account)
        still = known.record if known is not None and self._still(known.record, account) else None
        if still is not None and not still.limited:
            return Over(NOT_ASKED)
        name_only = still is not None
        answer = await self._asked(account, asked_for, name_only=name_only)
        if isinstance(answer, Later):
            return answer
        self.told(account.connector, answer.outcome)
        if answer.outcome is ProfileOutcome.RETRY:
            return self._questions.unanswered(account, answer.detail, answer.retry_after)
        await self._remember(claim, account, answer, known, name_only=name_only)
        event = self._event(account, asked_for, answer_key, answer)
        return Over(answer.outcome, event=event)

    async def give_up(self, claim: Claim, reason: str) -> Over:  # noqa: ARG002 - nothing is kept of it
        """The sender stays as they are known; they are asked about again with a later message."""
        return Over("")

    async def _asked(self, account: Account, event: Event, *, name_only: bool) -> ProfileAnswer | Later:
        """One question, in its turn. Later while the platform wants to be left alone."""
        assert event.anchor is not None  # noqa: S101 - for the type checker: only events of a person want this job
        channel, sender, seconds = self.channels[account.connector], event.anchor, ASKED_WITHIN.total_seconds()
        return await self._questions.ask(
            account, lambda: channel.sender_profile(account, sender, name_only=name_only, timeout=seconds)
        )

    async def _trouble(self, claim: Claim, account: Account) -> Stored[ProfileTrouble] | None:
        return (await claim.brand.store.get(ProfileTrouble, [_key(account)])).get(_key(account))

    def _still(self, trouble: ProfileTrouble, account: Account) -> bool:
        """Whether what was wrong must be taken to be wrong still."""
        return trouble.token == _fingerprint(account) and self.clock.now() < trouble.until

    async def _remember(
        self,
        claim: Claim,
        account: Account,
        answer: ProfileAnswer,
        known: Stored[ProfileTrouble] | None,
        *,
        name_only: bool,
    ) -> None:
        """Write down what the answer says of the account. Who writes it first tells the operator."""
        claim.holds()
        wrong = answer.outcome in _OF_THE_ACCOUNT
        if not wrong and not answer.limited:
            if known is not None and not name_only:
                await claim.brand.store.write(Delete(ProfileTrouble, known.record.id))
                log.info("sender profiles are shown again", action="sender_profile", **_named(account))
            return
        trouble = ProfileTrouble(
            id=_key(account),
            outcome=answer.outcome if wrong else ProfileOutcome.NOT_PERMITTED,
            limited=not wrong,
            code=answer.code,
            token=_fingerprint(account),
            since=known.record.since if known is not None else self.clock.now(),
            until=self.clock.now() + TRIED_AGAIN_AFTER,
        )
        (landed,) = await claim.brand.store.write(known.put(trouble) if known is not None else Put(trouble))
        if landed and not (known is not None and _says_the_same(known.record, trouble)):
            what = "names only: language and time zone are not permitted" if trouble.limited else "no sender profiles"
            log.warning(what, action="sender_profile", outcome=trouble.outcome, code=trouble.code, **_named(account))

    def _event(self, account: Account, asked_for: Event, key: str, answer: ProfileAnswer) -> Event | None:
        """What was found out, as an event of the sender; None if it was nothing."""
        told = {"name": answer.name, "locale": answer.locale, "time_zone": answer.time_zone}
        said = {name: value for name, value in told.items() if value}
        if answer.outcome is not ProfileOutcome.ANSWERED or not said:
            return None
        now = self.clock.now()
        return Event(
            key=key,
            kind=EventKind.SENDER_PROFILE,
            connector=account.connector,
            account=account.id,
            occurred_at=now,
            received_at=now,
            anchor=asked_for.anchor,
            name=answer.name,
            sender_profile=SenderProfile(locale=answer.locale, time_zone=answer.time_zone),
            raw=said,
        )


def _says_the_same(known: ProfileTrouble, trouble: ProfileTrouble) -> bool:
    return (known.outcome, known.limited, known.code) == (trouble.outcome, trouble.limited, trouble.code)


def _key(account: Account) -> str:
    return f"{account.connector}|{account.id}"


def _named(account: Account) -> dict[str, str]:
    """The account as the log names it."""
    return {"brand": account.brand, "account": account.name}


def _fingerprint(account: Account) -> str:
    """What changes with the token and tells nothing of it: tokens are long and random."""
    token = account.token.get_secret_value() if account.token is not None else ""
    return hashlib.blake2b(token.encode(), digest_size=8).hexdigest()


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
