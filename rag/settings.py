"""Settings of an archive: defaults, then `settings.toml` in the archive folder, then `RAG_…` variables.

No setting builds an object here; the parts that use them do.
"""

from __future__ import annotations

import codecs
import dataclasses
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rag.errors import SettingsError

FILE_NAME = "settings.toml"

_TEXT_ENCODING = re.compile(r"(?:utf-(?:8|16|32)|iso|cp\d|koi8|mac-|big5|gb|hz|euc|shift|ascii|tis)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Settings:
    """How an archive is built and asked.

    `passage_tokens` is fixed when the archive is created, `embedder` is changed by `rag reembed`; everything else may
    change at any time.

    embedder: name of an embedder (`rag models list`).
    writer: `local:PACK`, `gguf:FILE`, `ollama:MODEL`, `openai:URL#MODEL`, `hf:ID` or `extractive`.
    judge: what checks each sentence: `combined`, `combined:words` (no model), `literal`, `local:PACK`, `nli:ID` or
        `openai:URL#MODEL`.
    passage_tokens: longest passage, in tiktoken's cl100k_base tokens.
    evidence_passages: how many passages are shown as evidence.
    prompt_tokens: budget for the evidence inside the prompt, same tokens. Reading is what costs on a CPU.
    answer_tokens: longest answer a writer may give.
    weights: file of ranking weights made by `rag eval fit`; empty takes those that ship with the project.
    reranker: a sentence-transformers CrossEncoder with one score, by Hugging Face id or folder, that reads the best
        passages of a search once more; empty for none.
    without: parts of the retrieval to leave out, separated by commas, for measuring (`rag.RETRIEVAL_PARTS`).
    writer_timeout: seconds after which a silent or endless writer is given up.
    threads: processor threads for models; 0 takes as many as the machine has.
    fields: under which names records of this archive carry a field, before the usual ones: `text=body_html, title=kop`.
    timezone: IANA name of the zone for dates that carry none.
    encoding: that of local files which are not UTF-8 and declare none themselves, as in `cp1252`; empty has it guessed,
        where that is fairly certain.
    web_inside: hosts inside the network that may be read all the same, separated by commas, as in `cms.paper.local`.
    web_delay: seconds between two requests to a host, where its robots.txt does not want more.
    web_pages: how many pages of one feed or sitemap are read at most, the newest first.
    """

    embedder: str = "all-minilm-l6-v2"
    writer: str = "local:qwen2.5-coder-1.5b"
    judge: str = "combined"
    passage_tokens: int = 200
    evidence_passages: int = 6
    prompt_tokens: int = 360
    answer_tokens: int = 220
    weights: str = ""
    reranker: str = ""
    without: str = ""
    writer_timeout: float = 180.0
    threads: int = 0
    fields: str = ""
    timezone: str = "UTC"
    encoding: str = ""
    web_inside: str = ""
    web_delay: float = 1.0
    web_pages: int = 1000

    def __post_init__(self) -> None:
        for name, low, high in (
            ("passage_tokens", 20, 200),
            ("evidence_passages", 1, 200),
            ("prompt_tokens", 100, 100_000),
            ("answer_tokens", 16, 4096),
            ("writer_timeout", 1.0, 3600.0),
            ("threads", 0, 1024),
            ("web_delay", 0.0, 60.0),
            ("web_pages", 1, 100_000),
        ):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
                raise SettingsError(f"{name} must be between {low} and {high}, not {value!r}")
        try:
            ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise SettingsError(
                f"timezone {self.timezone!r} is not a known zone", hint="Use an IANA name such as Europe/Berlin."
            ) from error
        if self.encoding and text_encoding(self.encoding) is None:
            raise SettingsError(
                f"encoding {self.encoding!r} is not a known encoding of text",
                hint="Use a name such as cp1252, iso-8859-2 or shift_jis, or leave it empty.",
            )

    def override(self, changes: Mapping[str, Any], where: str) -> Settings:
        """These settings with `changes` applied; `where` names their origin in errors.

        Raises SettingsError for a name that is no setting or a value of the wrong type.
        """
        known = {f.name: f for f in dataclasses.fields(self)}
        unknown = sorted(set(changes) - set(known))
        if unknown:
            raise SettingsError(
                f"{where}: no such setting: {', '.join(unknown)}", hint=f"The settings are: {', '.join(known)}."
            )
        typed = {name: _typed(name, value, type(getattr(self, name)), where) for name, value in changes.items()}
        return dataclasses.replace(self, **typed)


def text_encoding(name: str) -> str | None:
    """Python's own name of an encoding of text, None if there is none of this name."""
    try:
        found = codecs.lookup(name.strip(" \t\"'")).name
    except (LookupError, ValueError):  # ValueError: a name with a NUL in it
        return None
    return found if _TEXT_ENCODING.match(found) else None


def _typed(name: str, value: Any, kind: type, where: str) -> Any:
    try:
        if (kind is str and not isinstance(value, str)) or isinstance(value, bool):
            raise ValueError
        if kind is int and isinstance(value, float):
            raise ValueError  # int() would cut it
        return kind(value)
    except (TypeError, ValueError) as error:
        raise SettingsError(f"{where}: {name} takes a {kind.__name__}, not {value!r}") from error


def keep(folder: Path, settings: Settings, changes: Mapping[str, Any]) -> Settings:
    """`settings` with `changes`, which are written to the archive's file; what else stands there stays as it is.

    A `RAG_…` variable still goes before the file. Raises SettingsError if the file cannot be read or written.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    path = folder / FILE_NAME
    changed = settings.override(changes, str(path))
    try:
        document = tomlkit.parse(path.read_text("utf-8")) if path.exists() else tomlkit.document()
        document.update(changes)
        written = path.with_suffix(".new")
        written.write_text(tomlkit.dumps(document), "utf-8")
        written.replace(path)  # whole, or not at all
    except (TOMLKitError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not readable TOML: {error}", hint="Correct or delete it.") from error
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror}", hint="Check its permissions.") from error
    return changed


def load(folder: Path, environ: Mapping[str, str] = os.environ) -> Settings:
    """Settings for the archive in `folder`. Raises SettingsError naming the file or variable at fault."""
    settings = Settings()
    path = folder / FILE_NAME
    if path.exists():
        try:
            settings = settings.override(tomllib.loads(path.read_text("utf-8")), str(path))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SettingsError(f"{path} is not readable TOML: {error}") from error
    names = {f.name for f in dataclasses.fields(Settings)}
    chosen = {
        key.removeprefix("RAG_").lower(): value
        for key, value in environ.items()
        if key.startswith("RAG_") and key.removeprefix("RAG_").lower() in names
    }
    return settings.override(chosen, "environment") if chosen else settings
