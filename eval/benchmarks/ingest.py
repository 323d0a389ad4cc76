"""Articles a second and peak memory, ours against the stock LlamaIndex pipeline.

Same model, same size of passages, same run.

Each side runs in its own process, one after the other, from starting Python to all vectors being stored. The stock
side needs the `bench` extra: `pip install -e '.[bench]'`. Our side then embeds the same passages once more and does
nothing else: the seconds of that over those of the ingest are our share of the embedder's own throughput. `--side ours`
leaves the stock side out.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import rag

SUMMARY = "articles a second against stock LlamaIndex"

_SIDES = ("ours", "stock")
_FEW = 100  # enough that the model is loaded as for many


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("articles", type=Path, help="a JSON list of articles with title and body")
    parser.add_argument("--side", choices=_SIDES, action="append", help="only this side")
    parser.add_argument("--only", choices=_SIDES, help=argparse.SUPPRESS)


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Both sides' figures and their ratio."""
    if options.only:
        return _measured(options.only, options.articles)
    sides = {}
    for side in options.side or _SIDES:
        sys.stderr.write(f"{side} …\n")
        command = [sys.executable, "-m", "eval", "ingest", str(options.articles), "--only", side, "--json"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise rag.RagError(f"the {side} side failed: {done.stderr.strip()[-800:]}")
        sides[side] = json.loads(done.stdout)
    result = {f"{side} {name}": value for side in sides for name, value in sides[side].items()}
    if len(sides) == len(_SIDES):
        result["ratio"] = sides["ours"]["articles a second"] / sides["stock"]["articles a second"]
    return result


def _measured(side: str, articles: Path) -> dict[str, Any]:
    import resource

    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        result = (_ours if side == "ours" else _stock)(articles, Path(folder))
        seconds = time.perf_counter() - begun
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
        more = {"share of the embedder's own throughput": _alone(Path(folder)) / seconds} if side == "ours" else {}
    return {**result, "seconds": seconds, "articles a second": result["articles"] / seconds, "peak MiB": peak, **more}


def _ours(articles: Path, folder: Path) -> dict[str, Any]:
    with rag.open(folder / "archive") as archive:
        report = archive.ingest(articles)
        return {"articles": report.added, "failed": len(report.failed), "passages": archive.status().passages}


def _alone(folder: Path) -> float:
    """Seconds of embedding the passages of our archive and nothing else, with the model in memory."""
    from eval.measures import passages
    from rag.embed import open_embedder

    embedder = open_embedder(rag.Settings().embedder)
    texts = [f"{title}\n{text}" for batch in passages(folder / "archive") for _, title, text in batch]
    embedder.encode(texts[:_FEW])
    begun = time.perf_counter()
    embedder.encode(texts)
    return time.perf_counter() - begun


def _stock(articles: Path, folder: Path) -> dict[str, Any]:
    """What LlamaIndex's documentation shows: splitter, Hugging Face embedding, Chroma."""
    import chromadb
    from llama_index.core import Document
    from llama_index.core.ingestion import IngestionPipeline
    from llama_index.core.node_parser import SentenceSplitter
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding
    from llama_index.vector_stores.chroma import ChromaVectorStore

    records = json.loads(articles.read_text("utf-8"))
    documents = [Document(text=r["body"], metadata={"title": r.get("title") or ""}) for r in records]
    pack = rag.model_folder(rag.Settings().embedder)
    collection = chromadb.PersistentClient(str(folder / "chroma")).create_collection("stock")
    pipeline = IngestionPipeline(
        transformations=[
            SentenceSplitter(chunk_size=200, chunk_overlap=0),
            HuggingFaceEmbedding(model_name=str(pack), device="cpu"),
        ],
        vector_store=ChromaVectorStore(chroma_collection=collection),
    )
    # Chroma takes no more in one call than SQLite has variables for (5,461 vectors at the least).
    parts = [documents[at : at + 200] for at in range(0, len(documents), 200)]
    nodes = sum(len(pipeline.run(documents=part)) for part in parts)
    return {"articles": len(documents), "failed": 0, "passages": nodes}
