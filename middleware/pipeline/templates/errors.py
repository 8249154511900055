"""Why something cannot be done to a template.

ThroughlineError
└── NotDone              says what to do instead
    ├── NoTemplate       there is no such template, or no such version of it
    ├── TemplateChanged  somebody else was quicker: says who and when
    ├── TemplateRefused  it has errors; `findings` are all that was found
    └── NotNow           the state that it is in does not allow it
"""

from collections.abc import Sequence
from datetime import datetime

from middleware.domain.template_versions import TemplateFinding
from middleware.errors import ThroughlineError


class NotDone(ThroughlineError):  # noqa: N818 - a verdict on what was asked
    """It was not done, and nothing was changed."""


class NoTemplate(NotDone):
    """There is no such template."""


class TemplateChanged(NotDone):
    """Somebody changed the template meanwhile. `revision` is the present one."""

    def __init__(self, name: str, by: str, at: datetime | None, revision: int) -> None:
        self.revision = revision
        when = f" at {at:%Y-%m-%d %H:%M:%S} UTC" if at is not None else ""
        super().__init__(
            f"{name} was changed by {by or 'somebody'}{when}: look at revision {revision} and do it again on that one"
        )


class TemplateRefused(NotDone):
    """The template has errors."""

    def __init__(self, findings: Sequence[TemplateFinding]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(str(each) for each in findings if each.severity == "error"))


class NotNow(NotDone):
    """It cannot be done in this state of the template."""
