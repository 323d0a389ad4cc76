"""Progress of anything that takes more than a moment, on standard error."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

_Item = TypeVar("_Item")


def shown(items: Sequence[_Item], doing: str, name: Callable[[_Item], str]) -> Iterator[_Item]:
    """The items one by one, with a bar of how far it is: moving on a terminal, else a line now and then."""
    if not items:
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        every = max(1, len(items) // 10)
        for number, item in enumerate(items, 1):
            if number == 1 or number % every == 0:
                console.print(f"{doing}: {number} of {len(items)} ({name(item)})", highlight=False)
            yield item
        return
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(doing, total=len(items))
        for item in items:
            bar.update(task, description=f"{doing} ({name(item)})")
            yield item
            bar.advance(task)
