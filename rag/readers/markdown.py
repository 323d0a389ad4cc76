"""Markdown with front matter. Marks become plain text; paragraphs stay apart by a blank line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import ReadError
from rag.readers.base import Context, decode, fields, make_article
from rag.types import Article

if TYPE_CHECKING:
    from markdown_it.token import Token

FORMAT = "Markdown"
VERSION = 1
SUFFIXES = (".md", ".markdown")
MEDIA_TYPES = ("text/markdown",)


def read(path: Path, source: str, context: Context) -> Iterator[Article | ReadError]:
    """One article. Raises ReadError for front matter that is not YAML."""
    import frontmatter
    import yaml

    try:
        post = frontmatter.loads(decode(path.read_bytes(), source))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" (line {mark.line + 2})" if mark else ""
        raise ReadError(source, f"the front matter is not YAML{line}: {getattr(error, 'problem', error)}") from error
    found = fields(post.metadata)
    heading, found["text"] = _plain(post.content)
    found.setdefault("title", heading)
    if heading and heading != found["title"]:
        found["text"] = f"{heading}\n\n{found['text']}"
    yield make_article(source=source, context=context, **found)


def _plain(markdown: str) -> tuple[str | None, str]:
    """The first heading if the text begins with it (level one), and the rest as plain text."""
    from markdown_it import MarkdownIt

    tokens = MarkdownIt("commonmark").enable("table").parse(markdown)
    heading, blocks = None, []
    for before, token in zip([None, *tokens], tokens):
        if token.type in ("fence", "code_block"):
            blocks.append(token.content.rstrip("\n"))
        elif token.type == "inline":
            text = _inline(token)
            if before and before.type == "heading_open" and before.tag == "h1" and not blocks and heading is None:
                heading = text
            else:
                blocks.append(text)
    return heading, "\n\n".join(block for block in blocks if block.strip())


def _inline(token: Token) -> str:
    parts = []
    for child in token.children or []:
        if child.type in ("softbreak", "hardbreak"):
            parts.append("\n")
        elif child.type == "image":
            parts.append(child.content)
        elif child.type in ("text", "code_inline", "html_inline"):
            parts.append(child.content if child.type != "html_inline" else "")
    return "".join(parts)
