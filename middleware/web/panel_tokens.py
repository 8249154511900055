"""Links to the panel of one sender, for the frame of a help desk: signed, and over after ten minutes."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from middleware.web.tokens import PanelToken, sign_panel

PANEL_LIVES = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class PanelLinks:
    """Makes links. `embed_in` are the origins that may frame the panel: without any, no link is made."""

    key: Callable[[], Awaitable[str]]
    public_url: str
    embed_in: tuple[str, ...]

    def missing(self) -> str:
        """The settings without which no link can be made; empty where all are there."""
        needs = {"[console] embed_in": self.embed_in, "[server] public_url": self.public_url}
        return " and ".join(name for name, value in needs.items() if not value)

    async def make(
        self, *, brand: str, profile_id: str, conversation: str, by: str, now: datetime
    ) -> tuple[str, datetime]:
        """A link, and when it is over."""
        over = now + PANEL_LIVES
        said = PanelToken(
            iss="throughline",
            aud="panel",
            sub=by,
            brand=brand,
            profile=profile_id,
            conversation=conversation,
            jti=secrets.token_urlsafe(9),
            iat=int(now.timestamp()),
            exp=int(over.timestamp()),
        )
        return f"{self.public_url}/console/embed/{sign_panel(said, await self.key())}", over
