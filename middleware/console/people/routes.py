"""All pages of people, in one explicit list."""

from middleware.console.people import editing, embedded, joining, page, search
from middleware.console.routes import Route

ROUTES: tuple[Route, ...] = (
    *embedded.ROUTES,
    *search.ROUTES,
    *page.ROUTES,
    *joining.ROUTES,
    *editing.ROUTES,
)
