"""Synthetic news: repeatable, and shaped as what it stands for."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import datetime
from itertools import combinations

import numpy as np
import pytest

from eval import news
from eval.synthetic import DIMENSIONS, NAME, embed
from rag.embed import open_embedder
from tests.conftest import PROJECT


@pytest.fixture(scope="module")
def articles() -> list[news.Article]:
    return list(news.articles(0, 1000))


def test_an_article_depends_on_its_number_alone(articles: list[news.Article]) -> None:
    code = (
        "import json; from eval import news; "
        "print(json.dumps([news.article(n) for n in (7, 3)]), news.questions(8, 50))"
    )
    printed = [
        subprocess.run(
            [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True, timeout=60
        ).stdout
        for _ in range(2)
    ]
    assert printed[0] == printed[1]
    assert printed[0].startswith(json.dumps([articles[7], articles[3]]))


def test_articles_differ(articles: list[news.Article]) -> None:
    assert len({article["url"] for article in articles}) == len(articles)
    texts = Counter(hashlib.sha256(article["text"].encode()).digest() for article in articles)
    repeated = len(articles) - len(texts)
    assert 0.05 < repeated / len(articles) < 0.2  # the reprints


def test_articles_have_the_length_they_should(articles: list[news.Article]) -> None:
    sentences = [s.split() for a in articles for s in re.findall(r"[^.]+\.", a["text"])]
    assert min(map(len, sentences)) >= 8
    assert max(map(len, sentences)) < 80
    assert 10 < np.mean([len(s) for s in sentences]) < 25
    words = [len(article["text"].split()) for article in articles]
    assert max(words) / min(words) > 2


def test_a_story_is_one_topic_within_days(articles: list[news.Article]) -> None:
    stories = defaultdict(list)
    for number, article in enumerate(articles):
        stories[news._story_of(number)[0]].append((news.topic_of(number), datetime.fromisoformat(article["published"])))
    assert max(map(len, stories.values())) == 6
    for told in stories.values():
        assert len({topic for topic, _ in told}) == 1
        days = [published for _, published in told]
        assert (max(days) - min(days)).days <= 4
    years = {published.year for told in stories.values() for _, published in told}
    assert years == set(range(2015, 2025))


def test_outlets_are_of_the_sizes_that_filters_need(articles: list[news.Article]) -> None:
    shares = dict(news.outlets())
    assert sum(shares.values()) == pytest.approx(1)
    names = list(shares)
    assert [shares[names[i]] for i in (news.LARGE, news.MIDDLING, news.SMALL)] == [0.1, 0.01, 0.001]
    counted = Counter(article["outlet"] for article in articles)
    assert 70 < counted[names[news.LARGE]] < 130
    assert counted[names[news.SMALL]] < 8


def test_words_follow_zipf(articles: list[news.Article]) -> None:
    counted = Counter(re.findall(r"[a-z]+", " ".join(a["text"].lower() for a in articles)))
    first = set(news.FUNCTION_WORDS[:5])
    assert {word for word, _ in counted.most_common(3)} <= first
    content = [n for word, n in counted.most_common() if word not in news.FUNCTION_WORDS]
    assert content[0] > 5 * content[50] > 15 * content[2000]
    words = sum(counted.values())
    assert 0.25 < sum(counted[w] for w in news.FUNCTION_WORDS) / words < 0.45


def test_texts_of_a_topic_are_near_each_other(articles: list[news.Article]) -> None:
    by_topic = defaultdict(list)
    for number in range(len(articles)):
        _, part = news._story_of(number)
        if part == 0:  # one article a story: likeness by topic, not by story
            by_topic[news.topic_of(number)].append(number)
    vectors = embed([article["text"][:500] for article in articles])
    within = [float(vectors[a] @ vectors[b]) for same in by_topic.values() for a, b in combinations(same, 2)]
    firsts = [numbers[0] for numbers in by_topic.values()]
    across = [float(vectors[a] @ vectors[b]) for a, b in combinations(firsts, 2)]
    assert len(within) > 20
    assert np.mean(within) > 0.25
    assert abs(np.mean(across)) < 0.05
    assert np.quantile(within, 0.2) > np.quantile(across, 0.95)


def test_a_question_is_near_the_passage_that_it_is_made_of(articles: list[news.Article]) -> None:
    paragraphs = [(paragraph, a["outlet"]) for a in articles for paragraph in a["text"].split("\n\n")]
    questions = news.questions(40, len(articles))
    near = embed(questions) @ embed([paragraph for paragraph, _ in paragraphs]).T
    found = [paragraphs[int(best)][0] for best in near.argmax(axis=1)]
    right = sum(" ".join(q.split()[:8]) in " ".join(p.split()) for q, p in zip(questions, found))
    assert right >= 36


def test_questions_are_whole_sentences_and_some_name_an_outlet_or_a_month() -> None:
    questions = news.questions(40, 200)
    assert all(10 <= len(q.split()) <= 36 and q.endswith("?") for q in questions)
    names = [name for name, _ in news.outlets()]
    assert sum(any(name in q for name in names) for q in questions) == 10
    assert sum(bool(re.search(r" in [A-Z][a-z]+ 20\d\d\?$", q)) for q in questions) == 10
    plain = news.questions(40, 200, plain=True)
    assert not any("according to" in q or re.search(r"20\d\d\?$", q) for q in plain)


def test_the_embedding_plugs_in_by_its_name() -> None:
    embedder = open_embedder(NAME)
    texts = ["", "Mozu of the.", "unheard-of 1,250", "The mozu the of"]
    vectors = embedder.encode(texts)
    assert vectors.shape == (4, DIMENSIONS)
    assert vectors == pytest.approx(embed(texts), abs=1e-6)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(4), abs=1e-5)
