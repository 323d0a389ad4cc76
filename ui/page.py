"""The desk: layout and wiring. What it shows is made in `shell`, `render`, `cards`, `filters` and `panel`."""

from __future__ import annotations

import itertools
import logging
import os
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from rag.errors import RagError
from rag.types import Checked, Delta, Done, Evidence, Sentence
from ui import cards, filters, panel, render, shell, talks, under
from ui.door import Door, reader_of
from ui.examples import examples
from ui.line import Line, Place
from ui.line import words as waiting
from ui.users import Reader
from ui.wishes import Wishes, wishes_from, writers

if TYPE_CHECKING:
    import gradio as gr

    from rag import Archive

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

_HERE = Path(__file__).parent
_SEND = "(question, wishes, history, current) => window.desk.sent(question)"
_SCRIPTS = ("script.js", "watch.js")  # one function in the browser: the second uses what the first has
_READ_FOR_EXAMPLES = 200  # articles, the newest
_BROKEN = "Something went wrong on this machine. The terminal that serves this page says what."
_AT_ONCE = 32  # turns that search or wait; the writer takes them one by one
_THREADS = 96  # each turn takes one, and what else readers do must not wait for turns
_turns = itertools.count(1)
History = list[tuple[str, str]]
Update = tuple[str, str, History]
Under = Callable[[under.Given], str]
Function = TypeVar("Function", bound=Callable[..., Any])


def build(archive: Archive, loading: Callable[[], str] = str) -> gr.Blocks:
    """The page over an archive, not yet served. `loading` says what a reader must know of the models; "" is nothing."""
    import gradio as gr

    def open_article(wanted: Any) -> str:
        return panel.opened(archive, panel.wanted_from(wanted), date.today())

    def take(wanted: Any, request: Any) -> dict[str, str]:
        return under.taken(answers, reader_of(request).id, archive.article, wanted)

    def conversations(wanted: Any, request: Any) -> str:
        return talks.listed(archive.path, reader_of(request).id, wanted)

    def say(wanted: Any, request: Any) -> str:
        return under.said(answers, reader_of(request), archive.path, wanted)

    def news(_: Any = None) -> str:
        return shell.notices(archive.status(), loading())

    def head(request: Any = None) -> str:  # Gradio wants one for everybody before there is a request
        return shell.head(archive.status(), loading(), reader_of(request).name if request else "")

    answers, line = under.Answers(), Line()
    with gr.Blocks(title="Ask the archive", analytics_enabled=False, fill_width=True) as page:
        history, wishes, current = gr.State([]), gr.JSON(visible=False), gr.State("")
        gr.HTML(_for_reader(head), elem_id="head")
        with gr.Column(elem_id="asking"):
            with gr.Row(elem_id="ask"):
                box = gr.Textbox(
                    label="Question",
                    show_label=False,
                    placeholder="Ask the archive a question",
                    lines=1,
                    autofocus=True,
                    scale=8,
                    elem_id="question",
                )
                send = gr.Button("Ask", variant="primary", scale=0, min_width=88, elem_id="send")
                stop = gr.Button("Stop", scale=0, min_width=88, elem_id="stop")
            gr.HTML(lambda: _controls(archive), elem_id="controls")
        with gr.Row(elem_id="desk"):
            with gr.Column(scale=6, elem_id="left"):
                shown = gr.HTML(lambda: _start(archive), elem_id="answer", padding=False)
            with gr.Column(scale=5, elem_id="right"):
                gr.HTML('<h2 class="label">Evidence</h2>')
                found = gr.HTML(shell.WAITING, elem_id="evidence")
        gr.HTML(
            shell.dialogs(),
            elem_id="dialogs",
            js_on_load=_read(_SCRIPTS),
            server_functions=[open_article, *map(_for_reader, (take, say, conversations)), news],
        )

        def asked(
            text: str, wanted: Any, earlier: History, id: str, request: Any
        ) -> Iterator[tuple[str, str, History, str]]:
            reader = reader_of(request)

            def below(given: under.Given) -> str:
                name = answers.keep(reader.id, given)
                return under.row(name, given, archive.article) + under.feedback(name)

            yield from turn(archive, reader, line, text, earlier, wanted, id, loading, below)

        started = gr.on(
            [box.submit, send.click], _for_reader(asked), [box, wishes, history, current],
            [shown, found, history, current], concurrency_limit=_AT_ONCE,
            show_progress="hidden", api_visibility="private", trigger_mode="multiple", js=_SEND,
        )  # fmt: skip
        stop.click(
            None, None, None, cancels=[started], queue=False, api_visibility="private",
            js="() => window.desk.stopped()",
        )  # fmt: skip
    return page


def _read(names: Sequence[str]) -> str:
    return "\n".join(_HERE.joinpath(name).read_text("utf-8") for name in names)


def _for_reader(function: Function) -> Function:
    """The function, whose last argument Gradio shall know for a request: gradio is not there when it is annotated."""
    import gradio as gr

    function.__annotations__["request"] = gr.Request
    return function


def _start(archive: Archive) -> str:
    return shell.start(archive.status(), examples(archive.articles(limit=_READ_FOR_EXAMPLES)))


def _controls(archive: Archive) -> str:
    return shell.writer_choice(writers(archive.settings.writer)) + filters.form(filters.choices(archive))


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

    for update in ask(archive, text, earlier, wanted, loading, finished, line.place(reader.id)):
        yield (*update, id)


def _opened(archive: Archive, reader: Reader, id: str, below: Under) -> tuple[str, str, History, str]:
    if not id:
        return _start(archive), shell.WAITING, [], ""
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
) -> Iterator[Update]:
    """The page's updates while a question is answered: answer, evidence, history. `wanted` is what the browser sent.

    `below` makes the HTML of what a reader can do with the finished answer. `place` is the question's in the line
    before the writer; None is a line of its own.
    """
    if not text.strip():
        return
    try:
        wishes = wishes_from(wanted, writers(archive.settings.writer))
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
        stream = archive.stream(text, earlier, wishes.filters, writer=wishes.writer, ignore=wishes.ignore)
        try:
            for event in stream:
                if isinstance(event, Evidence):
                    meant = event.understood
                    chips = render.understood(meant, wishes.ignore)
                    asked = meant.text if meant else text
                    found = cards.evidence(event.hits, asked, today, limited=bool(wishes.filters))
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


def options(folder: Path, *, required: bool, secure: bool) -> dict[str, Any]:
    """What `launch` needs for the page to look as designed and keep to itself, with nothing from elsewhere.

    The arguments are those of `Door`.
    """
    import gradio as gr
    from starlette.middleware import Middleware

    from ui.guard import Guard

    serif, mono = ["Charter", "Georgia", "serif"], ["ui-monospace", "monospace"]
    theme = gr.themes.Base(font=serif, font_mono=mono, primary_hue="slate", neutral_hue="stone")
    css = _read(("tokens.css", "style.css"))
    doors = [Middleware(Guard), Middleware(Door, folder, required=required, secure=secure)]
    return {
        "theme": theme, "css": css, "footer_links": [], "max_threads": _THREADS, "app_kwargs": {"middleware": doors},
    }  # fmt: skip
