"""How well the text, headline, byline and day of a web page are found, beside trafilatura alone.

FOLDER is the article extraction benchmark: `ground-truth.json` ({id: {articleBody, url}}) and `html/ID.html.gz`. Text
is measured by that benchmark's own definition (its evaluate.py): runs of four words (`\\w+`), counted; of each page the
shares found, false and missing; precision and recall are means over pages, F1 their harmonic mean. Intervals are 95%
bootstrap intervals over pages. The pages' addresses are not told to anybody.

Ours is what an archive holds after an ingest of the pages; a page that is not taken in has no text. Trafilatura runs
with its default options, and as that benchmark runs it, without comments. Headline, byline and day are right where they
are the same as the label (`eval/pages/README.md`) but for case, white space and the shape of quotation marks; names of
a byline are compared one by one. Their intervals are Wilson's.

Pages with an even id were looked at while the reader was made, those with an odd one were not: they are reported apart.
"""

from __future__ import annotations

import argparse
import gzip
import json
import logging
import re
import sys
import zlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import rag
from eval.intervals import bootstrap
from rag.errors import ReadError

SUMMARY = "how well text, headline, byline and day of web pages are found"
OURS, THEIRS, BARE = "ours", "trafilatura", "trafilatura without comments"
LABELS = Path(__file__).parents[1] / "pages" / "labels.jsonl"
FIELDS = ("title", "byline", "day")
_EMBEDDER = "llama-index:eval.synthetic:TopicEmbedding"  # nothing is searched
_WORDS = 4  # in a run
_SAME = str.maketrans("‘’“”\u00a0", "''\"\" ")


@dataclass(frozen=True, slots=True)
class Page:
    """What was found of a page: its text, headline, byline as printed, and day (YYYY-MM-DD); None for what was not."""

    text: str
    title: str | None = None
    byline: str | None = None
    day: str | None = None


@dataclass(frozen=True, slots=True)
class Label:
    """What a page prints; of `days` each is right."""

    title: str
    byline: str | None
    days: tuple[str, ...]

    def right(self, found: Page) -> dict[str, bool]:
        """Whether each of FIELDS is as labelled."""
        return {
            "title": _plain(found.title) == _plain(self.title),
            "byline": _names(found.byline) == _names(self.byline),
            "day": found.day in self.days,
        }


@dataclass(frozen=True, slots=True)
class Shares:
    """Of all runs of four words in truth and result together: the shares in both, in the result alone, in the truth
    alone.
    """

    found: float
    false: float
    missing: float

    @property
    def precision(self) -> float | None:
        """None where nothing was found, as the benchmark leaves such pages out of its mean."""
        return self.found / (self.found + self.false) if self.found + self.false else None

    @property
    def recall(self) -> float | None:
        """None where there is nothing to find."""
        return self.found / (self.found + self.missing) if self.found + self.missing else None


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("folder", type=Path, help="folder of the benchmark")
    parser.add_argument("--labels", type=Path, default=LABELS, help="labels of headline, byline and day, JSON Lines")
    parser.add_argument(
        "--worst", type=int, default=0, metavar="N", help="also name the N pages of ours with lowest F1"
    )


def run(options: argparse.Namespace) -> dict[str, Any]:
    """All tables. Raises ReadError and what opening an archive raises."""
    truth, pages = load(options.folder)
    labels = {id: label for id, label in load_labels(options.labels).items() if id in truth}
    sys.stderr.write(f"{len(pages)} pages\n")
    systems = {OURS: ours(pages), THEIRS: trafilatura(pages), BARE: trafilatura(pages, include_comments=False)}
    shares = {name: {id: compared(truth[id], found[id].text) for id in truth} for name, found in systems.items()}
    halves = {"looked at": [i for i in truth if not odd(i)], "not looked at": [i for i in truth if odd(i)]}
    result: dict[str, Any] = {"pages": len(truth), "pages with labels": len(labels)}
    for half, ids in {**halves, "all": list(truth)}.items():
        if ids:
            result[f"text, pages {half} ({len(ids)})"] = text_table({n: [s[i] for i in ids] for n, s in shares.items()})
    named = {name: systems[name] for name in (OURS, THEIRS)}
    for half, ids in halves.items():
        if chosen := [id for id in ids if id in labels]:
            rights = {n: [labels[id].right(found[id]) for id in chosen] for n, found in named.items()}
            result[f"exactly right, pages {half} ({len(chosen)})"] = label_table(rights)
    if options.worst:
        order = sorted(truth, key=lambda id: _f1([shares[OURS][id]]))
        result["lowest F1"] = {id: _f1([shares[OURS][id]]) for id in order[: options.worst]}
    return result


def load(folder: Path) -> tuple[dict[str, str], dict[str, bytes]]:
    """The true texts and the pages' bytes by id. Raises ReadError, naming the file."""
    file = folder / "ground-truth.json"
    try:
        truth = {str(id): str(entry["articleBody"]) for id, entry in json.loads(file.read_text("utf-8")).items()}
    except (OSError, ValueError, AttributeError, KeyError, TypeError) as error:
        raise ReadError(str(file), f"{file} is not {{id: {{articleBody: …}}}}: {error}") from error
    if not truth:
        raise ReadError(str(file), f"{file} has no pages")
    pages = {}
    for id in truth:
        packed = folder / "html" / f"{id}.html.gz"
        try:
            pages[id] = gzip.decompress(packed.read_bytes())
            int(id, 16)
        except (OSError, EOFError, zlib.error) as error:
            raise ReadError(str(packed), f"{packed} cannot be read: {error}") from error
        except ValueError as error:
            raise ReadError(str(file), f"{file}: the id {id} is no hexadecimal number") from error
    return truth, pages


def load_labels(file: Path) -> dict[str, Label]:
    """Labels by page. Raises ReadError, naming file and line."""
    found = {}
    try:
        lines = file.read_text("utf-8").splitlines()
    except OSError as error:
        raise ReadError(str(file), f"{file} cannot be read: {error}") from error
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
            found[str(row["page"])] = Label(row["title"], row["byline"], tuple(row["days"]))
        except (ValueError, KeyError, TypeError) as error:
            raise ReadError(str(file), f"{file}, line {number}: not page, title, byline and days: {error}") from error
    return found


def odd(id: str) -> bool:
    """Whether a page is of the half that was not looked at."""
    return int(id, 16) % 2 == 1


def ours(pages: Mapping[str, bytes]) -> dict[str, Page]:
    """What an archive holds of the pages. Raises what opening an archive raises."""
    found = dict.fromkeys(pages, Page(""))
    with TemporaryDirectory() as place:
        folder = Path(place) / "pages"
        folder.mkdir()
        for id, page in pages.items():
            (folder / f"{id}.html").write_bytes(page)
        settings = rag.Settings(embedder=_EMBEDDER, writer="extractive")
        with rag.open(Path(place) / "archive", settings) as archive:
            report = archive.ingest(folder)
            for path, reason in report.failed:
                sys.stderr.write(f"not taken in: {Path(path).stem}: {reason}\n")
            for article in archive.articles():
                day = article.published.date().isoformat() if article.published else None
                found[Path(article.source).stem] = Page(article.text, article.title, article.byline, day)
    return found


def trafilatura(pages: Mapping[str, bytes], **options: bool) -> dict[str, Page]:
    """What trafilatura alone makes of the pages."""
    import trafilatura as library

    found = {}
    logger = logging.getLogger("trafilatura")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        for id, page in pages.items():
            known = library.extract_metadata(page)
            named = (known.title, known.author, known.date) if known else (None, None, None)
            found[id] = Page(library.extract(page, **options) or "", *named)
    finally:
        logger.setLevel(level)
    return found


def runs(text: str) -> Counter[tuple[str, ...]]:
    """How often each run of four words stands in the text; of fewer words, all of them are one run."""
    words = re.findall(r"\w+", text)
    return Counter(tuple(words[i : i + _WORDS]) for i in range(max(1, len(words) - _WORDS + 1)) if words)


def compared(truth: str, text: str) -> Shares:
    """One page's shares."""
    true, given = runs(truth), runs(text)
    total = (true | given).total() or 1
    return Shares((true & given).total() / total, (given - true).total() / total, (true - given).total() / total)


Figure = Callable[[Sequence[Shares]], float]


def text_table(shares: Mapping[str, Sequence[Shares]]) -> dict[str, Any]:
    """Precision, recall and F1 with their intervals, a row a system, and how far F1 is from ours."""
    figures: dict[str, Figure] = {"precision": _precision, "recall": _recall, "F1": _f1}
    rows = {}
    mine = shares[OURS]
    for name, some in shares.items():
        row: dict[str, Any] = {}
        for figure, of in figures.items():
            row[figure] = of(some)
            row[f"{figure}, 95%"] = list(bootstrap(len(some), partial(_resampled, of, some)))
        if name != OURS:
            row["ours better by, 95%"] = list(bootstrap(len(some), partial(_ahead, mine, some)))
        rows[name] = row
    return rows


def _resampled(figure: Figure, shares: Sequence[Shares], at: Sequence[int]) -> float:
    return figure([shares[i] for i in at])


def _ahead(mine: Sequence[Shares], others: Sequence[Shares], at: Sequence[int]) -> float:
    return _resampled(_f1, mine, at) - _resampled(_f1, others, at)


def _precision(shares: Sequence[Shares]) -> float:
    return _mean([share.precision for share in shares])


def _recall(shares: Sequence[Shares]) -> float:
    return _mean([share.recall for share in shares])


def _f1(shares: Sequence[Shares]) -> float:
    precision, recall = _precision(shares), _recall(shares)
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _mean(values: Sequence[float | None]) -> float:
    there = [value for value in values if value is not None]
    return sum(there) / len(there) if there else 0.0


def label_table(rights: Mapping[str, Sequence[Mapping[str, bool]]]) -> dict[str, Any]:
    """Shares of pages with the right headline, byline and day, and Wilson's intervals, a row a system."""
    from eval.outcomes import rate

    table: dict[str, Any] = {}
    for name, rows in rights.items():
        table[name] = {}
        for field in FIELDS:
            counted = rate(sum(row[field] for row in rows), len(rows))
            table[name] |= {field: counted["rate"], f"{field}, 95%": counted["95% interval"]}
    return table


def _plain(text: str | None) -> str:
    return " ".join((text or "").translate(_SAME).casefold().split())


def _names(byline: str | None) -> list[str]:
    return [name for name in (part.strip() for part in re.split(r"[,;&]|\band\b", _plain(byline))) if name]
