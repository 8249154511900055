"""The brands of an installation as the stages of a message see them."""

from collections.abc import Mapping
from dataclasses import replace

from connectors.contacts import email_identifier
from flows.runner import Flows
from middleware.bootstrap.ways import Ways
from middleware.domain.context import RECOMMENDATIONS
from middleware.from_settings import (
    erasing_key_of,
    ownership_of,
    rules_of,
)
from middleware.from_settings.engines import engines_of
from middleware.from_settings.look_ups import enrichers_of
from middleware.from_settings.made_up import made_up_accounts
from middleware.metrics import Metrics
from middleware.pipeline.catalogue import Catalogue
from middleware.pipeline.enriching import Enricher
from middleware.pipeline.forgetting import Forgetting
from middleware.pipeline.parts import AdProduct, Brand, BrandEngine, Codes
from middleware.pipeline.pulses import Pulses
from middleware.pipeline.recommending.gathering import Recommending
from middleware.pipeline.recommending.rules import Rules
from middleware.pipeline.templates.live import LiveFlows
from middleware.ports import Account, Clock
from middleware.sections.brands import BrandSettings
from middleware.settings import Settings
from middleware.store.mongo import MongoStore


def brands_of(
    settings: Settings,
    store: MongoStore,
    accounts: tuple[Account, ...],
    live: Mapping[str, LiveFlows],
    flows: Mapping[str, Flows],
    ways: Ways,
    clock: Clock,
    metrics: Metrics,
    pulses: Pulses,
) -> dict[str, Brand]:
    """The brands as the stages see them, by name."""
    return {
        name: _brand(
            name,
            each,
            store,
            accounts,
            live[name],
            engines_of(name, each, flows[name].reader_of, ways.bots),
            enrichers_of(name, each, accounts, flows[name].reader_of, ways.asked, clock, metrics, pulses),
            erasing_key_of(settings),
        )
        for name, each in settings.brands.items()
    }


def _brand(
    name: str,
    settings: BrandSettings,
    store: MongoStore,
    accounts: tuple[Account, ...],
    flows: LiveFlows,
    engines: Mapping[str, BrandEngine],
    enrichers: Mapping[str, Enricher],
    erasing_key: bytes | None,
) -> Brand:
    known = (*accounts, *made_up_accounts(name))
    brand = Brand(
        name=name,
        store=store.brand(name),
        flows=flows,
        accounts={(each.connector, each.id): each for each in known if each.brand == name},
        locale=settings.locale,
        reply_max_age=settings.reply_max_age,
        takeover_pause=settings.takeover_pause,
        link_lifetime=settings.link_lifetime,
        gather=settings.gather,
        replies_per_minute=settings.replies_per_minute,
        products={key: AdProduct(**product.model_dump()) for key, product in settings.products.items()},
        fetch_attachments=settings.attachments,
        catalogue=Catalogue(each.id for each in accounts if each.brand == name and each.connector == "shopify"),
        recommending=Rules(rules_of(settings)),
        ownership=ownership_of(settings),
        codes=Codes(settings.proof.key.get_secret_value().encode(), email_identifier) if settings.proof else None,
        engines=engines,
        enrichers=enrichers,
        enrich_within=settings.enrich_within,
        forgetting=Forgetting(store.common, name, erasing_key),
    )
    return replace(brand, enrichers={**enrichers, RECOMMENDATIONS: Recommending(brand)})
