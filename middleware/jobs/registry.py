"""Every kind of job there is, named one by one."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from middleware.domain.attachments import FileState
from middleware.domain.sender_profile import ProfileOutcome
from middleware.jobs.asking import AskEngines
from middleware.jobs.candidates import FindCandidates
from middleware.jobs.claim import KindOfJob
from middleware.jobs.codes import BrandCodes, SendCodes
from middleware.jobs.counting import counting
from middleware.jobs.erasing import Erase
from middleware.jobs.files import FetchFiles
from middleware.jobs.leads import FetchLeads
from middleware.jobs.merging import carrying_on
from middleware.jobs.news import TellNews
from middleware.jobs.passing import PassOn
from middleware.jobs.profiles import AskForProfiles
from middleware.pipeline.learnt import KeptWeights
from middleware.pipeline.matching import ReviewRules
from middleware.pipeline.review import MergeProfiles
from middleware.ports import Channel, Clock, LeadSource


def kinds(
    channels: Mapping[str, Channel],
    clock: Clock,
    *,
    most: int,
    timeout: timedelta,
    told_file: Callable[[str, FileState], None],
    told_profile: Callable[[str, ProfileOutcome], None],
    codes: Mapping[str, BrandCodes],
    rules: Mapping[str, ReviewRules],
    merge: MergeProfiles,
    asking: AskEngines,
    passing: PassOn,
    erase: Erase,
) -> tuple[KindOfJob, ...]:
    """The kinds of job. `most` is bytes of one file, `timeout` how long fetching one may take; `codes` are
    the brands that send one-time codes, `rules` each brand's thresholds for candidates.
    """
    leads = {name: channel for name, channel in channels.items() if isinstance(channel, LeadSource)}
    return (
        FetchFiles(channels, clock, told_file, most, timeout).kind(),
        AskForProfiles(channels, clock, told_profile).kind(),
        FindCandidates(KeptWeights(clock), clock, rules, merge).kind(),
        carrying_on(),
        FetchLeads(leads, clock).kind(),
        SendCodes(codes, clock).kind(),
        asking.kind(),
        TellNews(clock).kind(),
        counting(),
        passing.kind(),
        erase.kind(),
    )
