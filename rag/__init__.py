"""Answers to journalists' questions from their own archive: every sentence cited, every sentence checked.

    archive = rag.open("path/to/archive")
    report = archive.ingest(["articles/"])
    answer = archive.ask("Who chairs the inquiry?")

Importing this is cheap; models and databases are imported when they are first used.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.errors import RagError
from rag.settings import Settings
from rag.types import (
    Answer,
    ArchiveStatus,
    Article,
    Checked,
    Citation,
    Copy,
    Delta,
    Done,
    Evidence,
    Filters,
    Hit,
    IngestReport,
    Passage,
    Sentence,
    Timings,
    Understood,
    Verdict,
)

if TYPE_CHECKING:
    from rag.archive import Archive
    from rag.interop import LLM
    from rag.judges import Cited, Judge, Judgement
    from rag.models import Listed, Progress
    from rag.overview import Tally

__version__ = "0.1.0"
__all__ = [
    "RETRIEVAL_PARTS",
    "Answer",
    "Archive",
    "ArchiveStatus",
    "Article",
    "Checked",
    "Citation",
    "Cited",
    "Copy",
    "Delta",
    "Done",
    "Evidence",
    "Filters",
    "Hit",
    "IngestReport",
    "Judge",
    "Judgement",
    "Listed",
    "Passage",
    "RagError",
    "Sentence",
    "Settings",
    "Tally",
    "Timings",
    "Understood",
    "Verdict",
    "count_tokens",
    "judges_offered",
    "model_folder",
    "open",
    "open_judge",
    "open_llm",
    "packs",
    "pull_pack",
    "try_writer",
]


def open(path: str | os.PathLike[str], settings: Settings | None = None) -> Archive:
    """The archive in a folder, created if it is not there.

    `settings` replaces what `settings.toml` in the folder and `RAG_…` variables say. Raises ArchiveNotWritable,
    ArchiveMismatch or SettingsError.
    """
    from rag.archive import Archive

    return Archive(path, settings)


def open_judge(name: str, settings: Settings | None = None) -> Judge:
    """What decides whether words state a sentence, by the name that `Settings.judge` takes. Loads nothing yet.

    Raises SettingsError for a name that is none, UnknownModel for a target that is none.
    """
    from rag import judges

    return judges.open_judge(name, settings)


def judges_offered() -> dict[str, str]:
    """Names that `Settings.judge` takes as they stand, each with what it is in one line. Others name a model."""
    from rag import judges

    return judges.offered()


def open_llm(spec: str) -> LLM:
    """The model of a writer, by the name that `Settings.writer` takes, as a LlamaIndex `LLM`. It loads on first use.

    It runs as the default settings have it: `answer_tokens`, `writer_timeout` (seconds) and `threads`. A model in this
    process is loaded once for all who name the same file and run it with as many threads, archives too. Raises
    SettingsError for a name that is none, UnknownModel for a scheme, pack or file that is not there (`extractive` is
    no model), or what fetching a pack raises; the model itself raises WriterFailed.
    """
    from rag import llms

    chosen = Settings()
    options = llms.Options(max_tokens=chosen.answer_tokens, timeout=chosen.writer_timeout, threads=chosen.threads)
    return llms.open_llm(spec, options)


def count_tokens(text: str) -> int:
    """How many tokens a text has, by the encoding that prompts and passages are budgeted with (cl100k_base)."""
    from rag import tokens

    return tokens.count(text)


def model_folder(pack: str) -> Path:
    """The folder of a model pack's files, fetched if they are not there. Raises ModelError."""
    from rag import models

    return models.ensure(pack, why="as you asked")


def packs() -> tuple[Listed, ...]:
    """The model packs that the project knows, each with what it is, needs, and whether it is on this machine."""
    from rag import models

    return models.listed()


def pull_pack(name: str, progress: Progress | None = None) -> Path:
    """Fetch a model pack and check every file of it; its folder. Raises ModelError.

    `progress` is told how many bytes are here. What it raises ends the fetching; what came is kept for the next time.
    """
    from rag import models

    return models.pull(name, why="as you asked", progress=progress)


def try_writer(name: str, timeout: float = 20.0) -> float:
    """Ask a writer, by the name that `Settings.writer` takes, for one word; the seconds until it had answered.

    Raises SettingsError or UnknownModel for a name that is none, and WriterFailed for one that does not answer; a
    server's silence of `timeout` seconds is one.
    """
    from rag import write

    return write.tried(name, timeout)


def __getattr__(name: str) -> Any:
    if name == "Archive":
        from rag.archive import Archive

        return Archive
    if name in ("Cited", "Judge", "Judgement"):
        from rag import judges

        return getattr(judges, name)
    if name == "Listed":
        from rag.models import Listed

        return Listed
    if name == "Tally":
        from rag.overview import Tally

        return Tally
    if name == "RETRIEVAL_PARTS":
        from rag.retrieve.rank import PARTS

        return tuple(PARTS)
    raise AttributeError(f"module 'rag' has no attribute {name!r}")
