"""Which files a complaint takes, told by their content.

Plain values in and out: no database, no clock, no settings.
"""

from __future__ import annotations

import re

LARGEST = 20 * 1024 * 1024
"""Bytes of one file."""

MOST = 20
"""Files of one complaint."""

HEAD = 4096
"""So many bytes from the beginning say what a file is."""

SIGNS: tuple[tuple[bytes, int, str], ...] = (
    (b"%PDF-", 0, "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", 0, "image/png"),
    (b"\xff\xd8\xff", 0, "image/jpeg"),
    (b"GIF87a", 0, "image/gif"),
    (b"GIF89a", 0, "image/gif"),
    (b"WEBP", 8, "image/webp"),
    (b"ID3", 0, "audio/mpeg"),
    (b"\xff\xfb", 0, "audio/mpeg"),
    (b"WAVE", 8, "audio/wav"),
    (b"#!AMR", 0, "audio/amr"),
    (b"ftyp", 4, "video/mp4"),
)
"""What stands where in a file of each type."""

ARCHIVE = b"PK\x03\x04"
OFFICE = {
    "word/": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""By the folder inside an office file."""

_MARKUP = re.compile(r"<\s*(!doctype|html|head|body|script|svg|iframe|\?xml)", re.IGNORECASE)


def type_of(head: bytes) -> str | None:
    """Return the type of a file that begins with ``head``; None where it is not taken.

    Office files are archives and want a look inside: for them ``application/zip``. Text with
    markup is not taken: nothing of it is ever shown as a page.
    """
    for sign, place, kind in SIGNS:
        if head[place : place + len(sign)] == sign:
            return kind
    if head.startswith(ARCHIVE):
        return "application/zip"
    return "text/plain" if _is_plain(head) else None


def office_type(names: list[str]) -> str | None:
    """Return the type of an office file from the names in its archive; None for another one."""
    if "[Content_Types].xml" not in names or any("vbaProject" in name for name in names):
        return None
    return next(
        (kind for folder, kind in OFFICE.items() if any(n.startswith(folder) for n in names)), None
    )


def _is_plain(head: bytes) -> bool:
    if not head or b"\0" in head:
        return False
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as broken:
        # The head may end inside of a character.
        if broken.start < len(head) - 3:
            return False
        text = head[: broken.start].decode("utf-8")
    return not _MARKUP.search(text)
