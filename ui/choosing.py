"""The Settings view as HTML: what is in use, who writes, which packs are here. Pure; everything is escaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from ui.jobs import State

if TYPE_CHECKING:
    from rag import ArchiveStatus, Listed, Settings

PULLED = "complete"  # the state of a pack that is here
SERVERS = ("ollama:", "openai:")


@dataclass(frozen=True, slots=True)
class Fetched:
    """How much of a pack is here, in bytes."""

    done: int
    total: int
    label: str


@dataclass(frozen=True, slots=True)
class Embedded:
    """How many passages another embedder has embedded, of how many."""

    done: int
    total: int


Fetching = State[Fetched, Path]
Embedding = State[Embedded, int]


def view() -> str:
    """The view's frame, which the script fills."""
    return (
        '<section id="settings" class="view" aria-labelledby="settings-name" hidden>'
        '<h2 id="settings-name" class="question" tabindex="-1">Settings</h2>'
        '<section class="used" aria-label="In use"></section>'
        '<section aria-labelledby="who-name"><h3 id="who-name">Who writes</h3><form class="who">'
        '<fieldset><legend class="unseen">Writer</legend><div class="writers"></div></fieldset><div class="verdicts">'
        '<button type="button" class="plain edged" data-writer="try">Test the server</button>'
        '<button type="button" class="plain edged" data-writer="use">Use for the next questions</button>'
        '<button type="button" class="plain edged" data-writer="keep">Make this the archive’s writer</button></div>'
        '<div class="told" role="status"></div></form></section>'
        '<section aria-labelledby="checks-name"><h3 id="checks-name">Who checks</h3><form class="who checks">'
        '<fieldset><legend class="unseen">Judge</legend><div class="judges"></div></fieldset><div class="verdicts">'
        '<button type="button" class="plain edged" data-judge>Make this the archive’s judge</button></div>'
        '<div class="told" role="status"></div></form></section>'
        '<section aria-labelledby="finds-name"><h3 id="finds-name">What finds</h3><form class="who finds">'
        '<fieldset><legend class="unseen">Embedder</legend><div class="embedders"></div></fieldset>'
        '<p class="quiet">Another embedder reads the whole archive first, which takes about as long as taking it in. '
        'The present one serves meanwhile.</p><div class="verdicts">'
        '<button type="button" class="plain edged" data-embed>Change the embedder</button></div>'
        '<div class="work" hidden><div class="seen"></div>'
        '<button type="button" class="plain edged" data-unembed>Stop</button></div>'
        '<div class="told" role="status"></div></form></section>'
        '<section aria-labelledby="packs-name"><h3 id="packs-name">Model packs on this machine</h3>'
        '<div class="fetch"><div class="work" hidden><div class="seen"></div>'
        '<button type="button" class="plain edged" data-unpull>Stop</button></div>'
        '<div class="told" role="status"></div></div><div class="packs"></div></section></section>'
    )


def used(settings: Settings, status: ArchiveStatus, path: Path, overridden: bool) -> str:
    """What writes, judges and embeds. `overridden` says that RAG_WRITER goes before the file of settings."""
    rows = (
        ("Writer", settings.writer, "turns evidence into prose; can be changed at any time"),
        ("Judge", settings.judge, "decides whether the cited words state a sentence"),
        ("Embedder", status.embedder, status.changing or "finds passages by meaning"),
    )
    listed = "".join(
        f"<div><dt>{name}</dt><dd><code>{escape(value)}</code> <span class='quiet'>{words}</span></dd></div>"
        for name, value, words in rows
    )
    note = (
        '<p class="quiet">RAG_WRITER is set where this page was started: it goes before what is kept.</p>'
        if overridden
        else ""
    )
    kept = f'<p class="quiet">These choices are kept in <bdi>{escape(str(path))}</bdi>.</p>'
    return f"<dl>{listed}</dl>{kept}{note}"


def writers(names: Sequence[str], chosen: str) -> str:
    """The writers to choose from, and a field for any other."""
    rows = "".join(
        f'<label class="check"><input type="radio" name="writer" value="{escape(name)}"'
        f"{' checked' if name == chosen else ''}> <code>{escape(name)}</code></label>"
        for name in names
    )
    return (
        f'{rows}<label class="check"><input type="radio" name="writer" value=""> Another</label>'
        '<label class="other"><span class="unseen">Name of the other writer</span><input type="text" name="other" '
        'spellcheck="false" autocomplete="off" placeholder="ollama:MODEL or openai:http://…/v1#MODEL"></label>'
    )


def judges(offered: Mapping[str, str], chosen: str) -> str:
    """The judges to choose from, and a field for one that names a model."""
    known = offered if chosen in offered else {chosen: "in use", **offered}
    rows = "".join(
        f'<label class="check"><input type="radio" name="judge" value="{escape(name)}"'
        f"{' checked' if name == chosen else ''}> <span><code>{escape(name)}</code> "
        f'<span class="quiet">{escape(summary)}</span></span></label>'
        for name, summary in known.items()
    )
    return (
        f'{rows}<label class="check"><input type="radio" name="judge" value=""> Another</label>'
        '<label class="other"><span class="unseen">Name of the other judge</span><input type="text" name="other-judge" '
        'spellcheck="false" autocomplete="off" placeholder="nli:ID-or-folder or openai:http://…/v1#MODEL"></label>'
    )


def embedders(names: Sequence[str], serving: str) -> str:
    """The embedders to choose from, and a field for any other."""
    rows = "".join(
        f'<label class="check"><input type="radio" name="embedder" value="{escape(name)}"'
        f"{' checked' if name == serving else ''}> <code>{escape(name)}</code></label>"
        for name in dict.fromkeys((serving, *names))
    )
    return (
        f'{rows}<label class="check"><input type="radio" name="embedder" value=""> Another</label><label class="other">'
        '<span class="unseen">Name of the other embedder</span><input type="text" name="other-embedder" '
        'spellcheck="false" autocomplete="off" placeholder="st:ID-or-folder or llama-index:module:Class"></label>'
    )


def packs(listed: Sequence[Listed]) -> str:
    """The packs with what each needs, and a button for those that are not here."""
    rows = []
    for pack in listed:
        here = pack.state == PULLED
        act = "Go on" if pack.state == "partial" else "Fetch"
        button = (
            f'<button type="button" class="plain edged" data-pull="{escape(pack.name)}" aria-label="{act}: '
            f'{escape(pack.name)}">{act}</button>'
        )
        state = {"complete": "here", "partial": "partly here"}.get(pack.state, "not here")
        rows.append(
            f"<li><div><code>{escape(pack.name)}</code> <span class='state'>{state}</span>"
            f"<span class='origin'>{escape(pack.kind)} · {size(pack.bytes)} · {escape(pack.licence)}</span>"
            f"<span class='origin'>{escape(pack.needs)}</span></div>{'' if here else button}</li>"
        )
    return f"<ul>{''.join(rows)}</ul>"


def fetching(state: Fetching) -> str:
    """How far the fetching of a pack is."""
    if state.stopping:
        return "<p>Stopping</p>"
    seen = state.seen
    if seen is None or not seen.total:
        return f"<p>{escape(state.name)}</p><progress></progress>"
    return (
        f"<p>{escape(state.name)}: {size(seen.done)} of {size(seen.total)} "
        f'<bdi class="quiet">{escape(seen.label)}</bdi></p>'
        f'<progress max="{seen.total}" value="{seen.done}" aria-label="Bytes fetched"></progress>'
    )


def fetched(state: Fetching) -> str:
    """What came of fetching a pack; "" before any has ended."""
    if state.running or not state.number:
        return ""
    if state.problem:
        return f'<p class="notice problem">{escape(state.problem)}</p>'
    if state.result is None:
        return '<p class="notice">Stopped. What came is kept, and the next time goes on from there.</p>'
    return f"<p>{escape(state.name)}: done, every file is as it should be.</p>"


def embedding(state: Embedding) -> str:
    """How far a change of embedder is."""
    if state.stopping:
        return "<p>Stopping</p>"
    if state.seen is None or not state.seen.total:
        return "<p>Getting the embedder ready</p><progress></progress>"
    done, total = state.seen.done, state.seen.total
    if done == total:
        return "<p>Putting the new vectors in place</p><progress></progress>"
    return (
        f"<p>{done:,} of {total:,} passages embedded; the present embedder serves meanwhile</p>"
        f'<progress max="{total}" value="{done}" aria-label="Passages embedded"></progress>'
    )


def embedded(state: Embedding) -> str:
    """What came of a change of embedder; "" before any has ended."""
    if state.running or not state.number:
        return ""
    if state.problem:
        return f'<p class="notice problem">{escape(state.problem)}</p>'
    if state.result is None:
        return (
            '<p class="notice">Stopped. What was embedded is kept: choose the same embedder again to go on, or the '
            "present one to give it up.</p>"
        )
    return f"<p>Done: {state.result:,} passages embedded.</p>"


def size(count: int) -> str:
    """Bytes as people read them: 98 MB, 1.1 GB."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"
