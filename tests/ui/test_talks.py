"""Conversations on the page, without a browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.conftest import Opener
from tests.ui.answers import BRIDGE, FERRY, WHEN, article_of, bridge_answer, renamed
from ui import page, talks, under
from ui.conversations import Conversations, Turn
from ui.line import Line
from ui.users import Reader

APPLES = "How many tonnes of apples did farmers bring in?"
EVIL = '"><script>alert(1)</script>'
ANA = "a1"
READER, OTHER = Reader(ANA, "ana"), Reader("b2", "ben")
GIVEN = under.Given(bridge_answer(), WHEN)


def _last(
    archive: Any, text: str, earlier: page.History, wanted: object, id: str, reader: Reader = READER
) -> tuple[str, str, page.History, str]:
    return list(page.turn(archive, reader, Line(), text, earlier, wanted, id, str, lambda _: "BELOW"))[-1]


def test_a_finished_turn_is_kept_and_opened_again_for_follow_ups(opened: Opener, folder: Path) -> None:
    archive = opened()
    archive.ingest(folder)
    _, _, history, id = _last(archive, APPLES, [], None, "")
    _, _, longer, same = _last(archive, "And the library?", history, None, id)
    assert id == same != ""
    shown, cards, again, current = _last(archive, "", [], {"open": id}, "another")
    assert (again, current) == (longer, id)
    assert "And the library?" in shown
    assert "BELOW" in shown
    assert "card" in cards


def test_what_is_kept_for_one_user_is_not_there_for_another(opened: Opener, folder: Path) -> None:
    archive = opened()
    archive.ingest(folder)
    _, _, _, id = _last(archive, APPLES, [], None, "")
    shown, cards, history, current = _last(archive, "", [], {"open": id}, "", OTHER)
    assert "no such conversation" in shown
    assert (cards, history, current) == ("", [], "")
    assert id in talks.listed(archive.path, ANA, {})
    assert id not in talks.listed(archive.path, OTHER.id, {"search": "apples"})
    assert "no such conversation" in talks.listed(archive.path, OTHER.id, {"rename": id, "name": "Mine"})
    assert "no such conversation" in talks.listed(archive.path, OTHER.id, {"delete": id})
    assert talks.kept(archive.path, OTHER.id, id, GIVEN) != id  # nor is anything put into it
    assert len(talks.loaded(archive.path, ANA, id).turns) == 1


def test_a_new_one_begins_with_nothing(opened: Opener) -> None:
    shown, _, history, id = _last(opened(), "", [("Why?", "So.")], {"open": ""}, "old")
    assert (history, id) == ([], "")
    assert "start" in shown


def test_one_that_is_gone_is_said_in_words(opened: Opener) -> None:
    shown, _, history, id = _last(opened(), "", [], {"open": "none"}, "")
    assert "no such conversation" in shown
    assert (history, id) == ([], "")


def test_a_question_asked_again_is_one_turn() -> None:
    turn = Turn("Why?", bridge_answer(), WHEN)
    assert talks.without_repeats([turn, turn]) == [turn]


def test_what_has_changed_since_is_marked() -> None:
    turn = Turn("Why?", bridge_answer(), WHEN)
    assert "notice" not in talks.since(turn, article_of(BRIDGE, FERRY))
    shown = talks.since(turn, article_of(renamed(BRIDGE, "Another text."), FERRY))
    assert "Bridge closed" in shown
    assert "changed since" in shown


def test_the_list_is_searched_renamed_and_shortened(tmp_path: Path) -> None:
    id = talks.kept(tmp_path, ANA, "", GIVEN)
    other = talks.kept(tmp_path, ANA, "", GIVEN)
    shown = talks.listed(tmp_path, ANA, {"rename": id, "name": EVIL})
    assert "<script>" not in shown
    assert other in talks.listed(tmp_path, ANA, {"search": "bridge"})
    assert "No conversations" in talks.listed(tmp_path, ANA, {"search": "zeppelin"})
    assert id not in talks.listed(tmp_path, ANA, {"delete": id})
    assert "no such conversation" in talks.listed(tmp_path, ANA, {"delete": id})


def test_a_turn_of_a_deleted_conversation_begins_another(tmp_path: Path) -> None:
    id = talks.kept(tmp_path, ANA, "", GIVEN)
    talks.listed(tmp_path, ANA, {"delete": id})
    assert talks.kept(tmp_path, ANA, id, GIVEN) != id
    with Conversations(tmp_path / talks.FILE) as store:
        assert len(store.list(ANA)) == 1


def test_a_question_waits_its_turn_with_the_evidence_at_hand_and_leaves_when_it_is_stopped(
    opened: Opener, folder: Path
) -> None:
    archive, line = opened(), Line()
    archive.ingest(folder)
    held = line.place("b2")
    assert list(held.waits()) == []

    def asked() -> Iterator[tuple[str, str, page.History, str]]:
        return page.turn(archive, READER, line, APPLES, [], None, "", str, lambda _: "")

    stopped = asked()
    shown, found, *_ = next(update for update in stopped if "before yours" in update[0])
    assert "1 question before yours" in shown
    assert "card" in found
    stopped.close()  # type: ignore[attr-defined]
    goes_on = asked()
    assert "1 question before yours" in next(update[0] for update in goes_on if "before yours" in update[0])
    held.__exit__()
    *_, last = goes_on
    assert "310 tonnes" in last[0]


def test_too_many_questions_are_said_in_words_beside_the_evidence(opened: Opener, folder: Path) -> None:
    archive, line = opened(), Line(most=1)
    archive.ingest(folder)
    list(line.place(ANA).waits())
    *_, (shown, found, history, _) = page.turn(archive, READER, line, APPLES, [], None, "", str, lambda _: "")
    assert "1 questions of yours are on their way" in shown
    assert "card" in found
    assert history == []
