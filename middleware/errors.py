"""What can go wrong, as a tree. The docstring of a class is its default message.

ThroughlineError
├── SettingsError      the configuration is wrong: says file, key and what to write instead
├── BodyRefused        a webhook body is no delivery of its connector: quarantined, never retried
├── StoreUnavailable   the store does not answer in time: nothing was acknowledged, try again
├── NotStorable        one record does not fit the store: only its own caller fails
├── LeaseLost          another worker owns the lane now: stop writing
├── MappingError       a file of a mapping or of ownership is wrong: says file, line, column and what to write
├── MergeRefused       two profiles may not become one, or one not two: says why
├── FlowError          a flow or template file is wrong: says file, line and what to write instead
├── NotReady           a decision lacks something: have it ready, and decide again
│   ├── NotCompiled    a published template is not compiled
│   └── NotEnriched    the context lacks blocks that only come when a flow asks for them
├── CursorError        what somebody sent as a cursor of a list is none
└── RecordsError       a file of records cannot be read: says file, line and column
"""

from collections.abc import Mapping


class ThroughlineError(Exception):
    """Something went wrong in Throughline."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())


class SettingsError(ThroughlineError):
    """The configuration is wrong."""


class BodyRefused(ThroughlineError):  # noqa: N818 - a verdict on the input, not a fault of ours
    """The body is no delivery of this connector."""


class StoreUnavailable(ThroughlineError):  # noqa: N818 - a state of the store
    """The store does not answer."""


class NotStorable(ThroughlineError):  # noqa: N818 - a verdict on the record
    """The record does not fit the store. `position` says which of the changes it was."""

    def __init__(self, position: int, why: str) -> None:
        super().__init__(why)
        self.position = position


class LeaseLost(ThroughlineError):  # noqa: N818 - a state of the lane
    """Another worker owns the lane now."""


class MappingError(ThroughlineError):
    """A mapping is wrong."""


class MergeRefused(ThroughlineError):  # noqa: N818 - a verdict on the profiles
    """The profiles may not be merged or taken apart."""


class FlowError(ThroughlineError):
    """A flow or a template is wrong."""


class NotReady(ThroughlineError):  # noqa: N818 - a state of what is decided on
    """A decision lacks something that can be had: have it ready, and decide again."""


class NotCompiled(NotReady):
    """A template is not compiled yet. `template` is its name."""

    def __init__(self, template: str) -> None:
        super().__init__(f"{template} is not compiled yet")
        self.template = template


class NotEnriched(NotReady):
    """The context lacks blocks on demand. `blocks` are their names (`domain/on_demand.py`), `answers` what the customer
    answered to the flow that wants them.
    """

    def __init__(self, blocks: tuple[str, ...], answers: Mapping[str, str | int] | None = None) -> None:
        super().__init__(f"the context has no {', '.join(blocks)} yet")
        self.blocks = blocks
        self.answers = answers or {}


class RecordsError(ThroughlineError):
    """The file of records cannot be read."""


class CursorError(ThroughlineError):
    """This is no cursor of this list: use what `next` said."""
