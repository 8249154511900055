"""The tables of a whole installation: where it listens, what it keeps and how it works, who may ask it."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from middleware.domain.context import BLOCKS
from middleware.sections.section import Section
from middleware.setting_values import (
    Address,
    Blocks,
    Database,
    Duration,
    Name,
    OptionalAddress,
    Port,
    Secret,
    SecureOrigin,
    SigningSecret,
)


class ServerSettings(Section):
    """Where the web process listens. Port 0 takes a free one. `public_url` is where the platforms reach it.

    `proxies` are how many of the brand's own stand in front: so many entries at the end of `X-Forwarded-For` are
    written by them.
    """

    host: str = "127.0.0.1"
    port: Port = 8080
    proxies: Annotated[int, Field(ge=0, le=10)] = 0
    public_url: OptionalAddress = ""
    metrics_host: str = "127.0.0.1"
    metrics_port: Port = 9464


class SingleSignOn(Section):
    """An identity provider that speaks OpenID Connect. Whoever signs in there has to be a user here already, whose
    login is the address that the provider has verified.
    """

    issuer: Address
    client_id: Annotated[str, StringConstraints(min_length=1, max_length=255)]
    client_secret: Secret
    name: Annotated[str, StringConstraints(min_length=1, max_length=40)] = "Single sign-on"
    """What the button says."""


class ConsoleSettings(Section):
    """The pages for people. Without `secret`, what signs their sessions is made once and kept in the store.

    `embed_in` are the origins of help desks that may show the panel of a sender in a frame; without any, nobody may.
    """

    enabled: bool = True
    secret: SigningSecret | None = None
    embed_in: Annotated[tuple[SecureOrigin, ...], Field(max_length=20)] = ()
    sso: SingleSignOn | None = None


class ErasingSettings(Section):
    """Erasing people. Without `key`, what their identifiers are hashed with is made once and kept in the store."""

    key: SigningSecret | None = None


class StoreSettings(Section):
    """Where things are kept. No `uri`: the embedded server, with its data in `data_directory`."""

    uri: Secret | None = None
    data_directory: Path = Path(".throughline")
    common_database: Database = "throughline_common"


class WorkerSettings(Section):
    """How work is done. The lease is how long a worker that died keeps a conversation to itself.

    `concurrency` and `sends_at_once` count per account. The latter is the most that a process comes to: it begins with
    one, since what is on its way when a process dies is `unknown` until it is reported. `metrics_port` is that of a
    worker that runs apart; give each on one machine its own, or 0.
    """

    metrics_port: Port = 9465
    concurrency: Annotated[int, Field(ge=1, le=1000)] = 96
    sends_at_once: Annotated[int, Field(ge=1, le=200)] = 64
    lease: Duration = timedelta(seconds=15)
    send_timeout: Duration = timedelta(seconds=8)

    @model_validator(mode="after")
    def _send_ends_before_lease(self) -> Self:
        if self.send_timeout + timedelta(seconds=2) > self.lease:
            raise ValueError("send_timeout must be at least 2 s shorter than lease; write for example 8s and 15s")
        return self


class JobSettings(Section):
    """What is done beside the messages. `concurrency` counts jobs of each kind in one process; that many files of
    `attachment_megabytes` are in memory at most. `attachment_timeout` is for one file.
    """

    concurrency: Annotated[int, Field(ge=1, le=100)] = 4
    attachment_megabytes: Annotated[int, Field(ge=1, le=100)] = 25
    attachment_timeout: Duration = timedelta(seconds=60)


class ClientSettings(Section):
    """A program that may ask the HTTP API: its key as a hash, the brands and context blocks it may see, and
    whether it may read the review queue, decide on it and take people apart again, and edit and publish templates.
    """

    key_hash: Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]
    brands: tuple[Name, ...]
    blocks: Blocks = BLOCKS
    profiles: bool = False
    """Whether it may read whole profiles, which know no disclosure level: for what agents use, never for a bot."""
    review: bool = False
    replies: bool = False
    """Whether it may answer turns that asked a bot engine."""
    templates: bool = False
