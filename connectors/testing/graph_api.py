"""What the stand-in knows of the Graph API: requests, answers, errors, and which messages are in order.

Source: the Send API and WhatsApp Cloud API references, v26.0. Codes are what callers decide on; texts are for
people.
"""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

_PATH = re.compile(
    r"/(?:v[0-9]+\.[0-9]+/)?(?P<id>[A-Za-z0-9_.-]+)/(?P<edge>messages|media|message_attachments)", re.ASCII
)
_BEARER = re.compile(r"Bearer (\S+)", re.ASCII | re.IGNORECASE)

INVALID_TOKEN = 190
INVALID_PARAMETER = 100
UNKNOWN_PATH = 2500


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, status: int, content: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> "Answer":
        """An answer in JSON."""
        return cls(status, json.dumps(content).encode(), dict(headers or {}))


class ApiError(Exception):
    """The Graph API refuses a request: `code` and `subcode` as documented, `status` of HTTP."""

    def __init__(
        self,
        code: int,
        message: str,
        *,
        status: int = 400,
        subcode: int | None = None,
        details: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.subcode = subcode
        self.details = details

    def answer(self, headers: Mapping[str, str] | None = None) -> Answer:
        """The documented error body."""
        error: dict[str, Any] = {"message": str(self), "type": "OAuthException", "code": self.code}
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        if self.details is not None:
            error["error_data"] = {"messaging_product": "whatsapp", "details": self.details}
        return Answer.of(self.status, {"error": {**error, "fbtrace_id": "AStandInTraceId"}}, headers)


@dataclass(frozen=True, slots=True)
class GraphRequest:
    """One request as it came: header names in lower case. `content` is None when the body is no JSON object."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    at: datetime
    content: Mapping[str, Any] | None
    channel: str
    """`messenger`, `instagram` or `whatsapp`."""

    @property
    def path_id(self) -> str | None:
        """The page, Instagram account or phone number in the path; None for a path that is none of ours."""
        found = _PATH.fullmatch(self.path)
        return found["id"] if found else None

    @property
    def edge(self) -> str | None:
        """What of it is asked for: `messages`, or a place for uploads."""
        found = _PATH.fullmatch(self.path)
        return found["edge"] if found else None

    @property
    def token(self) -> str:
        """The access token from header or query; empty if there is none."""
        found = _BEARER.fullmatch(self.headers.get("authorization", ""))
        return found[1] if found else self.query.get("access_token", "")


@dataclass(frozen=True, slots=True)
class SentMessage:
    """One message that was accepted. `key` is the sender's correlation key, if it came along."""

    message_id: str
    path_id: str
    channel: str
    recipient: str
    text: str
    quick_replies: tuple[tuple[str, str], ...]
    """Title and payload of each."""
    key: str | None
    at: datetime
    body: Mapping[str, Any]


def parsed(body: bytes) -> Mapping[str, Any] | None:
    """The JSON object in a body, or None."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def authorise(request: GraphRequest, tokens: Collection[str]) -> None:
    """Refuse a request without a token, or with none of `tokens` if there are any."""
    if not request.token or (tokens and request.token not in tokens):
        raise ApiError(INVALID_TOKEN, "Invalid OAuth access token - Cannot parse access token", status=401)


def path_id_of(request: GraphRequest) -> str:
    """The id in the path, or the refusal of a request that has none."""
    if request.path_id is None:
        raise ApiError(UNKNOWN_PATH, f"Unknown path components: {request.path}")
    return request.path_id


def content_of(request: GraphRequest) -> Mapping[str, Any]:
    """The JSON object in the body, or the refusal of a request that has none."""
    if request.content is None:
        raise invalid("The request body is no JSON object")
    return request.content


def invalid(details: str) -> ApiError:
    """The refusal of a request that is malformed."""
    return ApiError(INVALID_PARAMETER, f"(#100) Invalid parameter: {details}", details=details)


def usage_headers(request: GraphRequest, share: int, minutes: int = 0, *, type_: str | None = None) -> dict[str, str]:
    """The documented usage headers: `share` of what is allowed in per cent, `minutes` until it is allowed again.

    `type_` is what Meta calls the sort of calls, such as `leadgen`; without it the channel.
    """
    usage = {"call_count": share, "total_cputime": share, "total_time": share}
    business = {"type": type_ or request.channel, **usage, "estimated_time_to_regain_access": minutes}
    return {
        "X-App-Usage": json.dumps(usage),
        "X-Business-Use-Case-Usage": json.dumps({request.path_id or "0": [business]}),
    }
