"""LlamaIndex's readers as formats of ours. A file for one more format is then

SUFFIXES, MEDIA_TYPES, VERSION, FORMAT = (".docx",), (), 1, "Word"

def read(path, source, context):
    yield from from_llama_index(DocxReader(), path, source, context)
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import ReadError
from rag.readers.base import Context, unreadable
from rag.readers.json_records import article_or_error
from rag.types import Article

if TYPE_CHECKING:
    from rag.interop import BaseReader

_USUAL: tuple[type[Exception], ...] = (ValueError, LookupError, TypeError, AttributeError, RuntimeError, ImportError)


def from_llama_index(
    reader: BaseReader,
    path: Path,
    source: str,
    context: Context,
    errors: tuple[type[Exception], ...] = _USUAL,
) -> Iterator[Article | ReadError]:
    """The articles in what `reader.load_data(path)` gives: each document's text, its metadata by our field names.

    `errors` are the exceptions that mean "cannot read this file"; they become ReadErrors. Raises ReadError.
    """
    try:
        documents = reader.load_data(path)
    except OSError as error:
        raise unreadable(source, error) from error
    except errors as error:
        raise ReadError(source, f"not readable: {error or type(error).__name__}") from error
    if not documents:
        raise ReadError(source, "no text in it")
    for number, document in enumerate(documents, 1):
        place = source if len(documents) == 1 else f"{source}#{number}"
        yield article_or_error({**document.metadata, "text": document.text}, place, context)
