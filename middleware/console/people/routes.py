"""All pages of people, in one explicit list."""

from middleware.console.people import editing, embedded, erasing, joining, page, proving, search
from middleware.console.routes import Route

ROUTES: tuple[Route, ...] = (
    *embedded.ROUTES,
    *search.ROUTES,
    *page.ROUTES,
    *proving.ROUTES,
    *joining.ROUTES,
    *editing.ROUTES,
    *erasing.ROUTES,
)
