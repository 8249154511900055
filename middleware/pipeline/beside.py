"""What an event calls for beside its path: files to fetch, a sender to ask about. Nothing of it is waited for.

The jobs are written in the command that absorbs the event, so a crash loses none; their ids follow from the event, so
absorbing twice wants them once.
"""

from datetime import timedelta

from middleware.domain.attachments import files_of
from middleware.domain.events import Event, EventKind
from middleware.domain.identity import Asked, Identity
from middleware.domain.jobs import Job, JobKind
from middleware.pipeline.passage import Passage

ASKED_AGAIN_AFTER = timedelta(days=1)
"""After a question that brought nothing: consent may have been given, a permission granted."""

_WROTE = frozenset({EventKind.MESSAGE, EventKind.POSTBACK, EventKind.REFERRAL})


def wanted(passage: Passage) -> tuple[Asked | None, tuple[Job, ...]]:
    """When the sender was last asked about, this event included, and the jobs that the event calls for."""
    event, asked = passage.event, passage.sender.record.asked
    account = passage.brand.accounts.get((event.connector, event.account))
    if account is None:
        return asked, ()
    jobs = []
    if passage.brand.fetch_attachments and files_of(event):
        jobs.append(_job(JobKind.ATTACHMENTS, event))
    if account.profile_refresh is not None and _to_be_asked(passage.sender.record, event, account.profile_refresh):
        jobs.append(_job(JobKind.SENDER_PROFILE, event))
        asked = asked if _asked_for(asked, event) else Asked(event=event.key, at=event.received_at)
    return asked, tuple(jobs)


def wanted_by_facts(event: Event) -> tuple[Job, ...]:
    """The jobs that an event of nobody's lane calls for: a lead that brought its id alone is asked for."""
    return (_job(JobKind.LEAD, event),) if event.kind is EventKind.LEAD and event.topic == "leadgen" else ()


def _job(kind: JobKind, event: Event) -> Job:
    return Job.of(kind, event.key, event.connector, event.account, event.received_at)


def _to_be_asked(sender: Identity, event: Event, refresh: timedelta) -> bool:
    """Whether the platform is asked: at the first contact, and again after a while.

    The event that it was asked for last asks again: a first try may have got as far as the mark only.
    """
    if event.kind not in _WROTE or (event.message is not None and event.message.group is not None):
        return False
    if sender.asked is None or _asked_for(sender.asked, event):
        return True
    return event.received_at - sender.asked.at >= (refresh if _was_told(sender) else min(refresh, ASKED_AGAIN_AFTER))


def _asked_for(asked: Asked | None, event: Event) -> bool:
    return asked is not None and asked.event == event.key


def _was_told(sender: Identity) -> bool:
    """Whether the platform has said anything of the sender since it was asked last."""
    asked = sender.asked
    return asked is not None and any(each.at >= asked.at for each in sender.fragment.claimed().values())
