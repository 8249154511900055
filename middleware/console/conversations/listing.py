"""The list: which conversations somebody wants to see, and a page of them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

from aiohttp import web

from middleware.console.conversations.one import mark_of, new_nonce
from middleware.console.conversations.wording import span
from middleware.console.routes import AGENT, get
from middleware.console.visit import Visit
from middleware.domain.board import Head, State, Wanted
from middleware.domain.channels import CHANNELS
from middleware.domain.late import first_of, seen_until
from middleware.domain.tag_names import name_of
from middleware.errors import CursorError

Tab = Literal["all", "waiting", "late", "person", "mine", "bot", "paused", "closed"]
TABS: tuple[Tab, ...] = get_args(Tab)

SOON = timedelta(hours=2)
"""A window that closes within this time is about to close."""
ROWS = 40
ROWS_BESIDE = 25
_LONGEST = 80


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants to see, as it stands in the address."""

    tab: Tab = "all"
    channel: str = ""
    tag: str = ""
    name: str = ""
    vip: bool = False
    soon: bool = False
    before: str = ""

    @property
    def filtered(self) -> bool:
        """Whether more is asked for than a tab."""
        return bool(self.channel or self.tag or self.name or self.vip or self.soon)

    def query(self, **changes: str) -> dict[str, str]:
        """The same for an address, with changes; what says nothing is left out. A change begins at the top again."""
        said = {
            "tab": self.tab if self.tab != "all" else "",
            "channel": self.channel,
            "tag": self.tag,
            "name": self.name,
            "vip": "1" if self.vip else "",
            "soon": "1" if self.soon else "",
            "before": "" if changes else self.before,
            **changes,
        }
        return {key: value for key, value in said.items() if value and value != "all"}

    def wanted(self, login: str) -> Wanted:
        """The same as the board understands it. `login` is whose own ones `mine` are."""
        state: State | None = None if self.tab in {"all", "mine", "late"} else self.tab  # type: ignore[assignment]
        return Wanted(
            state=state,
            assignee=login if self.tab == "mine" else None,
            is_open=self.tab == "mine",
            channel=self.channel or None,
            tag=name_of(self.tag)[0] or self.tag or None,
            vip=self.vip,
            late=self.tab == "late",
            closes_within=SOON if self.soon else None,
            name=self.name,
        )


@dataclass(frozen=True, slots=True)
class Row:
    """One conversation of the list. `closes_in`: its window is about to close, in so much time."""

    head: Head
    state: State
    closes_in: timedelta | None
    window: timedelta | None
    """What is left of its window; None where it is closed, or has no end."""
    first_late: str
    """The line of its thread that was too late for the bot first; empty where that is not known."""
    seen_until: datetime | None
    """Until when whoever sees the row has seen what was too late."""


def asked_in(visit: Visit) -> Asked:
    """What the address asks for; what makes no sense in it is as if it were not there."""
    tab = visit.query("tab")
    return Asked(
        tab=next((each for each in TABS if each == tab), "all"),
        channel=visit.query("channel") if visit.query("channel") in CHANNELS else "",
        tag=visit.query("tag").strip()[:_LONGEST],
        name=visit.query("name").strip()[:_LONGEST],
        vip=bool(visit.query("vip")),
        soon=bool(visit.query("soon")),
        before=visit.query("before"),
    )


def list_values(visit: Visit, asked: Asked, *, on: str = "") -> dict[str, Any]:
    """What the templates of the list are given. `on`: the conversation beside which it stands. 400 for a place in the
    list that there is not.
    """
    board, me = visit.brand.board, visit.user.id
    board.start()
    mark, wanted = board.mark, asked.wanted(me)
    try:
        page = board.page(wanted, before=asked.before or None, most=ROWS_BESIDE if on else ROWS)
    except CursorError:
        raise web.HTTPBadRequest from None
    mine, late = (
        page if asked.tab == tab else board.page(Asked(tab).wanted(me), most=1) for tab in ("mine", "late")
    )  # fmt: skip
    every = board.page(Wanted(), most=1) if asked.tab in {"mine", "late"} else page
    counts: dict[str, int] = dict(every.counts.items())
    counts |= {"mine": sum(mine.counts.values()), "late": sum(late.counts.values()), "all": sum(every.counts.values())}
    return {
        "asked": asked,
        "rows": [_row(head, visit.now) for head in page.rows],
        "next": page.next,
        "counts": counts,
        "tabs": TABS,
        "on": on,
        "nonce": new_nonce(),
        "mark": mark,
        "loaded": board.loaded,
        "progress": board.progress,
        "span": lambda length: span(visit, length),
    }


def _row(head: Head, now: datetime) -> Row:
    closes_in = head.closes_at - now if head.closes_at is not None else None
    left = closes_in if closes_in is not None and closes_in > timedelta(0) else None
    is_soon = left is not None and left <= SOON and head.closed_at is None
    first = first_of(head.late, head.late_before)
    return Row(
        head,
        head.state(now),
        closes_in=left if is_soon else None,
        window=left,
        first_late=mark_of(first.message) if first is not None and first.message is not None else "",
        seen_until=seen_until(head.late, head.late_before),
    )


async def conversations(visit: Visit) -> web.StreamResponse:
    """The page."""
    accounts = {each.connector for each in visit.brand.accounts}
    channels = [each for each in CHANNELS if each in accounts]
    return visit.page("conversations/page.html", channels=channels, **list_values(visit, asked_in(visit)))


async def rows(visit: Visit) -> web.StreamResponse:
    """Its part that comes anew when something changes."""
    return visit.page("conversations/list.html", **list_values(visit, asked_in(visit), on=visit.query("on")))


ROUTES = (
    get("/{brand}/conversations", conversations, AGENT),
    get("/{brand}/conversations/list", rows, AGENT),
)
