"""LlamaIndex's readers as formats of ours."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rag.errors import ReadError
from rag.readers import Context
from rag.readers.llama_index import from_llama_index
from rag.types import Article


class Fake:
    """Stands in for a `BaseReader`, which takes most of a second to import."""

    def __init__(self, *documents: Any, error: Exception | None = None) -> None:
        self.documents, self.error = documents, error

    def load_data(self, path: Path) -> list[Any]:
        if self.error:
            raise self.error
        return list(self.documents)


def got(reader: Any) -> list[Article | ReadError]:
    return list(from_llama_index(reader, Path("/a.odd"), "/a.odd", Context()))


def document(text: str, **metadata: Any) -> Any:
    return SimpleNamespace(text=text, metadata=metadata)


def test_documents_become_articles() -> None:
    (found,) = got(Fake(document("Words.", headline="Lights out", author=["Ida Moen"], date="2025-05-06")))
    assert isinstance(found, Article)
    assert (found.text, found.title, found.byline, found.source) == ("Words.", "Lights out", "Ida Moen", "/a.odd")
    assert found.published


def test_several_documents_are_numbered() -> None:
    found = got(Fake(document("Words."), document(" ")))
    assert [type(item) for item in found] == [Article, ReadError]
    assert isinstance(found[0], Article)
    assert found[0].source == "/a.odd#1"


@pytest.mark.parametrize("reader", [Fake(), Fake(error=ValueError("bad")), Fake(error=PermissionError(13, "no"))])
def test_failures(reader: Fake) -> None:
    with pytest.raises(ReadError) as caught:
        got(reader)
    assert caught.value.path == "/a.odd"


def test_a_real_base_reader() -> None:
    from rag.interop import BaseReader, Document

    class Real(BaseReader):
        def load_data(self, *args: Any, **kwargs: Any) -> list[Document]:
            return [Document(text="Words.", metadata={"title": "Lights out"})]

    (found,) = got(Real())
    assert isinstance(found, Article)
    assert found.title == "Lights out"
