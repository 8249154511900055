"""Parts of pages that come anew by themselves: only if they have changed, so that nobody loses their place in them."""

import hashlib
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from markupsafe import Markup

from middleware.console.rendering import render
from middleware.console.visit import Visit


@dataclass(frozen=True, slots=True)
class Part:
    """A part as it is now. `html` brings along the mark by which it is known the next time."""

    html: Markup
    mark: str


def part_of(visit: Visit, template: str, **values: Any) -> Part:  # noqa: ANN401 - for templates
    """A part, rendered from `pages/<template>`."""
    text = render(template, visit, values)
    mark = hashlib.blake2b(text.encode(), digest_size=12).hexdigest()
    # What templates render is escaped already.
    return Part(Markup(text) + Markup('<input type="hidden" name="seen" value="{}">').format(mark), mark)  # noqa: S704


def anew(visit: Visit, part: Part) -> web.Response:
    """The part, for a page that has it already: 204 if that is the same."""
    if visit.query("seen") == part.mark:
        return web.Response(status=204)
    return web.Response(text=part.html, content_type="text/html", charset="utf-8")
