"""Any bot behind one signed POST: the engine contract.

Source: the contract is our own (`docs/engines.md`, `docs/schemas/turn-1.json`); signed as Standard Webhooks says
(`spec/standard-webhooks.md`, 1.0.0), with the id of the turn as `webhook-id`: the same whenever it is asked again, so a
bot that keeps it does nothing twice.

    POST <url>
    webhook-id, webhook-timestamp, webhook-signature; Authorization: Bearer <token>, where there is one
    {"schema": "throughline.turn/1", "turn", "at", "message", "context", "prompt", "values", "reply", "limits"}

200 is an answer, 202 says that it comes later, 204 that there is none.
"""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime

from connectors.engines.calling import Call, asked, bearer, encoded
from connectors.http import HttpClient
from connectors.standard_webhooks import delivery_id, standard_signature
from middleware.domain.engine_answers import read_answer
from middleware.domain.engines import EngineAnswer, EngineOutcome, Question
from middleware.ports import EngineSetup

_ACCEPTED, _NO_CONTENT = 202, 204


def _now() -> datetime:
    return datetime.now(UTC)


class Webhook:
    """The engine `webhook`. `now` is the time that is signed."""

    once = True

    def __init__(self, setup: EngineSetup, http: HttpClient, now: Callable[[], datetime] = _now) -> None:
        self._setup = setup
        self._http = http
        self._now = now
        if setup.secret is None:
            raise ValueError("needs `secret`: what the requests are signed with")
        self._secret = setup.secret.get_secret_value().encode()
        try:
            standard_signature(self._secret, "turn", self._now(), b"")
        except ValueError:
            raise ValueError("`secret` is none: whsec_ and base64, or any text") from None

    async def ask(
        self,
        question: Question,
        *,
        timeout: float,  # noqa: ASYNC109 - the port's
    ) -> EngineAnswer:
        """See `Engine.ask`."""

        async def conversation(call: Call) -> EngineAnswer:
            body = encoded(question.request, "turn")
            headers = standard_signature(self._secret, _own_id(question.turn), self._now(), body)
            reply = await call.post_bytes("", body, {**bearer(self._setup), **headers}, "turn")
            if reply.status == _ACCEPTED:
                return EngineAnswer(outcome=EngineOutcome.LATER)
            if reply.status == _NO_CONTENT:
                return EngineAnswer(outcome=EngineOutcome.SILENT)
            return read_answer(reply.json)

        return await asked(self._setup, self._http, timeout, conversation)


def _own_id(turn_id: str) -> str:
    """The turn's id as a header takes it; a digest of it where it has letters that a header does not take."""
    if delivery_id({"webhook-id": turn_id}) is not None:
        return turn_id
    return f"turn_{hashlib.sha256(turn_id.encode(errors='surrogatepass')).hexdigest()}"
