"""Bad inputs of each kind that docs/formats.md lists, under the name that they have there."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

from pypdf import PdfReader, PdfWriter

from rag.readers import limits, members
from tests.readers.samples import HTML, MARKDOWN, SRT, newsml, odd_pdf, pdf, pdf_of, tar_of, warc, zip_of, zipped

MD = MARKDOWN.encode()
HOLLOW = 2**24 + 1  # bytes of zeros, which pack to nearly nothing
BOMB = '<!DOCTYPE n [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><nitf><body>&b;</body></nitf>'


def _protected_pdf() -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf([["The lights went out."]]))))
    writer.encrypt(user_password="secret", algorithm="AES-256")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _painted_pdf() -> bytes:
    drawn = "100 100 200 200 re f"
    return pdf_of(
        [
            "<< /Type /Catalog /Pages 2 0 R >>",
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << >> >>",
            f"<< /Length {len(drawn)} >>\nstream\n{drawn}\nendstream",
        ]
    )


def _protected_zip() -> bytes:
    locked = bytearray(zip_of({"a.md": MD}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.index(mark) + offset] |= 1
    return bytes(locked)


def _too_deep() -> bytes:
    data = MD
    for n in range(members.DEEPEST + 1):
        data = zip_of({f"{n}.zip" if n else "a.md": data})
    return data


def _link_in_tar() -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        link = tarfile.TarInfo("passwords.txt")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return stream.getvalue()


def _many_files() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for n in range(10_001):
            archive.writestr(f"{n}", b"")
    return stream.getvalue()


def _word(content: bytes) -> bytes:
    return zip_of({"word/document.xml": content})


# What is wrong: the file's name, and its bytes.
FILES: Mapping[str, tuple[str, Callable[[], bytes]]] = {
    "empty": ("a.md", lambda: b""),
    "nothing but blanks": ("a.txt", lambda: b" \n\n"),
    "no words in it": ("a.md", lambda: b"---\ntitle: Lights\n---\n\n* * *\n"),
    "binary data in a text file": ("a.txt", lambda: bytes(range(256)) * 8),
    "another kind of file under a text's name": ("a.txt", lambda: pdf([["The lights went out."]])),
    "an encoding that cannot be told": ("a.txt", lambda: "Ærø".encode("cp1252")),
    "a byte order mark that is not true": ("a.txt", lambda: b"\xff\xfeL\0i\0g"),
    "JSON Lines in UTF-16": ("a.jsonl", lambda: '{"text": "Dark."}\n'.encode("utf-16")),
    "a line of JSON Lines that is not UTF-8": ("a.jsonl", lambda: b'{"text": "D\xe6rk."}\n'),
    "a text of more than 16 MB": ("a.md", lambda: b"word " * (limits.PROSE // 5 + 1)),
    "a page of ten million elements": ("a.html", lambda: b"<i></i>" * 10_000_000),
    "a page of more than 500,000 tags": ("a.html", lambda: b"<html>" + b"<i>" * limits.TAGS),
    "JSON of more than 8 million values": ("a.json", lambda: b"[" + b"," * limits.VALUES),
    "front matter of more than 1 MB": ("a.md", lambda: b"---\ntitle: " + b"a" * limits.HEADERS + b"\n---\nDark.\n"),
    "headers of an e-mail of more than 1 MB": ("a.eml", lambda: b"Subject: " + b"a " * limits.HEADERS + b"\n\nDark."),
    "XML of more than 64 MB": ("a.xml", lambda: bytes(64 * 2**20 + 1)),
    "front matter that is not YAML": ("a.md", lambda: b"---\ntitle: [Lights\n---\n\nDark.\n"),
    "a page without an article": ("a.html", lambda: b"<html><body><nav><a href='/'>Home</a></nav></body></html>"),
    "a broken PDF": ("a.pdf", lambda: b"%PDF-1.4\nand nothing else"),
    "a PDF with a password": ("a.pdf", _protected_pdf),
    "a PDF without text or pictures": ("a.pdf", lambda: pdf([[]])),
    "a PDF of pictures, where Tesseract is not installed": ("a.pdf", _painted_pdf),
    "a PDF whose pages go in a circle": ("a.pdf", lambda: odd_pdf(kids="4 0 R 2 0 R", count=2)),
    "a PDF of 300,000 pages": ("a.pdf", lambda: odd_pdf(kids="4 0 R " * 300_000, count=300_000)),
    "a broken Word document": ("a.docx", lambda: b"nothing that Word wrote"),
    "a Word document with a password, or of before 2007": ("a.docx", lambda: b"\xd0\xcf\x11\xe0" + bytes(600)),
    "an OpenDocument text with a password": (
        "a.odt",
        lambda: zipped({"META-INF/manifest.xml": "<m><encryption-data/></m>", "content.xml": "<a/>"}),
    ),
    "an office document that grows enormously": ("a.docx", lambda: _word(b"<w>" + bytes(HOLLOW))),
    "an office document of very many files": ("a.xlsx", _many_files),
    "an office document with entities": ("a.docx", lambda: _word(BOMB.encode())),
    "not an RTF document": ("a.rtf", lambda: b"Dark."),
    "an RTF document that breaks off": ("a.rtf", lambda: b"{\\rtf1 Dark."),
    "not an e-mail": ("a.eml", lambda: b"Dark.\n"),
    "not a mailbox": ("a.mbox", lambda: b"Dark.\n"),
    "subtitles without a line": ("a.srt", lambda: b"Dark.\n"),
    "subtitles with a line that is broken": (
        "a.srt",
        lambda: SRT.replace("00:00:03,500 -->", "00:00:0x,500 -->").encode(),
    ),
    "not JSON": ("a.json", lambda: b'[{"text": "Dark."'),
    "JSON without articles": ("a.json", lambda: b"[]"),
    "something else among the articles": ("a.json", lambda: b"[7]"),
    "a record without a text": ("a.json", lambda: b'[{"headline": "Lights", "words": 3}]'),
    "a broken line of JSON Lines": ("a.jsonl", lambda: b'{"text": "Dark."}\n{"text": \n'),
    "a table without a column for the text": ("a.csv", lambda: b"headline,words\nLights,3\n"),
    "a table without rows": ("a.csv", lambda: b"headline,text\n"),
    "a row with too many cells": ("a.csv", lambda: b"headline,text\nLights,Dark.,3\n"),
    "a broken row": ("a.csv", lambda: b'headline,text\nLights,"Dark.\n'),
    "XML that is not well-formed": ("a.xml", lambda: b"<nitf><body>"),
    "XML of an unknown kind": ("a.xml", lambda: b"<menu><dish/></menu>"),
    "XML with entities of its own (an entity bomb)": ("a.xml", lambda: BOMB.encode()),
    "XML that needs its document type": (
        "a.xml",
        lambda: b'<!DOCTYPE nitf SYSTEM "file:///etc/passwd"><nitf><body>&x;</body></nitf>',
    ),
    "an item of an agency without a story": ("a.newsml", lambda: newsml("").replace(":text", ":picture").encode()),
    "a feed without entries": ("a.rss", lambda: b"<rss><channel/></rss>"),
    "a sitemap": ("a.xml", lambda: b"<urlset><url><loc>https://a.example/1</loc></url></urlset>"),
    "a broken zip archive": ("a.zip", lambda: b"PK\x03\x04 and nothing else"),
    "an empty zip archive": ("a.zip", lambda: zip_of({})),
    "a file with a password in a zip archive": ("a.zip", _protected_zip),
    "a file that grows enormously (a bomb)": ("a.zip", lambda: zip_of({"a.txt": bytes(HOLLOW)})),
    "a packed file that grows enormously": ("a.txt.gz", lambda: gzip.compress(bytes(HOLLOW))),
    "containers within containers": ("a.zip", _too_deep),
    "a path that leads out of the folder, in an archive": ("a.zip", lambda: zip_of({"../../escaped.md": MD})),
    "a link in an archive": ("a.tar", _link_in_tar),
    "a file of no known format in an archive": ("a.zip", lambda: zip_of({"setup.exe": b"MZ"})),
    "a packed file whose name does not tell what is in it": ("a.gz", lambda: gzip.compress(MD)),
    "a packed file that breaks off": ("a.md.gz", lambda: gzip.compress(MD)[:-9]),
    "a tar archive that breaks off": ("a.tar", lambda: tar_of({"a.md": MD})[:1024]),
    "a broken web archive": ("a.warc", lambda: b"WARC/1.0\r\nbroken"),
    "a web archive without pages": (
        "a.warc",
        lambda: warc(("https://a.example/", "text/html", HTML.encode()), status="404 Not Found"),
    ),
}


def _made(name: str, make: Callable[[Path], object]) -> Callable[[Path], str]:
    def place(folder: Path) -> str:
        make(folder / name)
        return str(folder)

    return place


def _linked_folder(folder: Path) -> str:
    inside = folder / "inside"
    inside.mkdir()
    (folder / "outside.md").write_bytes(MD)
    (inside / "link.md").symlink_to(folder / "outside.md")
    return str(inside)


# What is wrong with a place that is given: what is given, after the folder has been filled.
PLACES: Mapping[str, Callable[[Path], str]] = {
    "a suffix that no reader takes": _made("setup.exe", lambda path: path.write_bytes(b"MZ")),
    "no suffix": _made("README", Path.touch),
    "nothing there": lambda folder: str(folder / "gone.md"),
    "a pipe, a device": _made("pipe.md", os.mkfifo),
    "a link that leads out of the folder": _linked_folder,
    "a name that is not UTF-8": _made("l\udce6.md", Path.touch),
    "an address of another kind": lambda _: "ftp://a.example/lights.md",
    "an address without a host": lambda _: "https:///lights.md",
    "an address with a password": lambda _: "https://ida:secret@a.example/lights.md",
}
