"""Checking: each sentence the writer gives is bound to exact spans of articles and judged, or struck.

A mark such as [2] only says where to look. What is cited is the shortest run of whole sentences, in a passage that the
writer was shown, that holds every number, date, name and quotation of the sentence. Where the marked passage has no
such run, the other evidence is searched, and the citation is reported as repaired; where none has one, the sentence is
struck with the reason. Nothing is ever cited because it is similar.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from rag import forms
from rag.judges import Cited, Judge, Judgement
from rag.judges.literal import LiteralJudge
from rag.prompts import Brief
from rag.query import stems
from rag.sentences import Span, sentences
from rag.types import Citation, Hit, Sentence, Verdict

_MARK = re.compile(r"\s*[\[【](\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*)[\]】]")
_MARK_AFTER_STOP = re.compile(r"([.!?…。！？]++[\"”’»)」』]*)((?:\s*[\[【]\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*[\]】])+)")
_LINE_START = re.compile(r"\s*\n\s*")
_BULLET = re.compile(r"(?m)^[ \t]*(?:[-*•·]|\d{1,2}[.)])[ \t]+")
_BEGUN = re.compile(r"(?!\s*[\[【][\d\s,;–-]*$)[^\w]*\w[^\s\"'“”‘’()\[\]—–,;:.!?]*[\s\"'“”‘’()\[\]—–,;:.!?]")
_LONGEST_RUN = 3  # sentences in one citation
_REPAIR_SHARED = 0.7  # share of a sentence's words that an unmarked passage must hold to be cited instead


@dataclass(frozen=True, slots=True)
class Raw:
    """A sentence as written: its text without marks, and the marks."""

    text: str
    marks: tuple[int, ...]


class Splitter:
    """Cuts a stream of text into sentences as soon as each is complete."""

    def __init__(self) -> None:
        self._text = ""
        self._given = 0

    def feed(self, piece: str) -> list[Raw]:
        """Sentences that this piece completes: those after which another one has begun."""
        self._text += piece
        text, spans = self._split()
        while spans and not _BEGUN.match(text, spans[-1][1]):
            spans.pop()  # the next word or mark, still to come, may belong to it
        return self._new(text, spans)

    def end(self) -> list[Raw]:
        """What is left when the stream has ended."""
        return self._new(*self._split())

    def _split(self) -> tuple[str, list[Span]]:
        # "… in May. [1] The council" has its mark behind the full stop: move it in front. A line is a paragraph.
        text = _MARK_AFTER_STOP.sub(lambda found: "".join(found[2].split()) + found[1], self._text)
        text = _BULLET.sub("", _LINE_START.sub("\n\n", text))
        return text, sentences(text)

    def _new(self, text: str, spans: Sequence[Span]) -> list[Raw]:
        new = spans[self._given :]
        self._given = max(self._given, len(spans))
        return [raw for start, end in new if (raw := _raw(text[start:end])).text]


def _raw(text: str) -> Raw:
    marks = [int(n) for group in _MARK.findall(text) for n in re.findall(r"\d+", group)]
    bare = _MARK.sub("", text).strip()
    return Raw(bare if re.search(r"\w", bare) else "", tuple(dict.fromkeys(marks)))


@dataclass(frozen=True, slots=True)
class _Run:
    """Consecutive sentences of a hit, and the share of the claim's words that they hold."""

    hit: Hit
    start: int
    end: int
    shared: float

    @property
    def quote(self) -> str:
        return self.hit.text[self.start - self.hit.start : self.end - self.hit.start]

    @property
    def cited(self) -> Cited:
        return Cited(self.quote, self.hit.title, self.hit.outlet, self.hit.byline, self.hit.published)


@dataclass
class Checker:
    """Checks the sentences of one answer, in order; numbers its citations by first use."""

    judge: Judge
    brief: Brief
    hits: Sequence[Hit]
    _literal: LiteralJudge = field(default_factory=LiteralJudge)
    _numbers: dict[tuple[str, int, int], int] = field(default_factory=dict)

    def check(self, raw: Raw) -> Sentence:
        """The sentence with its citations and verdict."""
        marked = [self.brief.extracts[n - 1].hit for n in raw.marks if 1 <= n <= len(self.brief.extracts)]
        text, runs, reason = self._bind(raw, marked)
        if not runs:
            return Sentence(text, (), Verdict.UNSUPPORTED, reason)
        judgement = self._judge(text, runs)
        return Sentence(
            text,
            tuple(self._citation(run) for run in runs) if judgement.verdict is not Verdict.UNSUPPORTED else (),
            judgement.verdict,
            f"{reason}{judgement.reason}" if judgement.verdict is Verdict.SUPPORTED else judgement.reason,
        )

    def _judge(self, text: str, runs: Sequence[_Run]) -> Judgement:
        return self.judge.judge(text, [run.cited for run in runs])

    def _bind(self, raw: Raw, marked: Sequence[Hit]) -> tuple[str, list[_Run], str]:
        """The text (with quotations made exact), the runs that state it, and what to say of how they were found."""
        best = self._one_run(raw.text, marked)
        if best:
            return best[0], [best[1]], ""
        if len(marked) > 1 and (together := self._together(raw.text, marked)):
            return raw.text, together, ""
        others = [hit for hit in self.hits if hit not in marked]
        best = self._one_run(raw.text, others)
        if best and best[1].shared >= _REPAIR_SHARED:
            found = (
                "citation repaired: the marked passage does not say it; " if marked else "citation found by search; "
            )
            return best[0], [best[1]], found
        return raw.text, [], self._why(raw.text, marked or self.hits)

    def _one_run(self, text: str, hits: Sequence[Hit]) -> tuple[str, _Run] | None:
        """The shortest, fullest run that literally states `text`."""
        candidates = [run for hit in hits for run in _runs(text, hit)]
        for run in sorted(candidates, key=lambda run: (-round(run.shared, 2), run.end - run.start)):
            mended = _exact_quotations(text, run.quote)
            if self._literal.judge(mended, [run.cited]).verdict is Verdict.SUPPORTED:
                return mended, run
        return None

    def _together(self, text: str, hits: Sequence[Hit]) -> list[_Run] | None:
        """One run of each marked passage, if all of them together literally state `text`."""
        runs = [max(_runs(text, hit), key=lambda run: (run.shared, run.start - run.end)) for hit in hits]
        stated = self._literal.judge(text, [run.cited for run in runs]).verdict is Verdict.SUPPORTED
        return runs if stated and all(run.shared for run in runs) else None

    def _why(self, text: str, hits: Sequence[Hit]) -> str:
        """Why the sentence is struck, from the run that comes nearest to it."""
        runs = [run for hit in hits for run in _runs(text, hit)]
        if not runs:
            return "there is no evidence for it"
        nearest = max(runs, key=lambda run: (run.shared, run.start - run.end))
        return self._literal.judge(text, [nearest.cited]).reason

    def _citation(self, run: _Run) -> Citation:
        hit = run.hit
        key = (hit.article_id, run.start, run.end)
        number = self._numbers.setdefault(key, len(self._numbers) + 1)
        return Citation(
            number=number,
            article_id=hit.article_id,
            start=run.start,
            end=run.end,
            quote=run.quote,
            title=hit.title,
            outlet=hit.outlet,
            byline=hit.byline,
            published=hit.published,
            url=hit.url,
        )


def _runs(text: str, hit: Hit) -> list[_Run]:
    wanted = set(stems(text))
    runs = []
    for first in range(len(hit.sentences)):
        for last in range(first, min(first + _LONGEST_RUN, len(hit.sentences))):
            start, end = hit.sentences[first][0], hit.sentences[last][1]
            there = set(stems(hit.text[start - hit.start : end - hit.start]))
            runs.append(_Run(hit, start, end, len(wanted & there) / max(1, len(wanted))))
    return runs


def _exact_quotations(text: str, quote: str) -> str:
    """The text with each quotation that differs from the article's words in marks and spaces only put right."""
    for quotation in forms.quotations(text):
        said = quotation.rstrip(",. ")
        exact = forms.exact(said, quote)
        if exact and exact != said:
            text = text.replace(said, exact)
    return text
