"""The literal judge: every number, date, name and quotation of a sentence must stand in the words it cites.

It needs no model and cannot tell what the words mean: a number of the wrong thing passes. Besides its literal forms,
at least `SHARED` of a sentence's other words must be in the cited words or their article's headline.
"""

from __future__ import annotations

import calendar
import re
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
from rag.words import bare

NAME = "literal"
EXAMPLE = "literal"
SUMMARY = "numbers, dates, names and quotations must stand in the cited words; no model"
# Chosen on one article that was looked at, not tuned on labelled data: that is work for a calibrated judge.
SHARED = 0.7


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
        held = number.stands_in(there) or (number.unit == "" and number.value in years)
        if not held and not computed(number, there, claim):
            return f"the cited words do not say “{number.written}”"
    if ratio := unfounded(claim, there, " ".join(cited.quote for cited in evidence)):
        return f"the cited numbers do not bear out “{ratio}”"
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
    there = {word for cited in evidence for part in (cited.quote, known(cited)) for word, _ in forms.names(part)}
    folded = {word.casefold() for word in there}
    words = {bare(word).casefold() for cited in evidence for word in cited.quote.replace("-", " ").split()}
    stemmed = {stem for cited in evidence for part in (cited.quote, known(cited)) for stem in stems(part)}
    for name, begins in forms.names(claim):
        if begins and (name.casefold() in OPENING_WORDS or set(stems(name)) <= stemmed):
            continue  # the capital letter is the sentence's
        parts = [part for part in name.casefold().split("-") if part]
        held = name.casefold() in folded or any(same_place(name, other) for other in there)
        if not held and not all(part in folded or part in words for part in parts):
            return f"the cited words do not name {name}"
    return None


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
