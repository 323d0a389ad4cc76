"""Inputs for the readers' tests: a well-formed sample of each format, and PDFs built by hand."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

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
    out, offsets = "%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n"
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
    out += f"trailer << /Size {len(objects) + 1} /Root 1 0 R /Info 4 0 R >>\nstartxref\n"
    return f"{out}{out.index('xref' + chr(10))}\n%%EOF\n".encode("latin-1")


def _sample_pdf() -> bytes:
    return pdf([["The harbour lights went out on Monday.", "Nobody could say why."]], "/Title (Harbour lights go out)")


# By the suffix a reader lists first. A new format without a line here is still tested on everything that is wrong.
SAMPLES: dict[str, Callable[[], bytes]] = {
    ".md": MARKDOWN.encode,
    ".txt": TEXT.encode,
    ".html": HTML.encode,
    ".pdf": _sample_pdf,
    ".json": lambda: json.dumps([RECORD, {**RECORD, "url": None}]).encode(),
    ".jsonl": lambda: f"{json.dumps(RECORD)}\n{json.dumps({**RECORD, 'url': None})}\n".encode(),
}
