"""Every shape that there is, and the routes under which engines ask in them."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from middleware.web.engines.asking import Mistake, Refused, Shape, asked, told
from middleware.web.engines.dialogflow import DIALOGFLOW
from middleware.web.engines.flat import FLAT
from middleware.web.engines.manychat import MANYCHAT
from middleware.web.engines.rasa import RASA
from middleware.web.problems import problem

SHAPES = (RASA, MANYCHAT, DIALOGFLOW, FLAT)


def routes_of(shapes: tuple[Shape, ...] = SHAPES) -> list[web.RouteDef]:
    """A route for each method of each shape."""
    return [
        web.route(method, shape.path, _answering(shape), **({"allow_head": False} if method == "GET" else {}))
        for shape in shapes
        for method in shape.methods
    ]


def _answering(shape: Shape) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answering(request: web.Request) -> web.Response:
        try:
            client, said = await asked(request)
            question = shape.question(said)
            return web.json_response(shape.answer(question, await told(request, client, shape, question)))
        except Refused as refused:
            return refused.answer
        except Mistake as mistake:
            return problem(shape.malformed, "Bad request", str(mistake))

    return answering
