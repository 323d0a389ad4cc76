"""What `rag users` does, in an archive's folder: each returns what to tell, or what to list."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ui import talks
from ui.conversations import Conversations
from ui.users import FILE, Users


def add(folder: Path, name: str, password: str) -> str:
    """Add a user. Raises UserError, UnfitPassword, StoreError."""
    with Users(folder / FILE) as users:
        first = not users.any()
        user = users.add(name, password)
    note = " From now on the page asks everybody to sign in." if first else ""
    return f"{user.name} may sign in.{note}"


def change(folder: Path, name: str, password: str) -> str:
    """Give a user another password. Raises UserError, UnfitPassword, StoreError."""
    with Users(folder / FILE) as users:
        return f"{users.set_password(name, password).name} has another password, and is signed out everywhere."


def remove(folder: Path, name: str) -> str:
    """Remove a user with the conversations kept for them. Raises UserError, StoreError."""
    with Users(folder / FILE) as users, Conversations(folder / talks.FILE) as kept:
        user = users.remove(name)
        gone = kept.delete_all(user.id)
        last = not users.any()
    note = " That was the last user: on this machine, the page asks nobody to sign in." if last else ""
    return f"{user.name} is removed, with {gone} conversation{'' if gone == 1 else 's'}.{note}"


def listed(folder: Path) -> list[dict[str, Any]]:
    """Name, day of adding and number of kept conversations of each user. Raises StoreError."""
    with Users(folder / FILE) as users, Conversations(folder / talks.FILE) as kept:
        return [
            {"name": user.name, "added": user.added.isoformat(), "conversations": kept.count(user.id)}
            for user in users.list()
        ]
