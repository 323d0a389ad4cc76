"""The line before the writer."""

from __future__ import annotations

import threading
import time

import pytest

from ui.line import Line, Place, TooManyQuestions, words


def _joined(line: Line, user: str) -> tuple[Place, int]:
    """A place that waits, and how many are before it."""
    place = line.place(user)
    return place, next(place.waits(), 0)


def _before(line: Line, *places: Place) -> list[int]:
    return [line._before(place) for place in places]


def test_users_take_turns_each_with_their_questions_as_they_came() -> None:
    line = Line()
    first, now = _joined(line, "ana")
    assert now == 0
    ana, _ = _joined(line, "ana")
    later, _ = _joined(line, "ana")
    ben, seen = _joined(line, "ben")
    assert seen == 1  # not behind what ana asked for before
    assert _before(line, ben, ana, later) == [1, 2, 3]
    first.__exit__()
    assert _before(line, ben, ana, later) == [0, 1, 2]
    eve, _ = _joined(line, "eve")
    assert _before(line, ana, eve, later) == [1, 2, 3]
    ben.__exit__()
    ana.__exit__()
    assert _before(line, eve, later) == [0, 1]


def test_who_asks_again_while_being_answered_stands_behind_who_came_later() -> None:
    line = Line()
    served, _ = _joined(line, "ana")
    again, _ = _joined(line, "ana")
    ben, _ = _joined(line, "ben")
    assert _before(line, ben, again) == [1, 2]
    served.__exit__()
    assert _before(line, ben, again) == [0, 1]


def test_whoever_leaves_is_counted_no_more() -> None:
    line = Line()
    _joined(line, "ana")
    gone, _ = _joined(line, "ben")
    stays, seen = _joined(line, "eve")
    assert seen == 2
    gone.__exit__()
    assert _before(line, stays) == [1]
    gone.__exit__()  # once more does nothing
    assert _before(line, stays) == [1]


def test_a_place_that_never_waited_leaves_without_a_trace() -> None:
    line = Line()
    with line.place("ana"):
        pass
    assert _joined(line, "ben")[1] == 0


def test_one_user_has_only_so_many_places_and_the_next_user_still_gets_one() -> None:
    line = Line(most=2)
    first, _ = _joined(line, "ana")
    _joined(line, "ana")
    with pytest.raises(TooManyQuestions, match="2 questions of yours"):
        _joined(line, "ana")
    assert _joined(line, "ben")[1] == 1
    first.__exit__()
    assert _joined(line, "ana")[1] == 2


def test_a_waiting_place_says_its_number_again_and_again_so_that_it_can_be_taken_away() -> None:
    line = Line()
    _joined(line, "ana")
    waits = line.place("ben").waits()
    begun = time.monotonic()
    assert [next(waits), next(waits)] == [1, 1]
    assert time.monotonic() - begun < 5


def test_threads_get_the_writer_one_at_a_time_in_fair_order() -> None:
    line, order, told = Line(), list[str](), dict[str, list[int]]()
    holds, most = threading.Semaphore(1), list[bool]()

    def ask(user: str, name: str) -> None:
        with line.place(user) as place:
            told[name] = list(place.waits())
            most.append(holds.acquire(blocking=False))
            order.append(name)
            time.sleep(0.05)
            holds.release()

    first = line.place("ana")
    assert list(first.waits()) == []
    threads = []
    for user, name in [("ana", "a1"), ("ana", "a2"), ("ana", "a3"), ("ben", "b1"), ("eve", "e1"), ("ben", "b2")]:
        threads.append(threading.Thread(target=ask, args=(user, name)))
        threads[-1].start()
        _until(lambda: sum(map(len, line._waiting.values())) == len(threads))
    first.__exit__()
    for thread in threads:
        thread.join(timeout=60)
    assert order == ["b1", "e1", "a1", "b2", "a2", "a3"]
    assert all(most)
    assert (told["a3"][0], told["a3"][-1]) == (3, 1)
    assert not line._waiting


def _until(holds: object) -> None:
    until = time.monotonic() + 30
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < until
        time.sleep(0.005)


def test_the_words() -> None:
    assert words(1) == "1 question before yours"
    assert words(2) == "2 questions before yours"


def test_who_has_the_turn_does_not_wait_again() -> None:
    line = Line()
    first, _ = _joined(line, "ana")
    _joined(line, "ben")
    assert list(first.waits()) == []
    assert line._before(first) == 0
