"""Claims that people have labelled: do the words they cite state them, or not?

A folder holds .jsonl files, one object a line, each file in one of three formats, told by the fields of its first line:

    {"article", "summary_sentences": [{"sentence", "responses": [{"worker_id", "response": "yes" or "no"}]}]}
        Each sentence is a claim about the whole article, stated if more than half of its responses say yes.
    {"claim", "references": [text, …], "attribution_label": "attributable" or "not attributable", "src_dataset", "id"}
        One claim about all references that are not empty.
    {"id", "category", "title", "outlet", "published", "evidence", "right", "wrong"}
        Two claims about the evidence: `right` is stated, `wrong` is not. `published` is an ISO 8601 date. A file whose
        name ends in _build or _report is of that part as a whole; every other document's part is by `part_of`.

Further fields are left alone. `eval/judged/` beside this file is in the third format.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import rag
from rag.errors import ReadError

Part = Literal["build", "report"]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A claim, the words that it cites, and whether people say that these words state it.

    `dataset` is the folder and stem of the file, "judged/attribution_build". `document` tells what the claim is about
    within its dataset: claims of one document share their evidence and are not independent of each other. `category`
    is the kind of claim or its source, where the file tells one. `part` is what the document may be used for.
    """

    dataset: str
    document: str
    category: str | None
    claim: str
    evidence: tuple[rag.Cited, ...]
    stated: bool
    part: Part


def part_of(text: str) -> Part:
    """What a document may be used for: "build" to calibrate with, "report" for figures only.

    The last bit of the CRC-32 of the document's text in UTF-8 decides, so the same text is in the same part in every
    file, release and machine, and about half of the documents are in each. The text is the whole article, or all
    references joined by line breaks.
    """
    return "report" if zlib.crc32(text.encode("utf-8", "surrogatepass")) % 2 else "build"


def load(folder: Path) -> list[Labelled]:
    """All claims of the folder's files, both parts, in order of file name and line.

    Raises ReadError that names the file and line, and the fields that were expected.
    """
    files = sorted(folder.glob("*.jsonl"))
    if not files:
        raise ReadError(str(folder), f"{folder} is no folder with .jsonl files of labelled claims")
    return [claim for file in files for claim in _claims(file)]


def _claims(file: Path) -> Iterator[Labelled]:
    try:
        lines = file.read_text("utf-8").split("\n")  # and not at U+2028, which JSON may hold
    except (OSError, UnicodeDecodeError) as error:
        raise ReadError(str(file), f"{file} cannot be read: {error}") from error
    fields: tuple[str, ...] = ()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        where = f"{file}:{number}"
        try:
            if not isinstance(record := json.loads(line), dict):
                raise ValueError("no object")
            fields = fields or _format_of(record)
            yield from _FORMATS[fields](record, file)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            reason = f"no {error}" if isinstance(error, KeyError) else str(error)
            raise ReadError(where, f"{where}: not a labelled claim: {reason}; expected: {_expected(fields)}") from error
    if not fields:
        raise ReadError(str(file), f"{file} is empty; expected: {_expected()}")


def _format_of(record: Mapping[str, Any]) -> tuple[str, ...]:
    for fields in _FORMATS:
        if record.keys() >= set(fields):
            return fields
    raise ValueError(f"unknown fields: {', '.join(record)}")


def _expected(fields: tuple[str, ...] = ()) -> str:
    return " or ".join(f"[{', '.join(known)}]" for known in ([fields] if fields else _FORMATS))


def _text(value: object, name: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{name} is empty or no text")
    return value


def _yes(value: object, yes: str, no: str, name: str) -> bool:
    if value not in (yes, no):
        raise ValueError(f"{name} is {value!r}, not {yes!r} or {no!r}")
    return value == yes


def _dataset(file: Path) -> str:
    return f"{file.resolve().parent.name}/{file.stem}"


def _name(text: str) -> str:
    """A document's name where it has none: the same text is the same document."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _sentences(record: Mapping[str, Any], file: Path) -> Iterator[Labelled]:
    article = _text(record["article"], "article")
    for sentence in record["summary_sentences"]:
        said = [_yes(response["response"], "yes", "no", "response") for response in sentence["responses"]]
        if not said:
            raise ValueError("a sentence without responses")
        yield Labelled(
            dataset=_dataset(file),
            document=_name(article),
            category=None,
            claim=_text(sentence["sentence"], "sentence"),
            evidence=(rag.Cited(article),),
            stated=sum(said) > len(said) / 2,
            part=part_of(article),
        )


def _referenced(record: Mapping[str, Any], file: Path) -> Iterator[Labelled]:
    references = record["references"]
    if not isinstance(references, list) or not all(isinstance(reference, str) for reference in references):
        raise ValueError("references is no list of texts")
    together = "\n".join(references)
    yield Labelled(
        dataset=_dataset(file),
        document=_name(together),
        category=_text(record["src_dataset"], "src_dataset"),
        claim=_text(record["claim"], "claim"),
        evidence=tuple(rag.Cited(reference) for reference in references if reference.strip()),
        stated=_yes(record["attribution_label"], "attributable", "not attributable", "attribution_label"),
        part=part_of(together),
    )


def _own_part(file: Path) -> Part | None:
    """What the file's name says that all of it is for, if it does."""
    if file.stem.endswith("_build"):
        return "build"
    return "report" if file.stem.endswith("_report") else None


def _pair(record: Mapping[str, Any], file: Path) -> Iterator[Labelled]:
    quote = _text(record["evidence"], "evidence")
    published = datetime.fromisoformat(_text(record["published"], "published"))
    evidence = rag.Cited(
        quote=quote,
        title=_text(record["title"], "title"),
        outlet=_text(record["outlet"], "outlet"),
        published=published if published.tzinfo else published.replace(tzinfo=UTC),
    )
    for field, stated in (("right", True), ("wrong", False)):
        yield Labelled(
            dataset=_dataset(file),
            document=_text(record["id"], "id"),
            category=_text(record["category"], "category"),
            claim=_text(record[field], field),
            evidence=(evidence,),
            stated=stated,
            part=_own_part(file) or part_of(quote),
        )


_FORMATS: dict[tuple[str, ...], Callable[[Mapping[str, Any], Path], Iterator[Labelled]]] = {
    ("article", "summary_sentences"): _sentences,
    ("claim", "references", "attribution_label", "src_dataset", "id"): _referenced,
    ("id", "category", "title", "outlet", "published", "evidence", "right", "wrong"): _pair,
}
