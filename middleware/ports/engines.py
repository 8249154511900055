"""Bot engines: others' programs that answer in our place. See `connectors/engines/`."""

from dataclasses import dataclass, field
from typing import Protocol

from pydantic import SecretStr

from middleware.domain.engines import EngineAnswer, Question


@dataclass(frozen=True, slots=True)
class EngineSetup:
    """One engine of a brand, as the settings have it.

    `url` is where it is reached, without a slash at the end; `token` what it lets us in with, `secret` what we sign
    with; `bot` is which of its bots answers, in the words of the engine.
    """

    name: str
    kind: str
    url: str
    token: SecretStr | None = field(default=None, repr=False)
    secret: SecretStr | None = field(default=None, repr=False)
    bot: str | None = None


class Engine(Protocol):
    """One engine of one brand. Keeps no state but what its sessions need, and can be asked side by side."""

    once: bool
    """Whether being asked twice with one turn id is being asked once: it knows the id and does nothing again."""

    async def ask(
        self,
        question: Question,
        *,
        timeout: float,  # noqa: ASYNC109 - it ends in an outcome, not in a cancellation
    ) -> EngineAnswer:
        """Ask. Takes at most `timeout` seconds and never raises: whatever happens is one of the closed list."""
        ...
