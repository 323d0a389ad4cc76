"""A tiny entailment model with weights set by hand: what it holds for stated is known, and it runs by the real code."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

KEY = "granted"
LABELS = ("contradiction", "entailment", "neutral")
LONGEST = 512  # tokens
_HIDDEN = 8


def save(folder: Path, labels: Sequence[str] = LABELS, stated: int = 1) -> Path:
    """Writes a model that holds a claim for stated if the word KEY is both in it and in the evidence.

    It then gives the label at the place `stated`, else the others. A model of one label gives a score.
    """
    _tokenizer().save_pretrained(folder)
    _model(labels, stated).save_pretrained(folder)
    return folder


def _tokenizer() -> Any:
    """One token a word or mark; all but KEY are unknown to it, and alike."""
    from tokenizers import Tokenizer, normalizers, pre_tokenizers, processors
    from tokenizers.models import WordLevel
    from transformers import PreTrainedTokenizerFast

    words = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", KEY]
    core = Tokenizer(WordLevel({word: n for n, word in enumerate(words)}, unk_token="[UNK]"))
    core.normalizer = normalizers.Lowercase()
    core.pre_tokenizer = pre_tokenizers.Whitespace()
    core.post_processor = processors.BertProcessing(("[SEP]", 2), ("[CLS]", 1))
    return PreTrainedTokenizerFast(
        tokenizer_object=core, pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]", unk_token="[UNK]",
        model_max_length=LONGEST, model_input_names=["input_ids", "token_type_ids", "attention_mask"],
    )  # fmt: skip


def _model(labels: Sequence[str], stated: int) -> Any:
    """A layer of two heads, one that looks for KEY in each text; the pooler is an "and". Vectors have mean 0, so that
    the norms of the layer only scale them: 0 and 1 are KEY, 2 and 3 which text, 4 to 7 what the heads found."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    config = BertConfig(
        vocab_size=5, hidden_size=_HIDDEN, intermediate_size=8, num_hidden_layers=1, num_attention_heads=2,
        max_position_embeddings=LONGEST, id2label=dict(enumerate(labels)),
        label2id={label: n for n, label in enumerate(labels)},
    )  # fmt: skip
    model = BertForSequenceClassification(config)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            weight.fill_(float(name.endswith("LayerNorm.weight")))
        embeddings, layer = model.bert.embeddings, model.bert.encoder.layer[0].attention
        embeddings.word_embeddings.weight[4, 0:2] = torch.tensor([1.0, -1.0])
        for text, head in enumerate((0, _HIDDEN // 2)):  # each head has half of the places
            which = 1.0 - 2 * text
            embeddings.token_type_embeddings.weight[text, 2:4] = torch.tensor([which, -which])
            layer.self.query.bias[head] = 40.0  # sharp: one token gets all attention
            layer.self.key.weight[head, 0], layer.self.key.weight[head, 2] = 2.0, which
            layer.self.value.weight[head, 0] = 0.7
            layer.output.dense.weight[4 + 2 * text : 6 + 2 * text, head] = torch.tensor([1.0, -1.0])
        model.bert.pooler.dense.weight[0, 4], model.bert.pooler.dense.weight[0, 6] = 5.0, 5.0
        model.bert.pooler.dense.bias[0] = -6.3  # between what one head finds and what two find
        model.classifier.weight[:, 0] = -3.0
        model.classifier.weight[stated, 0] = 3.0
    return model
