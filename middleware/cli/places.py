"""Where commands look: the store of one brand; and how they show what customers wrote."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, TypeVar

import typer

from middleware.bootstrap.building import Installation, opened
from middleware.cli.output import USAGE, fail, reasons
from middleware.ports import BrandStore
from middleware.settings import Settings, load_settings

T = TypeVar("T")

NO_BRAND = "-"
"""What `--brand` says for what belongs to no single brand. No brand can be called that."""

BrandOption = Annotated[
    str, typer.Option("--brand", help="The brand; not needed if there is one. - for what belongs to no single brand")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON")]


def brand_of(settings: Settings, named: str) -> str | None:
    """The brand that is meant; None for what belongs to no brand. A brand that is not there is a usage error."""
    known = ", ".join(sorted(settings.brands)) or "none yet"
    if named == NO_BRAND:
        return None
    if named in settings.brands:
        return named
    if named:
        fail(f"no brand {named!r} in the settings; there are: {known}", USAGE)
    if len(settings.brands) != 1:
        fail(f"say which brand with --brand; there are: {known}", USAGE)
    return next(iter(settings.brands))


def store_of(here: Installation, brand: str | None) -> BrandStore:
    """The store of a brand, or the common one."""
    return here.store.common if brand is None else here.store.brand(brand)


def on_brand(named: str, why_one: str, work: Callable[[Installation, str], Awaitable[T]]) -> T:
    """What is done in one brand; `why_one` is said to whoever names what belongs to no brand."""

    async def run() -> T:
        async with opened(load_settings()) as here:
            brand = brand_of(here.settings, named)
            if brand is None:
                fail(why_one, USAGE)
            return await work(here, brand)

    with reasons():
        return asyncio.run(run())


def account_name(here: Installation, connector: str, account: str) -> str:
    """An account as the settings call it, or by its id."""
    names = [each.name for each in here.accounts if (each.connector, each.id) == (connector, account)]
    return f"{connector}/{names[0] if names else account}"


def when(moment: datetime | None) -> str:
    """A time as people read it: UTC, whole seconds."""
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment is not None else ""


def plain(text: str) -> str:
    """Text from outside, so that it cannot steer the terminal: what is not printable is written out."""
    return "".join(each if each.isprintable() or each == "\n" else ascii(each)[1:-1] for each in text)


def percent(share: float) -> str:
    """A share as people read it; one figure behind the point unless it is all or nothing."""
    return f"{100 * share:.1f} %" if 0 < share < 1 else f"{100 * share:.0f} %"
