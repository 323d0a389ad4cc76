"""`gguf:FILE`: any GGUF file in this process."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import UnknownModel

if TYPE_CHECKING:
    from rag.interop import LLM
    from rag.llms import Options
    from rag.models import Progress

SCHEME = "gguf"
SUMMARY = "any GGUF file, in this process"
NEEDS = "memory of about the file's size and a fifth more"
EXAMPLE = "gguf:/models/some-model.gguf"


def connect(target: str, options: Options, *, progress: Progress | None = None) -> LLM:
    """Raises UnknownModel if there is no such file, or it cannot be read, or is no GGUF."""
    path = Path(target).expanduser()
    if not path.is_file():
        raise UnknownModel(f"there is no file {path}", hint="Give the path of a .gguf file.")
    try:
        with path.open("rb") as file:
            begins = file.read(4)
    except OSError as error:
        raise UnknownModel(f"{path} cannot be read: {error.strerror}", hint="Whose file is it?") from error
    if begins != b"GGUF":
        raise UnknownModel(f"{path} is not a GGUF file", hint="Convert the model to GGUF, or choose another.")
    from rag.llms.engine import EngineLLM

    return EngineLLM(spec=f"gguf:{target}", path=path).with_options(options)
