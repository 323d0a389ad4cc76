"""Users, passwords, sessions, and the brake."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ui import passwords
from ui.brake import Brake
from ui.passwords import Cost, UnfitPassword
from ui.users import FILE, IDLE, WHOLE, Reader, UserError, Users

CHEAP = Cost(n=16, r=8, p=1)
WORDS = "harbour violet ladder"


class Clock:
    """A time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = datetime(2025, 3, 4, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, time: timedelta) -> None:
        self.now += time


def _users(folder: Path, clock: Clock | None = None) -> Users:
    return Users(folder / FILE, CHEAP, clock or Clock())


def _signed_in(users: Users, name: str = "ana", password: str = WORDS) -> str:
    token = users.sign_in(name, password)
    assert token is not None
    return token


def test_a_password_is_kept_as_what_it_is_checked_by_with_a_salt_of_its_own() -> None:
    stored, again = passwords.kept(WORDS, CHEAP), passwords.kept(WORDS, CHEAP)
    assert stored != again
    assert WORDS not in stored
    assert passwords.fits(WORDS, stored)
    assert not passwords.fits(WORDS + " ", stored)
    assert not passwords.fits("", stored)


def test_the_cost_of_a_real_password_is_what_is_asked_of_scrypt_today() -> None:
    assert Cost() == Cost(n=2**14, r=8, p=5)
    assert passwords.fits(WORDS, passwords.kept(WORDS))


def test_two_ways_to_type_a_letter_are_one() -> None:
    assert passwords.fits("cafe\u0301 by the sea", passwords.kept("caf\u00e9 by the sea", CHEAP))


@pytest.mark.parametrize("password", ["", "short", "x" * 257])
def test_an_unfit_password_is_refused(password: str) -> None:
    with pytest.raises(UnfitPassword, match=f"{len(password)} characters"):
        passwords.kept(password, CHEAP)


def test_what_was_not_made_by_scrypt_is_no_password() -> None:
    with pytest.raises(ValueError, match="md5"):
        passwords.fits(WORDS, "md5$1$1$1$AA==$AA==")


def test_users_are_added_listed_and_removed_whatever_letters_they_are_typed_in(tmp_path: Path) -> None:
    with _users(tmp_path) as users:
        assert not users.any()
        ana = users.add("Ana", WORDS)
        users.add("ben@desk", WORDS)
        assert [user.name for user in users.list()] == ["Ana", "ben@desk"]
        with pytest.raises(UserError, match="already"):
            users.add("ANA", WORDS)
        assert users.remove("aNa") == ana
        with pytest.raises(UserError, match="no user"):
            users.remove("ana")
        assert users.add("ana", WORDS).id != ana.id


@pytest.mark.parametrize("name", ["", " ana", "a b", "-x", "a" * 65, "a\nb", "<b>", "a/b"])
def test_an_unfit_name_is_refused(tmp_path: Path, name: str) -> None:
    with _users(tmp_path) as users, pytest.raises(UserError, match="cannot be"):
        users.add(name, WORDS)


def test_a_session_is_its_users_and_ends_when_signed_out(tmp_path: Path) -> None:
    with _users(tmp_path) as users:
        ana = users.add("ana", WORDS)
        first, second = _signed_in(users), _signed_in(users, "ANA")
        assert first != second
        assert users.reader(first) == users.reader(second) == Reader(ana.id, "ana")
        users.sign_out(first)
        assert users.reader(first) is None
        assert users.reader(second)


@pytest.mark.parametrize(("name", "password"), [("ana", "another password"), ("ben", WORDS), ("", ""), ("ana", "")])
def test_nobody_else_gets_one(tmp_path: Path, name: str, password: str) -> None:
    with _users(tmp_path) as users:
        users.add("ana", WORDS)
        assert users.sign_in(name, password) is None
        assert users.reader("") is None
        assert users.reader("guessed") is None


def test_sessions_end_with_their_user_and_with_a_new_password_also_by_another_process(tmp_path: Path) -> None:
    with _users(tmp_path) as users, _users(tmp_path) as elsewhere:
        users.add("ana", WORDS)
        users.add("ben", WORDS)
        ana, ben = _signed_in(users), _signed_in(users, "ben")
        elsewhere.set_password("ana", "quite another one")
        assert users.reader(ana) is None
        assert users.sign_in("ana", WORDS) is None
        assert _signed_in(users, "ana", "quite another one")
        elsewhere.remove("ben")
        assert users.reader(ben) is None


def test_sessions_end_by_themselves(tmp_path: Path) -> None:
    clock = Clock()
    with _users(tmp_path, clock) as users:
        users.add("ana", WORDS)
        unused, used = _signed_in(users), _signed_in(users)
        begun = clock.now
        while clock.now - begun < WHOLE - IDLE:
            clock.pass_by(IDLE / 2)
            assert users.reader(used)
        assert users.reader(unused) is None
        clock.pass_by(IDLE / 2)
        assert users.reader(used)
        clock.pass_by(IDLE / 2 + timedelta(seconds=1))
        assert users.reader(used) is None
        _signed_in(users)
        assert len(users.rows("SELECT token FROM sessions")) == 1  # what has ended is not kept


def test_the_file_is_its_owners_and_holds_neither_passwords_nor_tokens(tmp_path: Path) -> None:
    with _users(tmp_path) as users:
        users.add("ana", WORDS)
        token = _signed_in(users)
        users.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    file = tmp_path / FILE
    assert file.stat().st_mode & 0o077 == 0
    assert WORDS.encode() not in file.read_bytes()
    assert token.encode() not in file.read_bytes()
    with sqlite3.connect(file) as db:
        assert db.execute("SELECT name FROM users").fetchall() == [("ana",)]


class Seconds:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_each_wrong_password_after_three_must_wait_longer_up_to_a_minute() -> None:
    clock = Seconds()
    brake, waits = Brake(clock), list[float]()
    for _ in range(10):
        brake.wrong("name ana", "address 10.0.0.1")
        waits.append(brake.wait("name ana"))
        clock.now += waits[-1]
        assert brake.wait("name ana") == 0
    assert waits == [0, 0, 1, 2, 4, 8, 16, 32, 60, 60]
    assert brake.wait("name ben", "address 10.0.0.2") == 0


def test_another_name_from_the_same_address_waits_too_and_a_right_one_frees_its_name_alone() -> None:
    clock = Seconds()
    brake = Brake(clock)
    for name in "abc":
        brake.wrong(f"name {name}", "address 10.0.0.1")
    assert brake.wait("name d", "address 10.0.0.1") == 1
    brake.right("name a")
    assert brake.wait("name d", "address 10.0.0.1") == 1
    clock.now += 15 * 60 + 1
    brake.wrong("name d", "address 10.0.0.1")
    assert brake.wait("name d", "address 10.0.0.1") == 0  # what was long ago is forgotten
