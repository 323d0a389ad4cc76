"""PDF, by pypdf. Lines are put back together into paragraphs; `Article.pages` keeps where pages begin.

Pages without text that something is drawn on are read by Tesseract where it is installed, which the article's `kind`
says; else they are named in a ReadError. The date in a PDF is when the file was made, not when the article was
published, so it is not taken.
"""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import ReadError
from rag.readers import scans
from rag.readers.base import Context, clean_text, make_article, quiet, read_bytes, with_places
from rag.types import Article

if TYPE_CHECKING:
    from pypdf import PdfReader

FORMAT = "PDF"
# With Tesseract a scan gives another article than without: archives read PDFs again when it has come or gone.
VERSION = 4 + scans.installed()
SUFFIXES = (".pdf",)
MEDIA_TYPES = ("application/pdf", "application/x-pdf")

# What draws something: a picture, a form, or a filled or stroked path.
_PAINTS = re.compile(rb"(?:^|[\s\])>])(?:Do|BI|sh|[fFSsBb]\*?)(?:\s|$)")
_BROKEN_WORD = re.compile(r"[^\W\d_][-\u00ad]$")
_STOP = re.compile(r"[.!?…:][\"'”’»)\]]*$")
_LAST_LINE = 0.8  # of the usual width: a shorter line with a full stop ends its paragraph
_HEADING = 0.55  # … and one this short does so in any case
# What pypdf lets through on damaged files, by its own account ("might cause other exceptions").
_DAMAGE = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    NotImplementedError,
    RecursionError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)


def read(path: Path, source: str, context: Context) -> Iterator[Article | ReadError]:
    """One article, after a ReadError `source#pages` if pages are pictures that cannot be read.

    Raises ReadError when the file is protected, damaged, or has no text.
    """
    from pypdf import PdfReader
    from pypdf.errors import DependencyError, PyPdfError

    data = read_bytes(path, source)
    try:
        with quiet("pypdf"):
            pdf = PdfReader(io.BytesIO(data))
            # Many files are encrypted only to forbid printing; those open without a password.
            if pdf.is_encrypted and not pdf.decrypt(""):
                raise ReadError(source, "password-protected; save a copy without a password")
            texts = [clean_text(_paragraphs(page.extract_text())) for page in pdf.pages]
            pictures = [number for number, text in enumerate(texts) if not _has_words(text) and _painted(pdf, number)]
            title, author = (pdf.metadata.title, pdf.metadata.author) if pdf.metadata else (None, None)
    except DependencyError as error:
        raise ReadError(source, f"its encryption needs a library that is not installed: {error}") from error
    except (PyPdfError, *_DAMAGE) as error:
        raise ReadError(source, f"not a readable PDF: {error or type(error).__name__}") from error
    by_sight, problem = _recognise(data, pictures, texts)
    if not any(map(_has_words, texts)):
        raise ReadError(source, f"no text in it (scanned?); {problem or 'there is nothing on its pages'}")
    if problem:
        unread = [number for number in pictures if number not in by_sight]
        yield ReadError(f"{source}#pages", f"no text on {_named(unread)} of {len(texts)} (scanned?); {problem}")
    text, pages = _joined_pages(texts)
    scanned = sum(map(_has_words, texts)) == len(by_sight)
    kind = f"{'scan' if scanned else f'partly scanned ({_named(by_sight)})'}, read by Tesseract" if by_sight else None
    article = make_article(source=source, text=text, title=title, byline=author, kind=kind, context=context)
    yield with_places(article, text, pages=pages)


def _has_words(text: str) -> bool:
    return any(character.isalnum() for character in text)


def _painted(pdf: PdfReader, number: int) -> bool:
    contents = pdf.pages[number].get_contents()
    return contents is not None and _PAINTS.search(contents.get_data()) is not None


def _recognise(data: bytes, pictures: Sequence[int], texts: list[str]) -> tuple[list[int], str | None]:
    """Put the text of pictures into `texts`. The pages where that worked, and what is wrong with the others."""
    if not pictures:
        return [], None
    if not scans.installed():
        return [], "install Tesseract and take the file in again, or run it through text recognition first"
    try:
        found = scans.recognised(data, pictures)
    except scans.NotRecognised as error:
        return [], str(error)
    for number, text in found.items():
        texts[number] = clean_text(_paragraphs(text))
    done = [number for number in pictures if _has_words(texts[number])]
    return done, None if len(done) == len(pictures) else "Tesseract finds none either"


def _joined_pages(texts: Sequence[str]) -> tuple[str, list[int]]:
    """The text, and the offset in it at which each page begins; one without words begins where the next one does."""
    text, pages = "", []
    for page in texts:
        gap = "\n\n" if text else ""
        pages.append(len(text + gap))
        text += gap + page if _has_words(page) else ""
    return text, [min(start, len(text)) for start in pages]


def _named(pages: Sequence[int]) -> str:
    """Pages counted from 0 as people name them: "page 3", "pages 1, 4 to 6"."""
    runs: list[list[int]] = []
    for page in pages:
        if runs and page == runs[-1][-1] + 1:
            runs[-1].append(page)
        else:
            runs.append([page])
    parts = [str(run[0] + 1) if len(run) == 1 else f"{run[0] + 1} to {run[-1] + 1}" for run in runs]
    return f"page{'s' * (len(pages) > 1)} {', '.join(parts)}"


def _paragraphs(page: str) -> str:
    """The lines of a page joined to paragraphs, which a blank line separates."""
    lines = [" ".join(line.split()) for line in page.splitlines()]
    widths = sorted(len(line) for line in lines if line)
    usual = widths[len(widths) * 3 // 4] if widths else 0
    paragraphs: list[str] = []
    open_ = False
    for line in lines:
        if line and open_:
            paragraphs[-1] = _joined(paragraphs[-1], line)
        elif line:
            paragraphs.append(line)
        ends = len(line) < usual * (_LAST_LINE if _STOP.search(line) else _HEADING)
        open_ = bool(line) and not ends
    return "\n\n".join(paragraphs)


def _joined(before: str, line: str) -> str:
    """Two lines as one; a word is made whole only if it goes on in lower case ("Anglo-" and "Saxon" stay)."""
    if _BROKEN_WORD.search(before):
        return before[:-1] + line if line[0].islower() else before + line
    return f"{before} {line}"
