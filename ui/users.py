"""Who may use the page, and who is signed in: a file of its own in the archive's folder.

A user has a name to sign in with and an id that is never given again, so that nobody who comes later under the same
name finds what an earlier one kept. Of passwords and of session tokens the file holds what they are checked by, not
themselves. Sessions end when they are signed out, with their user, with a new password, and by themselves.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

from rag.errors import RagError
from ui import passwords
from ui.database import Database

FILE = "users.sqlite3"  # in the archive's folder
IDLE = timedelta(hours=12)  # a session that is not used ends after
WHOLE = timedelta(days=7)  # and one that is used, after
_NOTED = timedelta(minutes=1)  # how exactly it is noted when a session was used last
_KIND = 0x4E52_5501  # SQLite's application_id
_NAME = re.compile(r"\w[\w.@-]{0,63}")
_MIGRATIONS = (
    """
    CREATE TABLE users (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        folded TEXT NOT NULL UNIQUE,
        password TEXT NOT NULL,
        added TEXT NOT NULL
    );
    CREATE TABLE sessions (
        token TEXT PRIMARY KEY,
        user TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        begun TEXT NOT NULL,
        used TEXT NOT NULL
    )
    """,
)


class UserError(RagError):
    """A user that cannot be added, or is not there."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom a request is from. On a machine without users everybody is the same one, without id and name."""

    id: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class User:
    """A user in a list."""

    id: str
    name: str
    added: datetime


class Users(Database):
    """The users and sessions in one file, which is created if it is not there. Raises StoreError.

    `cost` is that of new passwords; `now` tells the time.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        cost: passwords.Cost | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__(Path(path), _KIND, _MIGRATIONS)
        self._cost, self._now = cost or passwords.Cost(), now

    @cached_property
    def _nobody(self) -> str:
        return passwords.kept(secrets.token_hex(16), self._cost)

    def add(self, name: str, password: str) -> User:
        """A new user. Raises UserError if the name is taken or unfit, UnfitPassword for the password."""
        name = unicodedata.normalize("NFKC", name)
        if not _NAME.fullmatch(name):
            raise UserError(
                f"{name!r} cannot be a user's name",
                hint="Take up to 64 letters, digits and . @ _ -, beginning with a letter or digit.",
            )
        user, stored = User(secrets.token_hex(16), name, self._now()), passwords.kept(password, self._cost)
        rows = self.rows(
            "INSERT INTO users (id, name, folded, password, added) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (folded) DO NOTHING RETURNING id",
            (user.id, name, folded(name), stored, user.added.isoformat()),
        )
        if not rows:
            raise UserError(f"there is a user {name} already", hint="Take another name, or remove that user first.")
        return user

    def set_password(self, name: str, password: str) -> User:
        """Another password; whoever is signed in with the old one is signed out. Raises UserError, UnfitPassword."""
        user, stored = self.named(name), passwords.kept(password, self._cost)
        with self.transaction():
            self.rows("UPDATE users SET password = ? WHERE id = ?", (stored, user.id))
            self.rows("DELETE FROM sessions WHERE user = ?", (user.id,))
        return user

    def remove(self, name: str) -> User:
        """Take a user away, signed in or not; it is returned. Raises UserError."""
        user = self.named(name)
        self.rows("DELETE FROM users WHERE id = ?", (user.id,))
        return user

    def named(self, name: str) -> User:
        """The user of that name. Raises UserError."""
        found = self.rows("SELECT id, name, added FROM users WHERE folded = ?", (folded(name),))
        if not found:
            raise UserError(f"there is no user {name}", hint="`rag users list` shows the names.")
        return _user(found[0]["id"], found[0]["name"], found[0]["added"])

    def list(self) -> tuple[User, ...]:
        """All of them, by name."""
        rows = self.rows("SELECT id, name, added FROM users ORDER BY folded")
        return tuple(_user(row["id"], row["name"], row["added"]) for row in rows)

    def any(self) -> bool:
        """Whether there is a user."""
        return bool(self.rows("SELECT 1 FROM users LIMIT 1"))

    def sign_in(self, name: str, password: str) -> str | None:
        """A token for a new session; None if they are not a user's, which takes as long for a name that is nobody's."""
        found = self.rows("SELECT id, password FROM users WHERE folded = ?", (folded(name),))
        nobody = self._nobody  # made also where it is not needed: that takes time too
        if not passwords.fits(password, found[0]["password"] if found else nobody) or not found:
            return None
        token, now = secrets.token_urlsafe(32), self._now()
        with self.transaction():
            self.rows("DELETE FROM sessions WHERE used < ? OR begun < ?", _ended(now))
            # The user may have gone, or have another password, since it was looked up.
            kept = self.rows(
                "INSERT INTO sessions (token, user, begun, used) SELECT ?, id, ?, ? FROM users "
                "WHERE id = ? AND password = ? RETURNING token",
                (_digest(token), now.isoformat(), now.isoformat(), found[0]["id"], found[0]["password"]),
            )
        return token if kept else None

    def reader(self, token: str) -> Reader | None:
        """Whose session it is, which counts as using it; None if there is no such session, or no longer."""
        now = self._now()
        found = self.rows(
            "SELECT u.id, u.name, s.used FROM sessions s JOIN users u ON u.id = s.user "
            "WHERE s.token = ? AND s.used >= ? AND s.begun >= ?",
            (_digest(token), *_ended(now)),
        )
        if not found:
            return None
        if now - datetime.fromisoformat(found[0]["used"]) > _NOTED:
            self.rows("UPDATE sessions SET used = ? WHERE token = ?", (now.isoformat(), _digest(token)))
        return Reader(found[0]["id"], found[0]["name"])

    def sign_out(self, token: str) -> None:
        """End a session; one that is not there is ended already."""
        self.rows("DELETE FROM sessions WHERE token = ?", (_digest(token),))


def _ended(now: datetime) -> tuple[str, str]:
    """Sessions end that were used last before the one, or begun before the other."""
    return (now - IDLE).isoformat(), (now - WHOLE).isoformat()


def _user(id: str, name: str, added: str) -> User:
    return User(id, name, datetime.fromisoformat(added))


def folded(name: str) -> str:
    """A name as it is compared: in whatever letters it is typed."""
    return unicodedata.normalize("NFKC", name).casefold().encode("utf-8", "replace").decode("utf-8")


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
