"""Checks beside the writing: in order, as they are done, and none after the end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from rag.checks import Checks
from rag.splitting import Raw
from rag.types import Sentence, Verdict

SOON = 20.0  # seconds: far longer than anything here takes


@dataclass
class Desk:
    """A check that waits at the sentences "slow…" until it may go on, and fails at "bad"."""

    seen: list[str] = field(default_factory=list)
    begun: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)
    finished: threading.Event = field(default_factory=threading.Event)

    def check(self, raw: Raw) -> Sentence:
        self.seen.append(raw.text)
        if raw.text == "slow":
            self.begun.set()
            assert self.go_on.wait(SOON)
            self.finished.set()
        if raw.text == "bad":
            raise ValueError("no check of it")
        return Sentence(raw.text, (), Verdict.SUPPORTED, "")


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.go_on.set()


@pytest.fixture
def checks(desk: Desk) -> Iterator[Checks]:
    checks = Checks(desk.check)
    yield checks
    desk.go_on.set()
    checks.cancel()


def add(checks: Checks, *texts: str) -> None:
    for text in texts:
        checks.add(Raw(text, ()))


def texts(sentences: Iterator[Sentence]) -> list[str]:
    return [sentence.text for sentence in sentences]


def test_what_comes_out_keeps_the_order(checks: Checks, desk: Desk) -> None:
    add(checks, *"edcba")
    assert texts(checks.rest()) == list("edcba") == desk.seen


def test_nothing_added_gives_nothing(checks: Checks) -> None:
    assert texts(checks.done(0)) == texts(checks.rest()) == []


def test_what_is_done_is_given_while_a_slow_check_goes_on(checks: Checks, desk: Desk) -> None:
    add(checks, "one", "two", "slow", "three")
    assert desk.begun.wait(SOON)
    assert texts(checks.done(0)) == ["one", "two"]
    assert texts(checks.done(0.01)) == []
    desk.go_on.set()
    assert texts(checks.rest()) == ["slow", "three"]


def test_one_that_was_just_begun_is_waited_for(checks: Checks, desk: Desk) -> None:
    add(checks, "slow")
    threading.Timer(0.05, desk.go_on.set).start()
    assert texts(checks.done(SOON)) == ["slow"]


def test_adding_does_not_wait(checks: Checks, desk: Desk) -> None:
    add(checks, "slow", "one")
    assert not desk.finished.is_set()


def test_what_a_check_raised_is_raised_at_its_place(checks: Checks) -> None:
    add(checks, "one", "bad", "two")
    rest = checks.rest()
    assert next(rest).text == "one"
    with pytest.raises(ValueError, match="no check of it"):
        next(rest)
    assert texts(checks.rest()) == ["two"]


def test_what_a_check_raised_comes_out_of_what_is_done_too(checks: Checks) -> None:
    add(checks, "bad")
    with pytest.raises(ValueError, match="no check of it"):
        list(checks.done(SOON))


def test_after_cancelling_no_check_is_begun(checks: Checks, desk: Desk) -> None:
    add(checks, "slow", "one", "two")
    assert desk.begun.wait(SOON)
    checks.cancel()
    assert not desk.finished.is_set()  # nor is the one under way waited for
    with pytest.raises(RuntimeError):
        add(checks, "three")
    desk.go_on.set()
    assert desk.finished.wait(SOON)
    assert next(checks.rest()).text == "slow"
    assert desk.seen == ["slow"]


def test_after_closing_the_rest_is_still_checked(checks: Checks, desk: Desk) -> None:
    add(checks, "slow", "one")
    checks.close()
    with pytest.raises(RuntimeError):
        add(checks, "two")
    desk.go_on.set()
    assert texts(checks.rest()) == ["slow", "one"]
