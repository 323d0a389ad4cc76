"""A CrossEncoder reads the best passages once more, if the settings name one: a tiny one whose scores are known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import rag
from rag.errors import ModelError, SettingsError
from tests.conftest import SETTINGS, Opener, write_article
from tests.judges import tiny

QUESTION = "What was granted to the ferry line of Ortmund by the council of Ortmund in June?"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.save(tmp_path_factory.mktemp("model"), labels=("score",), stated=0)


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    for n in range(4):
        text = f"The council of Ortmund met the ferry line of Ortmund in June. It was meeting {n} of the council."
        write_article(tmp_path / "articles" / f"{n}.md", text, title=f"Meeting {n}")
    write_article(tmp_path / "articles" / "quay.md", "A quay was granted.", title="Quay")
    return tmp_path / "articles"


def titles(opened: Opener, articles: Path, name: str, settings: rag.Settings) -> list[str | None]:
    archive = opened(name, settings)
    archive.ingest(articles)
    hits = archive.search(QUESTION)
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    return [hit.title for hit in hits]


def test_what_the_model_finds_comes_first(opened: Opener, articles: Path, model: Path) -> None:
    plain = titles(opened, articles, "plain", SETTINGS)
    reread = titles(opened, articles, "reread", replace(SETTINGS, reranker=str(model)))
    assert plain[0] != "Quay"
    assert reread[0] == "Quay"
    assert len(reread) == len(plain)


def test_a_model_of_several_labels_has_no_score(opened: Opener, articles: Path, tmp_path: Path) -> None:
    folder = tiny.save(tmp_path / "model")
    with pytest.raises(SettingsError, match="3 labels"):
        titles(opened, articles, "archive", replace(SETTINGS, reranker=str(folder)))


def test_a_model_that_is_not_there_is_named(opened: Opener, articles: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match="empty is not a model"):
        titles(opened, articles, "archive", replace(SETTINGS, reranker=str(tmp_path / "empty")))
