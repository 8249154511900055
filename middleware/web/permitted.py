"""Which brand a client may work with, or what it is told instead: asked by every route that needs a right."""

from collections.abc import Collection
from typing import Literal

from aiohttp import web

from middleware.web.clients import Client, client_of
from middleware.web.keys import CLIENTS
from middleware.web.problems import problem


def permitted(
    request: web.Request, right: Literal["review", "templates", "profiles"], brands: Collection[str]
) -> tuple[Client, str] | web.Response:
    """The client and the brand that it means, among `brands`; else 401 without a key, 403 without the right, and 404
    for a brand that is not there, not the client's, or not named by one that has several.
    """
    client = client_of(request.headers.get("Authorization"), request.app[CLIENTS].values())
    if client is None:
        return problem(401, "Unauthorized", "Send a client's key as a bearer token.", {"WWW-Authenticate": "Bearer"})
    if not getattr(client, right):
        return problem(403, "Forbidden", f"This client has not the right `{right}` in the settings.")
    named = request.query.get("brand", "")
    its = sorted(client.brands & set(brands))
    if not named and len(its) != 1:
        return problem(404, "Not found", "Say which `brand` is meant.")
    if named and named not in its:
        return problem(404, "Not found", "No such brand.")
    return client, named or its[0]
