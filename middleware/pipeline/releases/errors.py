"""Why something cannot be done to the releases of flows.

NotDone                  says what to do instead
├── NoRelease            there is no such release
├── FlowsChanged         somebody else was quicker: says who and when
├── DraftChanged         the same of a draft
├── ReleaseRefused       its flows cannot be said here now; `findings` are all that was found
└── NotNow               the present state does not allow it
"""

from collections.abc import Sequence
from datetime import datetime

from middleware.domain.template_versions import TemplateFinding
from middleware.pipeline.templates.errors import NotDone

_NO_TEMPLATE = "there is no template"
_IMPORT_TEMPLATES = (
    "templates are no part of a release and have to be there first: throughline templates import FOLDER/templates"
)


class NoRelease(NotDone):
    """There is no such release."""


class FlowsChanged(NotDone):
    """Somebody published other flows meanwhile. `revision` is the present one."""

    def __init__(self, what: str, by: str, at: datetime | None, revision: int) -> None:
        self.revision = revision
        super().__init__(
            f"{by or 'somebody'} has published {what}{_when(at)}: look at that (revision {revision}) and do it again"
        )


class DraftChanged(NotDone):
    """Somebody wrote in a draft meanwhile. `revision` is the present one."""

    def __init__(self, file: str, by: str, at: datetime | None, revision: int) -> None:
        self.revision = revision
        super().__init__(
            f"{by or 'somebody'} has saved {file}{_when(at)}: look at that (revision {revision}) and do it again"
        )


class ReleaseRefused(NotDone):
    """The flows of a release do not fit what is there now."""

    def __init__(self, number: int, findings: Sequence[TemplateFinding]) -> None:
        self.findings = tuple(findings)
        lines = [f"release {number} cannot be published:", *map(str, findings)]
        if any(each.message.startswith(_NO_TEMPLATE) for each in findings):
            lines.append(_IMPORT_TEMPLATES)
        super().__init__("\n".join(lines))


def _when(at: datetime | None) -> str:
    return f" at {at:%Y-%m-%d %H:%M:%S} UTC" if at is not None else ""
