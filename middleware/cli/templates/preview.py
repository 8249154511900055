"""`throughline templates preview`: a template as customers would get it, all channels side by side."""

import asyncio
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import typer

from flows.language.suggest import did_you_mean
from flows.preview.customers import CUSTOMERS, Customer
from flows.preview.real import customer_in
from flows.preview.showing import Shown
from flows.preview.showing import shown as shown_to
from flows.shelf import Shelf
from flows.templates import Template
from middleware.cli.context import looked_up
from middleware.cli.output import USAGE, fail, print_json, reasons
from middleware.cli.places import BrandOption, brand_of
from middleware.cli.templates.check import say
from middleware.cli.templates.lines import as_json as shown_as_json
from middleware.cli.templates.reading import checked_file
from middleware.cli.templates.wall import print_all, print_wall
from middleware.domain.channels import CHANNELS
from middleware.domain.context import BLOCKS
from middleware.settings import config_path, load_settings

_PARTS_OF_SENDER = 3


def preview(
    template: Annotated[
        str,
        typer.Argument(metavar="NAME|FILE", help="A template of the files by name (its beginning will do), or a file"),
    ],
    customer: Annotated[
        str, typer.Option("--for", help=f"{', '.join(CUSTOMERS)}; or a real one: <channel>:<account>:<sender>")
    ] = "ana",
    everybody: Annotated[bool, typer.Option("--all", help="Everybody who is made up, as a table")] = False,
    locale: Annotated[str, typer.Option(help="The reader's language, in place of the customer's own")] = "",
    variant_key: Annotated[str, typer.Option(help="Who reads it: decides the variant of a split")] = "",
    outside_window: Annotated[bool, typer.Option("--outside-window", help="As if the window had closed")] = False,
    brand: BrandOption = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the messages as JSON")] = False,
) -> None:
    """Show a template as made-up or real customers would get it, on all channels side by side."""
    with reasons():
        found = _template(template, brand)
        people = list(CUSTOMERS.values()) if everybody else [_customer(customer)]
    outcomes = [
        (each, [_shown(found, each, name, locale, variant_key, outside_window=outside_window) for name in CHANNELS])
        for each in people
    ]
    if as_json:
        print_json({"template": found.name, "customers": [_as_json(*each) for each in outcomes]})
    elif everybody:
        print_all(found, outcomes)
    else:
        print_wall(found, *outcomes[0])


def _shown(
    template: Template, customer: Customer, channel: str, locale: str, key: str, *, outside_window: bool
) -> Shown:
    reader = customer.reader(CHANNELS[channel], locale=locale or None, key=key or None, window_open=not outside_window)
    return shown_to(template, reader, customer.values_on(reader.channel, window_open=reader.window_open))


def _as_json(customer: Customer, outcomes: list[Shown]) -> dict[str, Any]:
    return {"customer": customer.name, "channels": [shown_as_json(each) for each in outcomes]}


def _template(wanted: str, brand: str) -> Template:
    """The template of a file, else of the brand's folder or the shipped library, by its name or the beginning of it."""
    if Path(wanted).suffix or Path(wanted).is_file():
        return _of_file(wanted)
    templates = _shelf(brand).templates
    near = [name for name in templates if name.startswith(wanted)] if wanted else []
    if wanted in templates:
        return templates[wanted]
    if len(near) != 1:
        which = f"; there are {', '.join(near)}" if near else did_you_mean(wanted, templates)
        fail(f"no template {wanted!r}{which}", USAGE)
    return templates[near[0]]


def _of_file(file: str) -> Template:
    result, _ = checked_file(file)
    if result.template is None:
        say([finding for finding in result.findings if finding.severity == "error"])
        fail(f"{file} is refused" if result.findings else f"{file} is a bare source: render it instead")
    return result.template


def _shelf(brand: str) -> Shelf:
    """The shipped flows and templates, and over them those of the brand, where there are settings."""
    library = files("flows") / "library"
    if not config_path().exists():
        return Shelf.read(library)
    settings = load_settings()
    name = brand_of(settings, brand) if settings.brands or brand else None
    folder = settings.brands[name].flows if name is not None else None
    return Shelf.read(library, *([folder] if folder is not None else []))


def _customer(named: str) -> Customer:
    """Somebody made up, or the sender that `<channel>:<account>:<sender>` names."""
    if named in CUSTOMERS:
        return CUSTOMERS[named]
    parts = named.split(":", _PARTS_OF_SENDER - 1)
    if len(parts) != _PARTS_OF_SENDER:
        known = ", ".join(CUSTOMERS)
        fail(
            f"nobody is called {named!r}{did_you_mean(named, CUSTOMERS)}; there are {known}, or write "
            "<channel>:<account>:<sender>",
            USAGE,
        )
    channel, account, sender = parts
    settings = load_settings()
    name, context = asyncio.run(looked_up(settings, channel, account, sender, list(BLOCKS)))
    brand = settings.brands[name]
    return customer_in(context, named, brand.locale, brand.time_zone)
