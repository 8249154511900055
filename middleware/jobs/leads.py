"""Jobs of the kind `lead`: the platform is asked what somebody answered in a lead form.

The webhook brings an id and nothing else. What comes back goes through the inbox as an event of its own. A lead is
worth more than a question: what cannot be asked for now (a permission is missing, a token has run out) becomes a dead
letter, which `throughline replay` asks for again once that is mended.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from middleware.domain.commerce import Version
from middleware.domain.events import Event, EventKind, Referral, event_key
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.jobs import JobKind
from middleware.domain.leads import LeadAnswer, LeadOutcome
from middleware.domain.source_record import SourceRecord
from middleware.jobs.claim import Claim, KindOfJob, Later, Over
from middleware.jobs.profiles import Pace
from middleware.ports import Account, Clock, DeadLetter, InboxEntry, LeadSource, Put, Recorded

log = structlog.get_logger(__name__)

ASKED_WITHIN = timedelta(seconds=10)
_APART = 0.2
"""Seconds between two questions of one account by one process."""

SOURCE = "leads"
"""What records of lead forms are called, in `SourceRecord.source` and in front of the page in their scope."""

NOT_ASKED = "not_asked"
_LONGEST_ID = 40

_WHY = {
    LeadOutcome.NOT_PERMITTED: "the page's token may not read leads: it needs the permission leads_retrieval, and "
    "access to this page's leads",
    LeadOutcome.ACCOUNT_PROBLEM: "the page's token is not taken",
    LeadOutcome.GONE: "there is no such lead, or the page's token may not see it",
    LeadOutcome.REFUSED: "the platform refuses the question",
}


@dataclass(slots=True)
class FetchLeads:
    """How the answers of lead forms are fetched. `sources` by connector."""

    sources: Mapping[str, LeadSource]
    clock: Clock
    _paces: dict[tuple[str, str], Pace] = field(default_factory=lambda: defaultdict(Pace))

    def kind(self) -> KindOfJob:
        """The kind of job."""
        return KindOfJob(JobKind.LEAD, self.work, self.give_up)

    async def work(self, claim: Claim) -> Over | Later:
        """Ask for the lead of the event, unless the answer is there."""
        account = claim.account
        source = self.sources.get(claim.job.connector)
        found = await claim.brand.store.get(Recorded, [claim.job.event_key])
        if claim.job.event_key not in found:
            return Later("the event is not in the timeline")
        told_of = found[claim.job.event_key].record.event
        lead = lead_of(told_of)
        if account is None or source is None or lead is None:
            return Over(NOT_ASKED)
        key = event_key(account.connector, account.id, f"lead:{lead}")
        if key in await claim.brand.store.get(Recorded, [key]):
            return Over(LeadOutcome.ANSWERED)
        answer = await self._asked(source, account, lead, key)
        return answer if isinstance(answer, Later) else self._judged(claim, account, told_of, lead, key, answer)

    async def give_up(self, claim: Claim, reason: str) -> Over:
        """It is kept as a dead letter: a lead is not to be lost."""
        found = await claim.brand.store.get(Recorded, [claim.job.event_key])
        kept = found.get(claim.job.event_key)
        return Over("", (self._letter(kept.record.event, reason),) if kept is not None else ())

    async def _asked(self, source: LeadSource, account: Account, lead: str, key: str) -> LeadAnswer | Later:
        """One question, in its turn. Later while the platform wants to be left alone."""
        pace = self._paces[account.connector, account.id]
        async with pace.turn:
            wait = pace.not_before - self.clock.monotonic()
            if wait > _APART:
                return Later("the platform asked us to wait", timedelta(seconds=wait))
            await asyncio.sleep(max(wait, 0))
            pace.not_before = self.clock.monotonic() + _APART
            return await source.lead(account, lead, key, timeout=ASKED_WITHIN.total_seconds())

    def _judged(
        self, claim: Claim, account: Account, told_of: Event, lead: str, key: str, answer: LeadAnswer
    ) -> Over | Later:
        if answer.outcome is LeadOutcome.RETRY:
            return self._retried(account, answer)
        if answer.outcome is LeadOutcome.ANSWERED:
            event = self._event(account, lead, key, answer)
            return Over(answer.outcome, (Put(InboxEntry.of(event)),))
        why = f"{_WHY[answer.outcome]} ({answer.detail})"
        log.warning(why, action="lead", brand=claim.brand.name, account=account.name, code=answer.code)
        return Over(answer.outcome, (self._letter(told_of, why),))

    def _retried(self, account: Account, answer: LeadAnswer) -> Later:
        """Nothing was found out. If the platform says how long it wants to be left alone, the account is."""
        if answer.retry_after is None:
            return Later(answer.detail)
        pace = self._paces[account.connector, account.id]
        pace.not_before = max(pace.not_before, self.clock.monotonic() + answer.retry_after)
        return Later(answer.detail, timedelta(seconds=answer.retry_after))

    def _letter(self, event: Event, reason: str) -> Put:
        return Put(DeadLetter(id=event.key, event=event, reason=reason[:500], failed_at=self.clock.now()))

    def _event(self, account: Account, lead: str, key: str, answer: LeadAnswer) -> Event:
        """What was found out: a record of its own, and the ad that led to the form."""
        now = self.clock.now()
        at = min(answer.created_at or now, now)
        version = Version(at=answer.created_at or now, event=key)
        return Event(
            key=key,
            kind=EventKind.LEAD,
            connector=account.connector,
            account=account.id,
            occurred_at=at,
            received_at=now,
            anchor=Identifier(IdentifierKind.SOURCE_RECORD, f"{SOURCE}:{account.id}", lead),
            record=SourceRecord(id=lead, source=SOURCE, version=version, values=answer.values),
            referral=_referral(answer),
            topic="lead",
            raw=answer.raw,
        )


def lead_of(event: Event) -> str | None:
    """The id of the lead that a webhook told of; None for a lead that brought its answers, and for an odd id."""
    value = event.raw.get("value") if event.topic == "leadgen" else None
    found = value.get("leadgen_id") if isinstance(value, dict) else None
    text = str(found) if isinstance(found, int) and not isinstance(found, bool) else found
    if not isinstance(text, str) or not text.isascii() or not text.isdigit() or len(text) > _LONGEST_ID:
        return None
    return text


def _referral(answer: LeadAnswer) -> Referral | None:
    if answer.ad_id is None and answer.form_id is None:
        return None
    return Referral(source="ADS" if answer.ad_id else None, kind="LEAD_FORM", ref=answer.form_id, ad_id=answer.ad_id)
