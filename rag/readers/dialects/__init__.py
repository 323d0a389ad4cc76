"""Dialects of XML: one file each, chosen by the name of the root element. Whatever is put into this folder is found.

A dialect is a module with `ROOTS`, the root elements' names without namespace, and `articles`; `Dialect` says what.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol, cast

from rag.errors import ReadError
from rag.readers.base import Context
from rag.types import Article

if TYPE_CHECKING:
    from lxml.etree import _Element


class Dialect(Protocol):
    """One dialect. Implemented by modules, not classes. FORMAT: what people call it."""

    ROOTS: tuple[str, ...]
    FORMAT: str

    def articles(self, root: _Element, source: str, context: Context) -> Iterator[Article | ReadError]:
        """The articles of a document, with parts that cannot be read as ReadErrors `source#n`. Raises ReadError."""
        ...


@cache
def discovered() -> Mapping[str, Dialect]:
    """Every dialect by the names of its root elements."""
    modules = [import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__)]
    return MappingProxyType({root: cast(Dialect, m) for m in modules if hasattr(m, "ROOTS") for root in m.ROOTS})
