"""Markdown, with or without YAML front matter (names: `rag.readers.fields`). Marks go, words and paragraphs stay.

Headings, emphasis, links and pictures become their words; list marks stay, since they separate. The first `# heading`
is the title unless the front matter has one. Where the text begins with its own title, it is not repeated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import ReadError
from rag.readers import limits
from rag.readers.base import Context, make_article, one_line, read_text
from rag.readers.fields import metadata_of
from rag.readers.markup import html_to_text
from rag.types import Article

if TYPE_CHECKING:
    from markdown_it.token import Token

FORMAT = "Markdown"
VERSION = 3
SUFFIXES = (".md", ".markdown")
MEDIA_TYPES = ("text/markdown", "text/x-markdown")

_DEEPEST = 100  # levels of lists and quotations


def read(path: Path, source: str, context: Context) -> Iterator[Article | ReadError]:
    """One article. Raises ReadError, with the line, for front matter that is not YAML."""
    text = read_text(path, source, context).replace("\r\n", "\n").replace("\r", "\n")
    record, body = _front_matter(text, source)
    metadata = metadata_of(record, context)
    heading, first, blocks = _plain(body)
    title = one_line(metadata.get("title")) or heading
    if first and heading and title and heading.casefold() == title.casefold():
        blocks = blocks[1:]
    yield make_article(source=source, text="\n\n".join(blocks), context=context, **{**metadata, "title": title})


def _front_matter(text: str, source: str) -> tuple[Mapping[object, object], str]:
    import yaml
    from frontmatter import YAMLHandler

    handler = YAMLHandler()
    above = len(text) - len(text.lstrip())
    text, skipped = text[above:], text[:above].count("\n")
    if not handler.detect(text):
        return {}, text
    try:
        front, body = handler.split(text)
        limits.bounded(source, len(front), limits.HEADERS, "its front matter is ")
        record = handler.load(front)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1 + skipped}" if mark else ""
        raise ReadError(source, f"the front matter is not valid YAML{where}: {_reason(error)}") from error
    except ValueError as error:
        # No closing line, so the first one was a rule; or a value such as the date 2025-02-31.
        if len(re.findall(r"^-{3,}\s*$", text, re.MULTILINE)) < 2:
            return {}, text
        raise ReadError(source, f"the front matter has a value that cannot be read: {error}") from error
    # Two rules with prose between them are no front matter; the prose is kept.
    return (record, body) if isinstance(record, Mapping) else ({}, body if record is None else text)


def _reason(error: Exception) -> str:
    return str(getattr(error, "problem", None) or error)


def _plain(markdown: str) -> tuple[str | None, bool, list[str]]:
    """The first heading of level one, whether the text begins with it, and all blocks (it too) as plain text."""
    from markdown_it import MarkdownIt

    # Indented paragraphs are a habit of newspapers, not code.
    parser = MarkdownIt("commonmark", {"maxNesting": _DEEPEST}).disable("code").enable("table")
    heading: str | None = None
    first = False
    blocks: list[str] = []
    mark, opened, row = "", "", list[str]()
    for token in parser.parse(markdown):
        if token.type == "list_item_open":
            mark = f"{token.info}{token.markup} "
        elif token.type == "tr_close":
            blocks.append(" | ".join(row))
            row = []
        elif token.type == "inline" and opened in ("th_open", "td_open"):
            row.append(_words(token))
        elif token.type == "inline":
            words = _words(token)
            if words.strip():
                blocks.append(mark + words)
                mark = ""
            if opened == "h1" and heading is None:
                heading, first = one_line(words), len(blocks) == 1
        elif token.type in ("fence", "html_block"):
            content = html_to_text(token.content) if token.type == "html_block" else token.content.strip("\n")
            blocks += [content] if content.strip() else []
        opened = token.tag if token.type == "heading_open" else token.type
    return heading, first, blocks


def _words(inline: Token) -> str:
    parts = []
    for child in inline.children or []:
        if child.type == "softbreak":
            parts.append(" ")  # where the writer's editor wrapped the line; only a hard break is meant
        elif child.type == "hardbreak":
            parts.append("\n")
        elif child.type in ("text", "text_special", "code_inline"):
            parts.append(child.content)
        elif child.type == "image":
            parts.append(_words(child))
        elif child.type == "html_inline" and re.match(r"<br\b", child.content, re.IGNORECASE):
            parts.append("\n")
    return "".join(parts)
