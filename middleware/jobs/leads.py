"""Jobs of the kind `lead`: the platform is asked what somebody answered in a lead form.

The webhook brings an id and nothing else. What comes back goes through the inbox as an event of its own. A lead is
worth more than a question: what cannot be asked for now (a permission is missing, a token has run out) becomes a dead
letter, which `throughline replay` asks for again once that is mended.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import structlog

from middleware.domain.commerce import Version
from middleware.domain.events import Event, EventKind, Referral, event_key
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.jobs import JobKind
from middleware.domain.leads import LeadAnswer, LeadOutcome
from middleware.domain.source_record import SourceRecord
from middleware.jobs.claim import Claim, KindOfJob, Later, Over
from middleware.jobs.questions import ASKED_WITHIN, NOT_ASKED, Questions
from middleware.ports import Account, Clock, DeadLetter, LeadSource, Put, Recorded

log = structlog.get_logger(__name__)

SOURCE = "leads"
"""What records of lead forms are called, in `SourceRecord.source` and in front of the page in their scope."""

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
    _questions: Questions = field(init=False)

    def __post_init__(self) -> None:
        self._questions = Questions(self.clock)

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
        seconds = ASKED_WITHIN.total_seconds()
        answer = await self._questions.ask(account, lambda: source.lead(account, lead, key, timeout=seconds))
        return answer if isinstance(answer, Later) else self._judged(claim, account, told_of, lead, key, answer)

    async def give_up(self, claim: Claim, reason: str) -> Over:
        """It is kept as a dead letter: a lead is not to be lost."""
        found = await claim.brand.store.get(Recorded, [claim.job.event_key])
        kept = found.get(claim.job.event_key)
        return Over("", (self._letter(kept.record.event, reason),) if kept is not None else ())

    def _judged(
        self, claim: Claim, account: Account, told_of: Event, lead: str, key: str, answer: LeadAnswer
    ) -> Over | Later:
        if answer.outcome is LeadOutcome.RETRY:
            return self._questions.unanswered(account, answer.detail, answer.retry_after)
        if answer.outcome is LeadOutcome.ANSWERED:
            return Over(answer.outcome, event=self._event(account, lead, key, answer))
        why = f"{_WHY[answer.outcome]} ({answer.detail})"
        log.warning(why, action="lead", brand=claim.brand.name, account=account.name, code=answer.code)
        return Over(answer.outcome, (self._letter(told_of, why),))

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
