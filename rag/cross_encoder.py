"""Loading a CrossEncoder of sentence-transformers: a model that reads two texts together and scores the pair."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from rag.errors import ModelError

_TRAINED_HEADS = ("ForSequenceClassification", "ForCausalLM")


def load(target: str, threads: int, hint: str) -> Any:
    """The model of a Hugging Face id or a folder, in float32. Raises ModelError, with `hint` if it has no head."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    import torch
    from safetensors import SafetensorError
    from sentence_transformers import CrossEncoder
    from transformers.utils import logging

    logging.disable_progress_bar()
    if threads:
        torch.set_num_threads(threads)
    try:
        model = CrossEncoder(target, device="cpu", local_files_only=Path(target).is_dir(), trust_remote_code=False)
    except (OSError, ValueError, RuntimeError, KeyError, ImportError, SafetensorError) as error:
        raise ModelError(
            f"{target} is not a model that sentence-transformers can load: {error}",
            hint="Check its name and the network, or whether the folder's files are whole.",
        ) from error
    heads = getattr(model.config, "architectures", None) or []
    if len(model) == 1 and heads and not any(head.endswith(_TRAINED_HEADS) for head in heads):
        # The library would put a head of random weights on it.
        raise ModelError(f"{target} is a model without a trained head: {', '.join(heads)}", hint=hint)
    return model.float()  # some are stored in half precision, which is slow here and less exact
