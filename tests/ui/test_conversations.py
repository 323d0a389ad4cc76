"""Conversations: kept, named, found and deleted for good; each seen by its own user alone."""

from __future__ import annotations

import json
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

import rag
from rag.types import Filters
from tests.conftest import PROJECT, Opener
from tests.ui.answers import BRIDGE, FERRY, WHEN, answer, article_of, bridge_answer, cite, renamed, stands
from ui.conversations import Changed, ConversationNotFound, Conversations, changed
from ui.database import StoreError
from ui.feedback import FeedbackStore
from ui.saved import read


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "conversations.sqlite3"


@pytest.fixture
def kept(path: Path) -> Iterator[Conversations]:
    with Conversations(path) as conversations:
        yield conversations


def asked(kept: Conversations, user: str, question: str, text: str = "It did.") -> str:
    """A new conversation of one turn."""
    id = kept.create(user)
    kept.add(user, id, answer(stands(text), question=question))
    return id


# -- keeping -------------------------------------------------------------------------------------------------------


def test_a_conversation_comes_back_as_it_was(kept: Conversations, path: Path) -> None:
    id = kept.create("")
    first = replace(bridge_answer(), understood=rag.Understood("When?", "When did it close?", outlets=("Courier",)))
    kept.add("", id, first, WHEN)
    kept.add("", id, answer(question="And then?"))
    with Conversations(path) as again:
        found = again.load("", id)
    assert [turn.question for turn in found.turns] == ["When did the bridge close?", "And then?"]
    assert found.turns[0].answer == first
    assert found.turns[0].time == WHEN
    assert found.turns[1].answer.abstained


def test_an_answer_of_an_archive_comes_back_equal(kept: Conversations, opened: Opener, folder: Path) -> None:
    archive = opened()
    archive.ingest(folder)
    given = archive.ask("When did the library in Sundby open?")
    assert given.evidence
    id = kept.create("")
    kept.add("", id, given)
    assert kept.load("", id).turns[0].answer == given
    assert changed(given, archive.article) == []


def test_filters_come_back_equal() -> None:
    chosen = Filters(published_from=date(2025, 1, 1), outlets=("Courier", "Radio"))
    assert read(Filters, chosen.to_dict()) == chosen
    assert read(Filters, {"outlets": ["Courier"], "of_a_later_release": 1}) == Filters(outlets=("Courier",))
    with pytest.raises(ValueError, match="not a Filters"):
        read(Filters, {"published_from": 5})


def test_an_answer_that_was_kept_before_citations_had_pages_is_still_read() -> None:
    given = bridge_answer()
    old = json.loads(json.dumps(given.to_dict()))
    for record in (*old["citations"], *old["evidence"], *(c for s in old["sentences"] for c in s["citations"])):
        record.pop("page", None)
        record.pop("pages", None)
    assert read(rag.Answer, old) == given
    paged = replace(given, citations=tuple(replace(citation, page=3) for citation in given.citations))
    assert read(rag.Answer, paged.to_dict()) == paged


def test_names(kept: Conversations) -> None:
    long = asked(kept, "", "When,  in all\nthe years, " + "did the bridge close " * 9)
    assert kept.load("", long).name == "When, in all the years, did the bridge close did the bridge…"
    kept.add("", long, answer(question="And why?"))
    assert kept.load("", long).name.startswith("When, in all")
    kept.rename("", long, "  The\nbridge ")
    kept.add("", long, answer(question="And how?"))
    assert kept.load("", long).name == "The bridge"
    kept.rename("", long, " ")
    assert kept.load("", long).name.startswith("When, in all")
    named = kept.create("", "My own")
    kept.add("", named, answer())
    assert kept.load("", named).name == "My own"
    assert kept.load("", kept.create("")).name == ""
    assert len(kept.load("", asked(kept, "", "x" * 500)).name) == 60


def test_the_newest_comes_first(kept: Conversations) -> None:
    first, second, third = (asked(kept, "", question) for question in ("One?", "Two?", "Three?"))
    assert [c.id for c in kept.list("")] == [third, second, first]
    kept.add("", first, answer(question="More?"))
    assert [(c.id, c.turns) for c in kept.list("")] == [(first, 2), (third, 1), (second, 1)]
    assert [c.id for c in kept.list("", limit=1, offset=1)] == [third]


# -- searching -----------------------------------------------------------------------------------------------------


def test_searching_finds_questions_answers_and_names(kept: Conversations) -> None:
    bridge = asked(kept, "", "When did the bridge close?", "It closed on Monday.")
    ferry = asked(kept, "", "Who sails the Fähre?", "Nobody does.")
    kept.rename("", ferry, "100% afloat")
    found = {
        text: [c.id for c in kept.search("", text)]
        for text in ("bridge", "MONDAY closed", "clos", "fahre", "0% a", "bridge nobody", "bridges", "% %", "")
    }
    assert found == {
        "bridge": [bridge], "MONDAY closed": [bridge], "clos": [bridge], "fahre": [ferry], "0% a": [ferry],
        "bridge nobody": [], "bridges": [], "% %": [], "": [ferry, bridge],
    }  # fmt: skip


def test_struck_sentences_are_not_searched(kept: Conversations) -> None:
    kept.add("", kept.create(""), bridge_answer())
    assert kept.search("", "ferry")
    assert not kept.search("", "snowed")


@pytest.mark.parametrize(
    "text", ['"', "a OR b", "NEAR(", "question:x", "*", "-", "___", "'; DROP TABLE turns", "\ud800"]
)
def test_nothing_typed_is_an_operator(kept: Conversations, text: str) -> None:
    asked(kept, "", "When")
    assert kept.search("", text) == ()


# -- privacy and deleting ------------------------------------------------------------------------------------------

METHODS: dict[str, Callable[[Conversations, str, str], object]] = {
    "add": lambda kept, user, id: kept.add(user, id, answer()),
    "rename": lambda kept, user, id: kept.rename(user, id, "Mine"),
    "load": lambda kept, user, id: kept.load(user, id),
    "delete": lambda kept, user, id: kept.delete(user, id),
}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("other", ["", "Ada", "ada ", "bob", "%", "ad_"])
def test_a_conversation_of_somebody_else_is_not_there(kept: Conversations, method: str, other: str) -> None:
    hers = asked(kept, "ada", "When did the bridge close?")
    before = kept.load("ada", hers)
    with pytest.raises(ConversationNotFound) as refused:
        METHODS[method](kept, other, hers)
    with pytest.raises(ConversationNotFound) as unknown:
        METHODS[method](kept, other, "no such id")
    assert str(refused.value) == str(unknown.value)  # not even that there is one
    assert kept.load("ada", hers) == before


@pytest.mark.parametrize("other", ["", "Ada", "bob", "%"])
def test_nothing_of_somebody_else_is_listed_or_found(kept: Conversations, other: str) -> None:
    hers = asked(kept, "ada", "When did the bridge close?")
    kept.rename("ada", hers, "Secret")
    his = asked(kept, other, "When did the tunnel close?")
    assert [c.id for c in kept.list(other)] == [his]
    assert [c.id for c in kept.search(other, "close")] == [his]
    assert [c.id for c in kept.search(other, "")] == [his]
    assert kept.search(other, "bridge") == kept.search(other, "secret") == ()
    assert [c.id for c in kept.search("ada", "close")] == [hers]
    assert (kept.count(other), kept.delete_all(other), kept.count(other)) == (1, 1, 0)
    assert [c.id for c in kept.list("ada")] == [hers]


def test_every_method_is_among_those_tested() -> None:
    public = {name for name in vars(Conversations) if not name.startswith("_")}
    assert public == {*METHODS, "count", "create", "delete_all", "hand_over", "list", "search"}


@pytest.mark.parametrize("user", ["", "%", "bob"])
def test_what_is_handed_over_is_that_users_alone(kept: Conversations, user: str) -> None:
    hers = asked(kept, "ada", "When did the bridge close?")
    his = asked(kept, user, "When did the tunnel close?")
    assert kept.hand_over(user, "cleo") == 1
    assert kept.hand_over(user, "cleo") == 0
    assert [[c.id for c in kept.list(name)] for name in (user, "cleo", "ada")] == [[], [his], [hers]]
    assert [c.id for c in kept.search("cleo", "tunnel")] == [his]
    assert kept.search(user, "tunnel") == ()


def test_deleting_takes_the_text_out_of_the_file(kept: Conversations, path: Path) -> None:
    stays = asked(kept, "", "Who sings?", "zwoelfender")
    goes = asked(kept, "", "xylophonist?", "quastenflosser")
    kept.add("", goes, answer(question="xylophonists again"))
    kept.delete("", goes)
    with pytest.raises(ConversationNotFound):
        kept.load("", goes)
    assert kept.search("", "xylophonist") == kept.search("", "quastenflosser") == ()
    assert [c.id for c in kept.search("", "zwoelfender")] == [stays]
    files = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert b"zwoelfender" in files
    assert b"xylophonist" not in files
    assert b"quastenflosser" not in files


def test_only_the_owner_may_read_the_files(kept: Conversations, path: Path) -> None:
    asked(kept, "", "When?")
    assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}


# -- what has changed since ----------------------------------------------------------------------------------------


def test_an_answer_whose_words_stand_has_not_changed() -> None:
    longer = renamed(BRIDGE, BRIDGE.text + " It reopened.")
    assert changed(bridge_answer(), article_of(longer, FERRY)) == []


def test_changed_and_lost_articles_are_told() -> None:
    twice = answer(
        stands("It rained.", cite(1, BRIDGE, "Rain fell.")),
        stands("It closed.", cite(2, BRIDGE, "The bridge closed on Monday.")),
        stands("Nobody was hurt.", cite(3, BRIDGE, "Nobody was hurt.")),
        stands("It sails.", cite(4, FERRY, "The ferry sails hourly.")),
    )
    now = renamed(BRIDGE, BRIDGE.text.replace("Monday", "Tuesday evening"))
    moved, lost = changed(twice, article_of(now))
    assert isinstance(moved, Changed)
    assert (moved.article_id, moved.title, moved.numbers) == ("a", "Bridge closed", (2, 3))
    assert (lost.article_id, lost.numbers) == ("b", (4,))
    assert "changed" in moved.reason
    assert "no longer in the archive" in lost.reason


def test_the_words_nearest_to_an_abstention_are_looked_at_too() -> None:
    silent = replace(answer(), nearest=(cite(1, BRIDGE, "Rain fell."), cite(2, FERRY, FERRY.text)))
    [lost] = changed(silent, article_of(BRIDGE))
    assert (lost.article_id, lost.numbers) == ("b", (2,))


def test_an_error_of_the_archive_is_no_change() -> None:
    def broken(_: str) -> rag.Article:
        raise rag.RagError("the archive is damaged")

    with pytest.raises(rag.RagError, match="damaged"):
        changed(bridge_answer(), broken)


# -- files, threads, processes -------------------------------------------------------------------------------------


def test_a_file_of_a_newer_release_is_refused(kept: Conversations, path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreError, match=r"schema 99.*\n.*newer release"):
        Conversations(path)


def test_other_files_are_refused_and_left_alone(tmp_path: Path) -> None:
    FeedbackStore(tmp_path / "feedback").close()
    with sqlite3.connect(tmp_path / "other") as connection:
        connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    (tmp_path / "text").write_text("no database " * 100)
    for name in ("feedback", "other", "text"):
        before = (tmp_path / name).read_bytes()
        with pytest.raises(StoreError):
            Conversations(tmp_path / name)
        assert (tmp_path / name).read_bytes() == before
    with pytest.raises(StoreError, match="cannot be written"):
        Conversations(tmp_path)


def test_an_answer_that_cannot_be_read_is_told(kept: Conversations, path: Path) -> None:
    id = asked(kept, "", "When?")
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE turns SET answer = '{\"question\": 1}'")
    connection.close()
    with pytest.raises(StoreError, match="cannot be read"):
        kept.load("", id)


def test_half_a_surrogate_pair_is_kept(kept: Conversations) -> None:
    id = asked(kept, "", "a \ud800 b", "\udfff")
    assert kept.load("", id).turns[0].answer.question == "a \ud800 b"
    assert kept.load("", id).name == "a ? b"


def test_threads_and_a_closed_file(kept: Conversations) -> None:
    failures: list[BaseException] = []

    def work(user: str) -> None:
        try:
            for n in range(10):
                id = asked(kept, user, f"Question {n}?")
                assert [c.id for c in kept.search(user, f"{n}")] == [id]
                if n % 2:
                    kept.delete(user, id)
        except BaseException as error:  # noqa: BLE001 - reported by the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=work, args=(f"user{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert [len(kept.list(f"user{n}")) for n in range(4)] == [5] * 4
    kept.close()
    with pytest.raises(StoreError, match="closed"):
        kept.list("")


PROCESS = """
import sys
from pathlib import Path
from tests.ui.answers import answer
from ui.conversations import Conversations
path, user = Path(sys.argv[1]), sys.argv[2]
for _ in range(10):
    with Conversations(path) as kept:
        id = kept.create(user)
        for n in range(3):
            kept.add(user, id, answer(question=f"Question {n} of {user}?"))
        kept.load(user, id)
        kept.delete(user, kept.create(user))
"""


def test_two_processes_share_a_file(path: Path) -> None:
    """They create it at the same moment, and neither loses a turn."""
    running = [
        subprocess.Popen([sys.executable, "-c", PROCESS, str(path), user], cwd=PROJECT, stderr=subprocess.PIPE)
        for user in ("ada", "bob")
    ]
    for process in running:
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said.decode()
    with Conversations(path) as kept:
        for user in ("ada", "bob"):
            assert [c.turns for c in kept.list(user)] == [3] * 10
            assert len(kept.search(user, f"of {user}")) == 10
