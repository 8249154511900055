"""What the stand-in answers when it is asked instead of sent to: files, WhatsApp's media ids, sender profiles."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from connectors.testing import graph_api
from connectors.testing.graph_api import Answer, ApiError, GraphRequest

_CHUNK = 65_536
_NOT_FOUND = 33
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


@dataclass
class Shelf:
    """What can be asked for. `files` by name, at `/cdn/{name}`; `media` by WhatsApp's id; `profiles` by person.

    `refusal` is what every question about a person is answered with. `asked` are the requests, in order.
    """

    tokens: Collection[str] = ()
    files: dict[str, File] = field(default_factory=dict)
    media: dict[str, str] = field(default_factory=dict)
    """WhatsApp's id -> the file's name."""
    profiles: dict[str, Profile] = field(default_factory=dict)
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
            return _json(self._media(http, name) or self._profile(request, name))
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


def _json(answer: Answer) -> web.Response:
    return web.Response(status=answer.status, body=answer.body, content_type="application/json")


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
