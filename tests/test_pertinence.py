"""The model that reads question and passage together, with the real pack: what it tells apart, and its limits."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate
from pathlib import Path

import numpy as np
import pytest

from eval.practising import load
from rag import pertinence
from rag.pertinence import Pertinence, of_pack
from rag.sentences import sentences
from rag.types import Hit

PRACTICE = Path(__file__).parents[1] / "eval" / "practice"
RAIN = (
    "Fewer people came to the regatta than in the year before. Noor Castellan, who directs it, blamed Friday's rain. "
    "Gusts on Saturday held the parade back by an hour. The mayor said that he had enjoyed himself."
)


@pytest.fixture(scope="module")
def model() -> Pertinence:
    found = of_pack(pertinence.PACK)
    assert found is not None
    return found


def places(parts: Sequence[str]) -> list[tuple[int, int]]:
    """Where texts stand that are joined by spaces."""
    ends = list(accumulate(len(part) + 1 for part in parts))
    return [(end - len(part) - 1, end - 1) for end, part in zip(ends, parts)]


def hit(
    text: str, start: int = 7, title: str | None = "Regatta ends", spans: Sequence[tuple[int, int]] | None = None
) -> Hit:
    spans = tuple((start + a, start + b) for a, b in spans or sentences(text))
    return Hit(
        rank=1, score=1.0, passage_id="p", article_id="a", start=start, end=start + len(text), text=text,
        sentences=spans, title=title,
    )  # fmt: skip


def test_on_a_subject_that_it_was_not_taught_it_mostly_finds_the_sentence(model: Pertinence) -> None:
    """Of the subjects that `rag eval teach` keeps back; by the cosine of vectors it is a third."""
    (article,) = [
        one for one in load(PRACTICE) if one.title == "Aldern spill was twice as large as first stated, report finds"
    ][:1]
    passages = [article.sentences[at : at + 8] for at in range(0, len(article.sentences), 8)]
    hits = [hit(" ".join(own), spans=places(own), title=article.title) for own in passages]
    asked = [question for question in article.questions if question.answered][:30]
    found = [int(np.concatenate(model.odds(question.text, hits)).argmax()) for question in asked]
    assert sum(one in question.sentences for one, question in zip(found, asked)) > len(asked) / 2


def test_it_does_not_matter_what_else_is_read_or_who_asks(model: Pertinence) -> None:
    hits = [hit(RAIN), hit("It rained.", 0, None), hit(f"{RAIN} " * 3)]
    together = model.odds("What delayed the boats?", hits)
    assert [len(own) for own in together] == [4, 1, 12]
    with ThreadPoolExecutor(4) as several:
        alone = list(several.map(lambda one: model.odds("What delayed the boats?", [one])[0], hits))
    for one, other in zip(together, alone):
        np.testing.assert_allclose(one, other, atol=1e-3)  # sums are in another order
    assert model.odds("What delayed the boats?", []) == []


def test_what_is_beyond_the_longest_text_is_not_read(model: Pertinence) -> None:
    (odds,) = model.odds("What delayed the boats? " * 60, [hit("The river was calm and the banks were full. " * 60)])
    assert len(odds) == 60
    assert np.isfinite(odds).all()
    assert len(set(odds[-10:].tolist())) == 1
    assert len(set(odds[:10].tolist())) > 1


def test_a_question_without_words_is_no_error(model: Pertinence) -> None:
    (odds,) = model.odds("", [hit(RAIN)])
    assert np.isfinite(odds).all()


def test_another_embedder_has_none() -> None:
    assert of_pack("st:some/model") is None
