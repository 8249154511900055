"""Every kind of job there is, named one by one."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from middleware.domain.attachments import FileState
from middleware.domain.sender_profile import ProfileOutcome
from middleware.jobs.claim import KindOfJob
from middleware.jobs.files import FetchFiles
from middleware.jobs.merging import carrying_on
from middleware.jobs.profiles import AskForProfiles
from middleware.ports import Channel, Clock


def kinds(
    channels: Mapping[str, Channel],
    clock: Clock,
    *,
    most: int,
    timeout: timedelta,
    told_file: Callable[[str, FileState], None],
    told_profile: Callable[[str, ProfileOutcome], None],
) -> tuple[KindOfJob, ...]:
    """The kinds of job. `most` is bytes of one file, `timeout` how long fetching one may take."""
    return (
        FetchFiles(channels, clock, told_file, most, timeout).kind(),
        AskForProfiles(channels, clock, told_profile).kind(),
        carrying_on(),
    )
