"""Inputs for the readers' tests: a well-formed sample of each format, and PDFs built by hand."""

from __future__ import annotations

import csv
import gzip
import io
import json
import mailbox
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from types import MappingProxyType
from typing import Any

from docx import Document
from openpyxl import Workbook

PARAGRAPHS = ("The harbour lights went out on Monday.", "Nobody could say why.")

RECORD = {
    "headline": "Harbour lights go out",
    "body": "The harbour lights went out on Monday.\n\nNobody could say why.",
    "byline": "By Ida Moen",
    "outlet": "Shoreline Post",
    "published_at": "2025-05-06T07:08:09+02:00",
    "url": "https://shoreline.example/harbour-lights",
}
MARKDOWN = """---
title: Harbour lights go out
outlet: Shoreline Post
byline: [Ida Moen, Per Aas]
published: 2025-05-06T07:08:09+02:00
language: en-GB
---

The harbour lights went out on **Monday**, the [port office](https://port.example) said.

Nobody could say why.
"""
TEXT = "Harbour lights go out\n\nThe harbour lights went out on Monday.\n\nNobody could say why.\n"
HTML = """<!doctype html><html lang="en-GB"><head><meta charset="utf-8"><title>Harbour lights go out</title>
<link rel="canonical" href="https://shoreline.example/harbour-lights">
<meta property="og:site_name" content="Shoreline Post"><meta property="article:section" content="Port">
<meta property="article:published_time" content="2025-05-06T07:08:09+02:00">
<meta property="article:modified_time" content="2025-05-06T09:00:00+02:00"><meta name="author" content="Ida Moen">
</head><body><nav><a href="/">Home</a> <a href="/port">Port</a></nav><article><h1>Harbour lights go out</h1>
<p>The harbour lights went out on Monday evening, the port office said, and the pilots waited outside until dawn.</p>
<p>Nobody could say why, although the café on the quay had been without power since the afternoon of that day.</p>
<p>An electrician who was called at midnight found nothing wrong with the cables that she was able to reach.</p>
</article><footer>Imprint, contact, terms of use</footer></body></html>"""


def pdf(pages: Sequence[Sequence[str]], info: str = "") -> bytes:
    """A PDF with these lines on its pages; `info` is the document information, such as "/Title (Lights)"."""
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{' '.join(f'{5 + 2 * n} 0 R' for n in range(len(pages)))}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        f"<< {info} >>",
    ]
    for number, lines in enumerate(pages):
        drawn = " ".join(f"({line}) Tj T*" for line in lines)
        stream = f"BT /F1 12 Tf 72 720 Td 14 TL {drawn} ET" if lines else ""
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {6 + 2 * number} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>"
        )
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
    return pdf_of(objects, "/Info 4 0 R")


def pdf_of(objects: Sequence[str], trailer: str = "") -> bytes:
    """A PDF of these objects, the first of which is its catalog. "XREF" in the trailer is where its table stands."""
    out, offsets = "%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n"
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    end = f"trailer << /Size {len(objects) + 1} /Root 1 0 R {trailer} >>\nstartxref\nXREF\n%%EOF\n"
    whole = f"{out}xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
    return (whole + end.replace("XREF", str(len(out)))).encode("latin-1")


def odd_pdf(kids: str = "4 0 R", count: int = 1, draws: str = "", form: str = "", trailer: str = "") -> bytes:
    """A PDF of one page (object 4, in the pages of object 2) whose parts can be made to name each other in circles.

    `draws` is drawn on the page after a line of text, `form` by the form X (object 6), which is there for both.
    """
    words = "BT /F1 12 Tf 72 %d Td (%s) Tj ET %s"
    resources = "/Resources << /Font << /F1 3 0 R >> /XObject << /X 6 0 R >> >>"
    drawn, again = words % (720, PARAGRAPHS[0], draws), words % (600, PARAGRAPHS[1], form)
    box = "[0 0 612 792]"
    return pdf_of(
        [
            "<< /Type /Catalog /Pages 2 0 R >>",
            f"<< /Type /Pages /Kids [{kids}] /Count {count} >>",
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
            f"<< /Type /Page /Parent 2 0 R /MediaBox {box} /Contents 5 0 R {resources} >>",
            f"<< /Length {len(drawn)} >>\nstream\n{drawn}\nendstream",
            f"<< /Type /XObject /Subtype /Form /BBox {box} {resources} /Length {len(again)} >>\n"
            f"stream\n{again}\nendstream",
        ],
        trailer,
    )


def _sample_pdf() -> bytes:
    return pdf([["The harbour lights went out on Monday.", "Nobody could say why."]], "/Title (Harbour lights go out)")


def zipped(members: Mapping[str, str | bytes]) -> bytes:
    """A zip archive of these members, packed."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def docx(paragraphs: Sequence[str] = PARAGRAPHS, change: Callable[[Any], None] = lambda _: None) -> bytes:
    """A Word document; `change` gets python-docx's object before it is saved."""
    document = Document()
    for text in paragraphs:
        document.add_paragraph(text)
    known = document.core_properties
    known.title, known.author, known.language = "Harbour lights go out", "Ida Moen", "en-GB"
    known.created = known.modified = datetime(2025, 5, 6, 7, 8, 9)
    change(document)
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def odt(body: str = "".join(map("<text:p>{}</text:p>".format, PARAGRAPHS)), head: str = "") -> bytes:
    """An OpenDocument text; `head` stands before the root of its content."""
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "text", "table", "meta")
    )
    dc = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'
    meta = (
        "<dc:title>Harbour lights go out</dc:title><meta:initial-creator>Ida Moen</meta:initial-creator>"
        "<meta:creation-date>2025-05-06T07:08:09</meta:creation-date><dc:language>en-GB</dc:language>"
    )
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.text",
            "content.xml": f"{head}<office:document-content {spaces}><office:body><office:text>{body}</office:text>"
            "</office:body></office:document-content>",
            "meta.xml": f"<office:document-meta {spaces} {dc}><office:meta>{meta}</office:meta></office:document-meta>",
        }
    )


def epub(
    chapters: Mapping[str, str] = MappingProxyType(
        {"Harbour lights go out": "".join(map("<p>{}</p>".format, PARAGRAPHS))}
    ),
) -> bytes:
    """A book with these chapters, headline to HTML, in its own order."""
    numbered = list(enumerate(chapters.items()))
    items = "".join(f'<item id="c{n}" href="c{n}.xhtml" media-type="application/xhtml+xml"/>' for n, _ in numbered)
    order = "".join(f'<itemref idref="c{n}"/>' for n, _ in numbered)
    pages = {
        f"OPS/c{n}.xhtml": '<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html><html '
        f'xmlns="http://www.w3.org/1999/xhtml"><body><h1>{title}</h1>{body}</body></html>'
        for n, (title, body) in numbered
    }
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata>'
        "<dc:title>Harbour lights go out</dc:title><dc:creator>Ida Moen</dc:creator>"
        "<dc:publisher>Shoreline Post</dc:publisher><dc:date>2025-05-06</dc:date><dc:language>en</dc:language>"
        f"</metadata><manifest>{items}</manifest><spine>{order}</spine></package>"
    )
    container = '<container><rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles></container>'
    return zipped({"META-INF/container.xml": container, "OPS/book.opf": package, **pages})


def xlsx(sheets: Mapping[str, Sequence[Sequence[object]]]) -> bytes:
    """A workbook with these sheets, row by row."""
    book = Workbook()
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.remove(book.worksheets[0])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


RTF = (
    r"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fswiss Helvetica;}}{\info{\title Harbour lights go out}"
    r"{\author Ida Moen}{\subject Port}{\creatim\yr2025\mo5\dy6\hr7\min8\sec9}{\revtim\yr2025\mo5\dy7\hr9\min0}}"
    r"\f0 " + r"\par ".join(PARAGRAPHS) + r"\par}"
)


VTT = """WEBVTT - Harbour lights go out

NOTE Checked by the desk.

opening
00:00:01.000 --> 00:00:03.500
<v Ida Moen>The harbour lights <b>went out</b>

00:00:03.500 --> 00:00:05.000
<v Ida Moen>on Monday.

01:02:10.000 --> 01:02:11.000
<v Per Aas>Nobody could say why.
"""


SRT = """1
00:00:01,000 --> 00:00:03,500
The harbour lights <i>went out</i>

2
00:00:03,500 --> 00:00:05,000
on Monday.

3
01:02:10,000 --> 01:02:11,000
{\\an8}Nobody could say why.
"""


def mail(text: str, **headers: str) -> EmailMessage:
    """A message with this text and these headers."""
    message = EmailMessage()
    for name, value in headers.items():
        message[name] = value
    message.set_content(text)
    return message


def sample_mail() -> EmailMessage:
    """A message that says what the other samples say."""
    headers = {"From": "Ida Moen <ida@shoreline.example>", "Date": "Tue, 06 May 2025 07:08:09 +0200"}
    return mail("\n\n".join(PARAGRAPHS), **headers, Subject="Harbour lights go out")


def mbox(*messages: EmailMessage) -> bytes:
    """A mailbox of these messages."""
    with tempfile.TemporaryDirectory() as folder:
        box = mailbox.mbox(Path(folder) / "box")
        for message in messages:
            box.add(message)
        box.close()
        return (Path(folder) / "box").read_bytes()


NITF = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE nitf SYSTEM "nitf-3-4.dtd">
<nitf xml:lang="en-GB"><head><title>Lights</title>
<docdata><date.issue norm="20250506T060000+0200"/><date.release norm="20250506T070809+0200"/></docdata>
<pubdata name="Shoreline Post" position.section="Port" ex-ref="https://shoreline.example/harbour-lights"/></head>
<body><body.head><hedline><hl1>Harbour lights go&nbsp;out</hl1></hedline>
<byline>By <person>Ida Moen</person>, port reporter</byline></body.head>
<body.content><block><p>The harbour lights went out on <em>Monday</em>.</p><p>Nobody could say why.</p></block>
</body.content></body></nitf>"""


def newsml(content: str, status: str = "usable", items: int = 1) -> str:
    """A NewsML-G2 message of items with this content set."""
    item = f"""<newsItem guid="tag:shoreline.example,2025:lights:%d" version="2">
<itemMeta><itemClass qcode="ninat:text"/><provider><name>Shoreline Wire</name></provider>
<versionCreated>2025-05-06T09:00:00+02:00</versionCreated><firstCreated>2025-05-06T07:08:09+02:00</firstCreated>
<pubStatus qcode="stat:{status}"/></itemMeta>
<contentMeta><by>Ida Moen</by><headline>Harbour lights go out</headline><language tag="en-GB"/></contentMeta>
<contentSet>{content}</contentSet></newsItem>"""
    inside = "".join(item % n for n in range(items))
    space = 'xmlns="http://iptc.org/std/nar/2006-10-01/"'
    return f"<newsMessage {space}><header/><itemSet>{inside}</itemSet></newsMessage>"


RSS = """<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>
<title>Shoreline Post</title><language>en-gb</language>
<item><title>Harbour lights go out</title><link>https://shoreline.example/harbour-lights</link>
<pubDate>Tue, 06 May 2025 07:08:09 +0200</pubDate>
<author>ida@shoreline.example (Ida Moen)</author><category>Port</category>
<description>It was dark.</description><content:encoded><![CDATA[<p>The harbour lights went out on Monday.</p>
<p>Nobody could say&nbsp;why.</p>]]></content:encoded></item>
<item><title>Lights again</title><link>https://shoreline.example/again</link>
<description>The lights are on again.</description></item></channel></rss>"""


ATOM = """<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en-GB">
<title>Shoreline Post</title><id>https://shoreline.example/feed</id><updated>2025-05-06T09:00:00+02:00</updated>
<entry><title>Harbour lights go out</title><link href="https://shoreline.example/harbour-lights"/>
<id>https://shoreline.example/harbour-lights</id><category term="Port"/><author><name>Ida Moen</name></author>
<published>2025-05-06T07:08:09+02:00</published><updated>2025-05-06T09:00:00+02:00</updated>
<content type="html">&lt;p&gt;The harbour lights went out on Monday.&lt;/p&gt;
&lt;p&gt;Nobody could say why.&lt;/p&gt;</content></entry></feed>"""


def _rss() -> bytes:
    """The first entry of the feed above, as the other samples say it."""
    return f"{RSS[: RSS.rindex('<item>')]}</channel></rss>".replace("&nbsp;", " ").encode()


def _newsml() -> bytes:
    paragraphs = "".join(map("<p>{}</p>".format, PARAGRAPHS))
    html = f'<html xmlns="http://www.w3.org/1999/xhtml"><body>{paragraphs}</body></html>'
    return newsml(f"<inlineXML>{html}</inlineXML>", items=2).encode()


def zip_of(members: Mapping[str, bytes]) -> bytes:
    """A zip archive of these files."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return stream.getvalue()


def tar_of(members: Mapping[str, bytes], mode: str = "w") -> bytes:
    """A tar archive of these files; `mode` as for `tarfile.open`, such as "w:gz"."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as archive:  # type: ignore[call-overload]
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return stream.getvalue()


def warc(*pages: tuple[str, str, bytes], status: str = "200 OK") -> bytes:
    """A web archive of answers: address, media type, body."""
    found = b""
    for number, (address, kind, body) in enumerate(pages):
        http = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n\r\n".encode() + body
        head = [
            "WARC/1.0",
            "WARC-Type: response",
            f"WARC-Target-URI: {address}",
            "WARC-Date: 2025-05-07T08:09:10Z",
            f"WARC-Record-ID: <urn:uuid:00000000-0000-0000-0000-{number:012}>",
            "Content-Type: application/http; msgtype=response",
            f"Content-Length: {len(http)}",
        ]
        found += "\r\n".join([*head, "", ""]).encode() + http + b"\r\n\r\n"
    return found


COLUMNS = [name for name in RECORD if name != "url"]
ROW = [RECORD[name] for name in COLUMNS]


def _csv() -> bytes:
    stream = io.StringIO()
    csv.writer(stream).writerows([COLUMNS, ROW])
    return stream.getvalue().encode()


# By how the file's name ends. A new format without a line here is still tested on everything that is wrong.
SAMPLES: dict[str, Callable[[], bytes]] = {
    ".md": MARKDOWN.encode,
    ".txt": TEXT.encode,
    ".html": HTML.encode,
    ".pdf": _sample_pdf,
    ".json": lambda: json.dumps([RECORD, {**RECORD, "url": None}]).encode(),
    ".docx": docx,
    ".odt": odt,
    ".epub": epub,
    ".rtf": RTF.encode,
    ".eml": lambda: sample_mail().as_bytes(),
    ".mbox": lambda: mbox(sample_mail(), sample_mail()),
    ".zip": lambda: zip_of({"a/lights.md": MARKDOWN.encode(), "b.txt": TEXT.encode()}),
    ".tar": lambda: tar_of({"a/lights.md": MARKDOWN.encode(), "b.txt": TEXT.encode()}),
    ".warc": lambda: warc((RECORD["url"], "text/html; charset=utf-8", HTML.encode())),
    ".md.gz": lambda: gzip.compress(MARKDOWN.encode(), mtime=0),
    ".vtt": VTT.encode,
    ".srt": SRT.encode,
    ".xml": NITF.encode,
    ".newsml": _newsml,
    ".rss": _rss,
    ".atom": ATOM.encode,
    ".csv": _csv,
    ".xlsx": lambda: xlsx({"Articles": [COLUMNS, ROW]}),
    ".jsonl": lambda: f"{json.dumps(RECORD)}\n{json.dumps({**RECORD, 'url': None})}\n".encode(),
}
UNTITLED = (".srt",)  # in these there is no place for a headline
