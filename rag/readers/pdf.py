"""PDF, by pypdf. Columns are read one after the other (`pdf_columns.py`), and lines are put back together into
paragraphs, which go on over the ends of pages (`pdf_lines.py`); `Article.pages` keeps where pages begin.

Running headers, footers and page numbers are left out: in a document of three or more pages, what is the first or last
line of at least half of them and of at least three, the same on each but for a number that counts the pages. Once it is
gone, the same holds for the next line, up to three at each end of a page.

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
from rag.readers import pdf_columns, pdf_lines, scans
from rag.readers.base import Context, make_article, quiet, read_bytes, with_places
from rag.readers.pdf_lines import Page, has_words
from rag.types import Article

if TYPE_CHECKING:
    from pypdf import PdfReader

FORMAT = "PDF"
# With Tesseract a scan gives another article than without: archives read PDFs again when it has come or gone. So that
# no two are the same, it is raised by two.
VERSION = 6 + scans.installed()
SUFFIXES = (".pdf",)
MEDIA_TYPES = ("application/pdf", "application/x-pdf")

# What draws something: a picture, a form, or a filled or stroked path.
_PAINTS = re.compile(rb"(?:^|[\s\])>])(?:Do|BI|sh|[fFSsBb]\*?)(?:\s|$)")
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
            pages = [pdf_lines.page(pdf_columns.read(page)) for page in pdf.pages]
            pictures = [number for number, page in enumerate(pages) if not has_words(page) and _painted(pdf, number)]
            title, author = (pdf.metadata.title, pdf.metadata.author) if pdf.metadata else (None, None)
    except DependencyError as error:
        raise ReadError(source, f"its encryption needs a library that is not installed: {error}") from error
    except (PyPdfError, *_DAMAGE) as error:
        raise ReadError(source, f"not a readable PDF: {error or type(error).__name__}") from error
    by_sight, problem = _recognise(data, pictures, pages)
    if not any(map(has_words, pages)):
        raise ReadError(source, f"no text in it (scanned?); {problem or 'there is nothing on its pages'}")
    if problem:
        unread = [number for number in pictures if number not in by_sight]
        yield ReadError(f"{source}#pages", f"no text on {_named(unread)} of {len(pages)} (scanned?); {problem}")
    text, starts = pdf_lines.joined(pdf_lines.without_furniture(pages))
    scanned = sum(map(has_words, pages)) == len(by_sight)
    kind = f"{'scan' if scanned else f'partly scanned ({_named(by_sight)})'}, read by Tesseract" if by_sight else None
    article = make_article(source=source, text=text, title=title, byline=author, kind=kind, context=context)
    yield with_places(article, text, pages=starts)


def _painted(pdf: PdfReader, number: int) -> bool:
    contents = pdf.pages[number].get_contents()
    return contents is not None and _PAINTS.search(contents.get_data()) is not None


def _recognise(data: bytes, pictures: Sequence[int], pages: list[Page]) -> tuple[list[int], str | None]:
    """Put the text of pictures into `pages`. The pages where that worked, and what is wrong with the others."""
    if not pictures:
        return [], None
    if not scans.installed():
        return [], "install Tesseract and take the file in again, or run it through text recognition first"
    try:
        found = scans.recognised(data, pictures)
    except scans.NotRecognised as error:
        return [], str(error)
    for number, text in found.items():
        pages[number] = pdf_lines.page([[text]])
    done = [number for number in pictures if has_words(pages[number])]
    return done, None if len(done) == len(pictures) else "Tesseract finds none either"


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
