"""What an agent can ask: the limits are those of the API's client in whose name it asks, and of the sender's level."""

from collections.abc import Mapping
from typing import Any, NoReturn

from flows.engine.loading import Flow
from flows.preview.customers import CUSTOMERS, Customer
from flows.preview.real import customer_in
from flows.publishing.previews import previews
from flows.schema import SCHEMA
from flows.templates import check_template
from middleware.bootstrap.building import Installation
from middleware.bootstrap.reaching import flows_now, look_up_of
from middleware.domain.channels import CHANNELS
from middleware.domain.context import BLOCKS, Context, level_of_paths
from middleware.errors import ThroughlineError
from middleware.identity.evidence import RULES
from middleware.mcp_server.handing_over import NOTICE, UNTRUSTED, handed_over
from middleware.ports import Account
from middleware.web.clients import Client

Json = dict[str, Any]


class ToolRefused(ThroughlineError):  # noqa: N818 - a verdict on the question
    """This cannot be asked: says what to do."""


class Tools:
    """The tools over an installation, all of them read-only. Each raises ToolRefused and StoreUnavailable."""

    def __init__(self, here: Installation) -> None:
        self._here = here
        self._look_up = look_up_of(here)

    async def context(self, client: Client, channel: str, account: str, sender: str, blocks: list[str] | None) -> Json:
        """The context of one sender, as a bot would get it."""
        wanted = client.blocks if blocks is None else frozenset(blocks)
        if unseen := wanted - client.blocks:
            known = ", ".join(sorted(client.blocks))
            refuse(f"Not among the blocks that may be seen here ({known}): {', '.join(sorted(unseen))[:200]}.")
        found = await self._context(client, self._account(client, channel, account), sender, wanted)
        return {"notice": NOTICE, "untrusted": list(UNTRUSTED), "context": handed_over(found)}

    async def identity(self, client: Client, channel: str, account: str, sender: str) -> Json:
        """Who a sender is, how far that goes, why, and what they are not told yet."""
        found = await self._context(client, self._account(client, channel, account), sender, client.blocks)
        blocks = {name: getattr(found, name) for name in BLOCKS}
        return {
            "notice": NOTICE,
            "untrusted": ["claims[].masked"],
            "level": found.identity.level.name.lower(),
            "identifiers": list(found.identity.identifiers),
            "why": [
                {**each.model_dump(mode="json"), "because": RULES[each.rule].reason if each.rule in RULES else ""}
                for each in found.identity.why
            ],
            "claims": [each.model_dump(mode="json", exclude_none=True) for each in found.identity.claims],
            "blocks": {
                name: {"state": block.state, "needs_level": block.needs_level.name.lower()}
                for name, block in blocks.items()
                if block is not None
            },
        }

    def flows(self, client: Client) -> Json:
        """The flows of each brand that the client sees, in the order in which they are tried."""
        brands = sorted(client.brands & self._here.flows.keys())
        shelves = {brand: flows_now(self._here, brand).shelf for brand in brands}
        return {
            "brands": [
                {
                    "brand": brand,
                    "flows": [_flow(each) for each in shelf.in_order()],
                    "templates": sorted(shelf.templates),
                    "customers": {each.name: each.about for each in CUSTOMERS.values()},
                }
                for brand, shelf in shelves.items()
            ]
        }

    async def rendered(
        self, client: Client, name: str, channel: str, account: str, sender: str, customer: str, locale: str
    ) -> Json:
        """What a template says now: to a sender with what they may be told, or to somebody made-up."""
        target = self._account(client, channel, account)
        template, _ = check_template(self._source(target.brand, name), f"{name}.yaml")
        if template is None:
            refuse(f"The template {name} has errors: `throughline templates check` says which.")
        reader = await self._reader(client, target, sender, customer)
        (shown,) = previews(template, [reader], [locale or reader.locale], [target.connector])
        return {
            "notice": NOTICE,
            "untrusted": ["messages[]"],
            "template": name,
            "messages": list(shown.messages),
            "fallback": shown.fallback,
            "notes": list(shown.notes),
        }

    async def _reader(self, client: Client, target: Account, sender: str, customer: str) -> Customer:
        if bool(sender) == bool(customer):
            refuse("Name either `sender` or a made-up `customer`: list_flows says which there are.")
        if sender:
            brand = self._here.settings.brands[target.brand]
            found = await self._context(client, target, sender, client.blocks)
            return customer_in(found, "sender", brand.locale, brand.time_zone)
        if customer not in CUSTOMERS:
            refuse(f"There is no made-up customer of this name. There are: {', '.join(CUSTOMERS)}.")
        return CUSTOMERS[customer]

    def _source(self, brand: str, name: str) -> str:
        """The template as customers get it: the version that is published, else that of the file."""
        live = self._here.editions.flows[brand]
        published = live.sources.get(name)
        if published is None and name not in live.desk.files:
            refuse(f"There is no such template. There are: {', '.join(sorted(live.desk.files))}.")
        return published.source if published is not None else live.desk.files[name]

    def _account(self, client: Client, channel: str, named: str) -> Account:
        found = self._look_up.account(channel, named, client.brands)
        if found is None:
            channels = ", ".join(sorted(CHANNELS))
            refuse(f"No such account on this channel. Channels are {channels}; the account is its id or its name.")
        return found

    async def _context(self, client: Client, account: Account, sender: str, blocks: frozenset[str]) -> Context:
        found = await self._look_up.context(account, sender, blocks & client.blocks)
        if found is None:
            refuse("This is no sender id of this channel: it is what the platform calls the customer.")
        return found


def values() -> list[Json]:
    """Every value that templates can name."""
    return [
        {
            "path": each.path,
            "sort": each.sort,
            "about": each.about,
            "can_be_missing": each.optional,
            "needs_level": level_of_paths([each.path]).name.lower(),
        }
        for each in SCHEMA.values()
    ]


def context_schema() -> Mapping[str, Any]:
    """The JSON schema of a context."""
    return Context.model_json_schema(by_alias=True, mode="serialization")


def refuse(why: str) -> NoReturn:
    """End the question with what to do instead."""
    raise ToolRefused(why)


def _flow(flow: Flow) -> Json:
    return {
        "name": flow.name,
        "purpose": flow.purpose,
        "priority": flow.priority,
        "needs": sorted(flow.needs),
        "triggers": flow.triggers.model_dump(mode="json", exclude_defaults=True),
        "when": flow.when.source if flow.when is not None else None,
        "templates": sorted({each.template for each in flow.replies()}),
    }
