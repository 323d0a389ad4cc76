"""What every embedder must keep, whatever is behind its name."""

from __future__ import annotations

import ctypes
import resource
from pathlib import Path

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer

import rag
from rag import bert, models
from rag.bert_torch import NUMBERS
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
def test_few_texts_and_many_are_encoded_as_sentence_transformers_does() -> None:
    embedder = SentenceTransformersEmbedder(PACK, str(models.ensure(PACK, why="a test")))
    few = embedder.encode(TEXTS)
    assert "_many" not in vars(embedder)
    many = embedder.encode([*TEXTS, *("The mayor." for _ in range(64))])
    assert "_many" in vars(embedder)
    assert "_model" not in vars(embedder)
    exact = 0.9999 if NUMBERS is torch.float32 else 0.999
    reference = SentenceTransformer(str(models.ensure(PACK, why="a test")), device="cpu").encode(TEXTS)
    assert np.all(np.sum(few * reference, axis=1) > 0.9999)
    assert np.all(np.sum(many[: len(TEXTS)] * reference, axis=1) > exact)


@pytest.mark.models
def test_parts_of_many_texts_are_those_of_few() -> None:
    embedder = SentenceTransformersEmbedder(PACK, str(models.ensure(PACK, why="a test")))
    whole, (few, _) = embedder.encode_parts([WHOLE, TEXTS[-1]], [PLACES, []])
    wholes, many = embedder.encode_parts([WHOLE, *TEXTS], [PLACES, *([] for _ in TEXTS)])
    assert np.all(np.sum(few * many[0], axis=1) > 0.995)
    assert whole[0] @ wholes[0] > 0.995


@pytest.mark.models
def test_memory_stays_flat_whatever_the_lengths() -> None:
    embedder = open_embedder(PACK)
    words = "the harbour lights went out at dusk and nobody could say why it was so dark that night".split()

    def encode(seed: int) -> None:
        lengths = np.random.default_rng(seed).integers(40, 200, 128)
        texts = [" ".join(words[n % len(words)] for n in range(seed, seed + length)) for length in lengths]
        embedder.encode_parts(texts, [[] for _ in texts])

    def resident() -> int:
        ctypes.CDLL("libc.so.6").malloc_trim(0)  # what is freed and not given back goes up and down by 50 MiB
        return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * resource.getpagesize() >> 20

    encode(0)
    before = resident()
    for seed in range(1, 4):
        encode(seed)
    assert resident() - before < 60  # MiB; red when torch keeps a prepared product for every shape


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


WHOLE = "The mayor of Norby resigned. She had lost the vote. Nobody knows who follows her."
PLACES = [[(0, 28)], [(29, 51)], [(52, 82)], [(0, 9), (29, 51)]]


def test_parts_are_unit_rows_in_their_order(embedder: Embedder) -> None:
    whole, parts = embedder.encode_parts([WHOLE, "Apples.", TEXTS[-1]], [PLACES, [], [[(0, 5000)]]])
    assert np.all(np.sum(whole * embedder.encode([WHOLE, "Apples.", TEXTS[-1]]), axis=1) > 0.995)
    assert [p.shape for p in parts] == [(n, embedder.dimensions) for n in (4, 0, 1)]
    for part in parts:
        assert part.dtype == np.float32
        assert np.allclose(np.linalg.norm(part, axis=1), 1, atol=1e-5)
    whole, parts = embedder.encode_parts([], [])
    assert (whole.shape, parts) == ((0, embedder.dimensions), [])


def test_the_parts_of_a_llama_index_text_have_its_vector() -> None:
    whole, (parts,) = open_embedder(fakes.NAME).encode_parts([WHOLE], [PLACES])
    assert np.array_equal(parts, np.repeat(whole, 4, axis=0))


@pytest.mark.models
def test_the_vector_of_a_part_is_the_mean_of_its_tokens_states() -> None:
    """By sentence-transformers' own token states, in both ways of encoding."""
    embedder = SentenceTransformersEmbedder(PACK, str(models.ensure(PACK, why="a test")))
    (quick,) = embedder.encode_parts([WHOLE], [PLACES])[1]
    assert "_model" not in vars(embedder)
    slow = embedder.encode_parts([WHOLE, "One.", "Two three."], [PLACES, [], []])[1][0]
    model = embedder._model.float()
    (found,) = model.encode([WHOLE], output_value=None)
    states, offsets = found["token_embeddings"].numpy(), embedder._tokenizer.encode(WHOLE).offsets
    for row, places in enumerate(PLACES):
        inside = [i for i, (a, b) in enumerate(offsets) if a < b and any(s <= a and b <= e for s, e in places)]
        assert len(inside) > 3
        expected = states[inside].mean(0)
        expected /= np.linalg.norm(expected)
        assert quick[row] @ expected > 0.9999
        assert slow[row] @ expected > 0.99  # in bfloat16 where the processor has it
    assert quick[1] @ embedder.encode(["She had lost the vote."])[0] < 0.999  # it stands in its context


@pytest.mark.models
def test_a_part_beyond_the_longest_text_has_the_vector_of_the_whole() -> None:
    embedder = open_embedder(PACK)
    text = "The mayor spoke again. " * 120
    whole, (parts,) = embedder.encode_parts([text], [[[(0, 22)], [(len(text) - 23, len(text) - 1)]]])
    assert np.allclose(parts[1], whole[0], atol=1e-6)
    assert parts[0] @ whole[0] < 0.9999


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
