"""What every reader shares: the context, reading bytes and text, and the one place that builds an `Article`.

A reader is a module of this package with `SUFFIXES`, `MEDIA_TYPES`, `VERSION`, `FORMAT` and `read`; `Reader` says
what each is. Putting such a file into this folder is all it takes to add a format.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from rag.article import identity, place_identity
from rag.errors import ReadError
from rag.readers import dates, limits
from rag.readers.decoding import decode
from rag.types import Article

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f]")
_UNIQUE = re.compile(r"(?:https?|urn|tag|uuid|doi|info):|<?[^\s@<>]+@[^\s@<>]+>?$", re.IGNORECASE)
_PART = re.compile(r"(?:#|:)\d+$")
_SURROGATES = re.compile(r"[\ud800-\udfff]")


@dataclass
class Allowance:
    """What may still be unpacked of a file that was given: shared by the containers within it."""

    members: int
    bytes: int


@dataclass(frozen=True)
class Context:
    """What a reader must know beside the file.

    timezone: IANA name of the zone for dates that carry none.
    encoding: that which whoever sent a file (a server, an e-mail) declared, or None. usual: that of local files, and
    of what is in them, where they declare none; or None.
    fields: names of records' fields that go before the usual ones, as (field of the article, name).
    mapped: filled with which name each field of a record came from, and with "" and the names not used; or None.
    depth: how many containers are round the file. allowance: theirs, None if there is none (`rag.readers.members`).
    called: what pieces of files have been recognised by so far, as numbers.
    """

    timezone: str = "UTC"
    encoding: str | None = None
    usual: str | None = None
    fields: tuple[tuple[str, str], ...] = ()
    mapped: dict[str, str] | None = field(default=None, compare=False, repr=False)
    depth: int = field(default=0, repr=False)
    allowance: Allowance | None = field(default=None, compare=False, repr=False)
    called: set[int] = field(default_factory=set, compare=False, repr=False)


class Reader(Protocol):
    """One format. Implemented by modules, not classes.

    SUFFIXES: file name endings in lower case with their dot.
    MEDIA_TYPES: MIME types in lower case, for what comes from a URL.
    VERSION: raised whenever the same file would now give other articles, so that archives read it again.
    FORMAT: what people call the format.
    CONTAINER: True where there may be files of other formats inside, whose versions then count too; else left out.
    """

    SUFFIXES: tuple[str, ...]
    MEDIA_TYPES: tuple[str, ...]
    VERSION: int
    FORMAT: str

    def read(self, path: Path, source: str, context: Context) -> Iterator[Article | ReadError]:
        """The articles in the file at `path`; `source` is the name they and errors carry.

        A part that cannot be read is yielded as a ReadError whose path is `source` and the part's number. Raises
        ReadError with `source` as its path when nothing of the file can be read.
        """
        ...


def read_bytes(path: Path, source: str, most: int = limits.DOCUMENT) -> bytes:
    """The whole file. Raises ReadError if it is empty, larger than `most` bytes, or cannot be read."""
    try:
        with path.open("rb") as stream:
            data = stream.read(most + 1)
    except OSError as error:
        raise unreadable(source, error) from error
    if not data:
        raise ReadError(source, "the file is empty")
    limits.bounded(source, len(data), most)
    return data


def read_text(path: Path, source: str, context: Context, most: int = limits.PROSE) -> str:
    """The whole file as text, line ends as they are. Raises ReadError as `decode` and `read_bytes` do."""
    return decode(read_bytes(path, source, most), source, context.encoding, context.usual)


def unreadable(source: str, error: OSError) -> ReadError:
    """What the operating system said, as a ReadError."""
    known = {
        PermissionError: "permission denied",
        FileNotFoundError: "there is no such file or folder",
        IsADirectoryError: "it is a folder",
    }
    return ReadError(source, known.get(type(error), f"cannot be read: {error.strerror or error}"))


def parse_date(value: object, context: Context) -> datetime | None:
    """`rag.readers.dates.parse_date` in the context's time zone."""
    return dates.parse_date(value, context.timezone)


@contextmanager
def quiet(*names: str) -> Iterator[None]:
    """Libraries' own log lines held back for a while: what matters of them becomes a ReadError."""
    loggers = [logging.getLogger(name) for name in names]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels):
            logger.setLevel(level)


def clean_text(text: str) -> str:
    """The text as it was published, made safe to store.

    Line ends become `\\n`, other control characters except tabs a space, halves of surrogate pairs U+FFFD; blank lines
    at both ends go. Everything else, spacing included, stays: quotations must match it.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = _SURROGATES.sub("\ufffd", _CONTROLS.sub(" ", text)).split("\n")
    filled = [number for number, line in enumerate(lines) if line.strip()]
    return "\n".join(lines[filled[0] : filled[-1] + 1]) if filled else ""


def one_line(value: object) -> str | None:
    """A title, name or label: text with its white space collapsed, a number or date as text, else None."""
    if isinstance(value, date):
        value = value.isoformat()
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return " ".join(clean_text(str(value)).split()) or None


def without_title(blocks: Sequence[str], title: object) -> str:
    """Paragraphs as a text, a blank line between; the first goes if it only repeats the title and more follows."""
    repeated = len(blocks) > 1 and (one_line(blocks[0]) or "").casefold() == (one_line(title) or "").casefold()
    return "\n\n".join(blocks[1:] if repeated else blocks)


def make_article(
    *,
    source: str,
    text: str,
    context: Context,
    title: object = None,
    outlet: object = None,
    byline: object = None,
    published: object = None,
    updated: object = None,
    url: object = None,
    section: object = None,
    language: object = None,
    kind: object = None,
    correction: object = None,
    guid: object = None,
) -> Article:
    """An article from what a reader found; the one place where articles are built.

    Whatever is empty or cannot be understood becomes None. The id is made from the URL; if there is none, from `guid`,
    what the source calls the piece by; else from `source`, its place. Raises ReadError when `text` has no letter or
    digit in it, and when nobody can have written so much.
    """
    limits.bounded(source, len(text), limits.PROSE)
    text = clean_text(text)
    if not any(character.isalnum() for character in text):
        raise ReadError(source, "no text in it")
    link = _url(url) or _own_address(source)
    return Article(
        id=identity(f"url:{link}") if link else _called(one_line(guid), source, context) or place_identity(source),
        text=text,
        source=source,
        title=one_line(title),
        outlet=one_line(outlet),
        byline=_byline(byline),
        published=parse_date(published, context),
        updated=parse_date(updated, context),
        url=link,
        section=one_line(section),
        language=_language(language),
        kind=one_line(kind),
        correction=one_line(correction),
    )


def is_address(source: str) -> bool:
    """Whether this is an http or https address, without looking for anything there."""
    return _url(source) is not None


def with_address(article: Article, address: str) -> Article:
    """The article as published at `address`, if it does not say itself where."""
    link = _url(address)
    return article if article.url or not link else replace(article, url=link, id=identity(f"url:{link}"))


def with_places(
    article: Article, text: str, *, pages: Sequence[int] = (), times: Sequence[tuple[int, float]] = ()
) -> Article:
    """The article with the pages and times of its text (see `Article`), which are offsets in `text`.

    Raises AssertionError if the article's text became another one: its parts must go through `clean_text` first.
    """
    assert article.text == text, "offsets into another text"
    return replace(article, pages=tuple(pages), times=tuple(times))


def _called(guid: str | None, source: str, context: Context) -> str | None:
    """The id of a piece by what its source calls it; None if that does not tell it from others.

    A name made to be unique (a URI, a Message-ID) is the piece's wherever it stands. A number is so within one file,
    where that holds several pieces. Of pieces of one file that are called the same only the first is: a column may hold
    the name of the paper, and none of its stories may be lost as a version of another.
    """
    if not guid:
        return None
    file = _PART.sub("", source)
    here = identity(f"guid:{file}#{guid}")
    if int(here, 16) in context.called:
        return None
    context.called.add(int(here, 16))
    if _UNIQUE.match(guid):
        return identity(f"guid:{guid.strip('<>')}")
    return None if file == source else here


def _byline(value: object) -> str | None:
    """Names joined by ", "; a leading "By" goes. Each may hold several, separated by semicolons."""
    people = [value] if isinstance(value, str) or not isinstance(value, Iterable) else value
    parts = [part for person in people for part in (person.split(";") if isinstance(person, str) else [person])]
    names = [re.sub(r"^by[:\s]\s*", "", name, flags=re.IGNORECASE) for name in map(one_line, parts) if name]
    return ", ".join(dict.fromkeys(name for name in names if name)) or None


def _language(value: object) -> str | None:
    """The primary subtag in lower case: "en-GB" is "en"."""
    subtag = re.split(r"[-_]", one_line(value) or "")[0].lower()
    return subtag if re.fullmatch(r"[a-z]{2,8}", subtag) else None


def _own_address(source: str) -> str | None:
    """`source` if it is an address, and not a part (`#n`, `:n`) of what was read there."""
    link = _url(source)
    parts = urlsplit(source) if link else None
    return None if parts is None or parts.fragment or re.search(r":\d+$", parts.path) else link


def _url(value: object) -> str | None:
    """An absolute http(s) address; anything else is no link that a reader could follow, or not a safe one."""
    link = one_line(value) or ""
    try:
        parts = urlsplit(link)
    except ValueError:
        return None
    return link if parts.scheme in ("http", "https") and parts.hostname and " " not in link else None
