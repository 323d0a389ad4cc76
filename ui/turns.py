"""One turn at the desk: a question on its way to its answer, or a conversation opened again, as updates of the page."""

from __future__ import annotations

import itertools
import logging
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from rag.errors import RagError
from rag.types import Checked, Delta, Done, Evidence, Sentence
from ui import cards, render, shell, talks, under
from ui.known import known
from ui.line import Line, Place
from ui.line import words as waiting
from ui.users import Reader
from ui.wishes import Wishes, wishes_from, writers

if TYPE_CHECKING:
    from rag import Archive

_BROKEN = "Something went wrong on this machine. The terminal that serves this page says what."
_turns = itertools.count(1)
History = list[tuple[str, str]]
Update = tuple[str, str, History]
Under = Callable[[under.Given], str]


def start(archive: Archive) -> str:
    """What stands in the answer's place before there is a question."""
    return shell.start(archive.status(), known(archive).examples)


def turn(
    archive: Archive,
    reader: Reader,
    line: Line,
    text: str,
    earlier: History,
    wanted: Any,
    id: str,
    loading: Callable[[], str],
    below: Under,
    offered: Sequence[str] = (),
) -> Iterator[tuple[str, str, History, str]]:
    """Updates as of `ask`, each with the id of the conversation: a question in it, or another one opened."""
    other = talks.wanted(wanted)
    if other is not None:
        yield _opened(archive, reader, other, below)
        return

    def finished(given: under.Given) -> str:
        nonlocal id
        id = talks.kept(archive.path, reader.id, id, given)
        return below(given) + talks.current(id)

    for update in ask(archive, text, earlier, wanted, loading, finished, line.place(reader.id), offered):
        yield (*update, id)


def _opened(archive: Archive, reader: Reader, id: str, below: Under) -> tuple[str, str, History, str]:
    if not id:
        return start(archive), shell.WAITING, [], ""
    try:
        turns = talks.without_repeats(talks.loaded(archive.path, reader.id, id).turns)
    except RagError as error:
        return render.problem("Conversation", str(error)), "", [], ""
    given, history = talks.again(turns)
    note = talks.since(turns[-1], archive.article)
    chips = render.understood(given.answer.understood)
    shown, found, _ = _finished(
        given, chips + note, f"turn{next(_turns)}", below(given) + talks.current(id), date.today()
    )
    return shown, found, history, id


def ask(
    archive: Archive,
    text: str,
    earlier: History,
    wanted: Any = None,
    loading: Callable[[], str] = str,
    below: Under = lambda _: "",
    place: Place | None = None,
    offered: Sequence[str] = (),
) -> Iterator[Update]:
    """The page's updates while a question is answered: answer, evidence, history. `wanted` is what the browser sent.

    `below` makes the HTML of what a reader can do with the finished answer. `place` is the question's in the line
    before the writer; None is a line of its own. `offered` are further writers to choose.
    """
    if not text.strip():
        return
    try:
        wishes = wishes_from(wanted, writers(archive.settings.writer, offered))
    except RagError as error:
        yield render.problem(text, str(error)), "", earlier
        return
    if wishes.again and earlier and earlier[-1][0] == text:
        earlier = earlier[:-1]  # asked anew, it is no follow-up of itself
    with place or Line().place("") as place:
        yield from _answered(archive, text, earlier, wishes, loading, below, place)


def _answered(
    archive: Archive,
    text: str,
    earlier: History,
    wishes: Wishes,
    loading: Callable[[], str],
    below: Under,
    place: Place,
) -> Iterator[Update]:
    turn, today = f"turn{next(_turns)}", date.today()
    sentences: list[Sentence] = []
    rest = found = chips = ""
    yield render.writing(text, chips, [], "", turn, "Searching"), found, earlier
    try:
        if "history" not in wishes.ignore and archive.takes_model(text, earlier):  # which others may be waiting for
            for before in place.waits():
                yield render.writing(text, chips, [], "", turn, waiting(before)), found, earlier
        stream = archive.stream(
            text, earlier, wishes.filters, writer=wishes.writer, ignore=wishes.ignore, likeliest=True
        )
        try:
            for event in stream:
                if isinstance(event, Evidence):
                    meant = event.understood
                    chips = render.understood(meant, wishes.ignore)
                    asked = meant.text if meant else text
                    found = cards.evidence(event.hits, asked, today, event, limited=bool(wishes.filters))
                    if event.nearest or not event.hits:  # a reader who has to wait has the marks to read by
                        for before in place.waits():
                            yield render.writing(text, chips, [], "", turn, waiting(before)), found, earlier
                elif isinstance(event, Delta):
                    rest += event.text
                elif isinstance(event, Checked):
                    sentences[event.index : event.index + 1] = [event.sentence]  # or struck after all
                    rest = _begun(rest)
                elif isinstance(event, Done):
                    given = under.Given(event.answer, datetime.now(UTC), tuple(earlier), wishes.filters)
                    yield _finished(given, chips, turn, below(given), today)
                    return
                status = loading() or "Reading the evidence and writing"
                yield render.writing(text, chips, sentences, _unmarked(rest), turn, status), found, earlier
        finally:
            stream.close()  # type: ignore[attr-defined]
    except RagError as error:
        yield render.problem(text, str(error)), found, earlier
    except Exception:  # the terminal has the traceback; the page has words
        logging.getLogger(__name__).exception("a question could not be answered")
        yield render.problem(text, _BROKEN), found, earlier


def _finished(given: under.Given, chips: str, turn: str, below: str, today: date) -> Update:
    answer = given.answer
    meant = answer.understood.text if answer.understood else answer.question
    return (
        render.answer(answer, chips, turn, today, below),
        cards.evidence(answer.evidence, meant, today, answer, limited=bool(given.filters)),
        [*given.earlier, (answer.question, answer.text)],
    )


def _begun(text: str) -> str:
    """What of the text on its way belongs to the sentence after those that are whole, which are shown checked."""
    tail = re.split(r"(?<=[.!?\]”\"])\s+", text)[-1]
    return "" if re.search(r"[.!?\]][”\"]?$", tail) else tail


def _unmarked(text: str) -> str:
    # The writer's marks number extracts, not citations: they would change under the reader's eyes.
    return re.sub(r"\s*\[\d*\]?", "", text)
