"""One story once: of articles that print the same story, a search shows one member, with the others listed.

Articles of one outlet are versions: the latest published supersedes those that are nearly the same. Of different
outlets, the one that published first has the original, and the others have reprints. A reprint's passage gives way only
where the original holds the same words: what a reprint adds is shown as the reprint's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property

from rag.store import lookup, stories
from rag.store.catalog import Catalog
from rag.store.lookup import Scored
from rag.stories import runs, words
from rag.types import Copy, Filters, Hit

_NEVER = datetime.min.replace(tzinfo=UTC)
_RUN = 3  # words; sentences are short
_HELD = 0.6  # share of a sentence's runs that stand in a passage which holds it with cuts
_ALIKE = 0.3  # the same for a sentence that a new version has rewritten
_NEAREST = 2
_PART = 0.25  # share of a passage's characters below which they are not worth another passage


def one_story_once(catalog: Catalog, hits: Sequence[Hit], filters: Filters) -> list[Hit]:
    """The hits, best first, with every story through one member; ranks count from 1 again.

    `hits` are ranked and pass `filters`. A hit of an article that a passing one supersedes, and a hit whose words the
    original holds, becomes the passage (or two, where the words are spread over two) of the other article at the same
    place and with the same scores; what is there already is not repeated. So the list may become shorter. `also` lists
    all other members of the story, whether they pass or not. Hits of one article all stay.
    """
    pairs = stories.groups(catalog, list({hit.article_id for hit in hits})) if hits else {}
    if not pairs:
        return list(hits)
    found = _stories(catalog, pairs, filters)
    texts = _Texts(catalog)
    texts.read(s.leads[0].n for h in hits if (s := found.get(h.article_id)) and s.leads[0].id != h.article_id)
    plan = [(hit, _places(hit, found[hit.article_id], texts) if hit.article_id in found else None) for hit in hits]
    return _assembled(catalog, plan, found)


@dataclass(frozen=True, slots=True)
class _Member:
    """An article of a story. `outlet` is what versions have in common; an unknown outlet is nobody else's."""

    n: int
    id: str
    outlet: str
    updated: datetime | None
    passes: bool
    copy: Copy

    @property
    def earliest(self) -> tuple[bool, datetime, str]:
        """Orders articles by when they were published; those without a date are last."""
        return self.copy.published is None, self.copy.published or _NEVER, self.id

    @property
    def latest(self) -> tuple[datetime, datetime, str]:
        """Orders versions; one without a date counts as older than any."""
        published = self.copy.published or _NEVER
        return published, self.updated or published, self.id


@dataclass(frozen=True)
class _Story:
    members: list[_Member]
    pairs: Mapping[int, set[int]]

    @cached_property
    def newer(self) -> dict[str, _Member]:
        """For each superseded article the latest passing version that it is a near-copy of."""
        result = {}
        members = {member.n: member for member in self.members}
        for old in self.members:
            copies = (members[n] for n in self.pairs[old.n] if n in members)
            near = [new for new in copies if new.passes and new.outlet == old.outlet and new.latest > old.latest]
            if near:
                result[old.id] = max(near, key=lambda m: m.latest)
        return result

    @cached_property
    def leads(self) -> list[_Member]:
        """Passing articles that nothing supersedes: of the outlet that had the story first, then of the others."""
        first: dict[str, tuple[bool, datetime, str]] = {}
        for m in sorted(self.members, key=lambda m: m.earliest):
            first.setdefault(m.outlet, m.earliest)
        current = [m for m in self.members if m.passes and m.id not in self.newer]
        return sorted(current, key=lambda m: (first[m.outlet], m.earliest))

    def current(self, article_id: str) -> _Member:
        """What a superseded article has become in the end."""
        member = self.newer[article_id]
        while member.id in self.newer:
            member = self.newer[member.id]
        return member


def _stories(catalog: Catalog, pairs: Mapping[int, set[int]], filters: Filters) -> dict[str, _Story]:
    """The story of each article that is part of one and has a member that passes."""
    members = _members(catalog, list(pairs), filters)
    found: dict[str, _Story] = {}
    for start in list(members):
        if start not in members:
            continue
        story, todo = [members.pop(start)], [start]
        while todo:
            for n in pairs[todo.pop()]:
                if n in members:
                    story.append(members.pop(n))
                    todo.append(n)
        if any(member.passes for member in story):
            whole = _Story(sorted(story, key=lambda m: m.earliest), pairs)
            found.update((member.id, whole) for member in story)
    return found


def _members(catalog: Catalog, numbers: Sequence[int], filters: Filters) -> dict[int, _Member]:
    where = lookup.condition(filters, of_few=True)
    rows = catalog.rows(
        f"SELECT a.n, a.id, a.outlet, a.title, a.published, a.updated, a.url, coalesce({where.sql}, 0) AS passes "
        f"FROM articles a WHERE a.n IN ({', '.join('?' * len(numbers))}) AND {lookup.STANDING}",
        (*where.values, *numbers),
    )
    return {
        row["n"]: _Member(
            n=row["n"],
            id=row["id"],
            outlet=(row["outlet"] or f"\0{row['n']}").casefold(),
            updated=_time(row["updated"]),
            passes=bool(row["passes"]),
            copy=Copy(row["id"], row["outlet"], row["title"], _time(row["published"]), row["url"]),
        )
        for row in rows
    }


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


# -- where the words of a hit stand in another article ----------------------------------------------------------------


@dataclass
class _Text:
    """An article's text and its passages: (id, start, end)."""

    text: str
    passages: list[tuple[str, int, int]] = field(default_factory=list)

    @cached_property
    def _folded(self) -> list[str]:
        return [self.text[start:end].casefold() for _, start, end in self.passages]

    def _nearest(self, tokens: Iterable[str]) -> list[int]:
        """The passages that have most of these words: only they are worth being taken apart."""
        wanted = frozenset(tokens)
        shared = [sum(token in passage for token in wanted) for passage in self._folded]
        return sorted(range(len(shared)), key=lambda i: -shared[i])[:_NEAREST]

    def places(self, hit: Hit, *, rewritten: bool) -> list[str]:
        """Ids of the passages that hold the hit's words; empty if some sentence stands in none.

        Where `rewritten`, the passages that the hit's sentences have become, as far as they can be recognised.
        """
        weights: defaultdict[str, int] = defaultdict(int)
        for start, end in hit.sentences:
            place = self._place(hit.text[start - hit.start : end - hit.start], rewritten)
            if place is not None:
                weights[place] += end - start
            elif not rewritten:
                return []
        ranked = sorted(weights, key=lambda i: -weights[i])
        return [i for i in ranked if i == ranked[0] or weights[i] >= _PART * sum(weights.values())]

    def _place(self, sentence: str, rewritten: bool) -> str | None:
        at = self.text.find(sentence)
        if at >= 0:
            return next((i for i, start, end in self.passages if start <= at < end), None)
        tokens = words(sentence)
        wanted = runs(tokens, _RUN)
        for i in self._nearest(tokens):
            found = words(self._folded[i])
            share = len(wanted & runs(found, _RUN)) / max(1, len(wanted))
            if share >= (_ALIKE if rewritten else _HELD) and (rewritten or _cut_from(tokens, found)):
                return self.passages[i][0]
        return None


def _cut_from(part: Sequence[str], whole: Iterable[str]) -> bool:
    """Whether `part` is `whole` with words left out: nothing added, not even a "not", and no figure changed."""
    rest = iter(whole)
    return all(token in rest for token in part)


class _Texts:
    """Texts that hits are looked for in, read once."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._texts: dict[int, _Text] = {}

    def read(self, numbers: Iterable[int]) -> None:
        wanted = sorted(set(numbers) - self._texts.keys())
        marks = ", ".join("?" * len(wanted))
        if wanted:
            for row in self._catalog.rows(f"SELECT n, text FROM articles WHERE n IN ({marks})", wanted):
                self._texts[row["n"]] = _Text(row["text"])
            for row in self._catalog.rows(
                f"SELECT article, id, start, end FROM passages WHERE article IN ({marks}) ORDER BY n", wanted
            ):
                if row["article"] in self._texts:
                    self._texts[row["article"]].passages.append((row["id"], row["start"], row["end"]))

    def of(self, member: _Member) -> _Text:
        self.read([member.n])
        return self._texts.get(member.n) or _Text("")  # it may have gone since the hits were found


def _places(hit: Hit, story: _Story, texts: _Texts) -> list[str]:
    """Ids of the passages that a hit becomes: its own, those of a member that holds its words, or none."""
    for member in story.leads:
        if member.id == hit.article_id:
            return [hit.passage_id]
        if places := texts.of(member).places(hit, rewritten=False):
            return places
    if hit.article_id in story.newer:
        return texts.of(story.current(hit.article_id)).places(hit, rewritten=True)
    return [hit.passage_id]


def _assembled(
    catalog: Catalog, plan: Sequence[tuple[Hit, list[str] | None]], found: Mapping[str, _Story]
) -> list[Hit]:
    known = {hit.passage_id: hit for hit, _ in plan}
    absent: dict[str, Hit] = {}
    for hit, places in plan:
        for place in places or ():
            if place not in known:
                absent.setdefault(place, hit)
    if absent:
        numbers = lookup.numbers(catalog, list(absent))
        scored = [Scored(numbers[i], h.score, h.dense, h.lexical) for i, h in absent.items() if i in numbers]
        known.update((hit.passage_id, hit) for hit in lookup.hits(catalog, scored))
    result: dict[str, Hit] = {}
    for hit, places in plan:
        for place in [hit.passage_id] if places is None else places:
            if place not in result and place in known:
                result[place] = _shown(known[place], len(result) + 1, hit.score, found)
    return list(result.values())


def _shown(hit: Hit, rank: int, score: float, found: Mapping[str, _Story]) -> Hit:
    story = found.get(hit.article_id)
    if story is None and hit.rank == rank:
        return hit
    also = tuple(member.copy for member in story.members if member.id != hit.article_id) if story else ()
    return replace(hit, rank=rank, score=score, also=also)
