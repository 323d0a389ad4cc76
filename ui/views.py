"""What the script asks of the server for the Archive view.

Anything that reaches beyond the archive (a path of this machine, an address) is done only for a browser on this
machine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import gradio as gr

from rag.errors import RagError
from ui import shelf
from ui.door import reader_of
from ui.filters import filters_from
from ui.intake import Intake
from ui.known import known
from ui.wire import Fresh, Parts, names, problem, require_here, sent

if TYPE_CHECKING:
    from rag import Archive

_FOUND = 60  # passages that a search of the list looks at
_MOST_IDS = 2000  # articles removed at once


def archive_functions(archive: Archive, fresh: Fresh) -> list[Callable[..., Any]]:
    """The Archive view's. `fresh` gives the parts of the page that show what the archive holds, as they are now."""
    intake = Intake(archive)
    return [*_looking(archive, intake, fresh), *_adding(intake), *_removing(intake)]


def _looking(archive: Archive, intake: Intake, fresh: Fresh) -> list[Callable[..., Any]]:
    """What the archive holds."""

    def overview() -> str:
        return shelf.overview(known(archive), archive.status(), intake.job.state.running)

    def shelf_view(_: Any = None) -> Parts:
        return {"overview": overview(), "sieve": shelf.sieve(known(archive)), **_progress(intake)}

    def shelf_list(data: Any) -> str:
        try:
            return _listed(archive, sent(data))
        except RagError as error:
            return problem(error)

    def shelf_fresh(_: Any, request: gr.Request) -> Parts:
        parts = fresh(reader_of(request).name)
        return {"overview": overview(), "sieve": shelf.sieve(known(archive)), **parts}

    return [shelf_view, shelf_list, shelf_fresh]


def _adding(intake: Intake) -> list[Callable[..., Any]]:
    """Files, folders and addresses, and how far taking them in is."""

    def shelf_upload(data: Any) -> Parts:
        try:
            name, content = data.files[0]
            replace = data.data.get("replace") == "true"
            return {"name": intake.uploads.keep(str(name), content, replace=replace)}
        except RagError as error:
            return {"problem": str(error)}

    def shelf_add(data: Any, request: gr.Request) -> Parts:
        asked = sent(data)
        place = str(asked.get("place") or "")
        try:
            if place.strip():
                require_here(request, "Adding a path or an address")
            intake.add(names(asked.get("uploads"), shelf.MOST_FILES), place)
        except RagError as error:
            return {"problem": problem(error)}
        return _progress(intake)

    def shelf_finish(_: Any = None) -> Parts:
        try:
            intake.finish()
        except RagError as error:
            return {"problem": problem(error)}
        return _progress(intake)

    def shelf_work(data: Any) -> Parts:
        if sent(data).get("stop"):
            intake.job.stop()
        return _progress(intake)

    return [shelf_upload, shelf_add, shelf_finish, shelf_work]


def _removing(intake: Intake) -> list[Callable[..., Any]]:
    """Articles, once it is said what goes with them."""

    def shelf_removal(data: Any) -> str:
        articles = intake.chosen(names(sent(data).get("ids"), _MOST_IDS))
        uploaded = sum(1 for article in articles if intake.uploads.of(article))
        return shelf.removal(articles, uploaded, len(articles) - uploaded)

    def shelf_remove(data: Any, request: gr.Request) -> str:
        try:
            require_here(request, "Removing articles")
            removed = intake.remove(names(sent(data).get("ids"), _MOST_IDS))
        except RagError as error:
            return problem(error)
        return f"<p>{removed:,} article{'' if removed == 1 else 's'} removed.</p>"

    return [shelf_removal, shelf_remove]


def _listed(archive: Archive, wanted: Mapping[str, Any]) -> str:
    limits, text, today = filters_from(wanted.get("filters")), str(wanted.get("search") or "").strip(), date.today()
    if text:
        return shelf.nearest(archive.search(text, _FOUND, limits), today)
    total = archive.tally(limits).articles
    asked = wanted.get("page")
    page = min(max(asked if isinstance(asked, int) else 0, 0), max(0, total - 1) // shelf.PAGE)
    return shelf.listed(archive.articles(limits, shelf.PAGE, page * shelf.PAGE), page, total, today)


def _progress(intake: Intake) -> Parts:
    state = intake.job.state
    return {"running": state.running, "seen": shelf.work(state), "told": shelf.outcome(state), "number": state.number}
