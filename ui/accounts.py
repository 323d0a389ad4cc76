"""What `rag users` does, in an archive's folder: each returns what to tell, or what to list."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ui import talks
from ui.conversations import Conversations
from ui.users import FILE, Reader, Users


def add(folder: Path, name: str, password: str, take: bool = False) -> str:
    """Add a user; `take` gives them the conversations of before there were users, which are nobody's else.

    Raises UserError, UnfitPassword, StoreError.
    """
    with Users(folder / FILE) as users, Conversations(folder / talks.FILE) as kept:
        first = not users.any()
        user = users.add(name, password)
        taken = kept.hand_over(Reader().id, user.id) if take else 0
        left = kept.count(Reader().id)
    said = [f"{user.name} may sign in."]
    if first:
        said.append("From now on the page asks everybody to sign in.")
    if take:
        said.append(f"{_counted(taken)} of before {_are(taken)} theirs.")
    elif left:
        said.append(f"{_counted(left)} of before there were users {_are(left)} shown to nobody: `--take` gives them.")
    return " ".join(said)


def _counted(number: int) -> str:
    return f"{number} conversation{'' if number == 1 else 's'}"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


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
    return f"{user.name} is removed, with {_counted(gone)}.{note}"


def listed(folder: Path) -> list[dict[str, Any]]:
    """Name, day of adding and number of kept conversations of each user. Raises StoreError."""
    with Users(folder / FILE) as users, Conversations(folder / talks.FILE) as kept:
        return [
            {"name": user.name, "added": user.added.isoformat(), "conversations": kept.count(user.id)}
            for user in users.list()
        ]
