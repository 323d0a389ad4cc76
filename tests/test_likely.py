"""How likely a sentence holds what is asked, by its figures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import rag
from rag import likely
from rag.likely import NAMES, READ, weighed
from rag.retrieve import Found
from rag.retrieve.within import Within
from rag.sentences import sentences
from rag.types import Hit, Understood
from tests.conftest import Opener

TEXT = "The ferry sank in June. Nobody was hurt. Fog was blamed."


def hit(name: str, text: str = TEXT, start: int = 10) -> Hit:
    spans = tuple((start + a, start + b) for a, b in sentences(text))
    return Hit(
        rank=1, score=0.5, passage_id=name, article_id=name, start=start, end=start + len(text), text=text,
        sentences=spans,
    )  # fmt: skip


def column(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def found(*hits: Hit) -> Found:
    within = Within(column(0.1, 0.2, 0.6), column(0.1, 0.2, 0.7), column(0, 0, 0.5), column(0, 0, 0.9))
    return Found(hits, Understood("", ""), {hits[0].passage_id: within} if hits else {})


def test_each_sentence_has_its_figures_by_name() -> None:
    rows = weighed("What was blamed, and when?", found(hit("a"), hit("b")), [column(-3, -4, 2), column(0, 1, -1)])
    assert [row.text for row in rows] == [TEXT[a:b] for a, b in sentences(TEXT)] * 2
    third = rows[2].figures
    assert tuple(third) == (*NAMES, *READ)
    assert third["near"] == pytest.approx(0.6)
    assert third["held, sentence before"] == 0
    assert third["near, sentence before"] == pytest.approx(0.2)
    assert third["near, best of the passage"] == pytest.approx(0.6)
    assert third["read"] == 2
    assert third["read, sentence before"] == -4
    assert third["read, best of the passage"] == 2
    assert third["read, log of its rank"] == 0  # the likeliest of both passages
    assert rows[4].figures["read, log of its rank"] == pytest.approx(np.log(2))
    assert rows[4].figures["near"] == 0  # what was not measured


def test_without_reading_together_there_are_fewer_figures() -> None:
    assert tuple(weighed("What?", found(hit("a")), None)[0].figures) == NAMES
    assert weighed("What?", found(), []) == []


def test_what_reads_as_an_answer_is_likelier() -> None:
    plain = likely.likely("What was blamed?", found(hit("a")), [column(-3, -3, -3)]).odds[0]
    read = likely.likely("What was blamed?", found(hit("a")), [column(-3, 4, -3)]).odds[0]
    assert read[1] > plain[1] + 1


def test_the_default_embedder_reads_question_and_passages_together(corpus_archive: rag.Archive) -> None:
    rows = corpus_archive.weighed("How big is the wind park off Pellhaven going to be?")
    assert all(tuple(row.figures) == (*NAMES, *READ) for row in rows)
    assert len({row.figures["read"] for row in rows}) > 10


def test_another_embedder_reads_nothing_together(opened: Opener, folder: Path) -> None:
    archive = opened()
    archive.ingest(folder)
    rows = archive.weighed("Who is the city engineer?")
    assert len(rows) > 3
    assert all(tuple(row.figures) == NAMES for row in rows)


def test_the_weights_say_where_they_come_from() -> None:
    kept = json.loads(likely.FILE.read_text("utf-8"))
    assert kept["made_by"].startswith("python -m eval weigh ")
    assert kept["from"]["questions"] > 500
    assert kept["read"].keys() == {"bias", *NAMES, *READ}
    assert kept["unread"].keys() == {"bias", *NAMES}
