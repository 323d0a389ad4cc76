"""Files of most formats that there are readers for, holding given texts: one article by itself, or several together."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable, Mapping
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from tests.readers import samples

Texts = Mapping[str, str]  # by headline; each is sentences on one line


def address(title: str) -> str:
    """Where an article with this headline is published."""
    return f"https://bay.example/{title}"


def _markdown(title: str, text: str) -> bytes:
    return f"---\ntitle: {title}\nurl: {address(title)}\n---\n\n{text}\n".encode()


def _plain(title: str, text: str) -> bytes:
    return f"{title}\n\n{text}\n".encode()


def _html(title: str, text: str) -> bytes:
    head = f'<meta charset="utf-8"><title>{title}</title><link rel="canonical" href="{address(title)}">'
    body = f"<article><h1>{title}</h1><p>{text}</p></article>"
    return f'<html lang="en"><head>{head}</head><body>{body}</body></html>'.encode()


def _lines(text: str) -> list[str]:
    return text.replace(". ", ".\n").split("\n")


def _pdf(title: str, text: str) -> bytes:
    lines = _lines(text)
    return samples.pdf([lines[at : at + 40] for at in range(0, len(lines), 40)], f"/Title ({title})")


def _docx(title: str, text: str) -> bytes:
    def named(document: Any) -> None:
        document.core_properties.title = title

    return samples.docx([text], named)


def _rtf(title: str, text: str) -> bytes:
    return rf"{{\rtf1\ansi{{\info{{\title {title}}}}}\f0 {text}\par}}".encode()


def _vtt(title: str, text: str) -> bytes:
    cues = (f"00:{n:02}:00.000 --> 00:{n:02}:09.000\n{line}\n" for n, line in enumerate(_lines(text)))
    return "\n".join([f"WEBVTT - {title}\n", *cues]).encode()


def _message(title: str, text: str) -> EmailMessage:
    return samples.mail(text, From="desk@bay.example", Subject=title, **{"Archived-At": f"<{address(title)}>"})


def _records(texts: Texts) -> list[dict[str, str]]:
    return [{"title": title, "text": text, "url": address(title)} for title, text in texts.items()]


def _csv(texts: Texts) -> bytes:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, ["title", "text", "url"])
    writer.writeheader()
    writer.writerows(_records(texts))
    return stream.getvalue().encode()


def _xlsx(texts: Texts) -> bytes:
    return samples.xlsx({"Log": [["title", "text", "url"], *(list(record.values()) for record in _records(texts))]})


def _newsml(texts: Texts) -> bytes:
    items = "".join(
        f'<newsItem guid="{address(title)}"><contentMeta><headline>{title}</headline></contentMeta><contentSet>'
        f'<inlineData contenttype="text/plain">{text}</inlineData></contentSet></newsItem>'
        for title, text in texts.items()
    )
    space = 'xmlns="http://iptc.org/std/nar/2006-10-01/"'
    return f"<newsMessage {space}><header/><itemSet>{items}</itemSet></newsMessage>".encode()


def _rss(texts: Texts) -> bytes:
    entries = "".join(
        f"<item><title>{title}</title><link>{address(title)}</link><description>{text}</description></item>"
        for title, text in texts.items()
    )
    return f'<rss version="2.0"><channel><title>Bay Log</title>{entries}</channel></rss>'.encode()


def _members(texts: Texts) -> dict[str, bytes]:
    return {f"log/{title}.txt": _plain(title, text) for title, text in texts.items()}


_ONE: Mapping[str, Callable[[str, str], bytes]] = {
    ".md": _markdown,
    ".txt": _plain,
    ".html": _html,
    ".pdf": _pdf,
    ".docx": _docx,
    ".rtf": _rtf,
    ".vtt": _vtt,
    ".eml": lambda title, text: _message(title, text).as_bytes(),
    ".txt.gz": lambda title, text: gzip.compress(_plain(title, text)),
}
_SEVERAL: Mapping[str, Callable[[Texts], bytes]] = {
    ".mbox": lambda texts: samples.mbox(*(_message(title, text) for title, text in texts.items())),
    ".csv": _csv,
    ".xlsx": _xlsx,
    ".json": lambda texts: json.dumps(_records(texts)).encode(),
    ".jsonl": lambda texts: "".join(f"{json.dumps(record)}\n" for record in _records(texts)).encode(),
    ".xml": _newsml,
    ".rss": _rss,
    ".warc": lambda texts: samples.warc(
        *((address(title), "text/html; charset=utf-8", _html(title, text)) for title, text in texts.items())
    ),
    ".zip": lambda texts: samples.zip_of(_members(texts)),
    ".tar": lambda texts: samples.tar_of(_members(texts)),
}


def _files() -> dict[str, tuple[str, ...]]:
    sizes = [*((suffix, 1) for suffix in _ONE), *((suffix, 2) for suffix in _SEVERAL)]
    found, taken = dict[str, tuple[str, ...]](), 0
    for suffix, size in sizes:
        found[f"log{suffix}"] = tuple(f"ship-{n:02}" for n in range(taken, taken + size))
        taken += size
    return found


# By name of the file, the headlines of its articles: each always stands in the same place of the same file.
FILES: Mapping[str, tuple[str, ...]] = _files()


def write(path: Path, texts: Texts) -> None:
    """Write a file of FILES that holds these articles: whole, or not at all if killed."""
    suffix = path.name.removeprefix("log")
    data = _SEVERAL[suffix](texts) if suffix in _SEVERAL else _ONE[suffix](*next(iter(texts.items())))
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}")
    unfinished.write_bytes(data)
    unfinished.replace(path)
