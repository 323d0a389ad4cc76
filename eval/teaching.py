"""Learning which sentences hold what a question asks: the changes to the embedder's weights for `rag.pertinence`.

A group is one question with a few passages: that which answers it, the one that comes nearest to it by the embedder
among the others on its subject, and now and then a stranger. Two losses are added: the cross entropy of each sentence,
and that of picking an answering sentence among all of the group. Where a sentence of another article says nearly
what an answering one does, nobody has said whether it answers: it does not count.
"""

from __future__ import annotations

import math
import random
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from eval.practising import Practice, Question
from rag import pertinence
from rag.pertinence import LEVEL, Tokens, laid_out

RANK = 16
_PASSAGE = 8  # sentences, about as many as an archive's passages have
_STRANGERS = 0.25  # share of the groups with a passage on another subject
_SAME = 0.75  # cosine from which on two sentences may say the same
_RARE = 3.0  # what an answering sentence counts beside one of the many others
_PICKED = 0.5  # what picking counts beside the cross entropy
_RATE, _WARM = 1e-3, 60  # learning rate, steps until it is reached
QUESTIONS = 4  # a step
_TEXTS = 32  # short texts read at once
_UNKNOWN = -1.0
_LINEARS = (
    "attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense",
    "intermediate.dense", "output.dense",
)  # fmt: skip


@dataclass(frozen=True)
class Passage:
    """What is read with a question; a label for each sentence, and its cosine with the question by the embedder."""

    tokens: Tokens
    labels: list[float]
    near: list[float]


Group = list[Passage]


class _Changed(nn.Module):
    """A linear layer and a change of low rank, which begins as none."""

    def __init__(self, known: nn.Linear) -> None:
        super().__init__()
        self.known = known
        self.down = nn.Parameter(torch.randn(RANK, known.in_features) / math.sqrt(known.in_features))
        self.up = nn.Parameter(torch.zeros(known.out_features, RANK))

    def forward(self, x: Tensor) -> Tensor:
        changed: Tensor = self.known(x) + functional.linear(functional.linear(x, self.down), self.up)
        return changed


class Learner(nn.Module):
    """The model of `rag.pertinence`, as it can be taught."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        from transformers import BertModel

        # Dropping attention would nearly double a step's time: torch then goes without its fused attention.
        self.bert = BertModel.from_pretrained(
            str(folder), add_pooling_layer=False, attn_implementation="sdpa", attention_probs_dropout_prob=0.0
        )
        self.bert.requires_grad_(False)
        self._changed: dict[str, _Changed] = {}
        for number, layer in enumerate(self.bert.encoder.layer):
            for name in _LINEARS:
                parent, _, own = name.rpartition(".")
                holder = layer.get_submodule(parent)
                changed = _Changed(getattr(holder, own))
                setattr(holder, own, changed)
                self._changed[f"encoder.layer.{number}.{name}.weight"] = changed
        width = self.bert.config.hidden_size
        self.line = nn.Parameter(torch.zeros(width))
        self.bias = nn.Parameter(torch.tensor([-3.0]))
        self.cosine = nn.Parameter(torch.tensor([8.0]))

    def forward(self, read: Sequence[Tokens]) -> Tensor:
        """The log-odds of every sentence of some passages, one after the other, shape (S,)."""
        odds = []
        for own, (_, asked, ranges) in zip(self._states([ids for ids, _, _ in read]), read):
            means = torch.stack([own[a:b].mean(0) if b > a else own[0] for a, b in ranges])
            cosine = functional.cosine_similarity(means, own[1 : asked - 1].mean(0)[None], dim=-1)
            odds.append(means @ self.line + self.bias + self.cosine * (cosine - LEVEL))
        return torch.cat(odds)

    def _states(self, read: Sequence[Sequence[int]]) -> Tensor:
        longest = max(len(ids) for ids in read)
        words = torch.zeros(len(read), longest, dtype=torch.long)
        there = torch.zeros(len(read), longest, dtype=torch.long)
        for row, ids in enumerate(read):
            words[row, : len(ids)] = torch.tensor(ids)
            there[row, : len(ids)] = 1
        states: Tensor = self.bert(input_ids=words, attention_mask=there).last_hidden_state
        return states

    def vectors(self, tokenizer: Any, texts: Sequence[str]) -> NDArray[Any]:
        """The unit vectors that the network gives texts, the embedder's as long as nothing is learnt, shape (T, D)."""
        read = [tokenizer.encode(text).ids for text in texts]
        found = np.empty((len(read), self.bert.config.hidden_size), np.float32)
        by_length = sorted(range(len(read)), key=lambda row: len(read[row]))
        with torch.inference_mode():
            for at in range(0, len(read), _TEXTS):
                rows = by_length[at : at + _TEXTS]
                for row, own in zip(rows, self._states([read[row] for row in rows])):
                    found[row] = functional.normalize(own[: len(read[row])].mean(0), dim=0).numpy()
        return found

    def take(self, changes: Mapping[str, NDArray[Any]]) -> None:
        """Know what was learnt before, as `changes` gives it."""
        with torch.no_grad():
            for name, part in self._parts().items():
                part.copy_(torch.from_numpy(changes[name].astype(np.float32)))

    def _parts(self) -> dict[str, nn.Parameter]:
        parts = {"line": self.line, "bias": self.bias, "cosine": self.cosine}
        for name, changed in self._changed.items():
            parts |= {f"{name}.up": changed.up, f"{name}.down": changed.down}
        return parts

    def changes(self) -> dict[str, NDArray[Any]]:
        """What was learnt, as `rag.pertinence` keeps it: float16, by name."""
        return {name: part.detach().numpy().astype(np.float16) for name, part in self._parts().items()}


def begin(seed: int) -> tuple[Learner, Any]:
    """What has learnt nothing yet, and its tokenizer. Fetches the pack if it is not there."""
    from tokenizers import Tokenizer

    torch.manual_seed(seed)
    folder = pertinence.folder()
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return Learner(folder), tokenizer


@dataclass(frozen=True)
class _Part:
    """A passage of an article: its sentences from `first` up to `last`."""

    article: int
    first: int
    last: int


def groups(articles: Sequence[Practice], learner: Learner, tokenizer: Any, seed: int) -> list[Group]:
    """One group a question, in the articles' order."""
    chance = random.Random(seed)
    parts = [part for number, article in enumerate(articles) for part in _parts(number, article)]
    vectors = [learner.vectors(tokenizer, article.sentences) for article in articles]
    made = []
    for number, article in enumerate(articles):
        asked = learner.vectors(tokenizer, [question.text for question in article.questions])
        near = [p for p in parts if articles[p.article].subject == article.subject]
        far = [p for p in parts if articles[p.article].subject != article.subject]
        for question, vector in zip(article.questions, asked):
            own = [p for p in near if p.article == number and _holds(p, question)]
            rest = [p for p in near if p not in own]
            rest.sort(key=lambda p: -float((vectors[p.article][p.first : p.last] @ vector).max()))
            chosen = own + rest[: max(1, 2 - len(own))]
            if far and chance.random() < _STRANGERS:
                chosen.append(chance.choice(far))
            made.append(
                [
                    Passage(
                        _laid(tokenizer, question, articles[p.article], p),
                        _labels(question, number, p, vectors),
                        (vectors[p.article][p.first : p.last] @ vector).tolist(),
                    )
                    for p in chosen
                ]
            )
    return made


def _parts(number: int, article: Practice) -> Iterator[_Part]:
    count = len(article.sentences)
    cuts = np.linspace(0, count, max(1, -(-count // _PASSAGE)) + 1).astype(int).tolist()
    for first, last in pairwise(cuts):
        yield _Part(number, first, last)


def _holds(part: _Part, question: Question) -> bool:
    return any(part.first <= sentence < part.last for sentence in question.sentences)


def _laid(tokenizer: Any, question: Question, article: Practice, part: _Part) -> Tokens:
    text, spans = "", []
    for sentence in article.sentences[part.first : part.last]:
        spans.append((len(text), len(text) + len(sentence)))
        text += f"{sentence} "
    return laid_out(tokenizer, question.text, article.title, text.rstrip(), spans)


def _labels(question: Question, own: int, part: _Part, vectors: Sequence[NDArray[Any]]) -> list[float]:
    here = range(part.first, part.last)
    if part.article == own:
        return [float(question.answered and sentence in question.sentences) for sentence in here]
    if not question.answered:
        return [0.0 for _ in here]
    alike = (vectors[part.article][part.first : part.last] @ vectors[own][list(question.sentences)].T).max(1)
    return [_UNKNOWN if one > _SAME else 0.0 for one in alike.tolist()]


def teach(learner: Learner, lessons: Sequence[Group], epochs: int, seed: int) -> Iterator[float]:
    """Learn from every group `epochs` times; after each step its loss."""
    weights = [weight for weight in learner.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=_RATE, weight_decay=0.01)
    chance, step = random.Random(seed), 0
    steps = epochs * -(-len(lessons) // QUESTIONS)
    learner.train()
    for _ in range(epochs):
        order = chance.sample(range(len(lessons)), len(lessons))
        for at in range(0, len(order), QUESTIONS):
            step += 1
            for group in optimizer.param_groups:
                group["lr"] = _RATE * min(1.0, step / _WARM) * max(0.02, 1 - step / steps)
            loss = _loss(learner, [lessons[number] for number in order[at : at + QUESTIONS]])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(weights, 1.0)
            optimizer.step()
            yield float(loss.detach())
    learner.eval()


def _loss(learner: Learner, lessons: Sequence[Group]) -> Tensor:
    read = [passage.tokens for group in lessons for passage in group]
    labels = torch.tensor([label for group in lessons for passage in group for label in passage.labels])
    owner = torch.tensor([n for n, group in enumerate(lessons) for passage in group for _ in passage.labels])
    with torch.autocast("cpu", torch.bfloat16, enabled=torch.cpu._is_avx512_bf16_supported()):
        odds = learner(read)
    odds, known = odds.float(), labels != _UNKNOWN
    loss = functional.binary_cross_entropy_with_logits(odds[known], labels[known], pos_weight=torch.tensor(_RARE))
    for number in range(len(lessons)):
        own = known & (owner == number)
        right = labels[own] > 0
        if right.any() and not right.all():
            picked = functional.log_softmax(odds[own], 0)[right].logsumexp(0)
            loss = loss - _PICKED * picked / len(lessons)
    return loss


def odds(learner: Learner, lessons: Sequence[Group]) -> list[list[float]]:
    """The log-odds of each sentence of each group."""
    with torch.inference_mode():
        return [learner([passage.tokens for passage in group]).tolist() for group in lessons]


def told(losses: Iterator[float], steps: int) -> None:
    """Go through the lessons, and say now and then how far it is."""
    begun, mean = time.monotonic(), 0.0
    for step, loss in enumerate(losses, 1):
        mean = 0.98 * mean + 0.02 * loss
        if step % 100 == 0 or step == steps:
            took = time.monotonic() - begun
            sys.stderr.write(f"step {step} of {steps}, loss {mean / (1 - 0.98**step):.3f}, {took:.0f} s\n")
