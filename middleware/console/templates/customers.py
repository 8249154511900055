"""For whom a template is shown: somebody made up, or a real customer, of whom no contact is ever shown."""

import re
from dataclasses import replace

from aiohttp import web

from flows.preview.customers import CUSTOMERS, Customer
from flows.preview.real import customer_in
from middleware.console.routes import MARKETER, get
from middleware.console.visit import Visit
from middleware.pipeline.sampling import Sampled

REAL = "real:"
USUAL = "ana"
_HIDDEN = "…"
_CONTACT = re.compile(r"[^\s@<>]+@[^\s@<>]+|\+?\d[\d\s()/.-]{6,}\d")
"""An address, or what may be a phone number, in what somebody wrote."""


async def search(visit: Visit) -> web.StreamResponse:
    """Customers whom a text finds, by name, number of an order or e-mail address; the latest without one."""
    sampling, text = visit.brand.editing.sampling, visit.query("q").strip()
    sample = await sampling.sample()
    if text:
        await visit.on_record("customers.searched")
    found = await sampling.search(text)
    there = {name: visit.query(name) for name in ("template", "locale", "variant", "channel")}
    return visit.page("templates/customers.html", found=found, q=text, sample=sample, there=there)


async def chosen(visit: Visit, named: str) -> tuple[Customer, Sampled | None]:
    """The customer that a form names, else the usual one. That somebody looks at a real one goes on record."""
    if not named.startswith(REAL):
        return CUSTOMERS.get(named, CUSTOMERS[USUAL]), None
    editing = visit.brand.editing
    found = await editing.sampling.customer(named.removeprefix(REAL))
    if found is None:
        return CUSTOMERS[USUAL], None
    await _note(visit, found)
    customer = customer_in(found.context, named, editing.locale, editing.zone)
    return (customer if visit.does("agent") else _without_contacts(customer)), found


async def _note(visit: Visit, found: Sampled) -> None:
    """Once for each session and customer: a preview is asked for with every key."""
    looked = (visit.session.id, found.id)
    if looked in visit.brand.editing.looked_at:
        return
    await visit.on_record("template.shown_for", about=found.context.identity.profile_id or found.id)
    visit.brand.editing.note(looked)


def _without_contacts(customer: Customer) -> Customer:
    """The same without what reaches them: in what they wrote, and in what they have answered."""
    values = dict(customer.values)
    for block in ("message", "answers"):
        inside = values.get(block)
        if isinstance(inside, dict):
            values[block] = {
                name: _CONTACT.sub(_HIDDEN, text) if isinstance(text, str) else text for name, text in inside.items()
            }
    return replace(customer, values=values)


ROUTES = (get("/{brand}/template-customers", search, MARKETER),)
