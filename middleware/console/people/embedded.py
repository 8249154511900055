"""The panel in the frame of a help desk: by a signed link of ten minutes, without a session, and with nothing to do.

It shows what an agent sees, contacts masked. Only the origins of the settings may frame it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from aiohttp import web

from middleware.console.guard import POLICY
from middleware.console.people.masking import Eyes
from middleware.console.people.page import panel_values
from middleware.console.people.panel import panel_of
from middleware.console.routes import PUBLIC, get
from middleware.console.visit import Visit
from middleware.pipeline.audit import audit
from middleware.web.tokens import PanelToken, read_panel


async def embedded(visit: Visit) -> web.StreamResponse:
    """The panel of one sender; a page that says so where the link is over, or is none."""
    console = visit.console
    if console.embed_in:
        visit.headers |= {
            "Content-Security-Policy": _policy(console.embed_in),
            "Cross-Origin-Resource-Policy": "cross-origin",
        }
    said = read_panel(visit.at("token"), await console.sessions.key()) if console.embed_in else None
    if said is None or said.brand not in console.brands:
        return visit.page("people/embed_over.html", status=404, is_over=False)
    if not _counts(said, visit.now):
        return visit.page("people/embed_over.html", status=410, is_over=True)
    brand = console.brands[said.brand]
    await audit(brand.store, by=said.sub, what="profile.view", now=visit.now, about=said.profile,
                details={"by_link": said.jti})  # fmt: skip
    panel = await panel_of(console, brand, said.profile, Eyes(sees_masked=True), conversation=said.conversation)
    ends_at = datetime.fromtimestamp(said.exp, UTC)
    return visit.page("people/embed.html", ends_at=ends_at, **panel_values(panel))


def _counts(said: PanelToken, now: datetime) -> bool:
    return now.timestamp() < said.exp


def _policy(origins: Sequence[str]) -> str:
    """The usual policy, but that these origins may frame the page, which sends no form anywhere."""
    policy = POLICY.replace("frame-ancestors 'none'", f"frame-ancestors {' '.join(origins)}")
    return policy.replace("form-action 'self'", "form-action 'none'")


ROUTES = (get("/embed/{token}", embedded, PUBLIC),)
