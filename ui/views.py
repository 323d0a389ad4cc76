"""What the script asks of the server for the Archive and Settings views.

Anything that reaches beyond the archive (a path of this machine, an address, a model's server, a pack, the file of
settings) is done only for a browser on this machine.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Callable, Mapping
from datetime import date
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

import rag
from rag.errors import RagError
from ui import choosing, shelf
from ui.door import reader_of
from ui.filters import filters_from
from ui.intake import Intake
from ui.jobs import Job
from ui.known import known
from ui.wishes import writers

if TYPE_CHECKING:
    from rag import Archive

_FOUND = 60  # passages that a search of the list looks at
_MOST_IDS = 2000  # articles removed at once
_TRIAL = 20.0  # seconds that a model's server has for its trial
Parts = dict[str, Any]
Fresh = Callable[[str], dict[str, str]]


class Elsewhere(RagError):
    """Something that only a browser on this machine may ask for."""

    hint = "Open the page on the machine that serves it, or use the command line there."


def require_here(request: gr.Request, what: str) -> None:
    """Raise Elsewhere if the browser is on another machine, or its reader signed in.

    Behind a proxy, everybody's browser seems to be on this machine; and where people sign in, there are several.
    """
    host = request.client.host if request.client else ""
    try:
        here = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        here = False
    if not here or reader_of(request).name:
        raise Elsewhere(f"{what} is only for whoever is alone at the machine that serves this page.")


def archive_functions(archive: Archive, fresh: Fresh) -> list[Callable[..., Any]]:
    """The Archive view's. `fresh` gives the parts of the page that show what the archive holds, as they are now."""
    intake = Intake(archive)

    def shelf_view(_: Any = None) -> Parts:
        return {"overview": overview(), "sieve": shelf.sieve(known(archive)), **_progress(intake)}

    def overview() -> str:
        return shelf.overview(known(archive), archive.status(), intake.job.state.running)

    def shelf_list(data: Any) -> str:
        try:
            return _listed(archive, _sent(data))
        except RagError as error:
            return _problem(error)

    def shelf_upload(data: Any) -> Parts:
        try:
            name, content = data.files[0]
            replace = data.data.get("replace") == "true"
            return {"name": intake.uploads.keep(str(name), content, replace=replace)}
        except RagError as error:
            return {"problem": str(error)}

    def shelf_add(data: Any, request: gr.Request) -> Parts:
        sent = _sent(data)
        place = str(sent.get("place") or "")
        try:
            if place.strip():
                require_here(request, "Adding a path or an address")
            intake.add(_names(sent.get("uploads"), shelf.MOST_FILES), place)
        except RagError as error:
            return {"problem": _problem(error)}
        return _progress(intake)

    def shelf_finish(_: Any = None) -> Parts:
        try:
            intake.finish()
        except RagError as error:
            return {"problem": _problem(error)}
        return _progress(intake)

    def shelf_work(data: Any) -> Parts:
        if _sent(data).get("stop"):
            intake.job.stop()
        return _progress(intake)

    def shelf_fresh(_: Any, request: gr.Request) -> Parts:
        parts = fresh(reader_of(request).name)
        return {"overview": overview(), "sieve": shelf.sieve(known(archive)), **parts}

    def shelf_removal(data: Any) -> str:
        articles = intake.chosen(_names(_sent(data).get("ids"), _MOST_IDS))
        uploaded = sum(1 for article in articles if intake.uploads.of(article))
        return shelf.removal(articles, uploaded, len(articles) - uploaded)

    def shelf_remove(data: Any, request: gr.Request) -> str:
        try:
            require_here(request, "Removing articles")
            removed = intake.remove(_names(_sent(data).get("ids"), _MOST_IDS))
        except RagError as error:
            return _problem(error)
        return f"<p>{removed:,} article{'' if removed == 1 else 's'} removed.</p>"

    return [
        shelf_view, shelf_list, shelf_upload, shelf_add, shelf_finish, shelf_work, shelf_fresh, shelf_removal,
        shelf_remove,
    ]  # fmt: skip


def _listed(archive: Archive, sent: Mapping[str, Any]) -> str:
    limits, text, today = filters_from(sent.get("filters")), str(sent.get("search") or "").strip(), date.today()
    if text:
        return shelf.nearest(archive.search(text, _FOUND, limits), today)
    total = archive.tally(limits).articles
    asked = sent.get("page")
    page = min(max(asked if isinstance(asked, int) else 0, 0), max(0, total - 1) // shelf.PAGE)
    return shelf.listed(archive.articles(limits, shelf.PAGE, page * shelf.PAGE), page, total, today)


def _progress(intake: Intake) -> Parts:
    state = intake.job.state
    return {"running": state.running, "seen": shelf.work(state), "told": shelf.outcome(state), "number": state.number}


def settings_functions(archive: Archive, offered: list[str], fresh: Fresh) -> list[Callable[..., Any]]:
    """The Settings view's. A writer that is chosen is put into `offered`, from which questions may take theirs."""
    fetch: Job[choosing.Fetched, Path] = Job()

    def settings_view(data: Any = None) -> Parts:
        chosen = str(_sent(data).get("writer") or archive.settings.writer)
        packs = rag.packs()
        local = [f"local:{p.name}" for p in packs if p.kind == "writer" and p.state == choosing.PULLED]
        names = list(dict.fromkeys((*writers(archive.settings.writer, offered), *local)))
        return {
            "used": choosing.used(archive.settings, archive.path / "settings.toml", "RAG_WRITER" in os.environ),
            "writers": choosing.writers(names, chosen),
            "judges": choosing.judges(rag.judges_offered(), archive.settings.judge),
            "packs": choosing.packs(packs),
            **_fetching(fetch),
        }

    def settings_try(data: Any, request: gr.Request) -> str:
        name = _writer(data)
        try:
            require_here(request, "Testing a server")
            if not name.startswith(choosing.SERVERS):
                raise RagError("Only a server can be tested.", hint=f"Its name begins {' or '.join(choosing.SERVERS)}.")
            seconds = rag.try_writer(name, _TRIAL)
        except RagError as error:
            return _problem(error)
        return f"<p>It answers: {seconds:.1f} seconds for a word.</p>"

    def settings_use(data: Any, request: gr.Request) -> Parts:
        name, keep = _writer(data), bool(_sent(data).get("keep"))
        try:
            if keep or name not in writers(archive.settings.writer, offered):
                require_here(request, "Choosing a writer that is not offered")
            if keep:
                archive.keep_writer(name)
            else:
                archive.check_writer(name)
        except RagError as error:
            return {"told": _problem(error)}
        if name not in offered:
            offered.append(name)
        said = f"<code>{escape(name)}</code> writes the next questions of this window."
        kept = f"Kept: <code>{escape(name)}</code> writes from now on, also after a restart."
        return {"told": f"<p>{kept if keep else said}</p>", "writer": name, **fresh(reader_of(request).name)}

    def settings_judge(data: Any, request: gr.Request) -> Parts:
        name = str(_sent(data).get("name") or "").strip()
        try:
            require_here(request, "Choosing a judge")
            archive.keep_judge(name)
        except RagError as error:
            return {"told": _problem(error)}
        return {
            "told": f"<p>Kept: <code>{escape(name)}</code> checks from now on, also after a restart.</p>",
            "kept": True,
        }

    def settings_pull(data: Any, request: gr.Request) -> Parts:
        name = str(_sent(data).get("pack") or "")
        try:
            require_here(request, "Fetching a pack")
            if name not in {pack.name for pack in rag.packs()}:
                raise RagError(f"There is no pack {name}.")
            fetch.start(name, lambda tell: rag.pull_pack(name, _Teller(tell)))
        except RagError as error:
            return {"problem": _problem(error)}
        return _fetching(fetch)

    def settings_work(data: Any) -> Parts:
        if _sent(data).get("stop"):
            fetch.stop()
        return _fetching(fetch)

    return [settings_view, settings_try, settings_use, settings_judge, settings_pull, settings_work]


class _Teller:
    """The fetching of a pack as what a Job is told."""

    def __init__(self, tell: Callable[[choosing.Fetched], None]) -> None:
        self._tell = tell

    def announce(self, text: str, /) -> None:
        self._tell(choosing.Fetched(0, 0, text))

    def advance(self, done: int, total: int, label: str, /) -> None:
        self._tell(choosing.Fetched(done, total, label))


def _fetching(fetch: Job[choosing.Fetched, Path]) -> Parts:
    state = fetch.state
    told = choosing.fetched(state)
    return {"running": state.running, "seen": choosing.fetching(state), "pulled": told, "number": state.number}


def _sent(data: Any) -> Mapping[str, Any]:
    return data if isinstance(data, dict) else {}


def _names(data: Any, most: int) -> list[str]:
    return [str(name) for name in data[:most]] if isinstance(data, list) else []


def _writer(data: Any) -> str:
    return str(_sent(data).get("name") or "").strip()


def _problem(error: RagError) -> str:
    return f'<p class="notice problem">{escape(str(error))}</p>'
