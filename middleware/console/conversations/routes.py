"""All pages of conversations, in one explicit list."""

from middleware.console.conversations import acts, composing, files, listing, live, replying, thread
from middleware.console.routes import Route

ROUTES: tuple[Route, ...] = (
    *listing.ROUTES,
    *live.ROUTES,
    *thread.ROUTES,
    *composing.ROUTES,
    *replying.ROUTES,
    *acts.ROUTES,
    *files.ROUTES,
)
