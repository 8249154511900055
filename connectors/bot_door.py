"""The way to a bot's webhook, for what is passed on to it. Source: Meta's webhook references (any 2xx is taken).

| what happened | outcome |
|---|---|
| 2xx | PASSED |
| any other answer below 500 but 429; redirects are not followed | REFUSED |
| no connection came about | UNREACHABLE |
| time-out, reset, 429, 5xx | UNKNOWN: it may have it |
"""

from collections.abc import Mapping

from connectors.http import HttpClient, MaybeSent, NotConnected
from middleware.domain.passing import PassOutcome, PassResult

_MOST_READ = 4 * 1024
"""Bytes of an answer: nothing of it is looked at."""

_OK, _REDIRECTS, _THROTTLED, _BROKEN = 200, 300, 429, 500


class Door:
    """See `BotDoor`."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    async def hand(
        self,
        url: str,
        body: bytes,
        headers: Mapping[str, str],
        *,
        timeout: float,  # noqa: ASYNC109 - the port's
    ) -> PassResult:
        """See `BotDoor.hand`."""
        try:
            status = (await self._http.post(url, body, headers, timeout, _MOST_READ)).status
        except NotConnected as error:
            return PassResult(outcome=PassOutcome.UNREACHABLE, detail=str(error))
        except MaybeSent as error:
            return PassResult(outcome=PassOutcome.UNKNOWN, detail=str(error))
        except ValueError as error:
            return PassResult(outcome=PassOutcome.REFUSED, detail=type(error).__name__)
        return PassResult(outcome=_outcome(status), detail=f"HTTP {status}")


def _outcome(status: int) -> PassOutcome:
    if _OK <= status < _REDIRECTS:
        return PassOutcome.PASSED
    return PassOutcome.UNKNOWN if status >= _BROKEN or status == _THROTTLED else PassOutcome.REFUSED
