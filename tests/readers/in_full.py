"""Samples that say of their article all that their format can say, so that what comes out of them is all that can."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from email.message import EmailMessage
from typing import Any

from tests.readers import samples
from tests.readers.samples import HTML, MARKDOWN, NITF, RSS, RTF, SAMPLES, docx, epub, newsml, odt

RECORD = {
    **samples.RECORD,
    "updated": "2025-05-06T09:00:00+02:00",
    "section": "Port",
    "language": "en-GB",
    "kind": "report",
}
_LINKED = {"@type": "NewsArticle", "headline": "Harbour lights go out", "correction": "It was on Monday."}
_PAGE = HTML.replace("</head>", f'<script type="application/ld+json">{json.dumps(_LINKED)}</script></head>').encode()
_MARKDOWN = MARKDOWN.replace(
    "language:", f"url: {RECORD['url']}\nupdated: 2025-05-07\nsection: Port\nkind: report\nlanguage:"
).encode()


def _csv() -> bytes:
    stream = io.StringIO()
    csv.writer(stream).writerows([RECORD, RECORD.values()])
    return stream.getvalue().encode()


def _docx() -> bytes:
    def filed(document: Any) -> None:
        document.core_properties.category = "Port"

    return docx(change=filed)


def _changed(archive: bytes, old: str, new: str) -> bytes:
    """A zip archive with some words of its files put in place of others."""
    with zipfile.ZipFile(io.BytesIO(archive)) as packed:
        return samples.zipped({name: packed.read(name).decode().replace(old, new) for name in packed.namelist()})


def _odt() -> bytes:
    more = "<dc:date>2025-05-07T09:00:00</dc:date><dc:subject>Port</dc:subject>"
    return _changed(odt(), "<dc:language>", f"{more}<dc:language>")


def _epub() -> bytes:
    more = '<meta property="dcterms:modified">2025-05-07T09:00:00Z</meta><dc:subject>Port</dc:subject>'
    return _changed(epub(), "<dc:language>", f"{more}<dc:language>")


def _pdf() -> bytes:
    return samples.pdf([samples.PARAGRAPHS], "/Title (Harbour lights go out) /Author (Ida Moen)")


def _mail() -> EmailMessage:
    message = samples.sample_mail()
    message["Archived-At"], message["Content-Language"] = f"<{RECORD['url']}>", "en-GB"
    return message


def _newsml() -> bytes:
    called = newsml("<inlineData>The lights went out.</inlineData>", status="canceled")
    return called.replace("tag:shoreline.example,2025:lights:0", RECORD["url"]).encode()


IN_FULL: Mapping[str, Callable[[], bytes]] = {
    **SAMPLES,
    ".md": lambda: _MARKDOWN,
    ".html": lambda: _PAGE,
    ".pdf": _pdf,
    ".docx": _docx,
    ".odt": _odt,
    ".epub": _epub,
    ".rtf": RTF.replace(r"{\subject Port}", r"{\subject Port}{\company Shoreline Post}").encode,
    ".json": lambda: json.dumps(RECORD).encode(),
    ".jsonl": lambda: json.dumps(RECORD).encode(),
    ".csv": _csv,
    ".xlsx": lambda: samples.xlsx({"Articles": [list(RECORD), list(RECORD.values())]}),
    ".eml": lambda: _mail().as_bytes(),
    ".mbox": lambda: samples.mbox(_mail()),
    ".xml": NITF.replace("<docdata>", '<docdata><correction info="It was on Monday."/>').encode,
    ".newsml": _newsml,
    ".rss": RSS.encode,
    ".zip": lambda: samples.zip_of({"a.md": _MARKDOWN}),
    ".tar": lambda: samples.tar_of({"a.md": _MARKDOWN}),
    ".md.gz": lambda: gzip.compress(_MARKDOWN),
    ".warc": lambda: samples.warc((RECORD["url"], "text/html; charset=utf-8", _PAGE)),
}
