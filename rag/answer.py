"""From a question to the answer that stands: evidence first, then the writer, each sentence checked as it comes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from rag.check import Checker, Raw, Splitter
from rag.embed import Embedder
from rag.errors import DiskFull, HashMismatch, PackUnavailable, WriterFailed
from rag.judges import Judge
from rag.prompts import Brief, is_no_answer
from rag.query import Query, stems
from rag.retrieve import Found, Retriever
from rag.settings import Settings
from rag.types import (
    Answer,
    Checked,
    Citation,
    Delta,
    Done,
    Event,
    Evidence,
    Filters,
    Hit,
    Sentence,
    Timings,
    Verdict,
)
from rag.write import ExtractiveWriter, Writer, brief_for, failed

_TO_THE_POINT = 1 / 3  # share of the question's words that an answer and what it cites must hold
# What can go wrong with a writer through no fault of the question: the extractive one takes over.
_REPLACED = (WriterFailed, PackUnavailable, HashMismatch, DiskFull)


@dataclass
class Session:
    """One question on its way to an answer."""

    question: str
    retriever: Retriever
    embedder: Embedder
    writer: str
    open_writer: Callable[[], Writer]
    judge: Judge
    settings: Settings
    version: str
    articles: int
    _sentences: list[Sentence] = field(default_factory=list)
    _notices: list[str] = field(default_factory=list)
    _spoken: set[str] = field(default_factory=set)
    _checking: float = 0.0
    _first_token: float | None = None

    def run(self, query: Query, filters: Filters) -> Iterator[Event]:
        """Evidence, then Delta and Checked as the writer writes, then Done."""
        begun = time.perf_counter()
        found = self.retriever.search(query, self.settings.evidence_passages, filters)
        hits = found.hits
        retrieved = time.perf_counter() - begun
        yield Evidence(hits, retrieved, found.understood)
        writing = time.perf_counter()
        model = self.writer
        if hits:
            brief = brief_for(query.text, hits, self.embedder, self.settings.prompt_tokens)
            try:
                yield from self._write(self.open_writer(), brief, hits, begun)
            except _REPLACED as error:
                if any(_stands(sentence) for sentence in self._sentences):
                    self._notices.append(f"{model} stopped before its end ({error.message}): the answer is incomplete.")
                else:
                    self._sentences.clear()
                    self._notices.append(failed(error, model))
                    substitute = ExtractiveWriter(self.embedder)
                    model = substitute.name
                    yield from self._write(substitute, brief, hits, begun)
        total = time.perf_counter() - begun
        timings = Timings(
            retrieve=retrieved,
            first_token=self._first_token,
            write=time.perf_counter() - writing - self._checking if hits else None,
            check=self._checking if hits else None,
            total=total,
        )
        yield Done(self._answer(found, filters, model, timings))

    def _write(self, writer: Writer, brief: Brief, hits: Sequence[Hit], begun: float) -> Iterator[Event]:
        checker = Checker(self.judge, brief, hits)
        splitter = Splitter()
        pieces = writer.write(brief)
        try:
            for piece in pieces:
                if self._first_token is None:
                    self._first_token = time.perf_counter() - begun
                yield Delta(piece)
                yield from self._check(checker, splitter.feed(piece))
            yield from self._check(checker, splitter.end())
        finally:
            pieces.close()  # type: ignore[attr-defined]

    def _check(self, checker: Checker, raws: Sequence[Raw]) -> Iterator[Event]:
        for raw in raws:
            if is_no_answer(raw.text):
                continue
            if any(raw.text == sentence.text for sentence in self._sentences):
                continue  # a model in a loop
            begun = time.perf_counter()
            sentence = self._to_the_point(checker.check(raw))
            self._checking += time.perf_counter() - begun
            self._sentences.append(sentence)
            yield Checked(len(self._sentences) - 1, sentence)

    def _to_the_point(self, sentence: Sentence) -> Sentence:
        """The sentence, struck if the answer so far, with what it cites, speaks of something else than was asked."""
        if not _stands(sentence):
            return sentence
        said = [sentence.text, *(f"{c.quote} {c.title or ''}" for c in sentence.citations)]
        spoken = self._spoken | {stem for text in said for stem in stems(text)}
        asked = stems(self.question)
        if len([stem for stem in asked if stem in spoken]) < _TO_THE_POINT * len(asked):
            reason = "it does not speak of what was asked"
            return replace(sentence, citations=(), verdict=Verdict.UNSUPPORTED, reason=reason)
        self._spoken = spoken
        return sentence

    def _answer(self, found: Found, filters: Filters, model: str, timings: Timings) -> Answer:
        hits = found.hits
        standing = [sentence for sentence in self._sentences if _stands(sentence)]
        citations: dict[int, Citation] = {c.number: c for s in standing for c in s.citations}
        text = " ".join(marked(s) for s in standing) or abstention(hits, filters, self.articles, bool(self._sentences))
        return Answer(
            question=self.question,
            text=text,
            abstained=not standing,
            sentences=tuple(self._sentences),
            citations=tuple(citations[n] for n in sorted(citations)),
            evidence=hits,
            model=model,
            archive_version=self.version,
            timings=timings,
            notices=(*found.understood.notes, *self._notices),
            understood=found.understood,
        )


def _stands(sentence: Sentence) -> bool:
    return sentence.verdict is not Verdict.UNSUPPORTED


def marked(sentence: Sentence) -> str:
    """A sentence with its citation marks behind it."""
    return " ".join([sentence.text, "".join(f"[{c.number}]" for c in sentence.citations)]).strip()


def abstention(hits: Sequence[Hit], filters: Filters, articles: int, struck: bool) -> str:
    """The statement that the archive does not say: what was searched, and what came nearest."""
    scope = f"{articles:,} article{'s' if articles != 1 else ''}"
    if filters:
        scope += " within the chosen filters"
    lines = [f"The archive does not say. Searched: {scope}."]
    if struck:
        lines.append("What the writer wrote did not stand up to checking.")
    if hits:
        lines.append("Nearest coverage: " + "; ".join(dict.fromkeys(_named(hit) for hit in hits[:3])) + ".")
    return " ".join(lines)


def _named(hit: Hit) -> str:
    known = ", ".join(part for part in (hit.outlet, hit.published.date().isoformat() if hit.published else "") if part)
    return f"“{hit.title or hit.text[:60]}”" + (f" ({known})" if known else "")
