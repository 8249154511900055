"""What a file is, by its content: the first bytes, not what anybody says of it. Pure, and one explicit table.

Source: the signatures in the formats' own specifications. What is not in the table is `application/octet-stream`,
or `text/plain` if all that was looked at is text.
"""

import re
import unicodedata
from dataclasses import dataclass

OCTETS = "application/octet-stream"
LOOKED_AT = 4_096
"""Bytes from the start of a file that are looked at."""

PROGRAM = "application/x-program"
"""Any program or script: never kept, whatever it claims to be."""
MARKUP = frozenset({"text/html", "image/svg+xml", "text/xml"})
"""What a browser would run code of."""


@dataclass(frozen=True, slots=True)
class Signature:
    """One row: `magic` stands at `offset`; `also` are further pairs that must hold."""

    type: str
    magic: bytes
    offset: int = 0
    also: tuple[tuple[int, bytes], ...] = ()

    def fits(self, start: bytes) -> bool:
        """Whether the first bytes of a file have this signature."""
        pairs = ((self.offset, self.magic), *self.also)
        return all(start[offset : offset + len(magic)] == magic for offset, magic in pairs)


SIGNATURES: tuple[Signature, ...] = (
    Signature("image/jpeg", b"\xff\xd8\xff"),
    Signature("image/png", b"\x89PNG\r\n\x1a\n"),
    Signature("image/gif", b"GIF87a"),
    Signature("image/gif", b"GIF89a"),
    Signature("image/webp", b"RIFF", also=((8, b"WEBP"),)),
    Signature("audio/wav", b"RIFF", also=((8, b"WAVE"),)),
    Signature("video/x-msvideo", b"RIFF", also=((8, b"AVI "),)),
    Signature("image/heic", b"ftypheic", 4),
    Signature("image/heic", b"ftypheix", 4),
    Signature("image/heic", b"ftypheis", 4),
    Signature("image/heic", b"ftyphevc", 4),
    Signature("image/heic", b"ftypmif1", 4),
    Signature("image/heic", b"ftypmsf1", 4),
    Signature("image/avif", b"ftypavif", 4),
    Signature("audio/mp4", b"ftypM4A", 4),
    Signature("video/quicktime", b"ftypqt", 4),
    Signature("video/3gpp", b"ftyp3g", 4),
    Signature("video/mp4", b"ftyp", 4),
    Signature("video/webm", b"\x1a\x45\xdf\xa3"),
    Signature("audio/ogg", b"OggS"),
    Signature("audio/mpeg", b"ID3"),
    Signature("audio/aac", b"\xff\xf1"),
    Signature("audio/aac", b"\xff\xf9"),
    Signature("audio/mpeg", b"\xff\xfb"),
    Signature("audio/mpeg", b"\xff\xfa"),
    Signature("audio/mpeg", b"\xff\xf3"),
    Signature("audio/mpeg", b"\xff\xf2"),
    Signature("audio/amr", b"#!AMR"),
    Signature("audio/flac", b"fLaC"),
    Signature("image/tiff", b"II*\x00"),
    Signature("image/tiff", b"MM\x00*"),
    Signature("image/bmp", b"BM", also=((6, b"\x00\x00\x00\x00"),)),
    Signature("application/pdf", b"%PDF-"),
    Signature("application/zip", b"PK\x03\x04"),
    Signature("application/zip", b"PK\x05\x06"),
    Signature("application/x-ole-storage", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    Signature("application/vnd.rar", b"Rar!\x1a\x07"),
    Signature("application/x-7z-compressed", b"7z\xbc\xaf\x27\x1c"),
    Signature("application/gzip", b"\x1f\x8b"),
    Signature(PROGRAM, b"MZ"),
    Signature(PROGRAM, b"\x7fELF"),
    Signature(PROGRAM, b"\xfe\xed\xfa\xce"),
    Signature(PROGRAM, b"\xfe\xed\xfa\xcf"),
    Signature(PROGRAM, b"\xce\xfa\xed\xfe"),
    Signature(PROGRAM, b"\xcf\xfa\xed\xfe"),
    Signature(PROGRAM, b"\xca\xfe\xba\xbe"),
    Signature(PROGRAM, b"dex\n"),
    Signature(PROGRAM, b"#!"),
)
"""The first row that fits counts, so the longer of two alike stands first."""

_PROLOGUE = rb"\A(?>\s+|<!--.*?-->|<\?.*?\?>|<!doctype\s+svg[^>]*>)*+"
_MARKUP = tuple(
    (re.compile(pattern, re.IGNORECASE | re.DOTALL), name)
    for pattern, name in (
        (_PROLOGUE + rb"<svg[\s>]", "image/svg+xml"),
        (_PROLOGUE + rb"<(?:!doctype\s+html|html|head|body|script|iframe|meta|title|style|img)[\s>]", "text/html"),
        (rb"\A\s*<\?xml", "text/xml"),
    )
)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")

_CONTAINERS = {
    "audio": frozenset({"audio", "video/mp4", "video/3gpp", "video/webm", "video/quicktime"}),
    "video": frozenset({"video", "image/gif", "audio/mp4"}),
    "image": frozenset({"image"}),
}
"""What may be inside: a family, or one type. Voice messages come in the containers of videos."""

_SHORT = 3

_FAMILY = {"image": "image", "sticker": "image", "audio": "audio", "voice": "audio", "video": "video"}

_OFFICE_ZIP = "application/vnd.openxmlformats-officedocument."
_OLE = frozenset({"application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint"})
_MEDIA = frozenset({"image", "audio", "video"})


def type_of(content: bytes) -> str:
    """The media type of a file, by its content."""
    start = content[:LOOKED_AT]
    known = next((each for each in SIGNATURES if each.fits(start)), None)
    # Two letters alone are also how a text can begin.
    if known is not None and not (known.magic.isalpha() and len(known.magic) < _SHORT and _is_text(start)):
        return known.type
    text = start.removeprefix(b"\xef\xbb\xbf")
    markup = next((name for pattern, name in _MARKUP if pattern.search(text)), None)
    if markup is not None:
        return markup
    return "text/plain" if content and _is_text(text) else OCTETS


def _is_text(start: bytes) -> bool:
    if _CONTROL.search(start):
        return False
    try:
        start.decode()
    except UnicodeDecodeError as error:
        # A character may be cut in two where we stop looking.
        return len(start) - error.start < 4 and len(start) > LOOKED_AT - 4  # noqa: PLR2004 - bytes of one in UTF-8
    return True


def why_refused(kind: str, claimed: str | None, found: str) -> str | None:
    """Why a file is not kept, by what its content is; None if it may be.

    `kind` is what the message calls it, `claimed` the media type by the platform's word. A picture, recording or film
    has to be one. A file can be anything but a program or markup, and what it claims to be.
    """
    if found == PROGRAM:
        return "it is a program"
    if found in MARKUP:
        return f"it is {found}: a browser would run it"
    family = _FAMILY.get(kind)
    if family is not None:
        return None if _is_one_of(found, _CONTAINERS[family]) else f"it came as {family} and is {found}"
    said = (claimed or OCTETS).partition(";")[0].strip().lower()
    return None if _fits(said, found) else "its content is not what its type says"


def _is_one_of(found: str, allowed: frozenset[str]) -> bool:
    return found in allowed or found.partition("/")[0] in allowed


def _fits(said: str, found: str) -> bool:
    """Whether a file's content may be what it claims to be. What has no signature of its own can be anything."""
    family = said.partition("/")[0]
    if family in _MEDIA:
        return _is_one_of(found, _CONTAINERS[family])
    if said.startswith(_OFFICE_ZIP):
        return found == "application/zip"
    if said in _OLE:
        return found in {"application/x-ole-storage", "application/zip"}
    if said in {each.type for each in SIGNATURES}:
        return found == said
    return family != "text" or found in {"text/plain", OCTETS}


EXTENSIONS = {
    "image/jpeg": (".jpg", ".jpeg"), "image/png": (".png",), "image/gif": (".gif",), "image/webp": (".webp",),
    "image/heic": (".heic",), "image/avif": (".avif",), "image/tiff": (".tif", ".tiff"), "image/bmp": (".bmp",),
    "audio/wav": (".wav",), "audio/mp4": (".m4a", ".mp4"), "audio/ogg": (".ogg", ".oga", ".opus"),
    "audio/mpeg": (".mp3",), "audio/aac": (".aac",), "audio/amr": (".amr",), "audio/flac": (".flac",),
    "video/mp4": (".mp4", ".m4v"), "video/quicktime": (".mov",), "video/3gpp": (".3gp",), "video/webm": (".webm",),
    "video/x-msvideo": (".avi",), "application/pdf": (".pdf",), "application/gzip": (".gz", ".tgz"),
    "application/zip": (".zip", ".docx", ".xlsx", ".pptx", ".odt", ".ods"),
    "application/x-ole-storage": (".doc", ".xls", ".ppt", ".msg"),
    "application/vnd.rar": (".rar",), "application/x-7z-compressed": (".7z",),
    "text/plain": (".txt", ".csv", ".md", ".vcf", ".ics", ".json", ".log"),
}  # fmt: skip
"""The endings that a file of each type may have; the first is given where it has another."""

_LONGEST_NAME = 120
_FORBIDDEN = frozenset('<>:"|?*')
_SILENT = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.IGNORECASE)


def safe_name(said: str | None, kind: str, found: str) -> str:
    """A name under which a file can be saved anywhere: no path, nothing unseen, and an ending that fits its content."""
    name = re.split(r"[/\\]", said or "")[-1]
    name = "".join(each for each in name if each not in _FORBIDDEN and unicodedata.category(each) not in _SILENT)
    name = " ".join(name.split()).strip(". ")
    if not name or _DEVICES.fullmatch(name):
        name = kind if kind.isascii() and kind.isalpha() else "file"
    endings = EXTENSIONS.get(found, (".bin",))
    stem, dot, ending = name.rpartition(".")
    if dot and f".{ending.lower()}" in endings:
        return stem[: _LONGEST_NAME - len(ending) - 1] + "." + ending.lower()
    return name[: _LONGEST_NAME - len(endings[0])] + endings[0]
