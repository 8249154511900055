"""The tables of what a brand calls: its mail server, its bot engines, what flows look up, where alarms are told."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import parse_qsl, urlsplit

from pydantic import Field, StringConstraints, model_validator

from middleware.domain.identifiers import NamedLevel
from middleware.domain.look_ups import FRESH, FieldType, LookUpName
from middleware.sections.section import Section
from middleware.setting_values import (
    THIS_MACHINE,
    Address,
    Duration,
    EngineBlocks,
    Secret,
    SecureAddress,
    SentName,
    ValueName,
)

_SHORTEST_KEY = 32

SHORTEST_LOOK_UP, LONGEST_LOOK_UP = timedelta(milliseconds=10), timedelta(seconds=10)


class ProofSettings(Section):
    """How customers prove who they are: the mail server that one-time codes go out by, and the key they are kept under.

    `sender` is the address in From, `shown_as` what customers know the brand as. See `throughline.example.toml`.
    """

    key: Secret
    host: str
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str | None = None
    password: Secret | None = None
    sender: Annotated[str, StringConstraints(pattern=r"^[^\r\n]*[^\s@<>]+@[^\s@<>]+>?$")]
    shown_as: Annotated[str, StringConstraints(pattern=r"^[^\r\n]{1,80}$")] | None = None
    ca_file: Path | None = None

    @model_validator(mode="after")
    def _is_safe(self) -> Self:
        if len(self.key.get_secret_value()) < _SHORTEST_KEY:
            raise ValueError(f"key: write at least {_SHORTEST_KEY} random characters; `throughline key` makes some")
        if self.security == "none" and self.host not in THIS_MACHINE:
            raise ValueError('security: "none" is for a mail server on this machine; write "starttls" or "tls"')
        if (self.username is None) != (self.password is None):
            raise ValueError("username and password belong together; write both or neither")
        return self


class EngineSettings(Section):
    """A bot engine that flows can ask. See `docs/engines.md` and `throughline.example.toml` for each key."""

    kind: Literal["webhook", "rasa", "agents", "botpress", "typebot", "voiceflow", "dialogflow"]
    url: Address
    token: Secret | None = None
    secret: Secret | None = None
    bot: Annotated[str, StringConstraints(min_length=1, max_length=300)] | None = None
    timeout: Annotated[Duration, Field(ge=timedelta(milliseconds=100), le=timedelta(seconds=60))] = timedelta(seconds=8)
    answer_within: Annotated[Duration, Field(ge=timedelta(seconds=1), le=timedelta(hours=1))] = timedelta(seconds=60)
    blocks: EngineBlocks = ("orders", "cart", "ad_click", "product", "history")
    values: Annotated[dict[ValueName, str], Field(max_length=50)] = Field(default_factory=dict)
    silence_is_an_answer: bool = False


class FieldSettings(Section):
    """A field of an answer that does not stand at its top: `at` are the names that lead to it, `parcel.eta`."""

    type: FieldType
    at: Annotated[str, StringConstraints(pattern=r"^[^.\s]{1,60}(\.[^.\s]{1,60}){0,5}$")]


class LookUpSettings(Section):
    """A system that flows can ask while they decide. See `docs/look-ups.md` for each key."""

    kind: Literal["http"] = "http"
    url: SecureAddress
    token: Secret | None = None
    send: Annotated[dict[SentName, str], Field(max_length=10)] = Field(default_factory=dict)
    fields: Annotated[dict[LookUpName, FieldType | FieldSettings], Field(min_length=1, max_length=30)]
    level: NamedLevel | None = None
    within: Annotated[Duration, Field(ge=SHORTEST_LOOK_UP, le=LONGEST_LOOK_UP)] | None = None
    keep: Annotated[Duration, Field(le=timedelta(hours=1))] = timedelta(0)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        queried = {name for name, _ in parse_qsl(urlsplit(self.url).query, keep_blank_values=True)}
        taken = sorted(set(self.send) & queried)
        if taken:
            raise ValueError(f"send: {', '.join(taken)} stands in the url already; write it in one place")
        if FRESH in self.fields:
            raise ValueError(f"fields: {FRESH} says whether the values are up to date; write another name")
        return self


class AlarmSettings(Section):
    """Where it is told that an account, an engine or a pull is silent for longer than usual, and when that is over.

    Without `secret` what is sent is not signed.
    """

    url: SecureAddress
    secret: Secret | None = None
