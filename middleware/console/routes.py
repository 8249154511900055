"""Routes of the console: each says who may use it. One without a rule cannot be written."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from aiohttp import web

from middleware.console.visit import Visit
from middleware.domain.users import ROLES, Role, User

Handler = Callable[[Visit], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may use a route: `roles` of those who have signed in; None lets anybody in."""

    roles: tuple[Role, ...] | None

    @property
    def public(self) -> bool:
        """Whether nobody need have signed in."""
        return self.roles is None

    def lets_in(self, user: User) -> bool:
        """Whether a user may use it."""
        return self.roles is None or user.does(self.roles)


PUBLIC = Rule(None)
SIGNED_IN = Rule(ROLES)
AGENT = Rule(("agent",))
MARKETER = Rule(("marketer",))
BUILDER = Rule(("builder",))
ADMIN = Rule(("admin",))
"""An admin may do all that the others may."""


def any_of(*roles: Role) -> Rule:
    """Whoever has one of these roles."""
    return Rule(roles)


@dataclass(frozen=True, slots=True)
class Route:
    """One page, fragment or act. `path` stands behind `/console`; with `{brand}` in it, it is of one brand.

    `bare`: it belongs to no page, so whoever may not use it gets a status and no page (a stream, a file).
    """

    method: Literal["GET", "POST"]
    path: str
    handler: Handler
    rule: Rule
    bare: bool = False


def get(path: str, handler: Handler, rule: Rule, *, bare: bool = False) -> Route:
    """A page or a fragment."""
    return Route("GET", path, handler, rule, bare)


def post(path: str, handler: Handler, rule: Rule) -> Route:
    """An act."""
    return Route("POST", path, handler, rule)
