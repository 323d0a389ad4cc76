"""What `python -m eval scale` measures of an archive that is built. Imports LlamaIndex, through eval/synthetic.py."""

from __future__ import annotations

import gc
import json
import os
import re
import sqlite3
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import rag
from eval import news
from eval.synthetic import embed

_WARM = 10  # searches before any is timed, the cold one aside
_K = 10
_DEEP = 60  # exact neighbours kept of each question, so that ten are left without repeats
_BATCH = 4096
_SAME = 0.8  # share of words in common above which a passage repeats another, as search has it
_TOLERANCE = 0.02  # of a cosine, for an index that keeps vectors in fewer bits


def searching(folder: Path, settings: rag.Settings, questions: Sequence[str]) -> dict[str, Any]:
    """Cold open, memory, and milliseconds of searches with and without filters."""
    embed(["loaded before anything is measured"])
    result = {f"memory before opening, {name}": value for name, value in memory().items()}
    forget(folder)
    begun = time.perf_counter()
    with rag.open(folder, settings) as archive:
        result["cold open, s"] = time.perf_counter() - begun
        result |= {f"memory after opening, {name}": value for name, value in memory().items()}
        if not archive.search(questions[0], _K):
            raise rag.RagError(f"{folder} gives no hits")
        result["cold open to first hits, s"] = time.perf_counter() - begun
        archive.warm(writer=False)
        result["cold open to the index in memory, s"] = time.perf_counter() - begun
        for question in news.questions(len(questions) + _WARM, archive.status().articles)[len(questions) :]:
            archive.search(question, _K)
        begun_cpu = time.process_time()
        times = [milliseconds(archive, question) for question in _shown("searches", questions)]
        result |= spread("search", times)
        result["search, processor ms"] = (time.process_time() - begun_cpu) * 1000 / len(times)
        result |= {f"memory after {len(times)} searches, {name}": value for name, value in memory().items()}
        return result | filtered(archive, questions[: max(20, len(questions) // 4)])


def kinds() -> dict[str, rag.Filters]:
    """Filters by what they are called."""
    names = [name for name, _ in news.outlets()]
    year = {"published_from": date(2019, 1, 1), "published_to": date(2019, 12, 31)}
    return {
        "outlet 0.1%": rag.Filters(outlets=(names[news.SMALL],)),
        "outlet 1%": rag.Filters(outlets=(names[news.MIDDLING],)),
        "outlet 10%": rag.Filters(outlets=(names[news.LARGE],)),
        "month": rag.Filters(published_from=date(2019, 6, 1), published_to=date(2019, 6, 30)),
        "year": rag.Filters(**year),  # type: ignore[arg-type]
        "outlet 10% in a year": rag.Filters(outlets=(names[news.LARGE],), **year),  # type: ignore[arg-type]
    }


def filtered(archive: rag.Archive, questions: Sequence[str]) -> dict[str, Any]:
    """Medians under each filter and their ratios to the unfiltered ones of the same questions."""
    filters = {"nothing": None, **kinds()}
    times: dict[str, list[float]] = {name: [] for name in filters}
    for question in _shown("questions with each filter", questions):
        for name, chosen in filters.items():
            times[name].append(milliseconds(archive, question, chosen))
    result: dict[str, Any] = {}
    for name in kinds():
        result |= spread(f"search, {name}", times[name])
        result[f"search, {name}, ratio"] = float(np.median(times[name]) / np.median(times["nothing"]))
    return result


def milliseconds(archive: rag.Archive, question: str, filters: rag.Filters | None = None) -> float:
    """Of one search. Raises RagError if a hit does not pass the filters."""
    begun = time.perf_counter()
    hits = archive.search(question, _K, filters)
    took = time.perf_counter() - begun
    if filters and not all(_passes(hit, filters) for hit in hits):
        raise rag.RagError(f"a hit does not pass {filters}")
    return took * 1000


def _passes(hit: rag.Hit, filters: rag.Filters) -> bool:
    day = hit.published.date() if hit.published else None
    return not (
        (filters.outlets and hit.outlet not in filters.outlets)
        or (filters.published_from and (day is None or day < filters.published_from))
        or (filters.published_to and (day is None or day > filters.published_to))
    )


def spread(name: str, times: Sequence[float]) -> dict[str, float]:
    """Median and 95th percentile."""
    return {f"{name} p50, ms": float(np.median(times)), f"{name} p95, ms": float(np.quantile(times, 0.95))}


def memory() -> dict[str, float]:
    """This process's resident memory, and of it what is not mapped files; nothing where /proc is absent."""
    gc.collect()
    status = Path("/proc/self/status")
    found = re.findall(r"^(VmRSS|RssAnon):\s+(\d+) kB", status.read_text("utf-8"), re.M) if status.exists() else []
    names = {"VmRSS": "MiB", "RssAnon": "anonymous MiB"}
    return {names[name]: int(size) / 2**10 for name, size in found}


def forget(folder: Path) -> None:
    """Have the system drop the folder's files from its cache, where it can be asked to."""
    if sys.platform != "linux":
        return
    for path in folder.rglob("*"):
        if path.is_file():
            handle = os.open(path, os.O_RDONLY)
            try:
                os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
            finally:
                os.close(handle)


# -- recall ----------------------------------------------------------------------------------------------------------

Passage = tuple[str, str]  # id and text
Exact = list[list[tuple[str, float, str]]]  # of each question the nearest passages: id, cosine, text


def recall(folder: Path, settings: rag.Settings, questions: Sequence[str]) -> dict[str, Any]:
    """Share of the exact ten nearest that search finds. Raises RagError if the archive embeds something else."""
    shares = []
    with rag.open(folder, settings) as archive:
        nearest = exact(folder, questions, archive.version)
        archive.warm(writer=False)
        for question, best in zip(_shown("searches for recall", questions), nearest):
            hits = archive.search(question, _K)
            cosines = {i: cosine for i, cosine, _ in best}
            off = [
                h
                for h in hits
                if h.dense is not None and abs(cosines.get(h.passage_id, h.dense) - h.dense) > _TOLERANCE
            ]
            if off:
                raise rag.RagError(f"{off[0].passage_id}: cosine {off[0].dense}, here {cosines[off[0].passage_id]}")
            found = [(hit.passage_id, hit.text) for hit in hits]
            wanted = distinct([(i, text) for i, _, text in best])[:_K]
            shares.append(sum(any(_repeats(w, f) for f in found) for w in wanted) / len(wanted))
    return {"recall@10": float(np.mean(shares)), "recall@10, worst tenth": float(np.quantile(shares, 0.1))}


def exact(folder: Path, questions: Sequence[str], version: str) -> Exact:
    """Nearest passages by comparing with all, kept beside the archive for the next time."""
    kept = folder.parent / "exact.json"
    of = [version, *questions]
    if kept.exists() and (found := json.loads(kept.read_text("utf-8")))["of"] == of:
        return [[tuple(row) for row in best] for best in found["nearest"]]
    asked = embed(questions)
    nearest: Exact = [[] for _ in questions]
    seen = 0
    for batch in passages(folder):
        scores: NDArray[np.float32] = asked @ embed([f"{title}\n{text}" for _, title, text in batch]).T
        for best, row in zip(nearest, scores):
            few = np.argpartition(-row, min(_DEEP, len(row) - 1))[:_DEEP]
            best += [(batch[i][0], float(row[i]), batch[i][2]) for i in few.tolist()]
            best.sort(key=lambda found: -found[1])
            del best[_DEEP:]
        seen += len(batch)
        if seen % (25 * _BATCH) == 0:
            sys.stderr.write(f"  {seen} passages compared\n")
    kept.write_text(json.dumps({"of": of, "nearest": nearest}), "utf-8")
    return nearest


def passages(folder: Path) -> Iterator[list[tuple[str, str, str]]]:
    """(id, title, text) of all passages, some thousands at a time, from the catalog itself, opened for reading only."""
    sql = "SELECT p.id, t.title, t.body FROM passage_text t JOIN passages p ON p.n = t.n"
    with closing(sqlite3.connect(f"file:{folder / 'catalog.sqlite3'}?mode=ro", uri=True)) as catalog:
        rows = catalog.execute(sql)
        while batch := rows.fetchmany(_BATCH):
            yield batch


def distinct(found: Sequence[Passage]) -> list[Passage]:
    """The passages without those that repeat an earlier one."""
    kept: list[Passage] = []
    for passage in found:
        if not any(_repeats(passage, other) for other in kept):
            kept.append(passage)
    return kept


def _repeats(one: Passage, other: Passage) -> bool:
    if one[0] == other[0]:
        return True
    words, others = (set(re.findall(r"\w+", text.lower())) - set(news.FUNCTION_WORDS) for _, text in (one, other))
    return len(words & others) >= _SAME * max(1, min(len(words), len(others)))


def _shown(doing: str, questions: Sequence[str]) -> Sequence[str]:
    sys.stderr.write(f"  {len(questions)} {doing}\n")
    return questions
