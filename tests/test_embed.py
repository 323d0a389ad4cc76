"""What every embedder must keep, whatever is behind its name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import rag
from rag import bert, models
from rag.embed import Embedder, LlamaIndexEmbedder, SentenceTransformersEmbedder, open_embedder
from rag.errors import ModelError, SettingsError, UnknownModel
from tests import fakes

PACK = rag.Settings().embedder
TEXTS = [
    "The council voted to repair the bridge.",
    "Repairs of the bridge were decided by the council.",
    "Apples were cheap this autumn.",
    "",
    "漢字 and émigrés 🦉",
    "x" * 5000,
]


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("pack", marks=pytest.mark.models),
        pytest.param("st", marks=pytest.mark.models),
        "llama-index",
    ],
)
def embedder(request: pytest.FixtureRequest) -> Embedder:
    if request.param == "llama-index":
        return open_embedder(fakes.NAME)
    if request.param == "pack":
        return open_embedder(PACK)
    return open_embedder(f"st:{models.ensure(PACK, why='a test')}")


def test_vectors_are_unit_rows_of_float32(embedder: Embedder) -> None:
    vectors = embedder.encode(TEXTS)
    assert vectors.shape == (len(TEXTS), embedder.dimensions)
    assert vectors.dtype == np.float32
    norms = np.linalg.norm(vectors, axis=1)
    filled = np.array([bool(text) for text in TEXTS])
    assert np.allclose(norms[filled], 1, atol=1e-5)
    assert np.isfinite(vectors).all()


def test_no_texts_are_no_rows(embedder: Embedder) -> None:
    assert embedder.encode([]).shape == (0, embedder.dimensions)
    assert embedder.count_tokens([]) == []


def test_the_same_text_gives_the_same_vector_alone_or_among_others(embedder: Embedder) -> None:
    together = embedder.encode(TEXTS[:3])
    alone = np.vstack([embedder.encode([text]) for text in TEXTS[:3]])
    assert np.all(np.sum(together * alone, axis=1) > 0.995)
    assert np.array_equal(embedder.encode(TEXTS[:3]), together)


def test_what_says_the_same_is_nearer(embedder: Embedder) -> None:
    bridge, again, apples = embedder.encode(TEXTS[:3])
    assert bridge @ again > bridge @ apples + 0.2


def test_tokens_are_counted_without_a_limit(embedder: Embedder) -> None:
    assert embedder.max_tokens == 256
    one, many = embedder.count_tokens(["bridge", "bridge " * 900])
    assert one == 1
    assert many >= 900
    assert embedder.count_tokens([""]) == [0]


def test_it_has_the_name_that_it_was_opened_by(embedder: Embedder) -> None:
    assert embedder.name in (PACK, fakes.NAME) or embedder.name.startswith("st:")


@pytest.mark.models
def test_a_pack_and_its_folder_are_one_model() -> None:
    a = open_embedder(PACK).encode(TEXTS[:2])
    b = open_embedder(f"st:{models.ensure(PACK, why='a test')}").encode(TEXTS[:2])
    assert np.array_equal(a, b)


@pytest.mark.models
def test_a_question_is_encoded_without_torch_as_with_it() -> None:
    embedder = SentenceTransformersEmbedder(PACK, str(models.ensure(PACK, why="a test")))
    quick = embedder.encode(TEXTS)
    assert "_model" not in vars(embedder)
    padded = embedder.encode([*TEXTS, *("The mayor." for _ in range(64))])
    assert "_model" in vars(embedder)
    exact = 0.9999 if embedder._model.dtype == torch.float32 else 0.999
    assert np.all(np.sum(quick * padded[: len(TEXTS)], axis=1) > exact)


@pytest.mark.models
def test_what_is_not_plain_bert_is_left_to_sentence_transformers(tmp_path: Path) -> None:
    assert bert.load(tmp_path, 256) is None
    folder = models.ensure(PACK, why="a test")
    for path in folder.rglob("*.json"):
        target = tmp_path / path.relative_to(folder)
        target.parent.mkdir(exist_ok=True)
        target.write_text(path.read_text("utf-8").replace('"hidden_act": "gelu"', '"hidden_act": "relu"'), "utf-8")
    (tmp_path / "model.safetensors").symlink_to(folder / "model.safetensors")
    assert bert.load(folder, 256) is not None
    assert bert.load(tmp_path, 256) is None


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("nobody", UnknownModel, "nobody"),
        ("magic:thing", UnknownModel, "magic"),
        ("llama-index:tests.fakes:NotAnEmbedding", SettingsError, "BaseEmbedding"),
        ("llama-index:tests.fakes:Missing", SettingsError, "Missing"),
        ("llama-index:no_such_module:X", SettingsError, "no_such_module"),
        ("llama-index:tests.fakes", SettingsError, "tests.fakes"),
        ("llama-index::", SettingsError, "llama-index"),
    ],
)
def test_a_name_that_is_none_says_what_to_do(name: str, error: type[rag.RagError], words: str) -> None:
    with pytest.raises(error, match=words):
        open_embedder(name)


def test_a_folder_that_is_no_model_says_so(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="not a model"):
        open_embedder(f"st:{tmp_path}").encode(["x"])


def test_a_vector_that_is_no_number_is_refused() -> None:
    class Broken(fakes.HashEmbedding):
        def _get_text_embedding(self, text: str) -> list[float]:
            return [float("nan")] * 3

    with pytest.raises(ModelError, match="not a number"):
        LlamaIndexEmbedder("broken", "", Broken()).encode(["x"])
