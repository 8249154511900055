"""Uploads as the platforms take them: a form with one file, checked for type and size before it gets an id."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message

from connectors.testing.checks import an_object, one_of
from connectors.testing.graph_api import ApiError, GraphRequest, invalid

_MIB = 1024 * 1024

_UPLOAD_FAILED = 131053
_PAGE_UPLOAD_FAILED = 2018047

_WHATSAPP: tuple[tuple[str, int], ...] = (
    ("image/webp", 500 * 1024),
    ("image/", 5 * _MIB),
    ("audio/", 16 * _MIB),
    ("video/", 16 * _MIB),
    ("text/", 100 * _MIB),
    ("application/", 100 * _MIB),
)
"""How large a file may be, by the beginning of its MIME type."""

_PAGE_MEDIA = {"image": 8 * _MIB, "audio": 25 * _MIB, "video": 25 * _MIB, "file": 25 * _MIB}


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """One file that was uploaded, and the id that it got."""

    media_id: str
    path_id: str
    name: str
    mime: str
    content: bytes
    fields: Mapping[str, str]


def read_upload(request: GraphRequest, path_id: str, media_id: str) -> UploadedFile:
    """The file in an upload. Raises `ApiError` for what the platform would refuse."""
    parts = _parts(request)
    field = "file" if request.edge == "media" else "filedata"
    files = [part for part in parts if part.get_param("name", header="content-disposition") == field]
    if len(files) != 1:
        raise invalid(f"one {field} is required")
    file = UploadedFile(
        media_id=media_id,
        path_id=path_id,
        name=files[0].get_filename() or "",
        mime=files[0].get_content_type(),
        content=_bytes(files[0]),
        fields={
            str(part.get_param("name", header="content-disposition")): _bytes(part).decode()
            for part in parts
            if part is not files[0]
        },
    )
    (_check_whatsapp if request.edge == "media" else _check_page)(file)
    return file


def _parts(request: GraphRequest) -> list[Message]:
    head = f"Content-Type: {request.headers.get('content-type', '')}\r\n\r\n".encode("latin-1")
    form = message_from_bytes(head + request.body)
    parts = form.get_payload()
    if not form.is_multipart() or not isinstance(parts, list):
        raise invalid("an upload is a form")
    return [part for part in parts if isinstance(part, Message)]


def _bytes(part: Message) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _check_whatsapp(file: UploadedFile) -> None:
    one_of(file.fields.get("messaging_product"), "messaging_product", {"whatsapp"})
    one_of(file.fields.get("type"), "type", {file.mime})
    most = next((size for beginning, size in _WHATSAPP if file.mime.startswith(beginning)), 0)
    if not 0 < len(file.content) <= most:
        raise ApiError(_UPLOAD_FAILED, "(#131053) Media upload error", details="type or size of the file")


def _check_page(file: UploadedFile) -> None:
    try:
        message = json.loads(file.fields.get("message", ""))
    except ValueError:
        raise invalid("message") from None
    attachment = an_object(an_object(message, "message").get("attachment"), "attachment")
    kind = one_of(attachment.get("type"), "attachment[type]", _PAGE_MEDIA)
    fits = kind == "file" or file.mime.startswith(f"{kind}/")
    if not fits or not 0 < len(file.content) <= _PAGE_MEDIA[kind]:
        raise ApiError(100, "(#100) Upload attachment failure", subcode=_PAGE_UPLOAD_FAILED)
