"""What the editor offers while somebody types: values with what they are, filters, tests and tags; as JSON."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from aiohttp import web

from flows.language import RenderFailure, compile_reply
from flows.language.filters import FILTERS
from flows.preview.building import through_lists
from flows.preview.customers import CUSTOMERS
from flows.schema import SCHEMA, Field, can_be_missing
from flows.values import Values, values_of
from middleware.console.routes import MARKETER, get
from middleware.console.sentences import told
from middleware.console.visit import Visit
from middleware.domain.channels import CHANNELS
from middleware.domain.context import LOOKUPS, ON_DEMAND
from middleware.pipeline.sampling import Sample

TAGS = ("if", "elif", "else", "endif", "for", "endfor")
TESTS = ("defined", "undefined")
_SAID = {"money": " | money", "date": ' | date("medium")', "list": " | length"}
"""How a value of a sort is said, where it cannot be as it is."""
_ASKED_FOR = frozenset({LOOKUPS, *ON_DEMAND, "answers", "links"})


async def values(visit: Visit) -> web.StreamResponse:
    """All that can be completed; `sample` says of whom the shares are."""
    sample = await visit.brand.editing.sampling.sample()
    sampled = visit.text("templates.sample", n=len(sample.customers))
    if not sample.whole:
        sampled += " " + visit.text("templates.sample_part")
    tags = [{"label": name} for name in TAGS]
    return web.json_response({"sample": sampled, **known(visit, _shares(sample), len(sample.customers)), "tags": tags})


def known(visit: Visit, shares: Mapping[str, int], of: int) -> dict[str, list[dict[str, Any]]]:
    """What replies and conditions are made of: values with what they are, filters, tests. `shares` says how many `of`
    a sample have each.
    """
    found = [_value(field, shares.get(field.path, 0), of) for field in SCHEMA.values()]
    locale = visit.language.locale
    return {
        "values": [{**each, "detail": _detail(visit, each), "info": told(each["info"], locale)} for each in found],
        "filters": [{"label": name, "info": told(row.about, locale)} for name, row in FILTERS.items()],
        "tests": [{"label": name} for name in TESTS],
    }


def _detail(visit: Visit, value: Mapping[str, Any]) -> str:
    """What a value is, in a line: its sort, an example, and how many have it."""
    parts = [visit.text(f"templates.sorts.{value['sort']}")]
    if value["example"]:
        parts.append(visit.text("templates.such_as", example=value["example"]))
    if value["share"] is not None:
        parts.append(visit.text("templates.have_it", share=value["share"]))
    return " · ".join(parts)


def _value(field: Field, having: int, of: int) -> dict[str, Any]:
    block = field.path.partition(".")[0]
    return {
        "path": field.path,
        "sort": field.sort,
        "info": field.about,
        "example": example(field.path),
        "missing": can_be_missing(field.path, frozenset()),
        # What is asked for only while a flow decides, nobody has beforehand.
        "share": round(100 * having / of) if of and block not in _ASKED_FOR else None,
    }


@lru_cache(maxsize=len(SCHEMA))
def example(path: str) -> str:
    """What a template would say of it to Ana, who is made up and has everything."""
    ana = CUSTOMERS["ana"]
    channel = CHANNELS["whatsapp"]
    if SCHEMA[path].sort == "group":
        return ""
    try:
        program = compile_reply("{{ " + through_lists(path) + _SAID.get(SCHEMA[path].sort, "") + " }}")
        return program.render(ana.values_on(channel), ana.reader(channel).locality())[:60]
    except RenderFailure:
        return ""


def _shares(sample: Sample) -> dict[str, int]:
    """For each value, how many of the customers in the sample have it."""
    having: dict[str, int] = {}
    for customer in sample.customers:
        message = customer.context.message
        for path in _paths(values_of(customer.context, message.text if message is not None else "")):
            having[path] = having.get(path, 0) + 1
    return having


def _paths(values: Values, before: str = "") -> set[str]:
    """The paths of all values that are there; of the elements of a list, those that any of them has."""
    found: set[str] = set()
    for name, value in values.items():
        path = f"{before}{name}"
        inside: Sequence[Any] = value if isinstance(value, list) else [value]
        if value not in (None, "", [], {}):
            found.add(path)
        for each in inside:
            if isinstance(each, dict):
                found |= _paths(each, f"{path}.")
    return found


ROUTES = (get("/{brand}/template-values", values, MARKETER),)
