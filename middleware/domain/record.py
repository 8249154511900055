"""The base of every value in the domain."""

from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """An immutable value. Unknown fields are refused, so that a typing error cannot pass for data."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_bytes="base64")


def at_millisecond(moment: datetime) -> datetime:
    """The same moment in UTC, cut to milliseconds: what the store keeps, so that a round trip changes nothing."""
    moment = moment.astimezone(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
