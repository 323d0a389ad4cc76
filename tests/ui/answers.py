"""Answers and articles for the tests of what is kept and taken away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from rag import Answer, Article, Citation, Sentence, Timings, Verdict
from rag.errors import ArticleNotFound

WHEN = datetime(2025, 11, 30, 10, 5, tzinfo=UTC)
BRIDGE = Article(
    "a", "Rain fell. The bridge closed on Monday. Nobody was hurt.", "articles/bridge.md", title="Bridge closed",
    outlet="Courier", byline="Jo Lund", published=datetime(2025, 3, 4, tzinfo=UTC), url="https://courier.example/bridge",
)  # fmt: skip
FERRY = Article("b", "The ferry sails hourly.", "C:\\kept\\ferry.md", title="Ferry", outlet="Radio")


def article_of(*articles: Article) -> Callable[[str], Article]:
    """As `Archive.article`, over these."""
    known = {article.id: article for article in articles}

    def find(article_id: str) -> Article:
        if article_id not in known:
            raise ArticleNotFound(f"no article {article_id}")
        return known[article_id]

    return find


def cite(number: int, article: Article, quote: str) -> Citation:
    """A citation of words of an article."""
    start = article.text.index(quote)
    return Citation(
        number, article.id, start, start + len(quote), quote,
        title=article.title, outlet=article.outlet, byline=article.byline, published=article.published, url=article.url,
    )  # fmt: skip


def stands(text: str, *citations: Citation) -> Sentence:
    """A sentence that passed."""
    return Sentence(text, citations, Verdict.SUPPORTED, "word for word")


def answer(*sentences: Sentence, question: str = "When did the bridge close?") -> Answer:
    """An answer of these sentences: an abstention if none of them stands."""
    standing = [s for s in sentences if s.verdict is Verdict.SUPPORTED]
    text = " ".join(s.text + " " + "".join(f"[{c.number}]" for c in s.citations) for s in standing)
    return Answer(
        question=question, text=text or "The archive does not say. Searched: 2 articles.", abstained=not standing,
        sentences=sentences, citations=tuple({c.number: c for s in standing for c in s.citations}.values()),
        evidence=(), model="extractive", archive_version="0123456789ab", timings=Timings(0.1, None, 0.2, 0.3, 0.6),
    )  # fmt: skip


def bridge_answer() -> Answer:
    """One sentence that stands on the bridge's article, one on both articles, one struck, one unchecked."""
    closed, sails = cite(2, BRIDGE, "The bridge closed on Monday."), cite(5, FERRY, "The ferry sails hourly.")
    return answer(
        Sentence("It snowed.", (), Verdict.UNSUPPORTED, "no snow in it"),
        stands("The bridge closed on Monday.", closed),
        stands("The ferry sails, as the bridge is closed.", sails, closed),
        Sentence("It may thaw.", (), Verdict.UNCHECKED, "the judge did not answer"),
    )


def renamed(article: Article, text: str) -> Article:
    """The article with another text."""
    return replace(article, text=text)
