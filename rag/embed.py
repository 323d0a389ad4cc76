"""Embedders: text to unit vectors, chosen by name.

    all-minilm-l6-v2           a model pack (`rag models list`)
    st:ID-or-folder            any sentence-transformers model
    llama-index:module:Class   any LlamaIndex `BaseEmbedding`, built without arguments

LlamaIndex's `BaseEmbedding` has no token limits, no token counts and no arrays, and importing it costs a cold search
most of a second; so the seam is the small Protocol below, and its class plugs in by name.
"""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from rag import bert, models, tokens
from rag.bert import Part, pooled
from rag.errors import ModelError, SettingsError, UnknownModel

if TYPE_CHECKING:
    from rag.interop import BaseEmbedding

Vectors = NDArray[np.float32]
_FEW = 64  # texts of one question: it and the sentences of its evidence
_FEW_LONG = 2


class Embedder(Protocol):
    """What turns text into vectors.

    name: as in `Settings.embedder`; an archive is bound to it.
    dimensions: length of a vector.
    max_tokens: longest text, in the embedder's own tokens; what is beyond is not seen by it.
    """

    @property
    def name(self) -> str: ...
    @property
    def dimensions(self) -> int: ...
    @property
    def max_tokens(self) -> int: ...

    def count_tokens(self, texts: list[str]) -> list[int]:
        """Tokens of each text as the embedder counts them, without its own marks."""
        ...

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One unit vector a text: float32, shape (len(texts), dimensions)."""
        ...

    def encode_parts(self, texts: Sequence[str], parts: Sequence[Sequence[Part]]) -> tuple[Vectors, list[Vectors]]:
        """The vectors of texts, and of parts of each, (start, end) places in it, as they stand in the whole text.

        The second is a list of float32 arrays, shape (len(parts[i]), dimensions). An embedder that cannot look inside a
        text gives its parts the vector of the whole.
        """
        ...


def open_embedder(name: str, *, threads: int = 0, progress: models.Progress | None = None) -> Embedder:
    """The embedder called `name`; a pack that is not there yet is fetched. The model loads on first use.

    Raises UnknownModel, SettingsError or what fetching a pack raises.
    """
    kind, _, target = name.partition(":")
    if not target:
        folder = models.ensure(name, why="the embedder, to find passages by meaning", progress=progress)
        return SentenceTransformersEmbedder(name, str(folder), threads)
    if kind == "st":
        return SentenceTransformersEmbedder(name, target, threads)
    if kind == "llama-index":
        return LlamaIndexEmbedder(name, target)
    raise UnknownModel(f"no embedder is called {name!r}", hint="Use a pack's name, st:ID or llama-index:module:Class.")


class SentenceTransformersEmbedder:
    """A sentence-transformers model, in bfloat16 where the processor multiplies that natively.

    A question's few texts do not wait for torch: where the model is plain BERT they are encoded by `rag.bert`.
    """

    def __init__(self, name: str, source: str, threads: int = 0) -> None:
        self.name = name
        self._source = source
        self._threads = threads
        self._lock = Lock()

    @cached_property
    def _tokenizer(self) -> Any:
        from tokenizers import Tokenizer

        path = Path(self._source) / "tokenizer.json"
        # Counting must not wait for torch; a model that is not on disk brings its tokenizer when it is loaded.
        tokenizer = Tokenizer.from_file(str(path)) if path.exists() else self._model.tokenizer.backend_tokenizer
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer

    @cached_property
    def _model(self) -> Any:
        os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        import torch
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()
        if self._threads:
            torch.set_num_threads(self._threads)
        try:
            model = SentenceTransformer(
                self._source, device="cpu", local_files_only=Path(self._source).is_dir(), trust_remote_code=False
            )
        except (OSError, ValueError) as error:
            raise ModelError(f"{self._source} is not a model that sentence-transformers can load: {error}") from error
        return model.bfloat16() if torch.cpu._is_avx512_bf16_supported() else model

    @cached_property
    def _quick(self) -> bert.Bert | None:
        folder = Path(self._source)
        return bert.load(folder, self.max_tokens) if folder.is_dir() else None

    @cached_property
    def dimensions(self) -> int:
        config = Path(self._source) / "config.json"
        if self._quick is not None:
            return int(json.loads(config.read_text("utf-8"))["hidden_size"])
        return int(self._model.get_embedding_dimension())

    @cached_property
    def max_tokens(self) -> int:
        config = Path(self._source) / "sentence_bert_config.json"
        if config.exists():
            return int(json.loads(config.read_text("utf-8"))["max_seq_length"])
        return int(self._model.get_max_seq_length() or 512)

    def count_tokens(self, texts: list[str]) -> list[int]:
        return [len(e.ids) for e in self._tokenizer.encode_batch(texts, add_special_tokens=False)]

    @cached_property
    def _many(self) -> bert.Bert:
        import torch

        from rag.bert_torch import TorchBert

        if self._threads:
            torch.set_num_threads(self._threads)
        found = bert.load(Path(self._source), self.max_tokens, TorchBert)
        if found is None:
            raise ModelError(f"{self._source} has changed since it was opened")
        return found

    def _plain(self, *, few: bool) -> bert.Bert:
        return self._quick if few and self._quick is not None else self._many

    def encode(self, texts: Sequence[str]) -> Vectors:
        with self._lock:
            if texts and self._quick is not None:
                return self._plain(few=len(texts) <= _FEW).encode(texts)
            raw = self._model.encode(list(texts), batch_size=16, show_progress_bar=False, convert_to_numpy=True)
        return _unit(raw, self.dimensions)

    @cached_property
    def _pools_by_mean(self) -> bool:
        return any(getattr(module, "pooling_mode", None) in ("mean", ("mean",)) for module in self._model)

    def encode_parts(self, texts: Sequence[str], parts: Sequence[Sequence[Part]]) -> tuple[Vectors, list[Vectors]]:
        with self._lock:
            if texts and self._quick is not None:
                return self._plain(few=len(texts) <= _FEW_LONG).encode_parts(texts, parts)
            if not texts or not self._pools_by_mean:
                raw = self._model.encode(list(texts), batch_size=16, show_progress_bar=False, convert_to_numpy=True)
                return _undivided(_unit(raw, self.dimensions), parts)
            found = self._model.encode(list(texts), batch_size=16, show_progress_bar=False, output_value=None)
        whole = _unit(np.stack([f["sentence_embedding"].float().numpy() for f in found]), self.dimensions)
        states = [f["token_embeddings"].float().numpy() for f in found]
        encodings = self._tokenizer.encode_batch(list(texts))
        # States are cut at the model's longest text, and padded.
        pairs = [(s[: len(e.offsets)], e.offsets[: len(s)]) for s, e in zip(states, encodings)]
        return whole, [pooled(s, o, p, w) for (s, o), p, w in zip(pairs, parts, whole)]


class LlamaIndexEmbedder:
    """Any LlamaIndex embedding. Its tokens cannot be counted, so tiktoken's stand in, with room to spare."""

    max_tokens = 256

    def __init__(self, name: str, target: str, embedding: BaseEmbedding | None = None) -> None:
        self.name = name
        self._embedding = embedding if embedding is not None else _build(target)

    @cached_property
    def dimensions(self) -> int:
        return len(self._embedding.get_text_embedding("dimensions"))

    def count_tokens(self, texts: list[str]) -> list[int]:
        return tokens.counts(texts)

    def encode(self, texts: Sequence[str]) -> Vectors:
        return _unit(self._embedding.get_text_embedding_batch(list(texts)), self.dimensions)

    def encode_parts(self, texts: Sequence[str], parts: Sequence[Sequence[Part]]) -> tuple[Vectors, list[Vectors]]:
        return _undivided(self.encode(texts), parts)


def _build(target: str) -> BaseEmbedding:
    from rag.interop import BaseEmbedding

    module, _, name = target.partition(":")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise SettingsError(
            f"llama-index:{target}: {error}", hint="Install its package; write module:Class."
        ) from error
    if not (isinstance(found, type) and issubclass(found, BaseEmbedding)):
        raise SettingsError(f"llama-index:{target} is not a LlamaIndex BaseEmbedding")
    return found()


def _undivided(whole: Vectors, parts: Sequence[Sequence[Part]]) -> tuple[Vectors, list[Vectors]]:
    return whole, [np.repeat(vector[None], len(p), axis=0) for vector, p in zip(whole, parts)]


def _unit(raw: Any, dimensions: int) -> Vectors:
    # bfloat16 vectors come out up to a percent too long or short: normalise after widening.
    vectors = np.asarray(raw, dtype=np.float32).reshape(-1, dimensions)
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not np.isfinite(norms).all():
        raise ModelError("the embedder gave a vector that is not a number")
    unit: Vectors = vectors / np.maximum(norms, np.float32(1e-12))
    return unit
