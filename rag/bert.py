"""A BERT sentence embedder in numpy, for the few short texts of a question.

Importing torch and sentence-transformers takes seconds, which a cold search would spend before its first hit; and for
one question their overhead costs more than the arithmetic. This reads the same weights and gives the same vectors
(a test holds it to sentence-transformers, cosine above 0.9999). Many long texts are quicker in torch: `rag.bert_torch`.

Only plain BERT with mean pooling and absolute positions is read; `load` returns None for anything else.
Formulas: Devlin et al. 2018 (arXiv 1810.04805), Vaswani et al. 2017 (arXiv 1706.03762), GELU by the error function.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Places = NDArray[np.int64]
Part = Sequence[tuple[int, int]]

_MODULES = ("Transformer", "Pooling", "Normalize")
_UNCHANGED: Mapping[str, Array] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Linear:
    """x ↦ x·weight + bias; weight has shape (inputs, outputs)."""

    weight: Array
    bias: Array

    def __call__(self, x: Array) -> Array:
        y: Array = x @ self.weight
        y += self.bias
        return y


@dataclass(frozen=True, slots=True)
class Norm:
    """Layer normalisation over the last axis."""

    weight: Array
    bias: Array
    epsilon: np.float32

    def __call__(self, x: Array) -> Array:
        x = x - x.mean(-1, keepdims=True)
        y: Array = x / np.sqrt((x * x).mean(-1, keepdims=True) + self.epsilon) * self.weight + self.bias
        return y


@dataclass(frozen=True, slots=True)
class Layer:
    """One encoder layer: attention over each text by itself, then the feed-forward part."""

    heads: int
    qkv: Linear
    attended: Linear
    after_attention: Norm
    wide: Linear
    narrow: Linear
    after_feed: Norm

    def __call__(self, x: Array, cuts: Sequence[int]) -> Array:
        projected, context = self.qkv(x), np.empty_like(x)
        width = x.shape[1] // self.heads
        for start, end in pairwise(cuts):
            q, k, v = projected[start:end].reshape(end - start, 3, self.heads, width).transpose(1, 2, 0, 3)
            weights = q @ k.transpose(0, 2, 1) * np.float32(width**-0.5)
            weights = np.exp(weights - weights.max(-1, keepdims=True))
            weights /= weights.sum(-1, keepdims=True)
            context[start:end] = (weights @ v).transpose(1, 0, 2).reshape(end - start, -1)
        x = self.after_attention(x + self.attended(context))
        return self.after_feed(x + self.narrow(_gelu(self.wide(x))))


@cache
def _gelu_table() -> Array:
    """x·Φ(x) of every half-precision number, by its bits; looked up in half the time that the error function takes."""
    every = np.arange(1 << 16, dtype=np.uint16).view(np.float16).astype(np.float64)
    finite = np.where(np.isfinite(every), every, 0)
    # math.erf, since importing scipy's takes longer than a cold search has.
    table: Array = (finite * 0.5 * (1 + np.array([math.erf(x) for x in (finite / math.sqrt(2)).tolist()]))).astype("f4")
    return table


def _gelu(x: Array) -> Array:
    y: Array = _gelu_table()[x.astype(np.float16).view(np.uint16)]
    return y


class Bert:
    """Texts to unit vectors, float32, shape (len(texts), dimensions); a text is cut at `max_tokens`."""

    batch = 64  # texts that are encoded together

    def __init__(self, weights: dict[str, Array], config: dict[str, Any], tokenizer: Any, max_tokens: int) -> None:
        self._tokenizer = tokenizer
        self._tokenizer.enable_truncation(max_tokens)
        self._tokenizer.no_padding()
        self.heads, self.depth = int(config["num_attention_heads"]), int(config["num_hidden_layers"])
        self._epsilon = np.float32(config["layer_norm_eps"])
        self._w = weights
        self._words = weights["embeddings.word_embeddings.weight"]
        # All tokens are of the first kind: its vector is added to the positions once and for all.
        self._places = (
            weights["embeddings.position_embeddings.weight"] + weights["embeddings.token_type_embeddings.weight"][0]
        )
        self._first = self._norm("embeddings.LayerNorm")
        self._layers: list[Callable[[Any, Sequence[int]], Any]] = [self._layer(n) for n in range(self.depth)]

    def _linear(self, *names: str) -> Linear:
        weight = np.concatenate([self._w[f"{name}.weight"] for name in names]).T
        return Linear(np.ascontiguousarray(weight), np.concatenate([self._w[f"{name}.bias"] for name in names]))

    def _norm(self, name: str) -> Norm:
        return Norm(self._w[f"{name}.weight"], self._w[f"{name}.bias"], self._epsilon)

    def _layer(self, number: int) -> Layer:
        place = f"encoder.layer.{number}"
        return Layer(
            heads=self.heads,
            qkv=self._linear(*(f"{place}.attention.self.{part}" for part in ("query", "key", "value"))),
            attended=self._linear(f"{place}.attention.output.dense"),
            after_attention=self._norm(f"{place}.attention.output.LayerNorm"),
            wide=self._linear(f"{place}.intermediate.dense"),
            narrow=self._linear(f"{place}.output.dense"),
            after_feed=self._norm(f"{place}.output.LayerNorm"),
        )

    def encode(self, texts: Sequence[str]) -> Array:
        """The vectors of some texts."""
        return self.encode_parts(texts, [()] * len(texts))[0]

    def encode_parts(self, texts: Sequence[str], parts: Sequence[Sequence[Part]]) -> tuple[Array, list[Array]]:
        """The vectors of some texts, and of parts of each as they stand in it (see `pooled`)."""
        encodings = self._tokenizer.encode_batch(list(texts))
        whole = np.empty((len(texts), self._words.shape[1]), np.float32)
        found = [whole[:0]] * len(texts)
        order = sorted(range(len(texts)), key=lambda n: len(encodings[n].ids), reverse=True)
        for batch in (order[at : at + self.batch] for at in range(0, len(order), self.batch)):
            for n, states in zip(batch, self.states([encodings[n].ids for n in batch])):
                whole[n] = unit(states.mean(0))
                found[n] = pooled(states, encodings[n].offsets, parts[n], whole[n])
        return whole, found

    def states(self, ids: Sequence[Sequence[int]]) -> list[Array]:
        """The last layer's states of the tokens of some texts, shape (tokens, dimensions) each. The texts are
        laid end to end: none pays for another's length."""
        cuts = np.cumsum([0, *map(len, ids)]).tolist()
        places = np.concatenate([np.arange(len(each)) for each in ids])
        x = self._through(np.concatenate([np.array(each, np.int64) for each in ids]), places, cuts)
        return [x[start:end] for start, end in pairwise(cuts)]

    def _through(self, words: Places, places: Places, cuts: Sequence[int]) -> Array:
        """The states of tokens, numbered in the vocabulary by `words` and in their own text by `places`."""
        x = self._first(self._words[words] + self._places[places])
        for layer in self._layers:
            x = layer(x, cuts)
        return x


def unit(vector: Array) -> Array:
    """The vector at length 1."""
    scaled: Array = vector / np.maximum(np.linalg.norm(vector), np.float32(1e-12))
    return scaled


def pooled(states: Array, offsets: Sequence[tuple[int, int]], parts: Sequence[Part], whole: Array) -> Array:
    """Unit vectors of parts of a text, float32, shape (len(parts), dimensions): the mean of their tokens' states.

    Read with the whole text around it, a sentence keeps what its "he" and "it" refer to (late chunking: Günther et al.
    2024, arXiv 2409.04701). A part is one or several (start, end) places; one without a token gets the whole's vector.
    """
    begins, ends = np.array([o[0] for o in offsets]), np.array([o[1] for o in offsets])
    vectors = np.empty((len(parts), len(whole)), np.float32)
    for row, places in enumerate(parts):
        inside = np.zeros(len(offsets), bool)
        for start, end in places:
            inside |= (begins >= start) & (ends <= end) & (ends > begins)
        vectors[row] = unit(states[inside].mean(0)) if inside.any() else whole
    return vectors


def load(
    folder: Path, max_tokens: int, kind: type[Bert] = Bert, changes: Mapping[str, Array] = _UNCHANGED
) -> Bert | None:
    """The model in a sentence-transformers folder, as `kind`; None if it is not plain BERT with mean pooling.

    `changes`: low-rank changes to a weight of shape (o, i), as its name with ".up", shape (o, r), and ".down", (r, i).
    """
    paths = {name: folder / name for name in ("config.json", "modules.json", "model.safetensors", "tokenizer.json")}
    if not all(path.exists() for path in paths.values()):
        return None
    config, modules = (json.loads(paths[name].read_text("utf-8")) for name in ("config.json", "modules.json"))
    if not _is_plain(folder, config, modules):
        return None
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    weights = load_file(str(paths["model.safetensors"]))
    if any(weight.dtype != np.float32 for name, weight in weights.items() if name.endswith("weight")):
        return None
    for name in (known.removesuffix(".up") for known in changes if known.endswith(".up")):
        weights[name] = weights[name] + changes[f"{name}.up"] @ changes[f"{name}.down"]
    return kind(weights, config, Tokenizer.from_file(str(paths["tokenizer.json"])), max_tokens)


def _is_plain(folder: Path, config: dict[str, Any], modules: list[dict[str, Any]]) -> bool:
    kinds = tuple(module["type"].rpartition(".")[2] for module in modules)
    if kinds != _MODULES or modules[0]["path"]:
        return False
    pooling = json.loads((folder / modules[1]["path"] / "config.json").read_text("utf-8"))
    modes = {name for name, on in pooling.items() if name.startswith("pooling_mode_") and on}
    return (
        config.get("model_type") == "bert"
        and config.get("hidden_act") == "gelu"
        and config.get("position_embedding_type", "absolute") == "absolute"
        and modes == {"pooling_mode_mean_tokens"}
    )
