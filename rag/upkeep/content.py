"""Checks of the catalog and the full-text index: pages, keys, texts against their hashes, passages against texts."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from rag.errors import ArchiveError
from rag.store.catalog import Catalog
from rag.store.records import article_of
from rag.types import Article
from rag.upkeep.findings import CATALOG, FULL_TEXT, Finding, named

_CHUNK = 200  # articles read at a time
_RESTORE = "restore a backup, or `rag remove` them and ingest their files again"


@dataclass
class Content:
    """What is wrong with what the catalog holds. `content` is what its version should be made from."""

    altered: list[str] = field(default_factory=list)
    altered_versions: list[str] = field(default_factory=list)
    cut_wrongly: list[str] = field(default_factory=list)
    numbering: list[str] = field(default_factory=list)
    content: str = ""

    def findings(self, catalog: Catalog) -> Iterator[Finding]:
        """The same in words."""
        if self.altered:
            text = f"the text of {len(self.altered)} articles is not what was taken in: {named(self.altered)}"
            yield Finding(CATALOG, text, _RESTORE)
        if self.altered_versions:
            text = f"{len(self.altered_versions)} older versions are not what they were: {named(self.altered_versions)}"
            yield Finding(CATALOG, text, "restore a backup")
        if self.numbering:
            text = f"older versions of {len(self.numbering)} articles are missing: {named(self.numbering)}"
            yield Finding(CATALOG, text, "restore a backup")
        if self.cut_wrongly:
            text = f"the passages of {len(self.cut_wrongly)} articles do not fit their text: {named(self.cut_wrongly)}"
            yield Finding(CATALOG, text, "cuts and embeds them anew")
        if self.content != (catalog.meta("content") or "0" * 64):
            yield Finding(CATALOG, "the archive's version does not fit its articles", "computes it anew")


def pages(catalog: Catalog) -> list[Finding]:
    """What SQLite itself says of the file, and rows that refer to nothing."""
    try:
        said = [row[0] for row in catalog.rows("PRAGMA integrity_check(20)") if row[0] != "ok"]
        loose = catalog.rows("PRAGMA foreign_key_check")
    except ArchiveError as error:
        said, loose = [error.message], []
    remedy = "copies what can be read into a new catalog; `rag verify --repair`"
    found = [Finding(CATALOG, f"{catalog.path}: {line}", remedy) for text in said for line in text.splitlines()]
    if loose:
        tables = named({f"{row['table']} (of {row['parent']})" for row in loose})
        found.append(Finding(CATALOG, f"{len(loose)} rows belong to nothing: {tables}", remedy))
    return found


def full_text(catalog: Catalog) -> list[Finding]:
    """Whether the full-text index holds the words of every passage, and of no other."""
    remedy = "rebuilds it from the articles"
    try:
        catalog.rows("INSERT INTO passage_index(passage_index, rank) VALUES('integrity-check', 1)")
        indexed = catalog.rows("SELECT count(*) FROM passage_index_docsize")[0][0]
        passages = catalog.rows("SELECT count(*) FROM passages")[0][0]
    except ArchiveError as error:
        return [Finding(FULL_TEXT, f"the index does not fit the passages: {error.message}", remedy)]
    if indexed != passages:
        return [Finding(FULL_TEXT, f"the index holds {indexed} passages, the catalog {passages}", remedy)]
    return []


def rebuild_full_text(catalog: Catalog) -> None:
    """Make the full-text index anew from the articles."""
    catalog.rows("INSERT INTO passage_index (passage_index) VALUES ('rebuild')")


def content(catalog: Catalog) -> Content:
    """Compare every text with its hash and every passage with its text."""
    found = Content()
    turned = bytes(32)
    for row, passages in _articles(catalog):
        article = article_of(row)
        if _hash(article) != row["content_hash"]:
            found.altered.append(article.id)
        if not _fits(article.text, passages):
            found.cut_wrongly.append(article.id)
        digest = hashlib.sha256(f"{article.id} {row['content_hash']}".encode()).digest()
        turned = bytes(a ^ b for a, b in zip(turned, digest))
    found.content = turned.hex()
    for row in catalog.rows("SELECT article_id, version, content_hash, record FROM versions"):
        try:
            kept = _hash(article_of(json.loads(row["record"])))
        except (ValueError, KeyError):
            kept = ""
        if kept != row["content_hash"]:
            found.altered_versions.append(f"{row['article_id']} version {row['version']}")
    found.numbering = [
        row["id"]
        for row in catalog.rows(
            "SELECT a.id FROM articles a WHERE a.version - 1 != "
            "(SELECT count(*) FROM versions v WHERE v.article_id = a.id AND v.version < a.version)"
        )
    ]
    return found


def _hash(article: Article) -> str:
    try:
        return article.content_hash
    except UnicodeEncodeError:  # half of a surrogate pair: no text that was taken in has one
        return ""


def _articles(catalog: Catalog) -> Iterator[tuple[sqlite3.Row, list[sqlite3.Row]]]:
    last = -1
    while rows := catalog.rows("SELECT * FROM articles WHERE n > ? ORDER BY n LIMIT ?", (last, _CHUNK)):
        first, last = rows[0]["n"], rows[-1]["n"]
        passages: defaultdict[int, list[sqlite3.Row]] = defaultdict(list)
        for passage in catalog.rows(
            "SELECT article, start, end, sentences FROM passages WHERE article BETWEEN ? AND ? ORDER BY article, start",
            (first, last),
        ):
            passages[passage["article"]].append(passage)
        for row in rows:
            yield row, passages[row["n"]]


def _fits(text: str, passages: list[sqlite3.Row]) -> bool:
    """Whether passages hold every character of a text that is not white space, once, in whole sentences."""
    reached = 0
    for p in passages:
        if not reached <= p["start"] < p["end"] <= len(text) or text[reached : p["start"]].strip():
            return False
        body = text[p["start"] : p["end"]]
        if body != body.strip() or not _in_order(p):
            return False
        reached = p["end"]
    return not text[reached:].strip()


def _in_order(passage: sqlite3.Row) -> bool:
    try:
        spans = [(int(start), int(end)) for start, end in json.loads(passage["sentences"])]
    except (ValueError, TypeError):
        return False
    ends = [0, *(end for _, end in spans)]
    ordered = all(before <= start < end for before, (start, end) in zip(ends, spans))
    return bool(spans) and ordered and (spans[0][0], spans[-1][1]) == (passage["start"], passage["end"])
