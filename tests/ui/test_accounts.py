"""`rag users` and what `rag serve` needs of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rag import cli
from rag.errors import RagError, SettingsError
from tests.conftest import Opener, environment, run
from tests.ui.answers import WHEN, bridge_answer
from tests.ui.test_users import CHEAP, WORDS
from ui import accounts, server, talks, under
from ui.conversations import Conversations
from ui.door import alone
from ui.users import FILE, Users

Rag = Callable[..., "Told"]
OTHER = "quite another one"


@dataclass(frozen=True)
class Told:
    """How a command ended, and what it said."""

    status: int
    out: str
    err: str


@pytest.fixture
def rag_(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Told]:
    """`rag` within this process, on an archive in `tmp_path`."""
    for name, value in environment().items():
        if name.startswith("RAG_"):
            monkeypatch.setenv(name, value)

    def run(*arguments: str, typed: str = "") -> Told:
        done = CliRunner().invoke(cli.app, [*arguments, "--archive", str(tmp_path)], input=typed)
        if isinstance(done.exception, RagError):
            return Told(1, done.stdout, str(done.exception))
        assert done.exception is None or isinstance(done.exception, SystemExit)
        return Told(done.exit_code, done.stdout, done.stderr)

    return run


def test_conversations_of_before_there_were_users_are_given_to_one(tmp_path: Path, rag_: Rag) -> None:
    with Conversations(tmp_path / talks.FILE) as kept:
        for name in ("Bridge", "Ferry"):
            kept.add("", kept.create("", name), bridge_answer())
    added = rag_("users", "add", "ana", "--password-stdin", typed=f"{WORDS}\n")
    assert "2 conversations of before there were users are shown to nobody" in added.err
    taken = rag_("users", "add", "ben", "--password-stdin", "--take", typed=f"{WORDS}\n")
    assert "2 conversations of before are theirs" in taken.err
    found = json.loads(rag_("users", "list", "--json").out)
    assert {user["name"]: user["conversations"] for user in found} == {"ana": 0, "ben": 2}
    third = rag_("users", "add", "cleo", "--password-stdin", typed=f"{WORDS}\n")
    assert "of before" not in third.err


def test_a_user_is_added_listed_given_another_password_and_removed(tmp_path: Path, rag_: Rag) -> None:
    added = rag_("users", "add", "ana", "--password-stdin", typed=f"{WORDS}\n")
    assert (added.status, "asks everybody" in added.err) == (0, True)
    assert WORDS not in added.err + added.out
    with Users(tmp_path / FILE) as users:
        assert users.sign_in("ana", WORDS)
    changed = rag_("users", "password", "ANA", "--password-stdin", typed=OTHER)
    assert "signed out everywhere" in changed.err
    listed = json.loads(rag_("users", "list", "--json").out)
    assert [(user["name"], user["conversations"]) for user in listed] == [("ana", 0)]
    kept = rag_("users", "remove", "ana", typed="n\n")
    assert kept.status == 1
    assert "ana  added" in rag_("users", "list").out
    assert "last user" in rag_("users", "remove", "ana", "--yes").err
    assert "No users" in rag_("users", "list").err


@pytest.mark.parametrize(
    ("arguments", "typed", "told"),
    [
        (("add", "ana", "--password-stdin"), "short", "5 characters"),
        (("add", "a b", "--password-stdin"), WORDS, "cannot be a user's name"),
        (("add", "ana"), f"{WORDS}\n{OTHER}\n", ""),  # typed twice, and not the same
        (("remove", "ben", "--yes"), "", "there is no user ben"),
        (("password", "ben", "--password-stdin"), WORDS, "there is no user ben"),
    ],
)
def test_what_cannot_be_done_is_said_and_leaves_no_user(
    tmp_path: Path, rag_: Rag, arguments: tuple[str, ...], typed: str, told: str
) -> None:
    done = rag_("users", *arguments, typed=typed)
    assert done.status == 1
    assert told in done.err
    with Users(tmp_path / FILE) as users:
        assert not users.any()


def test_a_removed_user_leaves_no_conversation_and_the_others_keep_theirs(tmp_path: Path) -> None:
    with Users(tmp_path / FILE, CHEAP) as users:
        ana, ben = users.add("ana", WORDS), users.add("ben", WORDS)
    for user in (ana, ana, ben):
        talks.kept(tmp_path, user.id, "", under.Given(bridge_answer(), WHEN))
    assert [user["conversations"] for user in accounts.listed(tmp_path)] == [2, 1]
    assert accounts.remove(tmp_path, "ana") == "ana is removed, with 2 conversations."
    assert "No conversations" in talks.listed(tmp_path, ana.id, {})
    assert [user["conversations"] for user in accounts.listed(tmp_path)] == [1]


def test_others_are_not_let_in_without_users(opened: Opener) -> None:
    with pytest.raises(SettingsError, match="has no users") as refused:
        server.run(opened(), host="0.0.0.0", port=0, browser=False, ready=lambda _: None)
    assert "rag users add" in refused.value.hint


@pytest.mark.parametrize("host", ["192.0.2.7", "no such host"])
def test_an_address_that_is_not_this_machines_is_refused(opened: Opener, host: str) -> None:
    with pytest.raises(SettingsError, match=f"{host} cannot be served"):
        server.run(opened(), host=host, port=0, browser=False, ready=lambda _: None)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "localhost", "::1", "[::1]"])
def test_this_machine_is_alone(host: str) -> None:
    assert alone(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "desk.example", "", "127.0.0.1.example"])
def test_anything_else_is_not(host: str) -> None:
    assert not alone(host)


def test_serve_says_what_to_do_first(tmp_path: Path) -> None:
    refused = run("serve", "--archive", tmp_path, "--host", "0.0.0.0", "--port", "0")
    assert refused.returncode == 1
    assert "rag users add" in refused.stderr
