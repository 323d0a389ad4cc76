"""Ingest, disk, memory, search and recall at several sizes, on synthetic news (see eval/news.py).

Each size is built once, in files of some thousand articles, and kept in --folder; what is there is used again, and an
interrupted build goes on. Building, searching and recall run in processes of their own, one after the other. Sizes
are nominal: the number of articles is fixed, and `passages` says what splitting made of them.

Cold open: from `rag.open` to the first hits in a new process, with the embedding loaded and, on Linux, the archive's
files dropped from the system's cache. Memory: resident, and of it anonymous (not files that are mapped), on Linux.
Processor time counts all threads of the process; on a machine that others use it is the figure to compare.

Filters: the same questions with and without, in turn; ratio of the medians. The kinds are outlets with 0.1, 1 and 10
percent of the articles, a month, a year, and the largest outlet in that year.

Recall@10: of the ten passages that are nearest by exact search (all passages embedded here, read from the catalog,
which the public face does not list), the share that a search without full text gives among its ten, ranked by the
passages' cosine alone. Repeats of a better passage's words are left out on both sides, as search does; a passage is
also found by a repeat of it. Other figures than recall are those of the default settings.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import rag
from eval import news

SUMMARY = "ingest, disk, memory, search and recall at several sizes"

_PASSAGES_AN_ARTICLE = 5.1  # measured; it turns a size into a number of articles
_ARTICLES_A_FILE = 2000
_EMBEDDER = "llama-index:eval.synthetic:TopicEmbedding"
_RECORD = "build.json"
_WITHOUT = "full-text,outlets,published,parts,stories"  # for recall: all is searched, by vectors alone


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("--passages", type=_sizes, default=[10_000], help="sizes, separated by commas")
    parser.add_argument("--folder", type=Path, help="where archives are kept and found again; without it, nowhere")
    parser.add_argument("--questions", type=int, default=200, help="searches timed at each size")
    parser.add_argument("--parts", type=lambda text: text.split(","), default=[*_PARTS], help="build,search,recall")
    parser.add_argument("--only", choices=_PARTS, help=argparse.SUPPRESS)


def _sizes(text: str) -> list[int]:
    sizes = [int(size.replace("_", "")) for size in text.split(",")]
    if min(sizes) < 100:
        raise argparse.ArgumentTypeError("a size is at least 100 passages")
    return sizes


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Each size's figures, named "SIZE figure, unit"."""
    if options.only:
        return _PARTS[options.only](options.folder, options.passages[0], options.questions)
    unknown = sorted(set(options.parts) - set(_PARTS))
    if unknown:
        raise rag.RagError(f"no such part: {', '.join(unknown)}; there are {', '.join(_PARTS)}")
    with ExitStack() as stack:
        base = options.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        result: dict[str, Any] = {}
        for size in options.passages:
            for part in options.parts:
                found = _process(part, base / str(size), size, options.questions)
                result |= {f"{size} {name}": value for name, value in found.items()}
        return result


def _process(part: str, folder: Path, size: int, questions: int) -> dict[str, Any]:
    """A part's figures from a process of its own, which tells of its progress itself."""
    _say(f"{size} passages: {part}")
    command = [sys.executable, "-m", "eval", "scale", "--only", part, "--json", "--folder", str(folder)]
    command += ["--passages", str(size), "--questions", str(questions)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise rag.RagError(f"{part} at {size} passages failed; its reason is above")
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def settings(**changes: Any) -> rag.Settings:
    """The settings of the synthetic archives."""
    return rag.Settings(embedder=_EMBEDDER, writer="extractive", **changes)


def articles_of(size: int) -> int:
    """How many articles make about `size` passages."""
    return round(size / _PASSAGES_AN_ARTICLE)


def _build(folder: Path, size: int, questions: int) -> dict[str, Any]:
    """Ingest what is not there yet. Writing the files is not timed."""
    folder.mkdir(parents=True, exist_ok=True)
    record = _record(folder)
    total = articles_of(size)
    with rag.open(folder / "archive", settings()) as archive:
        archive.warm(writer=False)
        for first in range(len(record["seconds"]) * _ARTICLES_A_FILE, total, _ARTICLES_A_FILE):
            record["interrupted"] += record["begun"] == first
            record["begun"] = first
            _keep(folder, record)
            last = min(first + _ARTICLES_A_FILE, total)
            seconds, cpu = _taken_in(archive, folder / f"articles-{first}.jsonl", first, last)
            record["seconds"].append(seconds)
            record["cpu"].append(cpu)
            record["peak"] = max(record["peak"], _peak())
            _keep(folder, record)
            new = last - first
            _say(f"  {last} of {total} articles, {new / seconds:.0f} a second, {new / cpu:.0f} a processor second")
        passages = archive.status().passages
    return _building(record, passages, total) | _disk(folder / "archive")


def _taken_in(archive: rag.Archive, file: Path, first: int, last: int) -> tuple[float, float]:
    """Seconds and processor seconds of ingesting these articles from a file that is written for it."""
    with file.open("w", encoding="utf-8") as stream:
        stream.writelines(json.dumps(article) + "\n" for article in news.articles(first, last))
    begun, begun_cpu = time.perf_counter(), time.process_time()
    report = archive.ingest(file)
    seconds, cpu = time.perf_counter() - begun, time.process_time() - begun_cpu
    if report.failed:
        raise rag.RagError(f"not taken in: {report.failed[0]}")
    file.unlink()
    return seconds, cpu


def _peak() -> float:
    import resource  # Unix only

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


def _record(folder: Path) -> dict[str, Any]:
    path = folder / _RECORD
    if path.exists():
        found: dict[str, Any] = json.loads(path.read_text("utf-8"))
        return found
    return {"seconds": [], "cpu": [], "begun": -1, "interrupted": 0, "peak": 0.0}


def _keep(folder: Path, record: dict[str, Any]) -> None:
    draft = folder / f"{_RECORD}.new"
    draft.write_text(json.dumps(record), "utf-8")
    draft.replace(folder / _RECORD)


def _building(record: dict[str, Any], passages: int, articles: int) -> dict[str, Any]:
    """Seconds and speed, and that of the first and last tenth of the full files: there what grows with size shows."""
    full = record["cpu"][: articles // _ARTICLES_A_FILE] or record["cpu"]
    tenth = max(1, len(full) // 10)
    a_file = passages * min(1.0, _ARTICLES_A_FILE / articles)
    return {
        "articles": articles,
        "passages": passages,
        "ingest, s": sum(record["seconds"]),
        "ingest, passages/s": passages / sum(record["seconds"]),
        "ingest, processor s": sum(record["cpu"]),
        "ingest first tenth, passages/processor s": a_file * tenth / sum(full[:tenth]),
        "ingest last tenth, passages/processor s": a_file * tenth / sum(full[-tenth:]),
        "ingest peak, MiB": record["peak"],
        "ingest interrupted": record["interrupted"],
    }


def _disk(archive: Path) -> dict[str, float]:
    """Mebibytes of each file, folders inside the vectors' one named `*`, and of all."""
    sizes: dict[str, float] = {}
    for file in sorted(path for path in archive.rglob("*") if path.is_file()):
        parts = file.relative_to(archive).parts
        name = "/".join([*parts[:1], *("*" for _ in parts[1:-1]), parts[-1]][: len(parts)])
        sizes[name] = sizes.get(name, 0.0) + file.stat().st_size / 2**20
    shown = {f"disk {name}, MiB": value for name, value in sizes.items() if value >= 0.01}
    return shown | {"disk, MiB": sum(sizes.values())}


def _search(folder: Path, size: int, questions: int) -> dict[str, Any]:
    from eval.measures import searching

    return searching(folder / "archive", settings(), news.questions(questions, articles_of(size)))


def _recall(folder: Path, size: int, questions: int) -> dict[str, Any]:
    from eval.measures import recall

    asked = news.questions(min(questions, 100), articles_of(size), plain=True)
    with by_cosine(folder / "archive", asked[0]) as chosen:
        return recall(folder / "archive", chosen, asked)


@contextmanager
def by_cosine(archive: Path, question: str) -> Iterator[rag.Settings]:
    """Settings that rank by the cosine of the whole passage alone, as the exact search does."""
    with tempfile.TemporaryDirectory() as folder:
        with rag.open(archive, settings()) as opened:
            names = opened.candidates(question)[0].features
        file = Path(folder) / "weights.json"
        file.write_text(json.dumps({"weights": {name: float(name == "dense") for name in names}, "bias": 0}), "utf-8")
        yield settings(weights=str(file), without=_WITHOUT)


_PARTS: dict[str, Callable[[Path, int, int], dict[str, Any]]] = {"build": _build, "search": _search, "recall": _recall}
