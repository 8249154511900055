"""The base of every value in the domain."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Self

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """An immutable value. Unknown fields are refused, so that a typing error cannot pass for data."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_bytes="base64")

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """The same with some fields replaced, which are not validated.

        As pydantic's own, which costs three times as much: a record has no extra fields and nothing private.
        """
        if deep:
            return super().model_copy(update=update, deep=True)
        copy = self.__class__.__new__(self.__class__)
        changed = update or {}
        object.__setattr__(copy, "__dict__", {**self.__dict__, **changed})
        object.__setattr__(copy, "__pydantic_fields_set__", self.__pydantic_fields_set__ | changed.keys())
        object.__setattr__(copy, "__pydantic_extra__", None)
        object.__setattr__(copy, "__pydantic_private__", None)
        return copy


def at_millisecond(moment: datetime) -> datetime:
    """The same moment in UTC, cut to milliseconds: what the store keeps, so that a round trip changes nothing."""
    moment = moment.astimezone(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
