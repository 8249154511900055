"""Where alarms are told outside."""

from datetime import datetime
from typing import Protocol

from middleware.domain.alarms import Alarm


class AlarmPost(Protocol):
    """The way to whoever wants to be told of a brand's alarms."""

    async def tell(self, brand: str, alarm: Alarm, now: datetime) -> bool:
        """Tell the news of an alarm; whether it was taken. Never raises for what is wrong out there."""
        ...
