"""Pages from templates: everything is escaped, and what a template reads must be there."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from middleware.console.assets import assets
from middleware.console.sections import home_brand, marks, sections

if TYPE_CHECKING:
    from middleware.console.visit import Visit


def render(template: str, visit: "Visit", values: Mapping[str, Any]) -> str:
    """A template of `pages/` with what every page knows: who, where, in which language."""
    language = visit.language
    return _environment().get_template(template).render(
        visit=visit,
        t=language.text,
        language=language,
        now=visit.now,
        brand=visit.of_brand.name if visit.of_brand is not None else "",
        home_brand=home_brand(visit),
        user=visit.signed_in.user if visit.signed_in is not None else None,
        csrf=visit.signed_in.csrf if visit.signed_in is not None else "",
        sections=sections(visit),
        marks=marks(visit),
        said=_said(visit),
        moment=lambda at: _moment(visit, at),
        **values,
    )  # fmt: skip


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("middleware.console", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["static"] = lambda path: assets()[path].address
    environment.globals["url"] = _url
    return environment


def _url(*parts: object, **query: object) -> str:
    """An address of the console, each part escaped: `url(brand, "templates", name, tab="en")`."""
    path = "".join(f"/{quote(str(part), safe='')}" for part in parts)
    behind = "&".join(f"{quote(key)}={quote(str(value), safe='')}" for key, value in query.items() if value)
    return f"/console{path}{'?' if behind else ''}{behind}"


def _moment(visit: "Visit", at: datetime) -> Markup:
    """A moment as people read it, the whole of it when they point at it."""
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        at.isoformat(), visit.language.time(at), visit.language.short(at, visit.now)
    )


def _said(visit: "Visit") -> str:
    """What the page before has to tell: only texts of ours can be named."""
    key = visit.query("said")
    return visit.text(key) if key.startswith("said.") and visit.language.has(key) else ""
