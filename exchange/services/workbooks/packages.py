"""The ZIP archive that a workbook is: its parts by name, how they point at each other, its size."""

from __future__ import annotations

import codecs
import posixpath
import zipfile
from collections.abc import Callable, Iterator, Mapping
from typing import IO, Any, cast
from urllib.parse import unquote
from xml.parsers import expat

from exchange.services.workbooks.sheets import LimitPassedError

CHUNK = 1 << 16
SEPARATOR = " "
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

Start = Callable[[str, dict[str, str]], None]
End = Callable[[str], None]


class Package:
    """An archive of parts.

    Names are compared without case, slashes may lean either way: so they come from programs whose
    files Excel opens.
    """

    def __init__(self, archive: zipfile.ZipFile, limits: Mapping[str, int]) -> None:
        members = archive.infolist()
        if any(member.flag_bits & 0x1 for member in members):
            raise LimitPassedError("password")
        too_many = len(members) > limits["max_members"]
        # A part that is larger than it says is an error of the archive when it is read.
        if too_many or sum(member.file_size for member in members) > limits["max_unpacked"]:
            raise LimitPassedError("unpacks_too_large")
        self._archive = archive
        self._parts: dict[str, zipfile.ZipInfo] = {}
        for member in members:
            self._parts.setdefault(_key(member.filename), member)

    def __contains__(self, name: str) -> bool:
        return _key(name) in self._parts

    def open(self, name: str) -> IO[bytes]:
        """Open a part; one in UTF-16 comes as UTF-8. Raises KeyError where there is none."""
        member = self._parts[_key(name)]
        stream = cast("zipfile.ZipExtFile", self._archive.open(member))
        if stream.peek(2)[:2] in _UTF_16:
            return cast("IO[bytes]", codecs.EncodedFile(stream, "utf-8", "utf-16"))
        return cast("IO[bytes]", stream)

    def names(self) -> Iterator[str]:
        """Return the names of all parts, as they are compared."""
        yield from self._parts

    def unpack_all(self) -> None:
        """Unpack every part once without keeping it, for a reader that does not check sizes."""
        for member in self._parts.values():
            with self._archive.open(member) as stream:
                while stream.read(CHUNK):
                    pass

    def related(self, source: str) -> dict[str, tuple[str, str]]:
        """Return what a part points at: by relationship id, its kind and the part's name."""
        folder, name = posixpath.split(source)
        found: dict[str, tuple[str, str]] = {}

        def start(tag: str, attributes: dict[str, str]) -> None:
            if local(tag) == "Relationship" and attributes.get("TargetMode") != "External":
                kind = attributes.get("Type", "").rsplit("/", 1)[-1]
                target = self._target(folder, attributes.get("Target", ""))
                found[attributes.get("Id", str(len(found)))] = (kind, target)

        relations = posixpath.join(folder, "_rels", f"{name}.rels")
        if relations in self:
            with self.open(relations) as stream:
                read_xml(stream, start)
        return found

    def _target(self, folder: str, target: str) -> str:
        target = target.replace("\\", "/")
        if target not in self and unquote(target) != target:
            target = unquote(target)
        return posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")


def _key(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").casefold()


def local(tag: str) -> str:
    """Return a tag, or an attribute's name, without its namespace."""
    return tag.rpartition(SEPARATOR)[2]


def xml_parser() -> Any:
    """Return a parser that names tags "namespace name" and refuses documents with a DTD."""
    parser = expat.ParserCreate("utf-8", SEPARATOR)
    parser.buffer_text = True
    parser.buffer_size = CHUNK
    parser.StartDoctypeDeclHandler = _refuse
    return parser


def read_xml(
    stream: IO[bytes], start: Start, end: End | None = None, text: End | None = None
) -> None:
    """Parse a whole part."""
    parser = xml_parser()
    parser.StartElementHandler = start
    if end is not None:
        parser.EndElementHandler = end
    if text is not None:
        parser.CharacterDataHandler = text
    while piece := stream.read(CHUNK):
        parser.Parse(piece, False)
    parser.Parse(b"", True)


def _refuse(*_declaration: object) -> None:
    raise ValueError("a document type")
