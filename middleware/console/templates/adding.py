"""Another language, wording or channel for a template: begun with what its customers get so far."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, get_args

from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from flows.files import Place
from flows.templates import locale_chain
from flows.templates.fields import Outline, Spot, fields_at, outline
from flows.templates.model import BASE, ChannelName, LocaleName, Name
from flows.templates.rewriting import NotInTheForm, Written, rewritten
from middleware.console.routes import MARKETER, post
from middleware.console.templates.editor import told_of_conflict
from middleware.console.templates.saving import saved
from middleware.console.templates.working import Work, not_in_form, opened, spot_of
from middleware.console.visit import Visit

_LOCALE: TypeAdapter[str] = TypeAdapter(LocaleName)
_NAME: TypeAdapter[str] = TypeAdapter(Name)


async def add(visit: Visit) -> web.StreamResponse:
    """Add what `what` names (locale, variant, channel) under the name `new`; and go there."""
    work, form = await opened(visit), dict(await visit.form())
    spot, what = spot_of(form), form.get("what", "")
    before = await saved(visit, work, form)
    if isinstance(before, web.Response):
        return before
    if before is None:
        return await told_of_conflict(visit, spot, form)
    there = _new_spot(spot, what, form.get(f"new_{what}", "").strip())
    document = before.document()
    if there is None or document is None:
        return _back(visit, work, spot, "said.template_no_name")
    try:
        source = rewritten(before.source, _begun(document.data, there, visit.brand.editing.locale))
    except NotInTheForm:
        return not_in_form(visit)
    after = await saved(visit, before, {"tab": "source", "source": source, "revision": str(before.revision)})
    if isinstance(after, web.Response):
        return after
    return _back(visit, work, there, "said.template_added")


def _back(visit: Visit, work: Work, spot: Spot, said: str) -> web.Response:
    query = f"?locale={spot.locale}&variant={spot.variant}&channel={spot.channel}"
    return visit.go(visit.path("templates", work.name) + query, said=said)


def _new_spot(spot: Spot, what: str, name: str) -> Spot | None:
    """The spot that is to be there; None for a name that it cannot have."""
    try:
        match what:
            case "locale":
                return Spot(_LOCALE.validate_python(name))
            case "variant":
                return Spot(spot.locale, _NAME.validate_python(name)) if name != BASE else None
            case "channel":
                return replace(spot, channel=name) if name in get_args(ChannelName) else None
    except ValidationError:
        pass
    return None


def _begun(data: Any, spot: Spot, default: str) -> Mapping[Place, Written]:  # noqa: ANN401 - a draft may say anything
    """What a new spot begins with: what its customers get now. What is there already stays."""
    has = outline(data)
    if fields_at(data, spot) is not None:
        return {}
    before = fields_at(data, _before(has, spot, default))
    begun: dict[Place, Written] = {}
    if spot.variant != BASE and spot.variant not in has.weights:
        if BASE not in has.weights:
            begun["variants", BASE] = 1
        begun["variants", spot.variant] = 1
    content: dict[str, Any] = {"text": before.text if before is not None else ""}
    if before is not None:
        if spot.variant == BASE and not spot.channel:
            content["fallback"] = before.fallback
        for kind, choices in (("quick_replies", before.quick_replies), ("buttons", before.buttons)):
            if choices:
                content[kind] = [choice.written() for choice in choices]
    begun[spot.place] = content
    return begun


def _before(has: Outline, spot: Spot, default: str) -> Spot:
    if spot.channel:
        return Spot(spot.locale, spot.variant)
    if spot.variant != BASE:
        return Spot(spot.locale)
    chain = (*locale_chain(spot.locale, default), *has.locales)
    return Spot(next((each for each in chain if each in has.locales), default))


ROUTES = (post("/{brand}/templates/{name}/add", add, MARKETER),)
