"""The literal judge: every number, date, name and quotation of a sentence must stand in the words it cites.

It needs no model and cannot tell what the words mean: a number of the wrong thing passes. Besides its literal forms,
at least `SHARED` of a sentence's other words must be in the cited words or their article's headline.
"""

from __future__ import annotations

import calendar
import re
import unicodedata
from collections.abc import Sequence

from rag import forms
from rag.demonyms import same_place
from rag.errors import SettingsError
from rag.judges import Cited, Judge, Judgement
from rag.judges.arithmetic import computed, unfounded
from rag.judges.surroundings import known
from rag.query import OPENING_WORDS, stems
from rag.settings import Settings
from rag.types import Verdict
from rag.words import WORD, bare, stemmed

NAME = "literal"
EXAMPLE = "literal"
SUMMARY = "numbers, dates, names and quotations must stand in the cited words; no model"
# Chosen on one article that was looked at, not tuned on labelled data: that is work for a calibrated judge.
SHARED = 0.7
# Of a number below nought a text may tell the size alone, if it says that something fell.
_FALLING = re.compile(
    r"\b(?:fell|fall\w*|drop\w*|down|los(?:s|ses|t|e|es|ing)|declin\w*|minus|below|negative|shr[aiu]nk\w*|less|lower\w*|"
    r"decreas\w*|deficit|cut|slipp?\w*|shed|slid)\b",
    re.IGNORECASE,
)
_ONE = re.compile(r"\bone\s+(?P<what>[^\W\d_]{3,})", re.IGNORECASE)


def connect(target: str, settings: Settings) -> Judge:
    """The literal judge; no setting changes it. Raises SettingsError on a target."""
    if target:
        raise SettingsError("the literal judge has no model to choose", hint="Name it `literal`.")
    return LiteralJudge()


class LiteralJudge:
    """See the module."""

    name = NAME

    def judge(self, claim: str, evidence: Sequence[Cited]) -> Judgement:
        if not evidence:
            return Judgement(Verdict.UNSUPPORTED, "nothing is cited for it")
        absent = missing(claim, evidence) or _missing_words(claim, evidence)
        if absent:
            return Judgement(Verdict.UNSUPPORTED, absent)
        return Judgement(Verdict.SUPPORTED, _passed(claim))

    def judge_all(self, pairs: Sequence[tuple[str, Sequence[Cited]]]) -> list[Judgement]:
        return [self.judge(claim, evidence) for claim, evidence in pairs]


def missing(claim: str, evidence: Sequence[Cited]) -> str | None:
    """The first quotation, number, date or name of the claim that the cited words do not hold, as a reason; or None.

    What every sentence must pass, whatever a judge of its meaning says. A number may be worked out from cited ones.
    """
    return (
        _missing_quotation(claim, evidence)
        or _missing_number(claim, evidence)
        or _missing_date(claim, evidence)
        or _missing_name(claim, evidence)
    )


def _passed(claim: str) -> str:
    counted = [
        (len(forms.quotations(claim)), "quotation"),
        (len(forms.numbers(claim)), "number"),
        (len(forms.dates(claim)), "date"),
        (len([1 for _, begins in forms.names(claim) if not begins]), "name"),
    ]
    held = ", ".join(f"{n} {what}{'s' if n > 1 else ''}" for n, what in counted if n)
    return f"in the cited words: {held or 'its words'}"


def _missing_quotation(claim: str, evidence: Sequence[Cited]) -> str | None:
    for quotation in forms.quotations(claim):
        said = quotation.rstrip(",. ")
        if not any(forms.says(part, said) for cited in evidence for part in (cited.quote, cited.title or "")):
            return f"the cited words do not hold the quotation “{said}”"
    return None


def _missing_number(claim: str, evidence: Sequence[Cited]) -> str | None:
    there = [n for cited in evidence for n in forms.numbers(f"{cited.quote}\n{known(cited)}")]
    years = {cited.published.year for cited in evidence if cited.published}
    years |= {date.year for cited in evidence for date in forms.dates(cited.quote) if date.year}
    for number in forms.numbers(claim):
        same = [n for n in there if n.below == number.below or _FALLING.search(claim)]
        held = number.stands_in(same) or (number.unit == "" and number.value in years)
        if not held and not computed(number, there, claim):
            return f"the cited words do not say “{number.written}”"
    words = " ".join(cited.quote for cited in evidence)
    if ratio := unfounded(claim, there, words):
        return f"the cited numbers do not bear out “{ratio}”"
    return _another_count(claim, there, words)


def _another_count(claim: str, there: Sequence[forms.Number], words: str) -> str | None:
    """The "one ferry" of a claim whose cited words count ferries by another number: elsewhere "one" is no number."""
    told = {stemmed(match["what"]) for match in _ONE.finditer(words)}
    for match in _ONE.finditer(claim):
        what = stemmed(match["what"])
        if what not in told and any(what in n.counted and n.value != 1 for n in there):
            return f"the cited words do not say “{match[0]}”"
    return None


def _missing_date(claim: str, evidence: Sequence[Cited]) -> str | None:
    for date in forms.dates(claim):
        held = any(date.stands_in(_dates(cited), cited.published) for cited in evidence)
        if not held and not any(_names_month(cited, date) for cited in evidence):
            return f"the cited words do not name the date “{date.written}”"
    return None


def _dates(cited: Cited) -> list[forms.Date]:
    return [*forms.dates(f"{cited.quote}\n{cited.title or ''}"), *forms.days_told(cited.quote, cited.published)]


def _names_month(cited: Cited, date: forms.Date) -> bool:
    """Whether a month that a claim names alone is named: "September brought a recall" has no form of a date."""
    year = cited.published.year if cited.published else None
    named = re.search(rf"\b{calendar.month_name[date.month]}\b", f"{cited.quote}\n{cited.title or ''}")
    return date.day is None and date.year in (None, year) and named is not None


def _missing_name(claim: str, evidence: Sequence[Cited]) -> str | None:
    parts_of = [part for cited in evidence for part in (cited.quote, known(cited))]
    there = {word for part in parts_of for word, _ in forms.names(part)}
    folded = {_folded(word) for word in there}
    words = {_folded(bare(word)) for cited in evidence for word in cited.quote.replace("-", " ").split()}
    other_forms = {stemmed(word) for part in parts_of for word in WORD.findall(part)}
    for name, begins in forms.names(claim):
        if begins and (
            name.casefold() in OPENING_WORDS or {stemmed(word) for word in WORD.findall(name)} <= other_forms
        ):
            continue  # the capital letter is the sentence's
        parts = [part for part in _folded(name).split("-") if part]
        held = _folded(name) in folded or any(same_place(name, other) for other in there)
        if not held and not all(part in folded or part in words for part in parts):
            return f"the cited words do not name {name}"
    return None


def _folded(name: str) -> str:
    """A name without what differs in writing alone: accents put together, one kind of apostrophe, "U.S." as "US"."""
    return unicodedata.normalize("NFC", name).replace("’", "'").replace(".", "").casefold()


def _missing_words(claim: str, evidence: Sequence[Cited]) -> str | None:
    there = {stem for cited in evidence for part in (cited.quote, known(cited)) for stem in stems(part)}
    written = [number.written for number in forms.numbers(claim)] + [date.written for date in forms.dates(claim)]
    for form in written:
        claim = claim.replace(form, " ")  # compared by their values already
    wanted = stems(claim)
    found = [stem for stem in wanted if stem in there]
    if not found or len(found) < SHARED * len(wanted):
        return "the cited words say something else"
    return None
