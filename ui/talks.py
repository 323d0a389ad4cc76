"""The conversations of a reader on the page: kept, listed, opened again, renamed, deleted.

`user` is the id of a `Reader`: "" on a machine without users.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import date, datetime
from html import escape
from pathlib import Path
from typing import Any

from rag.errors import RagError
from ui.conversations import Conversation, ConversationNotFound, Conversations, Summary, Turn
from ui.saved import ArticleOf, changed
from ui.under import Given
from ui.words import day

FILE = "conversations.sqlite3"  # in the archive's folder


def kept(folder: Path, user: str, id: str, given: Given) -> str:
    """Keep a finished turn in the conversation, or in a new one if it is gone or none; its id.

    An answer is not lost because it cannot be kept: that is logged, and the id stays as it was.
    """
    try:
        with Conversations(folder / FILE) as store:
            try:
                store.add(user, id, given.answer, given.when)
            except ConversationNotFound:
                id = store.create(user)
                store.add(user, id, given.answer, given.when)
    except RagError as error:
        logging.getLogger(__name__).warning("a conversation is not kept: %s", error)
    return id


def loaded(folder: Path, user: str, id: str) -> Conversation:
    """A whole conversation. Raises RagError."""
    with Conversations(folder / FILE) as store:
        return store.load(user, id)


def without_repeats(turns: Sequence[Turn]) -> list[Turn]:
    """The turns; of a question that was asked again at once, the last answer alone."""
    return [turn for turn, after in zip(turns, [*turns[1:], None], strict=True) if not _repeats(turn, after)]


def _repeats(turn: Turn, after: Turn | None) -> bool:
    return after is not None and after.question == turn.question


def since(turn: Turn, article_of: ArticleOf) -> str:
    """When an answer was given, and which of the articles it cites, or names as nearest, have changed since."""
    name = "Nearest" if turn.answer.abstained else "Citation"
    notices = "".join(
        f'<p class="notice" dir="auto">{name} {", ".join(map(str, one.numbers))}, '
        f"<bdi>{escape(one.title or 'Untitled')}</bdi>: {escape(one.reason)}.</p>"
        for one in changed(turn.answer, article_of)
    )
    return f'<p class="quiet">Answered on {day(turn.time.astimezone())}</p>{notices}'


def listed(folder: Path, user: str, data: Any) -> str:
    """Do what the browser sent (`rename` to `name`, or `delete`, an id), then list what has the words of `search`."""
    sent = data if isinstance(data, dict) else {}
    try:
        with Conversations(folder / FILE) as store:
            if "rename" in sent:
                store.rename(user, str(sent["rename"]), str(sent.get("name") or ""))
            if "delete" in sent:
                store.delete(user, str(sent["delete"]))
            return rows(store.search(user, str(sent.get("search") or "")))
    except RagError as error:
        return f'<p class="notice problem">{escape(error.message)}</p>'


def rows(found: Sequence[Summary]) -> str:
    """The list, or that there is nothing in it."""
    if not found:
        return '<p class="quiet">No conversations.</p>'
    return f"<ul>{''.join(map(_row, found))}</ul>"


def _row(one: Summary) -> str:
    name, id = escape(one.name or "Untitled"), escape(one.id)
    return (
        f'<li data-id="{id}" data-name="{name}"><button type="button" class="read" data-load><bdi>{name}</bdi></button>'
        f'<span class="origin">{_when(one.changed.astimezone())}</span>'
        f'<button type="button" class="plain" data-rename aria-label="Rename: {name}">Rename</button>'
        f'<button type="button" class="plain" data-delete aria-label="Delete: {name}">Delete</button></li>'
    )


def _when(moment: datetime) -> str:
    """The day; of today, the time: what was just asked is told apart by it."""
    return f"Today, {moment:%H:%M}" if moment.date() == date.today() else day(moment)


def wanted(data: Any) -> str | None:
    """The id of the conversation that the browser wants opened, "" for a new one; None if it asks a question."""
    return data["open"] if isinstance(data, dict) and isinstance(data.get("open"), str) else None


def current(id: str) -> str:
    """What tells the page which conversation it shows, so that it can come back to it."""
    return f'<span hidden data-current="{escape(id)}"></span>'


def again(turns: Sequence[Turn]) -> tuple[Given, list[tuple[str, str]]]:
    """The last answer as it was given, and the history that a follow-up needs."""
    history = [(turn.question, turn.answer.text) for turn in turns]
    return Given(turns[-1].answer, turns[-1].time, tuple(history[:-1])), history
