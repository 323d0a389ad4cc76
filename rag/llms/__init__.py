"""Writers' models behind LlamaIndex's `LLM`, chosen by one string: `scheme:target`. One file a scheme.

A file here is a backend if it has SCHEME, SUMMARY, NEEDS, EXAMPLE (one line each) and
`connect(target, options, *, progress=None) -> LLM`. A new file is found by itself. What `connect` gives is easiest made
from `streaming.StreamingLLM`, whose `pieces` raises WriterFailed: then alone the extractive writer steps in. Heavy
libraries are imported inside functions.
"""

from __future__ import annotations

import pkgutil
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from rag.errors import SettingsError, UnknownModel

if TYPE_CHECKING:
    from rag.interop import LLM
    from rag.models import Progress

_SHARED = ("engine", "http", "streaming")  # no backends; importing them takes a second, for LlamaIndex


@dataclass(frozen=True, slots=True)
class Options:
    """How a model runs.

    max_tokens: longest answer; context_tokens: prompt and answer together, in the model's own tokens.
    timeout: seconds for the whole answer. threads: processor threads, 0 for all.
    temperature: 0 is greedy, so that a run repeats.
    """

    max_tokens: int = 220
    context_tokens: int = 4096
    timeout: float = 180.0
    threads: int = 0
    temperature: float = 0.0


@cache
def schemes() -> dict[str, ModuleType]:
    """Every backend's module by its scheme."""
    names = [info.name for info in pkgutil.iter_modules(__path__) if info.name not in _SHARED]
    modules = [import_module(f"{__name__}.{name}") for name in names]
    return {module.SCHEME: module for module in modules if hasattr(module, "SCHEME")}


def open_llm(spec: str, options: Options | None = None, *, progress: Progress | None = None) -> LLM:
    """The model that `spec` names; it loads on first use.

    Raises SettingsError for a spec that is none, UnknownModel for a scheme, pack or file that is not there.
    """
    module, target = resolve(spec)
    llm: LLM = module.connect(target, options or Options(), progress=progress)
    return llm


def resolve(spec: str) -> tuple[ModuleType, str]:
    """The backend and the target that `spec` names, without loading anything. Raises as `open_llm` does."""
    scheme, _, target = spec.partition(":")
    module = schemes().get(scheme)
    if module is None:
        examples = ", ".join(module.EXAMPLE for module in schemes().values())
        raise UnknownModel(
            f"no writer is called {spec!r}",
            hint=f"Write it like one of these: {examples}, extractive. `rag models list` shows the packs.",
        )
    if not target:
        raise SettingsError(f"writer {spec!r} names no model", hint=f"For example: {module.EXAMPLE}")
    return module, target
