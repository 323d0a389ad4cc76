"""LlamaIndex's base classes, imported here and nowhere else.

Importing this module costs most of a second, so it is imported where a class is first needed, never by `import rag`.
LlamaIndex's global `Settings` and its prompts are not used.
"""

from __future__ import annotations

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    ChatResponseGen,
    CompletionResponse,
    CompletionResponseGen,
    LLMMetadata,
    MessageRole,
)
from llama_index.core.bridge.pydantic import ConfigDict, Field, PrivateAttr
from llama_index.core.llms.custom import CustomLLM
from llama_index.core.llms.llm import LLM
from llama_index.core.readers.base import BaseReader
from llama_index.core.schema import (
    Document,
    NodeRelationship,
    NodeWithScore,
    QueryBundle,
    RelatedNodeInfo,
    TextNode,
)

__all__ = [
    "LLM",
    "BaseEmbedding",
    "BaseReader",
    "BaseRetriever",
    "ChatMessage",
    "ChatResponse",
    "ChatResponseGen",
    "CompletionResponse",
    "CompletionResponseGen",
    "ConfigDict",
    "CustomLLM",
    "Document",
    "Field",
    "LLMMetadata",
    "MessageRole",
    "NodeRelationship",
    "NodeWithScore",
    "PrivateAttr",
    "QueryBundle",
    "RelatedNodeInfo",
    "TextNode",
]
