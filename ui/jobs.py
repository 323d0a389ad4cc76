"""Long work behind the page: one piece at a time in a thread, with its progress to be seen, and to be stopped."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from rag.errors import RagError

Seen = TypeVar("Seen")
Result = TypeVar("Result")
_BROKEN = "Something went wrong on this machine. The terminal that serves this page says what."


class Busy(RagError):
    """Something else is still being done."""

    hint = "Wait until it has finished, or stop it."
    retry = True


class Stopped(Exception):
    """Thrown into the work where it tells its progress: it was asked to stop."""


@dataclass(frozen=True, slots=True)
class State(Generic[Seen, Result]):
    """How far the work called `name` is. `number` counts the pieces of work, 0 is none so far.

    Once it is not `running`, there is a result, or a problem in words, or neither: then it was stopped.
    """

    number: int = 0
    name: str = ""
    running: bool = False
    stopping: bool = False
    seen: Seen | None = None
    result: Result | None = None
    problem: str = ""


class Job(Generic[Seen, Result]):
    """The one piece of work that may go on. Its thread ends with the process; what it does must bear that."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._state: State[Seen, Result] = State()

    @property
    def state(self) -> State[Seen, Result]:
        """How it stands."""
        with self._lock:
            return self._state

    def start(self, name: str, work: Callable[[Callable[[Seen], None]], Result]) -> None:
        """Begin `work`, which is given what it tells its progress to. Raises Busy while another goes on."""
        with self._lock:
            if self._state.running:
                raise Busy(f"{self._state.name} is still going on.")
            self._state = State(self._state.number + 1, name, running=True)
        threading.Thread(target=self._run, args=(work,), name=name, daemon=True).start()

    def stop(self) -> None:
        """Ask the work to stop, which it does when it tells its progress next."""
        with self._lock:
            if self._state.running:
                self._state = replace(self._state, stopping=True)

    def _tell(self, seen: Seen) -> None:
        with self._lock:
            self._state = replace(self._state, seen=seen)
            if self._state.stopping:
                raise Stopped

    def _run(self, work: Callable[[Callable[[Seen], None]], Result]) -> None:
        result, problem = None, ""
        try:
            result = work(self._tell)
        except Stopped:
            pass
        except RagError as error:
            problem = str(error)
        except Exception:  # the terminal has the traceback; the page has words
            logging.getLogger(__name__).exception("%s broke off", self._state.name)
            problem = _BROKEN
        with self._lock:
            self._state = replace(self._state, running=False, result=result, problem=problem)
