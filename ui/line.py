"""The line before the writer, which answers one question at a time.

Users take turns, each with their questions as they came: somebody who asks ten does not make the others wait for ten.
Whoever is being answered stands last among the users.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import zip_longest
from threading import Condition

from rag.errors import RagError

_MOST = 6  # questions of one user
_ALIVE = 0.5  # seconds after which a waiting place tells its number anew: only between two can it be taken away


class TooManyQuestions(RagError):
    """A user has as many questions in the line as one may have."""

    hint = "Wait for an answer, or stop one."
    retry = True


class Line:
    """Who waits for the writer, and who has it. Safe to use from several threads."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._moved = Condition()
        self._waiting: dict[str, list[Place]] = {}  # by user, in the order of their turns
        self._served: Place | None = None

    def place(self, user: str) -> Place:
        """A place for one question, which stands in the line once it waits. Use as a context manager."""
        return Place(self, user)

    def _order(self) -> list[Place]:
        """Those who wait, next first."""
        served = self._served.user if self._served else None
        users = sorted(self._waiting, key=lambda user: user == served)  # which keeps the others as they are
        rounds = zip_longest(*(self._waiting[user] for user in users))
        return [place for round in rounds for place in round if place is not None]

    def _join(self, place: Place) -> None:
        with self._moved:
            mine = self._waiting.get(place.user, [])
            has_it = self._served is not None and self._served.user == place.user
            if len(mine) + has_it >= self._most:
                raise TooManyQuestions(f"{self._most} questions of yours are on their way already.")
            self._waiting[place.user] = [*mine, place]
            self._move()

    def _leave(self, place: Place) -> None:
        with self._moved:
            if place is self._served:
                self._served = None
                left = self._waiting.pop(place.user, [])  # to stand behind the others
            else:
                left = [other for other in self._waiting.get(place.user, []) if other is not place]
            if left:
                self._waiting[place.user] = left
            else:
                self._waiting.pop(place.user, None)
            self._move()

    def _move(self) -> None:
        if self._served is None and (order := self._order()):
            self._served = order[0]
            self._waiting[self._served.user].remove(self._served)
        self._moved.notify_all()

    def _before(self, place: Place) -> int:
        return 0 if place is self._served else self._order().index(place) + (self._served is not None)

    def _changed(self, place: Place, known: int) -> int:
        """How many are before a place: as soon as that is another number than `known`, or a moment later."""
        until = time.monotonic() + _ALIVE
        with self._moved:
            while (now := self._before(place)) == known and (left := until - time.monotonic()) > 0:
                self._moved.wait(left)
            return now


class Place:
    """One question's place. Leaving it, at any time, lets the next one have the writer."""

    def __init__(self, line: Line, user: str) -> None:
        self.user = user
        self._line = line

    def __enter__(self) -> Place:
        return self

    def __exit__(self, *_: object) -> None:
        self._line._leave(self)

    def waits(self) -> Iterator[int]:
        """How many questions are before this one, told at once and at least every half second, until it has its turn.

        At once once it has its turn. Raises TooManyQuestions.
        """
        if self._line._served is self:
            return
        self._line._join(self)
        before = self._line._changed(self, -1)
        while before:
            yield before
            before = self._line._changed(self, before)


def words(before: int) -> str:
    """What a waiting reader is told."""
    return f"{before} question{'' if before == 1 else 's'} before yours"
