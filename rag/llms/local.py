"""`local:PACK`: a model pack in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag import models
from rag.errors import UnknownModel

if TYPE_CHECKING:
    from rag.interop import LLM
    from rag.llms import Options

SCHEME = "local"
SUMMARY = "a model pack, fetched on first use, in this process"
NEEDS = "disk and memory as `rag models list` says"
EXAMPLE = "local:qwen2.5-coder-1.5b"


def connect(target: str, options: Options, *, progress: models.Progress | None = None) -> LLM:
    """Raises UnknownModel, or what fetching the pack raises."""
    from rag.llms.engine import EngineLLM

    pack = models.find(target)
    if pack.kind != "writer":
        raise UnknownModel(f"{target} is no writer but an {pack.kind}", hint="`rag models list` shows the writers.")
    folder = models.ensure(pack, why="the writer, to answer in prose", progress=progress)
    return EngineLLM(spec=f"local:{target}", path=folder / pack.files[0].name).with_options(options)
