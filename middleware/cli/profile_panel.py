"""One person on a terminal: known in five seconds. Everything from outside is plain text here."""

from collections.abc import Iterable
from datetime import datetime

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from middleware.cli.places import plain, when
from middleware.domain.commerce import Money
from middleware.identity.joined.shape import Address, Joined, JoinedTicket, Valued

_SHOWN = 8
"""Rows of one part."""

Rows = Iterable[tuple[str, ...]]


def panel(joined: Joined, *, is_masked: bool) -> RenderableType:
    """Who it is, why we believe it, what they bought, want and allow, and what a person should decide."""
    parts: list[RenderableType] = [
        _table("contact", ("identifier", "evidence", "rule", "only for", "seen"), _contacts(joined)),
        _table("value", ("", "value", "source", "as of"), _values(joined)),
        _table("bought", ("", ""), _purchases(joined)),
        _table("orders", ("number", "state", "placed", "total", "net"), _orders(joined)),
        _table("open carts", ("shop", "things", "total", "changed"), _carts(joined)),
        _table("tickets", ("id", "state", "subject", "source", "opened"), _tickets(joined)),
        _table("looked at", ("product", "times", "last"), _seen(joined)),
        _table("came by", ("", "channel", "what", "when"), _clicks(joined)),
        _table("e-mails", ("", ""), _engagement(joined)),
        _table("consent", ("channel", "purpose", "state", "said by"), _consents(joined)),
        _table("to decide", ("what", "why", "values"), _questions(joined)),
    ]
    hint = "masked; --reveal shows all" if is_masked else "whole: mind who looks on"
    name = _plain(joined.name.value) if joined.name is not None else "nobody knows the name"
    title = Text(f"{name} · {joined.profile_id} · since {when(joined.created_at)}")
    return Panel(Group(*(part for part in parts if part != "")), title=title, subtitle=Text(hint), title_align="left")


def _table(name: str, headings: tuple[str, ...], rows: Rows) -> RenderableType:
    """A part with its rows; nothing at all without any."""
    every = list(rows)
    if not every:
        return ""
    table = Table(title=name, title_justify="left", box=None, show_header=any(headings), pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in every[:_SHOWN]:
        table.add_row(*(Text(plain(cell)) for cell in row))
    if len(every) > _SHOWN:
        table.add_row(Text(f"and {len(every) - _SHOWN} more (--json)"))
    return table


def _plain(value: object) -> str:
    return plain(", ".join(map(str, value)) if isinstance(value, tuple) else str(value))


def _money(money: Money | None) -> str:
    return f"{money.as_decimal()} {money.currency}" if money is not None else ""


def _day(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d}" if moment is not None else ""


def _contacts(joined: Joined) -> Rows:
    for each in joined.contacts:
        evidence = f"suspended: {each.suspended}" if each.suspended else str(each.evidence)
        yield each.identifier, evidence, each.rule, each.only or "", _day(each.as_of)


def _values(joined: Joined) -> Rows:
    if joined.name is not None:
        yield _valued("name", joined.name)
    if joined.address is not None:
        yield "address", _whole(joined.address), joined.address.source, _day(joined.address.as_of)
    for field, value in joined.values.items():
        yield _valued(field, value)
    for what, names in (("tags", joined.tags), ("segments", joined.segments)):
        if names:
            yield what, ", ".join(names), "", ""
    for text, why in joined.refused_names.items():
        yield "no tag", text, why, ""


def _valued(field: str, value: Valued) -> tuple[str, str, str, str]:
    return field, _plain(value.value), value.source + (" (pinned)" if value.pinned else ""), _day(value.as_of)


def _whole(address: Address) -> str:
    parts = (address.street, address.postcode, address.city, address.state, address.country)
    return ", ".join(part for part in parts if part)


def _purchases(joined: Joined) -> Rows:
    bought = joined.purchases
    if not bought.order_count:
        return
    worth = " and ".join(map(_money, bought.lifetime_value)) or "not known"
    yield "worth", f"{worth} in {bought.order_count} orders, {_day(bought.first_at)} to {_day(bought.last_at)}"
    if bought.items:
        yield "most", ", ".join(f"{each.pieces} x {each.title}" for each in bought.items[:3])
    if bought.bought_again:
        yield "again", ", ".join(each.title for each in bought.bought_again[:3])
    for each in bought.refunds[:3]:
        yield "refund", f"{each.order} {_money(each.amount)} {_day(each.at)}"


def _orders(joined: Joined) -> Rows:
    for each in joined.purchases.orders:
        yield each.number, each.state, _day(each.created_at), _money(each.total), _money(each.net)


def _carts(joined: Joined) -> Rows:
    for each in joined.carts:
        yield each.shop, ", ".join(item.title for item in each.items[:3]), _money(each.total), _day(each.updated_at)


def _tickets(joined: Joined) -> Rows:
    for each in (*joined.open_tickets, *joined.solved_tickets):
        yield _ticket(each)


def _ticket(ticket: JoinedTicket) -> tuple[str, ...]:
    return ticket.id, ticket.state, ticket.subject, ticket.source, _day(ticket.created_at)


def _seen(joined: Joined) -> Rows:
    for each in joined.seen:
        yield each.title or each.product, str(each.times), _day(each.last_at)


def _clicks(joined: Joined) -> Rows:
    for what, click in (("first", joined.first_click), ("last", joined.last_click)):
        if click is not None:
            yield what, click.channel, click.headline or click.ad_id or click.ref or "", _day(click.at)


def _engagement(joined: Joined) -> Rows:
    found = joined.engagement
    told = {
        "opened by a person": found.opened_at,
        "clicked": found.clicked_at,
        "bounced": found.bounced_at,
        "complained": found.complained_at,
        "unsubscribed": found.unsubscribed_at,
    }
    for what, moment in told.items():
        if moment is not None:
            yield what, _day(moment)
    if found.machine_opens:
        yield "opened by machines", f"{found.machine_opens} times: says nothing"


def _consents(joined: Joined) -> Rows:
    for each in joined.consents:
        said = ", ".join(f"{one.source} {one.state} {_day(one.as_of)}" for one in each.said)
        yield each.channel, each.purpose, each.state, said


def _questions(joined: Joined) -> Rows:
    for each in joined.open_questions:
        values = ", ".join(f"{_plain(value.value)} ({value.source})" for value in each.values)
        yield each.field, each.why, values or each.about
