"""The words everything speaks: articles, passages, hits, citations, answers and events.

Every class here is a frozen dataclass whose `to_dict()` gives JSON-ready data: nested classes become dicts, dates
become ISO 8601 strings, tuples become lists. Offsets count Python characters (code points) of `Article.text`, and
`text[start:end]` is always the quoted span itself.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from rag.article import Article as Article
from rag.record import Record as Record


@dataclass(frozen=True, slots=True)
class Passage(Record):
    """Whole sentences of one article: `article.text[start:end] == text`; `sentences` are (start, end) in it too."""

    start: int
    end: int
    text: str
    sentences: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Copy(Record):
    """Another article that prints the same story: a reprint, the original, or another version."""

    article_id: str
    outlet: str | None
    title: str | None
    published: datetime | None
    url: str | None


@dataclass(frozen=True, slots=True)
class Hit(Record):
    """A passage found for a question, with what is known of its article.

    `score` is the probability, by the ranking's model, that it states what is asked; `rank` counts from 1. `dense` is
    the cosine similarity (None while the passage has no vector) and `lexical` the BM25 score of the whole question.
    `also` lists other articles of the same story, earliest first, those without a date last. `pages` are the pages on
    which the sentences begin, empty where the article has none.
    """

    rank: int
    score: float
    passage_id: str
    article_id: str
    start: int
    end: int
    text: str
    sentences: tuple[tuple[int, int], ...]
    title: str | None = None
    outlet: str | None = None
    byline: str | None = None
    published: datetime | None = None
    updated: datetime | None = None
    url: str | None = None
    section: str | None = None
    language: str | None = None
    kind: str | None = None
    dense: float | None = None
    lexical: float | None = None
    also: tuple[Copy, ...] = ()
    pages: tuple[int, ...] = ()

    def citation(self, number: int, start: int, end: int) -> Citation:
        """What cites the words from `start` to `end`, places in the article that lie within this hit."""
        return Citation(
            number=number,
            article_id=self.article_id,
            start=start,
            end=end,
            quote=self.text[start - self.start : end - self.start],
            title=self.title,
            outlet=self.outlet,
            byline=self.byline,
            published=self.published,
            url=self.url,
            page=next((page for page, (first, _) in zip(self.pages, self.sentences) if first == start), None),
        )


@dataclass(frozen=True, slots=True)
class Filters(Record):
    """What a search is limited to. Empty means everything; several values of one field mean any of them.

    Dates are inclusive calendar days in the article's own time zone. An article without the filtered field does not
    pass. Names are compared without regard to case.
    """

    published_from: date | None = None
    published_to: date | None = None
    outlets: tuple[str, ...] = ()
    bylines: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("outlets", "bylines", "sections", "languages"):
            value = getattr(self, name)
            if isinstance(value, str):
                raise TypeError(f"Filters.{name} takes a sequence of names, not one string: use [{value!r}]")
            object.__setattr__(self, name, tuple(value))
        for name in ("published_from", "published_to"):
            value = getattr(self, name)
            if isinstance(value, datetime):
                object.__setattr__(self, name, value.date())
        if self.published_from and self.published_to and self.published_from > self.published_to:
            raise ValueError(f"Filters: published_from {self.published_from} is after published_to {self.published_to}")

    def __bool__(self) -> bool:
        return any(getattr(self, f.name) for f in dataclasses.fields(self))


class Verdict(StrEnum):
    """What checking one sentence gave."""

    SUPPORTED = "supported"
    UNSUPPORTED = "unsupported"
    UNCHECKED = "unchecked"


@dataclass(frozen=True, slots=True)
class Citation(Record):
    """A number in the answer bound to one span of one article: `article.text[start:end] == quote`.

    `page` is the page on which the span begins, None where the article has none.
    """

    number: int
    article_id: str
    start: int
    end: int
    quote: str
    title: str | None = None
    outlet: str | None = None
    byline: str | None = None
    published: datetime | None = None
    url: str | None = None
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Sentence(Record):
    """One sentence of an answer, the citations it rests on, and what checking it gave.

    `text` has no citation marks. An unsupported sentence is struck: it is kept here with its `reason` and is not part
    of `Answer.text`.
    """

    text: str
    citations: tuple[Citation, ...]
    verdict: Verdict
    reason: str


@dataclass(frozen=True, slots=True)
class Timings(Record):
    """Seconds, by the wall clock, from the moment the question was asked; None for a step that did not happen."""

    retrieve: float
    first_token: float | None
    write: float | None
    check: float | None
    total: float


@dataclass(frozen=True, slots=True)
class Understood(Record):
    """What a question was taken to mean, in words that can be shown, and switched off by `ignore=`.

    `text` is the question made whole. `outlets`, `bylines`, `sections`, `published` (periods of publication) and
    `phrases` limit what is searched; `happened` (periods of the event) only nudges. `parts` are the sides that are
    searched by themselves, empty where the question has one. `notes` says what the archive does not hold.
    """

    question: str
    text: str
    outlets: tuple[str, ...] = ()
    bylines: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    published: tuple[str, ...] = ()
    happened: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def limits(self) -> tuple[str, ...]:
        """Everything that limits what is found: outlets, bylines, sections, periods, quoted words."""
        return self.outlets + self.bylines + self.sections + self.published + tuple(f"“{p}”" for p in self.phrases)


@dataclass(frozen=True, slots=True)
class Answer(Record):
    """The answer that survived checking.

    `text` holds the standing sentences with their marks ("… [1]"), or, if `abstained`, that the archive does not say,
    what was searched and what came nearest. `citations` are those of the standing sentences, in order of number.
    `nearest`, of an abstention only, are the words of the evidence that most likely hold what was asked, likeliest
    first: where to read on, and no part of the answer.
    `evidence` is what writer and reader were shown; `model` names the writer; `notices` are what the reader must know,
    such as a writer that failed and was replaced.
    """

    question: str
    text: str
    abstained: bool
    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]
    evidence: tuple[Hit, ...]
    model: str
    archive_version: str
    timings: Timings
    notices: tuple[str, ...] = ()
    understood: Understood | None = None
    nearest: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class IngestReport(Record):
    """What one ingest did, counted in articles. `failed` lists (path, reason) for everything not taken in."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    failed: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence(Record):
    """First event of a stream: the hits the writer is about to be shown.

    Where `likeliest` was asked for it comes again, before a word is written, with the `nearest` that an abstention
    would have.
    """

    hits: tuple[Hit, ...]
    seconds: float
    understood: Understood | None = None
    nearest: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class Delta(Record):
    """A piece of the raw text, as the writer produces it. Not yet checked."""

    text: str


@dataclass(frozen=True, slots=True)
class Checked(Record):
    """One sentence of the answer, `index` counting from 0; comes again if the whole answer is struck after all."""

    index: int
    sentence: Sentence


@dataclass(frozen=True, slots=True)
class Done(Record):
    """Last event of a stream: the whole answer, and what a writer's model was sent, as (role, text) messages."""

    answer: Answer
    prompt: tuple[tuple[str, str], ...] = ()


Event = Evidence | Delta | Checked | Done


@dataclass(frozen=True, slots=True)
class ArchiveStatus(Record):
    """What an archive holds and whether anything is unfinished.

    `pending` counts passages that are in the catalog and full-text index but not yet among the vectors, and
    `unfinished` says in words what an interrupted ingest left to do (None: nothing), and `changing` how far a change of
    embedder is (None: there is none).
    """

    path: str
    version: str
    articles: int
    passages: int
    pending: int
    unfinished: str | None
    embedder: str
    writer: str
    outlets: Mapping[str, int] = field(default_factory=dict)
    published_from: datetime | None = None
    published_to: datetime | None = None
    changing: str | None = None
