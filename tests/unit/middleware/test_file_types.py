"""What a file is by its content, whether that may be kept, and under which name it can be saved."""

import pytest

from middleware.domain.file_types import (
    EXTENSIONS,
    LOOKED_AT,
    OCTETS,
    PROGRAM,
    SIGNATURES,
    safe_name,
    type_of,
    why_refused,
)

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"

CONTENTS: tuple[tuple[bytes, str], ...] = (
    (JPEG, "image/jpeg"),
    (PNG, "image/png"),
    (b"GIF89a\x01\x00", "image/gif"),
    (b"RIFF\x24\x00\x00\x00WEBPVP8 ", "image/webp"),
    (b"RIFF\x24\x00\x00\x00WAVEfmt ", "audio/wav"),
    (b"\x00\x00\x00\x18ftypheic\x00", "image/heic"),
    (b"\x00\x00\x00\x20ftypisom\x00", "video/mp4"),
    (b"\x00\x00\x00\x20ftypM4A \x00", "audio/mp4"),
    (b"\x00\x00\x00\x14ftypqt  ", "video/quicktime"),
    (b"\x1a\x45\xdf\xa3\x01", "video/webm"),
    (b"OggS\x00\x02", "audio/ogg"),
    (b"ID3\x04\x00\x00", "audio/mpeg"),
    (b"\xff\xf1\x50\x80", "audio/aac"),
    (b"#!AMR\n\x3c", "audio/amr"),
    (b"%PDF-1.7\n", "application/pdf"),
    (b"PK\x03\x04\x14\x00", "application/zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00", "application/x-ole-storage"),
    (b"MZ\x90\x00\x03\x00", PROGRAM),
    (b"\x7fELF\x02\x01", PROGRAM),
    (b"#!/bin/sh\nrm -rf /\n", PROGRAM),
    (b"<!DOCTYPE html><p>", "text/html"),
    (b"\xef\xbb\xbf  <html lang=en>", "text/html"),
    (b"<!-- a --><!-- b --><ScRiPt src=x>", "text/html"),
    (b'<?xml version="1.0"?><!-- c --><svg xmlns="x">', "image/svg+xml"),
    (b"<svg onload=alert(1)>", "image/svg+xml"),
    (b'<?xml version="1.0"?><note/>', "text/xml"),
    (b"MZ is how my letter begins", "text/plain"),
    (b"name;price\nmug;12\n", "text/plain"),
    ("Grüße aus Köln".encode(), "text/plain"),
    (b"x" * (LOOKED_AT - 1) + "ü".encode(), "text/plain"),
    (b"\x00\x01\x02\x03", OCTETS),
    (b"\xff\xfe\x00", OCTETS),
    (b"", OCTETS),
)


@pytest.mark.parametrize(("content", "expected"), CONTENTS)
def test_a_type_follows_from_the_content(content: bytes, expected: str) -> None:
    """The first bytes say what a file is; what has no signature is text or octets."""
    assert type_of(content) == expected


def test_every_row_of_the_table_is_found_by_its_own_bytes() -> None:
    """No row is hidden behind another one with another type."""
    for row in SIGNATURES:
        start = bytearray(b"\x01" * 64)
        for offset, magic in ((row.offset, row.magic), *row.also):
            start[offset : offset + len(magic)] = magic
        assert type_of(bytes(start)) == row.type, row


def test_looking_ends_soon_whatever_stands_there() -> None:
    """A prologue made to be read in many ways is read once."""
    assert type_of(b"<!---->" * 600 + b"<") == "text/plain"
    assert type_of(b"<?" + b"?><?" * 1_000) == "text/plain"


@pytest.mark.parametrize(
    ("kind", "claimed", "found", "kept"),
    [
        ("image", "image/jpeg", "image/png", True),  # any picture is a picture
        ("image", "image/jpeg", "application/pdf", False),
        ("image", None, "text/html", False),
        ("image", "image/svg+xml", "image/svg+xml", False),
        ("sticker", "image/webp", "image/webp", True),
        ("sticker", "image/webp", "video/mp4", False),
        ("audio", "audio/ogg; codecs=opus", "audio/ogg", True),
        ("audio", "audio/mp4", "video/mp4", True),  # voice messages come so
        ("voice", None, "image/png", False),
        ("video", "video/mp4", "video/mp4", True),
        ("video", "video/mp4", "image/gif", True),
        ("video", "video/mp4", OCTETS, False),
        ("document", "application/pdf", "application/pdf", True),
        ("document", "application/pdf", "application/zip", False),
        ("document", "application/pdf", PROGRAM, False),
        ("document", "application/octet-stream", PROGRAM, False),
        (
            "document",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            "application/zip",
            True,
        ),
        ("document", "application/msword", "application/x-ole-storage", True),
        ("document", "application/msword", "image/png", False),
        ("document", "text/csv", "text/plain", True),
        ("document", "text/plain", "application/zip", False),
        ("document", "text/html", "text/html", False),
        ("document", "image/png", "image/jpeg", True),
        ("document", "image/png", "application/pdf", False),
        ("file", None, "application/zip", True),
        ("file", "application/x-unheard-of", OCTETS, True),
    ],
)
def test_a_file_is_kept_if_it_is_what_it_came_as(*, kind: str, claimed: str | None, found: str, kept: bool) -> None:
    """Pictures, recordings and films have to be one; files what they claim; programs and markup never stay."""
    reason = why_refused(kind, claimed, found)
    assert (reason is None) is kept
    assert reason is None or 0 < len(reason) < 100


@pytest.mark.parametrize(
    ("said", "found", "expected"),
    [
        ("invoice.pdf", "application/pdf", "invoice.pdf"),
        ("report.DOCX", "application/zip", "report.docx"),
        ("invoice.pdf.exe", "application/pdf", "invoice.pdf.exe.pdf"),
        ("../../etc/passwd", "text/plain", "passwd.txt"),
        ("C:\\temp\\a.png", "image/png", "a.png"),
        ("a\u202egnp.exe", "image/png", "agnp.exe.png"),
        ("a\r\nSet-Cookie: x.png", "image/png", "aSet-Cookie x.png"),
        ("con.txt", "text/plain", "document.txt"),
        (".htaccess", "text/plain", "htaccess.txt"),
        ("  ", "image/jpeg", "document.jpg"),
        (None, OCTETS, "document.bin"),
        ("Rechnung für Ana.pdf", "application/pdf", "Rechnung für Ana.pdf"),
    ],
)
def test_a_name_can_be_saved_anywhere(said: str | None, found: str, expected: str) -> None:
    """No path, no unseen character, no device, and an ending that fits what the file is."""
    assert safe_name(said, "document", found) == expected


def test_a_long_name_is_cut_and_keeps_its_ending() -> None:
    """120 characters at most."""
    name = safe_name("x" * 500 + ".pdf", "document", "application/pdf")
    assert (len(name), name[-4:]) == (120, ".pdf")
    assert len(safe_name("x" * 500, "document", "application/pdf")) == 120


def test_every_known_type_has_an_ending() -> None:
    """A type that can be kept has a name to be saved under."""
    assert {row.type for row in SIGNATURES} - {PROGRAM} <= set(EXTENSIONS)
