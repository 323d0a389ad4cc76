"""What the script asks of the server for the Settings view: who writes, who checks, what finds, and the packs.

Whatever reaches beyond the archive (a model's server, a pack, the file of settings) is done only for a browser on this
machine.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

import rag
from rag.errors import RagError
from ui import choosing
from ui.door import reader_of
from ui.jobs import Job, State
from ui.wire import Fresh, Parts, name, problem, require_here, sent
from ui.wishes import writers

if TYPE_CHECKING:
    from rag import Archive

_TRIAL = 20.0  # seconds that a model's server has for its trial


def settings_functions(archive: Archive, offered: list[str], fresh: Fresh) -> list[Callable[..., Any]]:
    """The Settings view's. A writer that is chosen is put into `offered`, from which questions may take theirs."""
    packs, embedding = Packs(), Embedding(archive)

    def settings_view(data: Any = None) -> Parts:
        chosen = str(sent(data).get("writer") or archive.settings.writer)
        listed = rag.packs()
        status = archive.status()
        here = [pack for pack in listed if pack.state == choosing.PULLED]
        local = [f"local:{pack.name}" for pack in here if pack.kind == "writer"]
        known = list(dict.fromkeys((*writers(archive.settings.writer, offered), *local)))
        embedders = [pack.name for pack in listed if pack.kind == "embedder"]
        return {
            "used": choosing.used(archive.settings, status, archive.path / "settings.toml", "RAG_WRITER" in os.environ),
            "writers": choosing.writers(known, chosen),
            "judges": choosing.judges(rag.judges_offered(), archive.settings.judge),
            "embedders": choosing.embedders(embedders, status.embedder),
            "packs": choosing.packs(listed),
            "pull": packs.parts(),
            "embed": embedding.parts(),
        }

    return [settings_view, *_choosing(archive, offered, fresh), *packs.functions(), *embedding.functions()]


def _choosing(archive: Archive, offered: list[str], fresh: Fresh) -> list[Callable[..., Any]]:
    """Who writes and who checks: tried, taken for the next questions, kept."""

    def settings_try(data: Any, request: gr.Request) -> str:
        wanted = name(data)
        try:
            require_here(request, "Testing a server")
            if not wanted.startswith(choosing.SERVERS):
                raise RagError("Only a server can be tested.", hint=f"Its name begins {' or '.join(choosing.SERVERS)}.")
            seconds = rag.try_writer(wanted, _TRIAL)
        except RagError as error:
            return problem(error)
        return f"<p>It answers: {seconds:.1f} seconds for a word.</p>"

    def settings_use(data: Any, request: gr.Request) -> Parts:
        wanted, keep = name(data), bool(sent(data).get("keep"))
        try:
            if keep or wanted not in writers(archive.settings.writer, offered):
                require_here(request, "Choosing a writer that is not offered")
            if keep:
                archive.keep_writer(wanted)
            else:
                archive.check_writer(wanted)
        except RagError as error:
            return {"told": problem(error)}
        if wanted not in offered:
            offered.append(wanted)
        said = f"<code>{escape(wanted)}</code> answers the next questions in this window."
        kept = f"Kept: <code>{escape(wanted)}</code> answers from now on, also after a restart."
        return {"told": f"<p>{kept if keep else said}</p>", "writer": wanted, **fresh(reader_of(request).name)}

    def settings_judge(data: Any, request: gr.Request) -> Parts:
        wanted = name(data)
        try:
            require_here(request, "Choosing a judge")
            archive.keep_judge(wanted)
        except RagError as error:
            return {"told": problem(error)}
        told = f"<p>Kept: <code>{escape(wanted)}</code> checks from now on, also after a restart.</p>"
        return {"told": told, "kept": True}

    return [settings_try, settings_use, settings_judge]


class Packs:
    """The fetching of packs, one at a time."""

    def __init__(self) -> None:
        self._job: Job[choosing.Fetched, Path] = Job()

    def parts(self) -> Parts:
        """How far it is."""
        return _parts(self._job.state, choosing.fetching, choosing.fetched)

    def functions(self) -> list[Callable[..., Any]]:
        """What the script may ask of it."""

        def settings_pull(data: Any, request: gr.Request) -> Parts:
            wanted = str(sent(data).get("pack") or "")
            try:
                require_here(request, "Fetching a pack")
                if wanted not in {pack.name for pack in rag.packs()}:
                    raise RagError(f"There is no pack {wanted}.")
                self._job.start(wanted, lambda tell: rag.pull_pack(wanted, _Teller(tell)))
            except RagError as error:
                return {"problem": problem(error)}
            return self.parts()

        def settings_pulling(data: Any) -> Parts:
            if sent(data).get("stop"):
                self._job.stop()
            return self.parts()

        return [settings_pull, settings_pulling]


class Embedding:
    """A change of embedder, while the present one serves. One that was stopped with the page goes on with it."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._job: Job[choosing.Embedded, int] = Job()
        if archive.status().changing:
            self._begin("")

    def parts(self) -> Parts:
        """How far it is."""
        return _parts(self._job.state, choosing.embedding, choosing.embedded)

    def functions(self) -> list[Callable[..., Any]]:
        """What the script may ask of it."""

        def settings_embed(data: Any, request: gr.Request) -> Parts:
            try:
                require_here(request, "Changing the embedder")
                if not name(data):
                    raise RagError(
                        "There is no name.", hint="Name a pack, st:ID-or-folder or llama-index:module:Class."
                    )
                self._begin(name(data))
            except RagError as error:
                return {"problem": problem(error)}
            return self.parts()

        def settings_embedding(data: Any, request: gr.Request) -> Parts:
            if sent(data).get("stop"):
                require_here(request, "Stopping it")
                self._job.stop()
            return self.parts()

        return [settings_embed, settings_embedding]

    def _begin(self, wanted: str) -> None:
        def work(tell: Callable[[choosing.Embedded], None]) -> int:
            def progress(*, done: int, total: int) -> None:
                tell(choosing.Embedded(done, total))

            return self._archive.upkeep.reembed(wanted, progress)

        self._job.start("Changing the embedder", work)


class _Teller:
    """The fetching of a pack as what a Job is told."""

    def __init__(self, tell: Callable[[choosing.Fetched], None]) -> None:
        self._tell = tell

    def announce(self, text: str, /) -> None:
        self._tell(choosing.Fetched(0, 0, text))

    def advance(self, done: int, total: int, label: str, /) -> None:
        self._tell(choosing.Fetched(done, total, label))


def _parts(state: State[Any, Any], seen: Callable[[Any], str], told: Callable[[Any], str]) -> Parts:
    return {"running": state.running, "seen": seen(state), "told": told(state), "number": state.number}
