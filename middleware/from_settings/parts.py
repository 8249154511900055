"""The settings as the parts that they name: the account registry, mappings, flows, the way of one-time codes.

Called by `bootstrap`, and by commands that need no running installation.
"""

from connectors.codes_by_email import CodesByEmail, MailServer
from connectors.mapping import load_mapping, load_ownership, shipped_mapping
from flows.publishing import Desk
from flows.runner import Flows
from middleware.domain.mapping import SourceMapping
from middleware.domain.ownership import DEFAULT_OWNERSHIP, Ownership
from middleware.domain.rates import RATES, Rates
from middleware.domain.recommendations import RecommendationRules
from middleware.from_settings.engines import engine_terms
from middleware.from_settings.look_ups import look_up_terms
from middleware.from_settings.recommending import load_rules
from middleware.jobs.codes import BrandCodes
from middleware.metrics import Metrics
from middleware.pipeline.matching import ReviewRules
from middleware.pipeline.pacing import Pacing
from middleware.ports import Account, Clock, PassTo
from middleware.sections.accounts import AccountSettings
from middleware.sections.brands import BrandSettings
from middleware.sections.called import ProofSettings
from middleware.settings import Settings


def codes_of(settings: Settings) -> dict[str, BrandCodes]:
    """The brands that send one-time codes, by name: the way of a code, and the key under which it is kept."""
    return {
        name: BrandCodes(_codes_by_email(brand.proof, name), brand.proof.key.get_secret_value().encode())
        for name, brand in settings.brands.items()
        if brand.proof is not None
    }


def _codes_by_email(proof: ProofSettings, brand: str) -> CodesByEmail:
    server = MailServer(
        host=proof.host,
        port=proof.port,
        sender=proof.sender,
        security=proof.security,
        username=proof.username,
        password=proof.password,
        ca_file=proof.ca_file,
    )
    return CodesByEmail(server, proof.shown_as or brand)


def erasing_key_of(settings: Settings) -> bytes | None:
    """What identifiers of erased people are hashed with; None where the store keeps a key of its own."""
    key = settings.erasing.key
    return key.get_secret_value().encode() if key is not None else None


def review_rules(brand: BrandSettings) -> ReviewRules:
    """From when a pair is a candidate, and from when it merges by itself."""
    return ReviewRules(brand.review_threshold, brand.auto_merge_threshold)


def accounts_of(settings: Settings) -> list[Account]:
    """The account registry: every account of every brand. Raises MappingError for a mapping that is wrong."""
    return [
        _account(brand_name, brand, name, account)
        for brand_name, brand in settings.brands.items()
        for name, account in brand.accounts.items()
    ]


def _account(brand_name: str, brand: BrandSettings, name: str, account: AccountSettings) -> Account:
    return Account(
        brand=brand_name,
        name=name,
        connector=account.connector,
        id=account.id,
        secrets=account.secrets,
        token=account.token,
        verify_token=account.verify_token,
        base_url=account.base_url.rstrip("/"),
        api_version=account.api_version,
        sender_id=account.sender_id,
        portfolio=account.portfolio,
        country=brand.country,
        currency=account.currency,
        storefront=account.storefront.rstrip("/") if account.storefront else None,
        profile_refresh=brand.sender_profile_refresh if account.asks_for_profiles else None,
        media=brand.media,
        signals=account.signals,
        messages_per_second=account.messages_per_second,
        origins=account.origins,
        shop=account.shop or _only_shop(brand) if account.connector == "webchat" else None,
        pull_every=account.pull_every,
        mapping=mapping_of(account),
        pass_to=_pass_to(account),
    )


def _pass_to(account: AccountSettings) -> PassTo | None:
    if account.pass_to is None:
        return None
    blocks = frozenset(account.pass_blocks)
    return PassTo(url=account.pass_to, context=account.pass_context, secret=account.pass_secret, blocks=blocks)


def _only_shop(brand: BrandSettings) -> str | None:
    """The brand's shop, if there is no doubt which."""
    shops = [each.id for each in brand.accounts.values() if each.connector == "shopify"]
    return shops[0] if len(shops) == 1 else None


def mapping_of(account: AccountSettings) -> SourceMapping | None:
    """How an account's bodies are read: by its own mapping, else by its connector's. Raises MappingError."""
    return load_mapping(account.mapping) if account.mapping is not None else shipped_mapping(account.connector)


def ownership_of(settings: BrandSettings) -> Ownership:
    """Which source may write which field of a brand's profiles, and who wins. Raises MappingError."""
    return load_ownership(settings.ownership) if settings.ownership is not None else DEFAULT_OWNERSHIP


def rules_of(settings: BrandSettings) -> RecommendationRules:
    """How a brand recommends its products; without a file by what is counted alone. Raises MappingError."""
    return load_rules(settings.recommendations) if settings.recommendations is not None else RecommendationRules()


def desk_of(settings: BrandSettings) -> Desk:
    """Where the templates of a brand are looked at before they are published. Raises FlowError."""
    return Desk(flows_of(settings))


def flows_of(settings: BrandSettings) -> Flows:
    """The flows of a brand: the shipped ones, and over them its own. Raises FlowError."""
    return Flows.load(
        *([settings.flows] if settings.flows is not None else ()),
        default_locale=settings.locale,
        time_zone=settings.time_zone,
        engines=engine_terms(settings),
        look_ups=look_up_terms(settings),
    )


def pacing_of(settings: Settings, clock: Clock, metrics: Metrics, accounts: tuple[Account, ...]) -> Pacing:
    """The pace of every account that messages are sent from."""
    rates = {(each.connector, each.id): _rates(each) for each in accounts if each.connector in RATES}
    return Pacing(clock, rates, at_once=settings.worker.sends_at_once, watch=metrics)


def _rates(account: Account) -> Rates:
    documented, wanted = RATES[account.connector], account.messages_per_second
    return documented if wanted is None else documented.with_ordinary(wanted)
