"""What a site asks of programs: robots.txt, and a pause between two requests to one host."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from rag.errors import ReadError
from rag.readers.web.pages import USER_AGENT

if TYPE_CHECKING:
    from protego import Protego

LONGEST_PAUSE = 60.0  # seconds that are waited for one page; a site that wants more is left for another day
Waiting = Callable[[str, float], None]


@dataclass
class Robots:
    """The rules of each site, asked for once in a run.

    `get` gives the text of a robots.txt, "" if the site has none, and raises ReadError if that cannot be known: then
    no page of the site may be read (RFC 9309).
    """

    get: Callable[[str], str]
    _known: dict[str, Protego | ReadError] = field(default_factory=dict)

    def pause(self, url: str) -> float:
        """Seconds that the site wants between two requests, 0 if it does not say.

        Raises ReadError if it does not want `url` to be read.
        """
        rules = self._rules(url)
        if not rules.can_fetch(url, USER_AGENT):
            raise ReadError(url, f"the site's robots.txt asks programs like {USER_AGENT} not to read it")
        rate = rules.request_rate(USER_AGENT)
        return max(float(rules.crawl_delay(USER_AGENT) or 0), rate.seconds / rate.requests if rate else 0.0)

    def _rules(self, url: str) -> Protego:
        from protego import Protego

        parts = urlsplit(url)
        site = f"{parts.scheme}://{parts.netloc}"
        if site not in self._known:
            try:
                self._known[site] = Protego.parse(self.get(f"{site}/robots.txt"))
            except ReadError as error:
                self._known[site] = error
        found = self._known[site]
        if isinstance(found, ReadError):
            why = f"nothing is read there, because its robots.txt cannot be had: {found.message}"
            raise ReadError(url, why, retry=found.retry)
        return found


@dataclass
class Pace:
    """Keeps a pause between two requests to one host. `least` is in seconds; `waiting` is told of every wait."""

    least: float
    waiting: Waiting
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    _last: dict[str, float] = field(default_factory=dict)

    def keep(self, url: str, wanted: float) -> None:
        """Wait until the host may be asked again. Raises ReadError if that is longer than LONGEST_PAUSE."""
        host = urlsplit(url).netloc
        pause = max(self.least, wanted)
        left = self._last.get(host, float("-inf")) + pause - self.clock()
        if left > LONGEST_PAUSE:
            raise ReadError(
                url, f"its site asks for {pause:.0f} seconds between two pages; try again later", retry=True
            )
        self.rest(url, left)
        self._last[host] = self.clock()

    def rest(self, url: str, seconds: float) -> None:
        """Wait, and say so."""
        if seconds > 0:
            self.waiting(urlsplit(url).netloc, seconds)
            self.sleep(seconds)
