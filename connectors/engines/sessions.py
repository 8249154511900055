"""What an engine calls a conversation, where it does not let us say it: kept in memory, bounded, and never needed.

A process that starts anew, or another process, begins a new session. The engine then knows what we hand over with it,
and has forgotten where in its flow the customer was.
"""

from collections import OrderedDict

MOST_SESSIONS = 10_000


class Sessions:
    """The engine's session of each conversation. The one that was used longest ago goes first."""

    def __init__(self, most: int = MOST_SESSIONS) -> None:
        self._most = most
        self._known: OrderedDict[str, str] = OrderedDict()

    def get(self, conversation: str) -> str | None:
        """The session, which counts as used now; None if there is none."""
        if conversation in self._known:
            self._known.move_to_end(conversation)
        return self._known.get(conversation)

    def keep(self, conversation: str, session: str) -> None:
        """Remember a session."""
        self._known[conversation] = session
        self._known.move_to_end(conversation)
        while len(self._known) > self._most:
            self._known.popitem(last=False)

    def forget(self, conversation: str) -> None:
        """The session is over."""
        self._known.pop(conversation, None)
