"""Any function from a question to an answer, named by where it is: `function:package.module:name`.

It gets the question and returns a text, or None to say that it does not know; marks like [2] in the text are dropped,
since nobody knows what they number. It is given no history and no filters.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

import rag
from eval.asked import Asked
from eval.systems import Response, as_answer
from rag.errors import SettingsError

NAME = "function"
SUMMARY = "any Python function from a question to a text"


@dataclass(frozen=True)
class Function:
    """A function as something that answers."""

    name: str
    function: Callable[[str], str | None]
    version: str

    def ask(self, question: Asked) -> Response:
        """The function's text; None is an abstention. Raises what the function raises."""
        begun = time.perf_counter()
        text = self.function(question.question)
        timings = {"total": time.perf_counter() - begun}
        answer = as_answer(
            question.question,
            text or "",
            abstained=text is None,
            model=self.name,
            version=self.version,
            timings=timings,
        )
        return Response(answer, raw=text or "")


def connect(archive: rag.Archive, target: str) -> Function:
    """Raises SettingsError if there is no such function."""
    module, _, name = target.partition(":")
    try:
        function = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise SettingsError(
            f"function:{target} is not there: {error}", hint="Name it as function:package.module:name."
        ) from error
    return Function(target, function, archive.version)
