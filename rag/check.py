"""Checking: each sentence the writer gives is bound to exact spans of articles and judged, or struck.

A mark such as [2] only says where to look. What is cited is a run of whole sentences that holds every number, date,
name and quotation of the sentence, and of which the judge says that it states it. Where the marked passage has no such
run, the other evidence is searched, and the citation is reported as repaired; where none has one, the sentence is
struck with the reason. Nothing is ever cited because it is similar.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from threading import Lock

from rag import forms
from rag.errors import ModelError
from rag.judges import Cited, Judge
from rag.judges.antecedent import PASSAGES, somebody_else
from rag.judges.combined import estimate
from rag.judges.firmness import loosened
from rag.judges.literal import missing
from rag.judges.plain import made_plain, uncapitalised, unresolved
from rag.prompts import Brief
from rag.query import stems
from rag.splitting import Raw
from rag.swapped import Likeness, swapped
from rag.types import Citation, Hit, Sentence, Verdict

_LONGEST_RUN = 3  # sentences in one citation
_LONGEST_OF_TWO = 2  # in the longer of two
_COMPARED = 8  # runs that are compared by their words before the judge is asked about the best
_LENGTH = 0.3  # probability that a thousand characters more must bring
_LONGEST_REWRITTEN = 2
_SHARED = 0.6  # share of a struck sentence's words that its source must hold to stand in its place …
_SHARED_WITH_NUMBERS = 0.3  # … or if it holds all its numbers
# A sentence that the judge finds less likely stated than this is not told in the writer's words: of those that a small
# model writes and a judge lets pass with less, half are wrong (working questions of eval/questions/).
_ASSURED = 0.7
_WORTH_MORE = 0.15  # what a second sentence must add
_WHO_KNOWS = "it may be said of something else: the cited words are of another article than the sentence before"
_REPAIR_SHARED = 0.7  # share of a sentence's words that an unmarked passage must hold to be cited instead


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive sentences of a hit, and the share of the claim's words that they hold."""

    hit: Hit
    start: int
    end: int
    shared: float
    count: int = 1  # sentences

    @property
    def quote(self) -> str:
        return self.hit.text[self.start - self.hit.start : self.end - self.hit.start]

    @property
    def cited(self) -> Cited:
        hit = self.hit
        return Cited(self.quote, hit.title, hit.outlet, hit.byline, hit.published, hit.text)


@dataclass(frozen=True, slots=True)
class _Finding:
    """What was found of a claim: the runs that state it, the verdict, and why.

    in_doubt: the judge let it pass, but not for certain, or it is told more firmly than they do (`firmer`).
    """

    runs: Sequence[Run] = ()
    verdict: Verdict = Verdict.UNSUPPORTED
    reason: str = ""
    in_doubt: bool = False
    firmer: bool = False


@dataclass
class Checker:
    """Checks the sentences of one answer, in order; numbers its citations by first use.

    A sentence is judged with what it refers to made plain. One that is struck where its marks lead is tried once more
    on the rest of the evidence: if another span states it, that is cited, and the repair is said.
    """

    judge: Judge
    brief: Brief
    hits: Sequence[Hit]
    likeness: Likeness
    _numbers: dict[tuple[str, int, int], int] = field(default_factory=dict)
    _before: str = ""
    _articles_before: frozenset[str] = frozenset()  # cited by the sentence before
    _lock: Lock = field(default_factory=Lock)  # sentences are checked beside, while others are quoted
    _doubted: dict[str, Run] = field(default_factory=dict)
    _firmer: set[str] = field(default_factory=set)

    def check(self, raw: Raw) -> Sentence:
        """The sentence with its citations and verdict."""
        marked = [self.brief.extracts[n - 1].hit for n in raw.marks if 1 <= n <= len(self.brief.extracts)]
        others = [hit for hit in self.hits if hit not in marked]
        claim = uncapitalised(made_plain(raw.text, self._before), self.brief.question)
        found = self._stated(claim, marked, together=len(marked) > 1)
        if found.verdict is Verdict.UNSUPPORTED:
            repaired = self._stated(claim, others, least=_REPAIR_SHARED)
            if repaired.verdict is not Verdict.UNSUPPORTED or not marked:
                what = "citation repaired: the marked passage does not say it" if marked else "citation found by search"
                if repaired.runs:
                    found = replace(repaired, reason=f"{what}; {repaired.reason}")
                else:
                    found = found if found.reason else repaired
        if found.verdict is Verdict.UNSUPPORTED:
            if found.in_doubt:
                self._doubted[raw.text] = max(found.runs, key=lambda run: _numbers_held(claim, run))
                self._firmer |= {raw.text} if found.firmer else set()
            return Sentence(raw.text, (), found.verdict, found.reason or self._why(claim, marked or self.hits))
        articles = frozenset(run.hit.article_id for run in found.runs)
        if unresolved(claim) and self._articles_before and not articles & self._articles_before:
            return Sentence(raw.text, (), Verdict.UNSUPPORTED, _WHO_KNOWS)
        self._before, self._articles_before = claim, articles
        text = _exact_quotations(raw.text, " ".join(run.quote for run in found.runs))
        return Sentence(text, tuple(self._citation(run) for run in found.runs), found.verdict, found.reason)

    def in_doubt(self, sentence: Sentence) -> bool:
        """Whether a sentence was struck though the judge let it pass, since it did so without assurance."""
        return sentence.text in self._doubted

    def told_more_firmly(self, sentence: Sentence) -> bool:
        """Whether a sentence in doubt is stated by the words it was taken from, but for what they leave open."""
        return sentence.text in self._firmer

    def rewritten(self, struck: Sentence) -> Run | None:
        """In place of a struck sentence, the article's own words that it was plainly taken from; or None.

        Those are what the judge was asked about, if it was in doubt; else the sentence or two that share most of its
        words, or that hold all its numbers, dates and names and some of its words. Never words that speak of something
        else in the same turn of phrase: see `rag.swapped`.
        """
        claim = uncapitalised(struck.text, self.brief.question)
        telling = bool(forms.numbers(claim) or forms.dates(claim))
        doubted = self._doubted.get(struck.text)

        def holds_all(run: Run) -> bool:
            return not missing(claim, [self._cited(run)])

        def same_thing(run: Run) -> bool:
            words = f"{run.quote}\n{run.hit.title or ''}"
            other = somebody_else(struck.text, self._cited(run))
            return not other and swapped(struck.text, words, self.brief.question, self.likeness) is None

        def fit(run: Run) -> bool:
            has_all = telling and run.shared >= _SHARED_WITH_NUMBERS and holds_all(run)
            return (has_all or run.shared >= _SHARED) and "\n" not in run.quote

        if doubted:
            inside = (run for run in _runs(claim, doubted.hit) if doubted.start <= run.start and run.end <= doubted.end)
            fitting = filter(holds_all, inside)
        else:
            fitting = filter(fit, (run for hit in self.hits for run in _runs(claim, hit, _LONGEST_REWRITTEN)))
        best = max(fitting, key=lambda run: run.shared - _WORTH_MORE * run.count, default=doubted)
        return best if best is not None and same_thing(best) else None

    def quoted(self, text: str, hit: Hit, start: int, end: int, reason: str) -> Sentence:
        """A sentence that quotes the words at a place of a hit, so that nothing is left to check."""
        return Sentence(text, (self._citation(Run(hit, start, end, 1.0)),), Verdict.SUPPORTED, reason)

    def _stated(self, claim: str, hits: Sequence[Hit], *, together: bool = False, least: float = 0.0) -> _Finding:
        """What the judge says of the run of `hits` that states `claim` best, or of one run of each hit together."""
        run = self._one_run(claim, hits, least)
        runs = [run] if run else self._two_runs(claim, hits, least)
        finding = self._judged(claim, runs) if runs else _Finding()
        if finding.verdict is Verdict.UNSUPPORTED and together and (all_ := self._together(claim, hits)):
            return self._judged(claim, all_)
        return finding

    def _cited(self, run: Run) -> Cited:
        """The run, with all that the evidence has of its article: full names may stand in another passage."""
        return replace(
            run.cited, passage=PASSAGES.join(h.text for h in self.hits if h.article_id == run.hit.article_id)
        )

    def _judged(self, claim: str, runs: list[Run]) -> _Finding:
        if other := next((why for run in runs if (why := somebody_else(claim, self._cited(run)))), None):
            return _Finding((), Verdict.UNSUPPORTED, other)
        try:
            judgement = self.judge.judge(_exact_quotations(claim, runs[0].quote), [self._cited(run) for run in runs])
        except ModelError as error:
            return _Finding(runs, Verdict.UNCHECKED, f"the judge could not be asked: {error.message}")
        sure = 1.0 if judgement.probability is None else judgement.probability
        if judgement.verdict is Verdict.SUPPORTED and sure < _ASSURED:
            reason = f"it is not sure enough that the cited words state it ({sure:.2f})"
            return _Finding(runs, Verdict.UNSUPPORTED, reason, in_doubt=True)
        if judgement.verdict is Verdict.SUPPORTED and (lost := loosened(claim, [self._cited(run) for run in runs])):
            return _Finding(runs, Verdict.UNSUPPORTED, lost, in_doubt=True, firmer=True)
        kept = runs if judgement.verdict is not Verdict.UNSUPPORTED else []
        return _Finding(kept, judgement.verdict, judgement.reason)

    def _one_run(self, claim: str, hits: Sequence[Hit], least: float) -> Run | None:
        """The run that holds every form of `claim` and states it best by its words; the shortest of equals."""
        every = [run for hit in hits for run in _runs(claim, hit) if run.shared >= least]
        every.sort(key=lambda run: (-run.shared, run.end - run.start))
        passing = (run for run in every if not missing(_exact_quotations(claim, run.quote), [self._cited(run)]))
        chosen = list(islice(passing, _COMPARED))
        # A longer run always shares as much: it must be clearly likelier to be worth its length.
        return max(
            chosen,
            key=lambda run: estimate(claim, [self._cited(run)]) - _LENGTH * (run.end - run.start) / 1000,
            default=None,
        )

    def _two_runs(self, claim: str, hits: Sequence[Hit], least: float) -> list[Run] | None:
        """A run and one more sentence of its article that together hold every form of `claim`, as no run alone does."""
        every = [run for hit in hits for run in _runs(claim, hit, _LONGEST_OF_TWO) if run.shared >= least]
        every.sort(key=lambda run: (-run.shared, run.end - run.start))
        pairs = (
            [run, other]
            for run in every[:_COMPARED]
            for hit in self.hits
            if hit.article_id == run.hit.article_id
            for other in _runs(claim, hit, 1)
            if other.shared and not (run.start < other.end and other.start < run.end)
        )
        passing = [pair for pair in pairs if not missing(claim, [self._cited(run) for run in pair])][:_COMPARED]
        return max(passing, key=lambda pair: estimate(claim, [self._cited(run) for run in pair]), default=None)

    def _together(self, claim: str, hits: Sequence[Hit]) -> list[Run] | None:
        """One run of each marked passage, if all of them together hold every form of `claim`."""
        runs = [max(_runs(claim, hit), key=lambda run: (run.shared, run.start - run.end)) for hit in hits]
        held = not missing(claim, [self._cited(run) for run in runs])
        return runs if held and all(run.shared for run in runs) else None

    def _why(self, claim: str, hits: Sequence[Hit]) -> str:
        """Why the sentence is struck, from the run that comes nearest to it."""
        runs = [run for hit in hits for run in _runs(claim, hit)]
        if not runs:
            return "there is no evidence for it"
        nearest = max(runs, key=lambda run: (run.shared, run.start - run.end))
        return missing(claim, [self._cited(nearest)]) or "the cited words say something else"

    def _citation(self, run: Run) -> Citation:
        key = (run.hit.article_id, run.start, run.end)
        with self._lock:
            number = self._numbers.setdefault(key, len(self._numbers) + 1)
        return run.hit.citation(number, run.start, run.end)


def _numbers_held(claim: str, run: Run) -> int:
    there = forms.numbers(run.quote)
    return sum(number.stands_in(there) for number in forms.numbers(claim))


def _runs(text: str, hit: Hit, longest: int = _LONGEST_RUN) -> list[Run]:
    wanted = set(stems(text))
    runs = []
    for first in range(len(hit.sentences)):
        for last in range(first, min(first + longest, len(hit.sentences))):
            start, end = hit.sentences[first][0], hit.sentences[last][1]
            there = set(stems(hit.text[start - hit.start : end - hit.start]))
            shared = len(wanted & there) / max(1, len(wanted))
            runs.append(Run(hit, start, end, shared, last - first + 1))
    return runs


def _exact_quotations(text: str, quote: str) -> str:
    """The text with each quotation that differs from the article's words in marks and spaces only put right."""
    for quotation in forms.quotations(text):
        said = quotation.rstrip(",. ")
        exact = forms.exact(said, quote)
        if exact and exact != said:
            text = text.replace(said, exact)
    return text
