"""What the stand-in answers when it is asked, not sent to: files, WhatsApp's media ids, sender profiles, leads."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from connectors.testing import graph_api
from connectors.testing.graph_api import Answer, ApiError, GraphRequest

_CHUNK = 65_536
_NOT_FOUND = 33
_NO_PERMISSION = 200
_LEAD_LIMIT = 80005
_MINUTES = 5
"""Until leads may be asked for again, once the limit is reached."""
_FURTHER = frozenset({"locale", "timezone", "gender"})
"""Fields of a profile that need permissions of their own."""


@dataclass(frozen=True, slots=True)
class File:
    """A file on the stand-in's CDN, and how it is served.

    `length` is what Content-Length says, whatever there is. `delay` seconds pass before the answer, `pause` after each
    64 KiB of it. `endless` never stops sending. `location` redirects there instead. With `token` only who knows the
    access token gets it.
    """

    content: bytes = b""
    type: str = "image/jpeg"
    status: int = 200
    length: int | None = None
    delay: float = 0.0
    pause: float = 0.0
    endless: bool = False
    location: str | None = None
    token: bool = False


@dataclass(frozen=True, slots=True)
class Profile:
    """A person as the platform shows them. Without `further`, language and time zone are not permitted."""

    fields: Mapping[str, Any]
    further: bool = True


@dataclass(frozen=True, slots=True)
class Lead:
    """A lead form that somebody filled in: Meta's name of each question, and what was answered."""

    answers: Mapping[str, Sequence[str]]
    created_time: str = "2026-11-05T11:58:00+0000"
    ad_id: str | None = "23851234567890123"
    form_id: str = "700100200300"


@dataclass
class Shelf:
    """What can be asked for. `files` by name, at `/cdn/{name}`; `media` by WhatsApp's id; `profiles` by person; `leads`
    by id.

    `refusal` is what every question about a person is answered with. Without `leads_permitted` the token may not read
    leads; of `lead_calls` are so many left, then the limit is reached. `asked` are the requests, in order.
    """

    tokens: Collection[str] = ()
    files: dict[str, File] = field(default_factory=dict)
    media: dict[str, str] = field(default_factory=dict)
    """WhatsApp's id -> the file's name."""
    profiles: dict[str, Profile] = field(default_factory=dict)
    leads: dict[str, Lead] = field(default_factory=dict)
    leads_permitted: bool = True
    lead_calls: int | None = None
    refusal: ApiError | None = None
    asked: list[GraphRequest] = field(default_factory=list)

    async def answer(self, http: web.Request, request: GraphRequest) -> web.StreamResponse:
        """Answer one GET."""
        self.asked.append(request)
        try:
            head, _, name = request.path.rpartition("/")
            if head == "/cdn":
                return await self._file(http, request, name)
            graph_api.authorise(request, self.tokens)
            return _json(self._media(http, name) or self._lead(request, name) or self._profile(request, name))
        except ApiError as error:
            return _json(error.answer())

    async def _file(self, http: web.Request, request: GraphRequest, name: str) -> web.StreamResponse:
        file = self.files.get(name, File(status=404))
        await asyncio.sleep(file.delay)
        if file.token:
            graph_api.authorise(request, self.tokens)
        if file.location is not None:
            return web.Response(status=302, headers={"Location": file.location})
        if file.length is not None:
            return await _lie(http, file)
        return await _serve(http, file)

    def _media(self, http: web.Request, media_id: str) -> Answer | None:
        name = self.media.get(media_id)
        if name is None:
            return None
        file = self.files.get(name, File())
        address = f"{http.scheme}://{http.host}/cdn/{name}"
        told = {"url": address, "mime_type": file.type, "file_size": len(file.content), "id": media_id}
        return Answer.of(200, {"messaging_product": "whatsapp", **told})

    def _lead(self, request: GraphRequest, lead_id: str) -> Answer | None:
        lead = self.leads.get(lead_id)
        if lead is None:
            return None
        if self.lead_calls == 0:
            error = ApiError(_LEAD_LIMIT, "(#80005) There have been too many leadgen api calls to this Page account.")
            return error.answer(graph_api.usage_headers(request, 100, _MINUTES, type_="leadgen"))
        if self.lead_calls is not None:
            self.lead_calls -= 1
        if not self.leads_permitted:
            message = "(#200) Requires leads_retrieval permission to manage the object"
            raise ApiError(_NO_PERMISSION, message, status=403)
        return Answer.of(200, _told(lead, lead_id, set(request.query.get("fields", "").split(","))))

    def _profile(self, request: GraphRequest, person: str) -> Answer:
        if self.refusal is not None:
            raise self.refusal
        profile = self.profiles.get(person)
        if profile is None:
            raise ApiError(100, "Unsupported get request. Object does not exist", subcode=_NOT_FOUND)
        wanted = set(request.query.get("fields", "").split(","))
        if wanted & _FURTHER and not profile.further:
            raise ApiError(200, "(#200) Requires pages_user_locale permission", status=403)
        told = {name: value for name, value in profile.fields.items() if name in wanted}
        return Answer.of(200, {**told, "id": person} if told else {})


def _told(lead: Lead, lead_id: str, wanted: Collection[str]) -> dict[str, Any]:
    """What is said of a lead: the fields that were asked for, without those that an organic lead has not."""
    known = {
        "created_time": lead.created_time,
        "ad_id": lead.ad_id,
        "form_id": lead.form_id,
        "is_organic": lead.ad_id is None,
        "field_data": [{"name": name, "values": list(values)} for name, values in lead.answers.items()],
    }
    told = {name: value for name, value in known.items() if name in wanted and value is not None}
    return {**told, "id": lead_id}


def _json(answer: Answer) -> web.Response:
    headers = dict(answer.headers)
    return web.Response(status=answer.status, body=answer.body, headers=headers, content_type="application/json")


async def _serve(http: web.Request, file: File) -> web.StreamResponse:
    response = web.StreamResponse(status=file.status, headers={"Content-Type": file.type})
    await response.prepare(http)
    chunks = [file.content[start : start + _CHUNK] for start in range(0, len(file.content), _CHUNK)]
    while chunks or file.endless:
        await response.write(chunks.pop(0) if chunks else b"\0" * _CHUNK)
        await asyncio.sleep(file.pause)
    await response.write_eof()
    return response


async def _lie(http: web.Request, file: File) -> web.StreamResponse:
    """Written past the server, which would not say a length that is none."""
    head = f"HTTP/1.1 {file.status} OK\r\nContent-Type: {file.type}\r\nContent-Length: {file.length}\r\n\r\n"
    if http.transport is not None:
        http.transport.write(head.encode() + file.content)
        http.transport.close()
    return web.Response()
