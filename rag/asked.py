"""Whether an answer is one to this question, and not to a neighbouring one.

A sentence can be true, cited and checked, and yet answer what nobody asked: the third quarter for the second, the
president for the finance chief, this bridge for that. So what a question insists on — the names that tell its subject
from others, its years and quarters, the office of whom it asks about, a number where it asks for one — must be in the
words that the answer cites. What nearly all of the evidence shares ("Pellhaven") tells nothing apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice

from rag import forms
from rag.judges import Judge
from rag.kinds import AMOUNT, NOT, lacks_kind, other_month
from rag.query import OPENING_WORDS, stems
from rag.types import Citation, Hit, Sentence, Verdict
from rag.words import STOPWORDS, WORD, bare, stemmed

_COMMON = 0.5  # share of the evidence from which on a name tells nothing apart
# "Did the hall reopen?" is answered in its own words, and so is "Lund or Holm?".
_CHOICE = re.compile(
    r"^\W*(?:did|does|do|is|are|was|were|has|have|had|will|would|can|could|should|may|might)\b|\bor\b", re.IGNORECASE
)
_ROLES = {
    word: role
    for role, words in {
        "financial": "financial finance cfo treasurer",
        "executive": "executive ceo",
        "operating": "operating operations coo",
        "technology": "technology technical cto",
        "deputy": "deputy vice",
        "prosecutor": "prosecutor prosecutors prosecution",
        "lawyer": "lawyer lawyers attorney counsel defence barrister solicitor",
        "judge": "judge judges",
        "mayor": "mayor mayors",
        "minister": "minister ministers",
        "president": "president",
        "engineer": "engineer engineers",
        "coach": "coach trainer",
        "auditor": "auditor auditors",
    }.items()
    for word in words.split()
}
# These make an office only beside one of the others: a Financial Supervisory Authority holds none.
_OFFICE_ONLY_BESIDE = frozenset("financial executive operating technology".split())
_OFFICE = frozenset("chief officer officers director directors head heads manager managers minister ministers".split())
_ABBREVIATED = frozenset("cfo ceo coo cto treasurer executive executives".split())
_QUARTER = re.compile(r"\b(?:(first|second|third|fourth|last)[\s-]quarter|q([1-4]))\b", re.IGNORECASE)
_ORDINALS = {"first": "1", "second": "2", "third": "3", "fourth": "4", "last": "last"}
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_LAST_YEAR = re.compile(r"\b(?:last|previous|the prior) year\b|\byear (?:earlier|before|ago)\b", re.IGNORECASE)
_NEXT_YEAR = re.compile(r"\b(?:next|the following|coming) year\b", re.IGNORECASE)
_FEWEST = 3  # words of a sentence
_HEADLINE = 4  # words, all with capitals: fewer may be a name
_SMALL_IN_HEADLINES = frozenset("a an the of in on at to for and or by with from as".split())
# "According to the report, Lund earned …" speaks of Lund.
_ASIDE = re.compile(r"^(?:According to|As|In|On|At|By|After|Before|For|With|Under)\b[^,]{0,60},\s+")
_SUBJECT = 6  # words within which a sentence has named what it speaks of
# Words for what a writer is shown, which a reader is not.
_OF_THE_PROMPT = re.compile(r"\bextracts?\b(?= ?(?:\[|\d|above|$|\W*$))|\ban article above\b", re.IGNORECASE)
# A sentence of these alone is stated by any words that share one of them.
_EMPTY = frozenset(
    "nobody everybody somebody anybody no-one everyone someone anyone nothing everything something anything told tell "
    "tells ask asked asks know knew known knows think thought thinks want wanted wants".split()
)


@dataclass(frozen=True)
class Asked:
    """A question, with the evidence that was found for it.

    known: outlets, sections and bylines that the search has kept to already. openings: how articles begin, by their
    ids: what the first sentences name, a later "the fire" is about.
    """

    question: str
    hits: Sequence[Hit]
    known: Sequence[str] = ()
    openings: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def _texts(self) -> list[set[str]]:
        return [_stems(f"{hit.text} {hit.title or ''} {hit.outlet or ''} {hit.byline or ''}") for hit in self.hits]

    @cached_property
    def names(self) -> list[tuple[str, frozenset[str]]]:
        """The names that tell the question's subject from others, each with the stems of which one must be there."""
        found = []
        kept = {stem for name in self.known for stem in _stems(name)}
        for phrase in _phrases(self.question):
            if _stems(phrase) <= kept:
                continue
            apart = frozenset(stem for stem in self._telling(phrase) if self._share(stem) < _COMMON)
            if apart:
                found.append((phrase, apart))
        return found

    def _telling(self, phrase: str) -> set[str]:
        """The words of a name that it is known by: the last ("Ferrant", "Link"), or those before a kind of thing."""
        *before, last = phrase.split()
        plain = last.casefold()
        is_kind = any(plain in WORD.findall(hit.text) for hit in self.hits)
        return _stems(" ".join(before)) if is_kind and before else _stems(last)

    def _share(self, stem: str) -> float:
        return sum(stem in text for text in self._texts) / max(1, len(self._texts))

    def lacks(self, sentences: Sequence[Sentence]) -> str | None:
        """What the question insists on and the sentences, with what they cite, do not give, as a reason; or None."""
        cited = [citation for sentence in sentences for citation in sentence.citations]
        # The whole passage, since the cited sentence may say "he" of whom the one before names.
        around = [hit.text for hit in self.hits if any(_inside(citation, hit) for citation in cited)]
        said = " ".join([*map(_cited, cited), *around])
        there = _stems(said)
        begun = _stems(" ".join(self.openings.get(citation.article_id, "") for citation in cited))
        for phrase, apart in self.names:
            if not apart & (there | begun):
                return f"the cited words do not speak of {phrase}"
        if alike := self._look_alike(sentences):
            return alike
        return (
            self._other_period(cited, said)
            or self._other_office(there)
            or lacks_kind(self.question, " ".join(sentence.text for sentence in sentences), cited)
            or self._nothing_new(sentences)
        )

    def _look_alike(self, sentences: Sequence[Sentence]) -> str | None:
        """A subject whose name shares a word with one of the question's, that is not named: Skerra Line for Link."""
        asked = [_stems(phrase) for phrase in _phrases(self.question)]
        stated = _stems(" ".join(f"{s.text} {' '.join(map(_cited, s.citations))}" for s in sentences))
        for sentence in sentences:
            begun = " ".join(_ASIDE.sub("", sentence.text).split()[:_SUBJECT])
            for other in islice(_phrases(begun), 1):
                words = _stems(other)
                for phrase, wanted in zip(_phrases(self.question), asked):
                    alike = wanted & words and words - wanted and wanted - words
                    if alike and not (wanted - words) & stated and not any(known <= words for known in asked):
                        return f"the cited words speak of {other}, not of {phrase}"
        return None

    def _other_period(self, cited: Sequence[Citation], said: str) -> str | None:
        # What the cited words themselves name decides; only where they name none, what stands around them.
        told = " ".join(citation.quote for citation in cited)
        quarters = {_quarter(m) for m in _QUARTER.finditer(self.question)}
        there = {_quarter(m) for m in _QUARTER.finditer(told)} or {_quarter(m) for m in _QUARTER.finditer(said)}
        if quarters and there and not quarters & there:
            return "the cited words are not about that quarter"
        if month := other_month(self.question, said, [c.published for c in cited if c.published]):
            return f"the cited words are not about {month}"
        wanted = {int(year) for year in _YEAR.findall(self.question)}
        years = {int(year) for year in _YEAR.findall(told) or _YEAR.findall(said)}
        for citation in cited:
            if citation.published:
                year = citation.published.year
                years.add(year)
                years |= {year - 1} if _LAST_YEAR.search(citation.quote) else set()
                years |= {year + 1} if _NEXT_YEAR.search(citation.quote) else set()
        if wanted and not wanted & years:
            return f"the cited words are not about {min(wanted)}"
        return None

    def _other_office(self, there: set[str]) -> str | None:
        held = {_ROLES[word] for word in _ROLES if stemmed(word) in there}
        offices = _offices(self.question)
        if not held or not offices or any(office.keys() <= held for office in offices):
            return None
        lacking = next(word for role, word in offices[0].items() if role not in held)
        return f"the cited words do not speak of “{lacking}”"

    def _nothing_new(self, sentences: Sequence[Sentence]) -> str | None:
        known = set(stems(self.question))
        new = any(set(stems(s.text)) - known or AMOUNT.search(s.text) or NOT.search(s.text) for s in sentences)
        if new or _CHOICE.search(self.question):
            return None
        return "it only repeats the question"


def alone(text: str) -> str | None:
    """Why a text cannot stand alone in a notebook, as "74." and "Nobody was told of it." cannot; None if it can."""
    words = [bare(word).casefold() for word in WORD.findall(text)]
    if _OF_THE_PROMPT.search(text):
        return "it speaks of the extracts that the writer was shown"
    if len(words) < _FEWEST:
        return "it is no whole sentence"
    if all(word in STOPWORDS | _EMPTY for word in words):
        return "it does not say of whom or what"
    return None


def not_answered(judge: Judge, question: str, sentences: Sequence[Sentence]) -> str | None:
    """Why the judge's model finds that the sentences do not answer the question; None if it does, or has no model."""
    answers = getattr(judge, "answers", None)
    judgement = answers(question, " ".join(sentence.text for sentence in sentences)) if answers else None
    return judgement.reason if judgement and judgement.verdict is Verdict.UNSUPPORTED else None


def _phrases(question: str) -> Iterator[str]:
    """Runs of capitalised words in the question, without its first word if that is no name.

    In a question written like a headline, or in capitals, they tell no name from other words.
    """
    words = [word for word in WORD.findall(question) if word not in _SMALL_IN_HEADLINES]
    if len(words) >= _HEADLINE and all(word[0].isupper() for word in words):
        return
    run: list[str] = []
    end = 0
    for word, begins in forms.names(question):
        place = question.find(word, end)
        # "CEO" and "Q3" are looked for in their own ways, since "chief executive" and "third quarter" say the same.
        other = word.casefold() in _ROLES or _QUARTER.fullmatch(word)
        if run and (other or question[end:place].strip()):
            yield " ".join(run)
            run = []
        begins = begins or question[:place].rstrip().endswith((".", "?", "!"))
        if len(word) > 1 and not other and not (begins and word.casefold() in OPENING_WORDS | _ASKING):
            run.append(word)
        end = place + len(word)
    if run:
        yield " ".join(run)


def _offices(question: str) -> list[dict[str, str]]:
    """The offices that a question speaks of, each by its roles and their words: a "deputy mayor" has two."""
    found: list[dict[str, str]] = []
    follows = False
    words = [word.casefold() for word in WORD.findall(question)]
    for before, word, after in zip(["", *words], words, [*words[1:], ""]):
        if _ROLES.get(word) in _OFFICE_ONLY_BESIDE and word not in _ABBREVIATED and not {before, after} & _OFFICE:
            follows = False
        elif word in _ROLES:
            if not follows:
                found.append({})
            found[-1][_ROLES[word]] = word
            follows = True
        else:
            follows = False
    return found


_ASKING = frozenset(
    "what who whom whose which when where why how did does do is are was were has have had in at by "
    "set list give name tell show explain describe summarise summarize sum compare outline trace find state put draw "
    "write say please".split()
)


def _stems(text: str) -> set[str]:
    return {stemmed(word) for word in WORD.findall(text)}


def _cited(citation: Citation) -> str:
    return " ".join(p for p in (citation.quote, citation.title, citation.outlet, citation.byline) if p)


def _inside(citation: Citation, hit: Hit) -> bool:
    return citation.article_id == hit.article_id and citation.start < hit.end and hit.start < citation.end


def _quarter(match: re.Match[str]) -> str:
    return match[2] or _ORDINALS[match[1].casefold()]
