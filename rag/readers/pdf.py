"""PDF by pypdf. The file's own creation date is not a date of publication, and is not taken for one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import ReadError
from rag.readers.base import Context, make_article
from rag.types import Article

if TYPE_CHECKING:
    from pypdf import PdfReader

FORMAT = "PDF"
VERSION = 1
SUFFIXES = (".pdf",)
MEDIA_TYPES = ("application/pdf",)
_HYPHENATED = re.compile(r"(?<=[a-zà-ÿ])-\n(?=[a-zà-ÿ])")


def read(path: Path, source: str, context: Context) -> Iterator[Article | ReadError]:
    """One article. Raises ReadError for an empty, broken, password-protected or scanned file."""
    import logging

    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    if path.stat().st_size == 0:
        raise ReadError(source, "the file is empty")
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # what matters becomes a ReadError
    try:
        pdf = PdfReader(path)
        if pdf.is_encrypted and not pdf.decrypt(""):
            raise ReadError(source, "password-protected; save a copy without the password")
        text = _text(pdf)
        title, author = (pdf.metadata.title, pdf.metadata.author) if pdf.metadata else (None, None)
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise ReadError(source, f"not a readable PDF: {error}") from error
    if not text.strip():
        raise ReadError(source, "no text in it (scanned pages?)")
    yield make_article(source=source, context=context, text=text, title=title, byline=author)


def _text(pdf: PdfReader) -> str:
    pages = [page.extract_text() or "" for page in pdf.pages]
    return "\n\n".join(_HYPHENATED.sub("", page).strip() for page in pages if page.strip())
