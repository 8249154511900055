"""What can go wrong when a bot asks. The docstring of a class is its default message; none ever holds the key.

AskFailed
├── KeyRefused        the key is missing or no client's
├── NotAllowed        a block that this client may not see
├── NoSuchAccount     no such account, or none that this client may see
├── QuestionRefused   something in the question is missing or malformed: says what
├── Unreachable       no answer in time, or the store behind it is away: the next message may do better
└── AnswerUnreadable  what answered is no Throughline
"""

from middleware.errors import ThroughlineError


class AskFailed(ThroughlineError):  # noqa: N818 - says what failed
    """Throughline could not be asked."""


class KeyRefused(AskFailed):
    """The key was refused. `throughline key` makes one; its hash belongs into `[clients.*]` of the settings."""


class NotAllowed(AskFailed):
    """This client may not see one of the blocks: name fewer, or allow it in `[clients.*]` of the settings."""


class NoSuchAccount(AskFailed):
    """There is no such account on this channel, or this client may not see it."""


class QuestionRefused(AskFailed):
    """Something in the question is missing or malformed."""


class Unreachable(AskFailed):
    """Throughline did not answer in time."""


class AnswerUnreadable(AskFailed):
    """What answered is no Throughline: look at the URL."""
