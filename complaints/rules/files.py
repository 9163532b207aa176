"""Which files a complaint takes, told by their content.

Plain values in and out: no database, no clock, no settings.
"""

from __future__ import annotations

import re
import unicodedata

from core.unseen import without_unseen

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
    (b"RIFF", 0, "audio/wav"),
    (b"ID3", 0, "audio/mpeg"),
    (b"\xff\xfb", 0, "audio/mpeg"),
    (b"#!AMR", 0, "audio/amr"),
    (b"ftyp", 4, "video/mp4"),
)
"""What stands where in a file of each type."""

_IN_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav"}
"""What a RIFF file holds, by its bytes 8 to 11."""

ENDINGS: dict[str, tuple[str, ...]] = {
    "application/pdf": ("pdf",),
    "image/png": ("png",),
    "image/jpeg": ("jpg", "jpeg", "jpe", "jfif"),
    "image/gif": ("gif",),
    "image/webp": ("webp",),
    "audio/mpeg": ("mp3",),
    "audio/wav": ("wav",),
    "audio/amr": ("amr",),
    "video/mp4": ("mp4", "m4a", "m4v", "mov", "3gp", "heic", "heif"),
    "text/plain": ("txt", "text", "csv", "log"),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ("docx",),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ("xlsx",),
}
"""The endings that fit a type; the first is given where another stood."""

RUN_ENDINGS = frozenset(
    (
        *("html", "htm", "xhtml", "xht", "shtml", "mht", "mhtml", "svg", "svgz", "xml", "xsl"),
        *("js", "mjs", "jse", "vbs", "vbe", "wsf", "wsh", "hta", "ps1", "psm1", "psd1", "sct"),
        *("bat", "cmd", "com", "exe", "scr", "pif", "msi", "msp", "dll", "cpl", "ocx", "sys"),
        *("lnk", "url", "desktop", "reg", "inf", "scf", "library-ms", "settingcontent-ms"),
        *("jar", "jnlp", "app", "apk", "command", "sh", "bash", "csh", "zsh", "py", "pyc", "pl"),
        *("rb", "php", "asp", "aspx", "jsp", "swf", "chm", "hlp", "application", "gadget", "iso"),
        *("img", "vhd", "vhdx", "docm", "dotm", "xlsm", "xltm", "xlam", "xlsb", "xll", "pptm"),
        *("potm", "ppsm", "ppam", "sldm", "slk", "iqy", "rqy", "dqy", "accde", "mde", "ade"),
    )
)
"""Endings that a computer runs or shows as a page: no file is kept under one."""

_KNOWN_ENDINGS = RUN_ENDINGS.union(*ENDINGS.values())

LONGEST_NAME = 150
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)", re.IGNORECASE)

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
            return _IN_RIFF.get(head[8:12]) if sign == b"RIFF" else kind
    if head.startswith(ARCHIVE):
        return "application/zip"
    return "text/plain" if _is_plain(head) else None


def office_type(names: list[str]) -> str | None:
    """Return the type of an office file from the names in its archive; None for another one."""
    if "[Content_Types].xml" not in names or any(map(_is_alive, names)):
        return None
    return next(
        (kind for folder, kind in OFFICE.items() if any(n.startswith(folder) for n in names)), None
    )


def macros_in(content_types: bytes) -> bool:
    """Say whether an office file declares macros, whatever its parts are called."""
    return b"macroenabled" in content_types.lower().replace(b"\0", b"")


def bare_name(name: str) -> str:
    """Return the name of a file without its folder and without what misleads or is not seen.

    Signs that turn the writing round, dots and spaces at the end, and signs that file systems do
    not take are gone; wide letters of an ending are plain ones.
    """
    last = unicodedata.normalize("NFKC", without_unseen(name)).replace("\\", "/")
    last = last.rstrip("/").rpartition("/")[2]
    return re.sub(r'[<>:"|?*]', "_", last).strip(". \t")


def ending_of(name: str) -> str:
    """Return the ending of a bare name in small letters; empty where it has none."""
    return name.rpartition(".")[2].strip().casefold() if "." in name else ""


def bound_name(name: str, kind: str, otherwise: str) -> str:
    """Return a name whose ending is one of the type ``kind``; ``otherwise``: where none is left.

    An ending that does not fit goes: a text "a.bat" is "a.txt", a picture "a.pdf.exe" is "a.png". A
    dot before an ending that runs becomes a dash: "a.exe.pdf" is "a-exe.pdf".
    """
    stem = bare_name(name)
    endings = ENDINGS.get(kind, ("bin",))
    ending = endings[0]
    if ending_of(stem) in endings:
        stem, _dot, ending = stem.rpartition(".")
    else:
        while ending_of(stem) in _KNOWN_ENDINGS:
            stem = stem.rpartition(".")[0]
    first, *parts = stem.split(".")
    for part in parts:
        first += f"{'-' if part.strip().casefold() in RUN_ENDINGS else '.'}{part}"
    stem = first.strip(". ")[: LONGEST_NAME - len(ending) - 1] or otherwise
    return f"{'_' if _DEVICES.fullmatch(stem) else ''}{stem}.{ending}"


def _is_alive(name: str) -> bool:
    """Say whether a part of an office file runs: macros, controls, programs put in."""
    low = name.replace("\\", "/").casefold()
    if any(sign in low for sign in ("vbaproject", "vbadata", "macrosheets/", "activex/")):
        return True
    # The parts of an office file are XML themselves.
    return ending_of(low) in RUN_ENDINGS - {"xml", "img"} or ".." in low.split("/")


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
