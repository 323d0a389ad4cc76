"""From a question to the answer that stands: evidence first, then the writer, each sentence checked as it comes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from rag.abstention import abstention, nearest
from rag.asked import Asked, alone, not_answered
from rag.check import Checker, Run
from rag.checks import Checks
from rag.corrections import correction_of
from rag.differing import others, premises
from rag.errors import DiskFull, HashMismatch, PackUnavailable, RagError, WriterFailed
from rag.judges import Judge
from rag.judges.antecedent import somebody_else
from rag.kinds import asks_number
from rag.likely import likely
from rag.prompts import is_no_answer, messages
from rag.query import Query
from rag.quoting import TOLD, UNTOLD, Quoting
from rag.retrieve import Found, Retriever
from rag.selection import brief_for
from rag.settings import Settings
from rag.splitting import Raw, Splitter
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
from rag.write import EXTRACTIVE, ExtractiveWriter, Writer, failed

Turn = tuple[str, str]  # question and answer
_CORRECTION = "the correction, word for word"
_OWN_WORDS = "the article's own words, since what was written does not stand"
_AT_ONCE = 0.25  # seconds that the stream waits for a check: one that asks a model goes on beside the writing
# What can go wrong with a writer through no fault of the question: the extractive one takes over.
_REPLACED = (WriterFailed, PackUnavailable, HashMismatch, DiskFull)


def turns_of(history: Sequence[Turn | Answer]) -> list[Turn]:
    """Earlier turns as questions with the texts of their answers."""
    return [(turn.question, turn.text) if isinstance(turn, Answer) else turn for turn in history]


@dataclass
class Session:
    """One question on its way to an answer."""

    question: str
    retriever: Retriever
    writer: str
    open_writer: Callable[[], Writer]
    judge: Judge
    settings: Settings
    version: str
    articles: Callable[[], int]
    likeliest: bool = False
    _sentences: list[Sentence] = field(default_factory=list)
    _notices: list[str] = field(default_factory=list)
    _written: set[str] = field(default_factory=set)
    _instead: dict[str, str] = field(default_factory=dict)  # what was written, by what is given instead
    _quotes: set[str] = field(default_factory=set)
    _quoting: Quoting = field(init=False)
    _asked: str = ""  # the question made whole
    _nearest: tuple[Citation, ...] = ()
    _written_until: float = 0.0
    _first_token: float | None = None

    def run(self, query: Query, filters: Filters, begun: float) -> Iterator[Event]:
        """Evidence, then Delta and Checked as the writer writes, then Done. Asked at `begun` (`time.perf_counter`)."""
        self._asked = query.text
        found = self.retriever.search(query, self.settings.evidence_passages, filters)
        hits = found.hits
        retrieved = time.perf_counter() - begun
        yield Evidence(hits, retrieved, found.understood)
        writing = self._written_until = time.perf_counter()
        model, prompt = self.writer, tuple[tuple[str, str], ...]()
        if hits:
            weighed = likely(query.text, found, self.retriever.read(query.text, hits))
            self._quoting = Quoting(self.judge, query.text, weighed)
            self._nearest = nearest(weighed, found.corrections)
            if self.likeliest:
                yield Evidence(hits, retrieved, found.understood, self._nearest)
            brief = brief_for(query.text, weighed, self.settings.prompt_tokens)
            checker = Checker(self.judge, brief, hits, self.retriever.likeness)
            prompt = tuple(messages(brief)) if model != EXTRACTIVE else ()
            try:
                yield from self._write(self.open_writer(), checker, found, begun)
            except _REPLACED as error:
                if any(_stands(sentence) for sentence in self._sentences):
                    self._notices.append(f"{model} stopped before its end ({error.message}): the answer is incomplete.")
                else:
                    self._sentences.clear()
                    self._written.clear()
                    self._notices.append(failed(error, model))
                    substitute = ExtractiveWriter()
                    model = substitute.name
                    yield from self._write(substitute, checker, found, begun)
            yield from self._beside(checker, hits)
        total = time.perf_counter() - begun
        timings = Timings(
            retrieve=retrieved,
            first_token=self._first_token,
            write=self._written_until - writing if hits else None,
            check=total - (self._written_until - begun) if hits else None,
            total=total,
        )
        yield Done(self._answer(found, filters, model, timings), prompt)

    def _nothing_stands(self) -> bool:
        """Whether what was written so far, if anything, was struck: what could not be checked is no reason to go on."""
        return all(sentence.verdict is Verdict.UNSUPPORTED for sentence in self._sentences)

    def _write(self, writer: Writer, checker: Checker, found: Found, begun: float) -> Iterator[Event]:
        splitter = Splitter()
        pieces = writer.write(checker.brief)
        checks = Checks(checker.check)
        failure: RagError | None = None
        try:
            for piece in pieces:
                if self._first_token is None:
                    self._first_token = time.perf_counter() - begun
                yield Delta(piece)
                added = self._submit(checks, splitter.feed(piece))
                yield from self._checked(checks.done(_AT_ONCE if added else 0.0), checker, found)
            self._submit(checks, splitter.end())
        except _REPLACED as error:
            failure = error  # what was written until then is checked all the same
        except GeneratorExit:
            checks.cancel()
            raise
        finally:
            pieces.close()  # type: ignore[attr-defined]
            checks.close()
        self._written_until = time.perf_counter()
        yield from self._checked(checks.rest(), checker, found)
        if failure:
            yield from self._to_the_point(found)
            raise failure
        yield from self._doubted(checker, found)
        yield from self._to_the_point(found)
        if self._sentences and self._nothing_stands():
            yield from self._untold(checker, found)

    def _submit(self, checks: Checks, raws: Sequence[Raw]) -> bool:
        for raw in raws:
            if is_no_answer(raw.text) or raw.text in self._written:
                continue  # a refusal; a model in a loop
            self._written.add(raw.text)
            checks.add(raw)
        return bool(raws)

    def _checked(self, checked: Iterable[Sentence], checker: Checker, found: Found) -> Iterator[Event]:
        for sentence in checked:
            if _stands(sentence) and (reason := alone(sentence.text)):
                sentence = struck(sentence, reason)
            yield from self._kept_if_uncorrected(sentence, checker, found)

    def _kept_if_uncorrected(self, sentence: Sentence, checker: Checker, found: Found) -> Iterator[Event]:
        """The sentence; or, if it repeats what a correction puts right, the sentence struck and the correction."""
        fix = None
        if _stands(sentence):
            fix = correction_of(sentence.text, sentence.citations, found.hits, found.corrections)
        if fix is None:
            yield self._kept(sentence)
            return
        yield self._kept(struck(sentence, "a correction says otherwise"))
        self._instead[fix.text] = sentence.text
        if all(known.text != fix.text for known in self._sentences if _stands(known)):
            yield self._kept(checker.quoted(fix.text, fix.hit, fix.start, fix.end, _CORRECTION))

    def _kept(self, sentence: Sentence) -> Checked:
        self._sentences.append(sentence)
        return Checked(len(self._sentences) - 1, sentence)

    def _doubted(self, checker: Checker, found: Found) -> Iterator[Event]:
        """The article's own words in place of what the judge let pass without being sure, where they answer."""
        doubted = [s for s in self._sentences if s.verdict is Verdict.UNSUPPORTED and checker.in_doubt(s)]
        for sentence, run in self._quoting.taken_from(doubted, checker, found.corrections):
            if checker.told_more_firmly(sentence) and not self._given(run):
                self._instead[f"“{run.quote}”"] = sentence.text  # says no less: answers if what was written does
                yield from self._quoted(run, checker, found)
            elif not (alone(run.quote) or self._given(run)) and self._quoting.chance(run) >= TOLD:
                self._quotes.add(f"“{run.quote}”")
                yield from self._quoted(run, checker, found)

    def _untold(self, checker: Checker, found: Found) -> Iterator[Event]:
        """Where nothing that was written stands: what of the evidence most likely answers, if it likely does."""
        written = [s for s in self._sentences if s.text not in self._quotes and s.text not in self._instead]
        runs = [run for _, run in self._quoting.taken_from(written, checker, found.corrections)]
        runs += self._quoting.likeliest(found.corrections)
        fit = [run for run in runs if self._fits(run, found) and self._quoting.chance(run) >= UNTOLD]
        if fit:
            yield from self._quoted(max(fit, key=self._quoting.chance), checker, found)

    def _fits(self, run: Run, found: Found) -> bool:
        words = Sentence(f"“{run.quote}”", (run.hit.citation(1, run.start, run.end),), Verdict.SUPPORTED, "")
        elsewhere = somebody_else(self._asked, run.cited)
        return not (elsewhere or alone(words.text) or self._given(run) or self._lacks([words], found))

    def _quoted(self, run: Run, checker: Checker, found: Found) -> Iterator[Event]:
        words = checker.quoted(f"“{run.quote}”", run.hit, run.start, run.end, _OWN_WORDS)
        yield from self._kept_if_uncorrected(words, checker, found)

    def _given(self, run: Run) -> bool:
        """Whether a quotation was given already, or overlaps what a standing sentence cites."""
        return f"“{run.quote}”" in {*self._quotes, *self._instead} or any(
            run.hit.article_id == said.article_id and run.start < said.end and said.start < run.end
            for known in self._sentences
            for said in known.citations
        )

    def _lacks(self, sentences: Sequence[Sentence], found: Found) -> str | None:
        known, ids = found.understood, {c.article_id for sentence in sentences for c in sentence.citations}
        names = (*known.outlets, *known.sections, *known.bylines)
        return Asked(self._asked, found.hits, names, self.retriever.openings(ids)).lacks(sentences)

    def _to_the_point(self, found: Found) -> Iterator[Event]:
        """Strikes what does not answer what was asked, with one event more a sentence."""
        standing = [sentence for sentence in self._sentences if _stands(sentence)]
        if not standing:
            return
        off = standing
        if not (reason := self._lacks(standing, found)):
            # What is quoted has been weighed already. A correction answers whatever the mistake would have answered.
            off = [sentence for sentence in standing if sentence.text not in self._quotes]
            told = [replace(s, text=self._instead.get(s.text, s.text)) for s in off]
            reason = not_answered(self.judge, self._asked, told) if told else None
        for index, sentence in enumerate(self._sentences):
            if reason and sentence in off:
                self._sentences[index] = struck(sentence, reason)
                yield Checked(index, self._sentences[index])

    def _beside(self, checker: Checker, hits: Sequence[Hit]) -> Iterator[Event]:
        """What other articles give in place of the answer's numbers; and, without an answer, of the question's."""
        standing = [sentence for sentence in self._sentences if _stands(sentence)]
        if not standing:
            self._notices += islice(premises(self._asked, hits), 1)
        if not asks_number(self._asked):
            return  # ages and counts in passing differ for many reasons
        seen = {(c.article_id, c.start) for sentence in standing for c in sentence.citations}
        for sentence in (one for one in standing if one.reason != _CORRECTION):
            for other in others(sentence.text, sentence.citations, hits, self._asked):
                if (other.hit.article_id, other.start) not in seen:
                    seen.add((other.hit.article_id, other.start))
                    reason = "another value for the same thing, word for word"
                    yield self._kept(checker.quoted(other.text, other.hit, other.start, other.end, reason))

    def _answer(self, found: Found, filters: Filters, model: str, timings: Timings) -> Answer:
        hits = found.hits
        standing = [sentence for sentence in self._sentences if _stands(sentence)]
        citations: dict[int, Citation] = {c.number: c for s in standing for c in s.citations}
        verdicts = {sentence.verdict for sentence in self._sentences}
        near = () if standing else self._nearest
        text = " ".join(marked(s) for s in standing) or abstention(near, filters, self.articles(), verdicts)
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
            nearest=near,
        )


def _stands(sentence: Sentence) -> bool:
    return sentence.verdict is Verdict.SUPPORTED


def struck(sentence: Sentence, reason: str) -> Sentence:
    """The sentence, no longer standing."""
    return replace(sentence, citations=(), verdict=Verdict.UNSUPPORTED, reason=reason)


def marked(sentence: Sentence) -> str:
    """A sentence with its citation marks behind it."""
    return " ".join([sentence.text, "".join(f"[{c.number}]" for c in sentence.citations)]).strip()
