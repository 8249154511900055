"""The commands that a client sends to the store, as a test counts them."""

from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

LOOKED_AT_ANYWAY = frozenset(
    {"find inbox", "find jobs", "find catalogue_pages", "find template_editions", "find timers"}
)

COUNTED = frozenset(
    {"find", "insert", "update", "delete", "bulkWrite", "aggregate", "findAndModify", "getMore", "count"}
)


class Commands(CommandListener):
    """Every command that our client begins, as `name collection`."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.anyway: list[str] = []
        """Those that processes send whether or not there is work."""

    def started(self, event: CommandStartedEvent) -> None:
        """Keep what counts."""
        if event.command_name not in COUNTED:
            return
        shown = f"{event.command_name} {_collections(event)}"
        (self.anyway if shown in LOOKED_AT_ANYWAY else self.seen).append(shown)

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Nothing: what was begun was counted."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Nothing: what was begun was counted."""


def _collections(event: CommandStartedEvent) -> str:
    """What a command is about; a bulk write names several collections."""
    if event.command_name != "bulkWrite":
        return str(event.command[event.command_name])
    return "+".join(each["ns"].partition(".")[2] for each in event.command["nsInfo"])
