"""A file's name ends as its content is; programs and pages are not taken under any name."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.test import Client

from complaints.models import Attachment
from complaints.rules.files import RUN_ENDINGS, bound_name, ending_of
from complaints.services.parts import attach_file
from staff.models import StaffUser
from tests.complaints.reports import complains, designate
from tests.factories import CustomerFactory

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
SignedIn = Callable[[StaffUser], Client]


def office(folder: str = "xl/", *others: str, types: str = "<Types/>") -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("[Content_Types].xml", types)
        archive.writestr(f"{folder}main.xml", "<x/>")
        for name in others:
            archive.writestr(name, "x")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "kind", "kept"),
    [
        ("合同.pdf", "application/pdf", "合同.pdf"),
        ("照片.JPG", "image/jpeg", "照片.JPG"),
        ("照片.png", "image/jpeg", "照片.jpg"),
        ("说明.xlsx", "text/plain", "说明.txt"),
        ("说明", "text/plain", "说明.txt"),
        ("v1.2 说明", "text/plain", "v1.2 说明.txt"),
        ("a.exe.pdf", "application/pdf", "a-exe.pdf"),
        ("a.pdf ..", "application/pdf", "a.pdf"),
        ("C:\\temp\\a.pdf", "application/pdf", "a.pdf"),
        ("../../etc/passwd", "text/plain", "passwd.txt"),
        ("photo\u202egnp.pdf", "application/pdf", "photognp.pdf"),
        ("a.pdf:hidden.exe", "application/pdf", "a.pdf_hidden.pdf"),
        ("nul.txt", "text/plain", "_nul.txt"),
        ("", "text/plain", "File.txt"),
        ("...", "application/pdf", "File.pdf"),
        ("字" * 200 + ".pdf", "application/pdf", "字" * 146 + ".pdf"),
    ],
)
def test_a_name_is_bound_to_what_the_content_is(name: str, kind: str, kept: str) -> None:
    assert bound_name(name, kind, "File") == kept
    assert bound_name(kept, kind, "File") == kept


@pytest.mark.parametrize(
    "name",
    [
        *("a.html", "a.HTML", "a.svg", "a.bat", "a.js", "a.desktop", "a.lnk", "a.exe", "a.ps1"),
        *("a.scr", "a.docm", "a.xlsm", "a.pptm", "a.pdf.exe", "a.exe.", "a.exe . ", "a.ＥＸＥ"),
        *("a\u202efdp.exe", "a．exe", "a.e\u200bxe", "dir/a.HtM"),
    ],
)
def test_nothing_is_kept_under_the_ending_of_a_program_or_a_page(name: str) -> None:
    kept = bound_name(name, "image/png", "File")
    assert kept.endswith(".png")
    assert RUN_ENDINGS.isdisjoint(kept.casefold().split("."))
    assert ending_of(bound_name(name, "text/plain", "File")) == "txt"


@pytest.fixture
def attach(db: None, manager: StaffUser, handler: StaffUser) -> Callable[[str, bytes], Attachment]:
    designate(handler, manager.unit)
    complaint = complains(manager, CustomerFactory(manager=manager))

    def keep(name: str, content: bytes) -> Attachment:
        return attach_file(actor=handler, complaint=complaint, file=ContentFile(content, name=name))

    return keep


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.png", b"<!doctype html><script>alert(1)</script>"),
        ("a.png", b"  <svg onload=alert(1)>"),
        ("a.png", b"MZ\x90\x00" + bytes(60)),
        ("a.webp", b"MZ\x90\x00\x00\x00\x00\x00WEBP" + bytes(60)),
        ("a.zip", office("other/")),
        ("a.xlsx", office("xl/", "xl/vbaProject.bin")),
        ("a.xlsx", office("xl/", "xl/macrosheets/sheet1.xml")),
        ("a.xlsx", office("xl/", "xl/embeddings/setup.EXE")),
        ("a.docx", office("word/", "word/activeX/activeX1.bin")),
        ("a.xlsx", office(types="<Override ContentType='x.sheet.macroEnabled.main+xml'/>")),
    ],
)
def test_what_runs_or_pretends_is_refused_in_words(
    attach: Callable[[str, bytes], Attachment], name: str, content: bytes
) -> None:
    with pytest.raises(ValidationError) as refused:
        attach(name, content)
    assert "not taken" in refused.value.messages[0]
    assert not Attachment.objects.exists()


def test_what_is_taken_is_handed_out_under_a_name_of_its_type(
    attach: Callable[[str, bytes], Attachment], handler: StaffUser, signed_in: SignedIn
) -> None:
    assert attach("a.xlsx", office()).name == "a.xlsx"
    assert attach("a.HTML", b"plain words").name == "a.txt"
    kept = attach("a.pdf.exe", PNG)
    assert (kept.name, kept.content_type) == ("a.png", "image/png")
    # As it was kept before names were bound.
    Attachment.objects.filter(pk=kept.pk).update(name="a.png.html")
    answer = signed_in(handler).get(f"/complaints/files/{kept.pk}/")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="a.png"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "no-store" in answer.headers["Cache-Control"]
    b"".join(answer.streaming_content)  # type: ignore[attr-defined]
