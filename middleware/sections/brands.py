"""The table of one brand, and all that it holds."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from middleware.domain.conversation import MOST_ANSWERS
from middleware.domain.look_ups import ORDERS, LookUpName
from middleware.sections.accounts import AccountSettings
from middleware.sections.called import (
    LONGEST_LOOK_UP,
    SHORTEST_LOOK_UP,
    AlarmSettings,
    EngineSettings,
    LookUpSettings,
    ProofSettings,
)
from middleware.sections.section import Section
from middleware.setting_values import Country, Database, Duration, Locale, Name, Person, TimeZone


class Product(Section):
    """The product that an ad or a ref leads to, by the shop's ids, or with a title of its own (which wins).

    With a `variant_id` a personal link to a cart can be offered.
    """

    title: str | None = None
    variant_id: str | None = None
    product_id: str | None = None
    handle: str | None = None

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if not (self.title or self.variant_id or self.product_id or self.handle):
            raise ValueError("names no product; write a title, or the shop's product_id, variant_id or handle")
        return self


class TemplateSettings(Section):
    """How templates and flows are edited. `two_persons`: nobody publishes their own draft, or flows they imported."""

    two_persons: bool = False


class BrandSettings(Section):
    """One business with its own database."""

    database: Database
    locale: Locale = "en"
    time_zone: TimeZone = "UTC"
    country: Country | None = None
    reply_max_age: Duration = timedelta(minutes=15)
    takeover_pause: Duration = timedelta(minutes=30)
    replies_per_minute: Annotated[int, Field(ge=0, le=MOST_ANSWERS)] = 5
    link_lifetime: Duration = timedelta(days=30)
    gather: Annotated[Duration, Field(le=timedelta(seconds=5))] = timedelta(milliseconds=1500)
    attachments: bool = True
    sender_profile_refresh: Duration = timedelta(days=30)
    flows: Path | None = None
    templates: TemplateSettings = TemplateSettings()
    media: Path | None = None
    review_threshold: Annotated[float, Field(ge=-10, le=60)] = 0.0
    auto_merge_threshold: Annotated[float, Field(ge=10, le=60)] | None = None
    data_owner: Person | None = None
    ownership: Path | None = None
    recommendations: Path | None = None
    proof: ProofSettings | None = None
    alarms: AlarmSettings | None = None
    engines: dict[Name, EngineSettings] = Field(default_factory=dict)
    enrich_within: Annotated[Duration, Field(ge=SHORTEST_LOOK_UP, le=LONGEST_LOOK_UP)] = timedelta(milliseconds=300)
    lookups: dict[LookUpName, LookUpSettings] = Field(default_factory=dict)
    products: dict[str, Product] = Field(default_factory=dict)
    accounts: dict[Name, AccountSettings] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _own_names(self) -> Self:
        if ORDERS in self.lookups:
            raise ValueError(f"lookups.{ORDERS}: asks the shop, without any settings; write another name")
        return self
