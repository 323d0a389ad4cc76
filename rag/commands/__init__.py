"""Commands of `rag` that have a file of their own; whatever is put into this folder is found.

A module has `app`, a Typer with its commands: they join `rag` by their names. One with `GROUP` becomes `rag GROUP …`.
"""

from __future__ import annotations

import json
import pkgutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import typer

import rag
from rag import console
from rag.types import Record


@contextmanager
def opened(path: Path) -> Iterator[rag.Archive]:
    """An archive that shows on the terminal how packs are fetched."""
    with rag.open(path) as archive:
        archive.progress = console.PackProgress()
        yield archive


def print_json(value: Any) -> None:
    """A result as JSON on standard output."""
    plain = value.to_dict() if isinstance(value, Record) else value
    typer.echo(json.dumps(plain, ensure_ascii=False, indent=2))


def join(root: typer.Typer) -> None:
    """Add the commands of every module here to `root`."""
    for name in sorted(info.name for info in pkgutil.iter_modules(__path__)):
        module = import_module(f"{__name__}.{name}")
        root.add_typer(module.app, name=getattr(module, "GROUP", None))
