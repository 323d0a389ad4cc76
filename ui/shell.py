"""The parts of the page that stand around questions and answers: head, start, controls, panel. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from rag.types import ArchiveStatus

_KEYS = (
    ("/", "put the cursor into the question"),
    ("↑", "in an empty question: the last one again"),
    ("Esc", "stop the answer, or close what is open"),
    ("j, k", "next and previous citation"),
    ("Enter", "open the citation at its words"),
    ("?", "this list"),
)
# The script shows the view that the address names after "#".
_VIEWS = (
    '<nav class="views" aria-label="Views"><a href="#ask" target="_self" aria-current="page">Ask</a>'
    '<a href="#archive" target="_self">Archive</a><a href="#settings" target="_self">Settings</a></nav>'
)
WAITING = '<p class="quiet">What the archive holds on a question appears here first.</p>'
LOST = (
    "The connection to the archive is lost. What you have typed is kept, and the page goes on by itself as soon as the "
    "archive is served again."
)


def head(status: ArchiveStatus, loading: str = "", reader: str = "") -> str:
    """The page's name, what the archive holds, who is signed in, and what a reader must know before asking."""
    held = f"{status.articles:,} article{'' if status.articles == 1 else 's'}"
    if status.published_from and status.published_to:
        held += f", {status.published_from:%B %Y} to {status.published_to:%B %Y}"
    leave = (
        f'<button type="button" class="plain" data-leave>Sign out <bdi>{escape(reader)}</bdi></button>'
        if reader
        else ""
    )
    return (
        f'<div class="title"><h1>Ask the archive</h1><p class="quiet">{held}</p>{_VIEWS}'
        '<button type="button" class="plain" data-talks aria-haspopup="dialog">Conversations</button>'
        f'<button type="button" class="plain" data-help aria-haspopup="dialog">Keys</button>{leave}</div>'
        f'<div class="notices" role="status">{notices(status, loading)}</div>'
    )


def notices(status: ArchiveStatus, loading: str = "") -> str:
    """What a reader must know before asking. While there is any, the page asks whether it is still so."""
    warnings = [f"Unfinished: {status.unfinished}"] if status.unfinished else []
    warnings += [loading] if loading else []
    return "".join(f'<p class="notice">{escape(warning)}</p>' for warning in warnings)


def start(status: ArchiveStatus, questions: Sequence[str]) -> str:
    """What stands where the answer will: questions to begin with, or how to fill an archive that is empty."""
    if not status.articles:
        return (
            '<div class="start"><h2 class="question">The archive is empty</h2>'
            '<p><a class="original" href="#archive" target="_self">Add articles</a> (text, HTML, PDF, Word, e-mail, '
            "tables, archives), or add a folder from a terminal, then load this page again:"
            f"</p><pre tabindex='0'>rag ingest --archive {escape(status.path)} FOLDER</pre></div>"
        )
    rows = "".join(
        f'<li><button type="button" class="example" data-ask="{escape(question)}" dir="auto">{escape(question)}'
        "</button></li>"
        for question in questions
    )
    begin = f'<h2 class="label">To begin with</h2><ul class="examples">{rows}</ul>' if rows else ""
    return (
        f'<div class="start">{begin}<p class="quiet">Each sentence of an answer is checked against the article that it '
        "cites. What the archive does not say is not said.</p></div>"
    )


def writer_choice(names: Sequence[str]) -> str:
    """Who writes, where there is more than one to choose from, and asking the last question of another."""
    if len(names) < 2:
        return ""
    short = [name.rpartition("#")[2] for name in names]  # of a server's model the address is known to whoever set it
    labels = [f"{name} (default)" if n == 0 else name for n, name in enumerate(short)]
    options = "".join(
        f'<option value="{escape(name)}">{escape(label)}</option>' for name, label in zip(names, labels, strict=True)
    )
    return (
        f'<div id="writer"><label>Writer <select name="writer">{options}</select></label>'
        '<button type="button" class="plain" data-again>Ask again</button></div>'
    )


def dialogs() -> str:
    """The side panel and the list of keys, both closed, and what a screen reader is told."""
    keys = "".join(f"<div><dt><kbd>{escape(key)}</kbd></dt><dd>{escape(does)}</dd></div>" for key, does in _KEYS)
    close = '<button type="button" class="plain" data-close>Close</button>'
    return (
        '<dialog id="panel" aria-label="Article"><div class="bar">'
        '<button type="button" class="plain" data-step="-1">Previous</button>'
        '<span class="place" aria-live="polite"></span>'
        f'<button type="button" class="plain" data-step="1">Next</button>{close}</div>'
        '<div class="page" tabindex="0" role="region" aria-label="Text of the article"></div></dialog>'
        f'<dialog id="help" aria-labelledby="help-name"><div class="bar"><h2 id="help-name">Keys</h2>{close}</div>'
        f"<dl>{keys}</dl></dialog>"
        '<dialog id="talks" aria-labelledby="talks-name"><div class="bar"><h2 id="talks-name">Conversations</h2>'
        f'<button type="button" class="plain" data-new>New</button>{close}</div><div class="page">'
        '<label>Search <input type="search" name="search"></label><div class="found" aria-live="polite"></div></div>'
        "</dialog>"
        f'<div id="lost" class="notice problem" popover="manual" role="alert">{LOST}</div>'
        '<div id="said" class="unseen" aria-live="polite" aria-relevant="additions"></div>'
    )
