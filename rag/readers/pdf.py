"""PDF with a text layer, by pypdf. Lines are put back together into paragraphs.

The date in a PDF is when the file was made, not when the article was published, so it is not taken.
"""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

from rag.errors import ReadError
from rag.readers.base import Context, make_article, quiet, read_bytes
from rag.types import Article

FORMAT = "PDF"
VERSION = 2
SUFFIXES = (".pdf",)
MEDIA_TYPES = ("application/pdf", "application/x-pdf")

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
    """One article. Raises ReadError when the file is protected, damaged, or has no text."""
    from pypdf import PdfReader
    from pypdf.errors import DependencyError, PyPdfError

    data = read_bytes(path, source)
    try:
        with quiet("pypdf"):
            pdf = PdfReader(io.BytesIO(data))
            # Many files are encrypted only to forbid printing; those open without a password.
            if pdf.is_encrypted and not pdf.decrypt(""):
                raise ReadError(source, "password-protected; save a copy without a password")
            pages = [page.extract_text() for page in pdf.pages]
            title, author = (pdf.metadata.title, pdf.metadata.author) if pdf.metadata else (None, None)
    except DependencyError as error:
        raise ReadError(source, f"its encryption needs a library that is not installed: {error}") from error
    except (PyPdfError, *_DAMAGE) as error:
        raise ReadError(source, f"not a readable PDF: {error or type(error).__name__}") from error
    text = "\n\n".join(paragraphs for page in pages if (paragraphs := _paragraphs(page)))
    if not any(character.isalnum() for character in text):
        raise ReadError(source, "no text in it (scanned?); run it through text recognition first")
    yield make_article(source=source, text=text, title=title, byline=author, context=context)


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
