"""Look-ups: other systems that are asked while a message is decided. See `connectors/look_ups.py`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from pydantic import SecretStr

from middleware.domain.look_ups import LookUpAnswer


@dataclass(frozen=True, slots=True)
class LookUpSetup:
    """One look-up of a brand, as the settings have it. `url` is what is asked, `token` lets us in, as bearer."""

    url: str
    token: SecretStr | None = field(default=None, repr=False)


class LookUpSource(Protocol):
    """One system that is asked. Keeps no state, and can be asked side by side."""

    async def ask(
        self,
        send: Mapping[str, str],
        *,
        timeout: float,  # noqa: ASYNC109 - it ends in an outcome, not in a cancellation
    ) -> LookUpAnswer:
        """Ask. Takes at most `timeout` seconds and never raises. What comes back is untrusted and bounded."""
        ...
