"""Look-ups over HTTP: one GET, with the question in its query, answered by a JSON object.

    GET <url>?<name>=<value>&...          Accept: application/json, Authorization: Bearer <token>
    -> 200 {...}                          404, 410, 204: there is no such thing

At most 64 KiB of an answer are read, as they come over the wire: nothing is unpacked. No redirect is followed.
"""

from collections.abc import Mapping
from urllib.parse import urlencode

from connectors.http import HttpClient, HttpReply, MaybeSent, NotConnected
from middleware.domain.look_ups import LookUpAnswer, LookUpOutcome
from middleware.ports import LookUpSetup

MOST_BYTES = 64 * 1024

_OK, _NO_CONTENT, _MULTIPLE_CHOICES, _BAD_REQUEST = 200, 204, 300, 400
_NONE = frozenset({_NO_CONTENT, 404, 410})
_HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity"}


class HttpLookUp:
    """A look-up of the kind `http`."""

    def __init__(self, setup: LookUpSetup, http: HttpClient) -> None:
        self._setup = setup
        self._http = http

    async def ask(
        self,
        send: Mapping[str, str],
        *,
        timeout: float,  # noqa: ASYNC109 - the port's
    ) -> LookUpAnswer:
        """See `LookUpSource.ask`."""
        try:
            reply = await self._http.get_json(self._address(send), self._setup.token, timeout, MOST_BYTES, _HEADERS)
        except NotConnected as error:
            return _failed(f"not connected ({error})")
        except MaybeSent as error:
            return _failed(f"no answer ({error})")
        except ValueError:
            return _failed("token or question cannot be written into a request")
        return _answer(reply)

    def _address(self, send: Mapping[str, str]) -> str:
        url = self._setup.url
        return f"{url}{'&' if '?' in url else '?'}{urlencode(send)}" if send else url


def _answer(reply: HttpReply) -> LookUpAnswer:
    status = reply.status
    if status in _NONE:
        return LookUpAnswer(LookUpOutcome.NONE, detail=f"there is none (HTTP {status})")
    if not _OK <= status < _MULTIPLE_CHOICES:
        redirect = ", a redirect, which is not followed" if _MULTIPLE_CHOICES <= status < _BAD_REQUEST else ""
        return _failed(f"HTTP {status}{redirect}")
    if reply.too_long:
        return _failed(f"an answer of more than {MOST_BYTES // 1024} KiB")
    if not _is_json(reply.headers.get("content-type", "")) or not isinstance(reply.json, dict):
        return _failed("the answer is no JSON object")
    return LookUpAnswer(LookUpOutcome.ANSWERED, body=reply.json)


def _is_json(content_type: str) -> bool:
    kind = content_type.partition(";")[0].strip().lower()
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


def _failed(detail: str) -> LookUpAnswer:
    return LookUpAnswer(LookUpOutcome.FAILED, detail=detail)
