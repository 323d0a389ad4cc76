"""What kind of thing a question asks for — a number, a sum, a person, a cause, what somebody said, a day — and whether
an answer has one. An answer without it may be true, but it is none to this question."""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence
from datetime import date

from rag import forms
from rag.query import OPENING_WORDS, stems
from rag.sentences import sentences
from rag.types import Citation
from rag.words import STOPWORDS, WORD, stemmed

_QUANTITY = re.compile(
    r"(?:^|[,;:?]\s*|\b(?:and|in|by|at|for|to|of|over|after)\s+)"
    r"(?:how (?:many|much|long|large|big|far|high|tall|heavy|old|fast|wide|deep|often)\b|"
    r"(?:what|which|by what|at what) (?:\w+ ){0,2}(?:share|percentage|percent|price|figure|number|revenue|turnover|"
    r"profit|loss|cost|sum|amount|rate|total|salary|budget|capacity|turnout|margin|fine|penalty|compensation|damages|fare|"
    r"fee|rent|wage|bid)\b|"
    r"what (?:was|were|is|are) (?:the |its |their |[\w’']+(?: [\w’']+)? )?(?:sales|revenue|turnover|profits?|costs?|"
    r"price|turnout|wage|number|budget|capacity|share)\b)",
    re.IGNORECASE,
)
_SUM = re.compile(
    r"\b(?:revenue|turnover|sales|costs?|price|profits?|budget|fees?|fines?|penalty|compensation|damages|fares?|"
    r"rents?|wages?|salary|paid?)\b",
    re.IGNORECASE,
)
# What these follow is no count, unless they are what is counted.
_MEASURE = re.compile(
    r"\W*(?:(?:kilo|centi|milli)?(?:met(?:re|er)s?|grams?)|tonn?es?|tons?|km|kg|cm|mm|miles?|knots?|degrees?|lit(?:re|er)s?|"
    r"hectares?|acres?|square|cubic|hours?|minutes?|seconds?|years?[ -]old|o['’]clock)\b",
    re.IGNORECASE,
)
_HOW_MANY = re.compile(r"\bhow many (?:[\w-]+ )??(?P<what>\w+)", re.IGNORECASE)
_SHARE = re.compile(r"\b(?:how many|share|margins?|rates?|percent\w*|proportion|much (?:more|less))\b|%", re.IGNORECASE)
# Of a change, a share may be told.
_CHANGE = re.compile(
    r"\bby how much\b|\b(?:grow\w*|grew|fall\w*|fell|ris(?:e|es|en|ing)|rose|(?:in|de)creas\w*|drop\w*|declin\w*|"
    r"chang\w*|shrink|shr[au]nk|climb\w*|jump\w*|compared?)\b",
    re.IGNORECASE,
)
_CURRENCY = re.compile(r"\W*(?:cents?|pence|p|won|rand)\b", re.IGNORECASE)  # beside those that `forms` reads
# What answers "how many" without a numeral.
AMOUNT = re.compile(
    r"\b(?:no|none|nothing|never|nobody|neither|free|without|one|once|twice|both|all|half|dozens?|hundreds|"
    r"thousands|millions|billions|daily|weekly|monthly|yearly)\b|(?:\bnot|n['’]t)\b(?: \w+){0,2} (?:any|a single)\b",
    re.IGNORECASE,
)
NOT = re.compile(r"(?:\bnot|n['’]t)\b(?P<what>(?:\s+\w+){1,2})", re.IGNORECASE)
_WHO = re.compile(r"^\W*(?:(?:at|in|on|after|before|during|according)\b[^,]*,\s*)?who\b", re.IGNORECASE)
# Of these there is a name, or there is no answer: "which hall" may be the old customs house.
_NAMED = re.compile(
    r"\b(?:which|what) (?:(?!(?:has|have|had|is|are|was|were|did|does|do|will|can|of)\b)[\w’'-]+ ){0,2}"
    r"(?:people|persons?|politicians?|officials?|candidates?|councillors?|ministers?|players?|directors?|doctors?|"
    r"buyers?|bidders?|investors?|shareholders?|owners?|suppliers?|contractors?|compan(?:y|ies)|firms?|banks?|clubs?|"
    r"unions?|newspapers?|outlets?|schools?|hospitals?|universit(?:y|ies)|branch(?:es)?|streets?|towns?|"
    r"cit(?:y|ies)|villages?|countr(?:y|ies)|districts?|ports?|stations?)\b(?! (?:of|in) the (?:year|time))",
    re.IGNORECASE,
)
_WHEN = re.compile(r"^\W*when\b|\b(?:what|which) (?:date|day|month|year)\b", re.IGNORECASE)
_TIME = re.compile(
    rf"\d|\b(?-i:{'|'.join(calendar.month_name[1:])}|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\.?)(?!\w)|"
    r"day\b|\b(?:today|tonight|yesterday|tomorrow|"
    r"spring|summer|autumn|winter|weeks?|months?|years?|decades?|hours?|minutes?|once|soon|never|always|before|after|"
    r"until|when|while|as soon as|by the end|immediately|morning|noon|evening|night|midnight|weekend|easter|"
    r"christmas)\b",
    re.IGNORECASE,
)
_WHY = re.compile(r"\bwhy\b|\b(?:what|which) (?:\w+ ){0,2}(?:reasons?|causes?|grounds)\b", re.IGNORECASE)
_CAUSE = re.compile(
    r"\b(?:because|since|due|so that|after|owing|thanks|blam\w+|caus\w+|reasons?|therefore|led|leads?|forc\w+|"
    r"result\w*|fear\w*|unless|until|in order|said|says|argued|explained|to (?:avoid|save|protect|make|keep|spare))\b|"
    r"[:;–—“\"]",
    re.IGNORECASE,
)
_SAYS = re.compile(
    r"\b(?:did|does|do|has|have|had)\s+(?P<who>(?:[^\W\d_a-z][\w’'-]*\s+)+)(?:\w+ly\s+)?"
    r"(?:say|said|tell|told|think|thought|argue|argued|react|reacted|comment|warn|explain|promise|call|describe|claim|"
    r"answer|reply|give|put)\b"
)
_MONTHS = list(calendar.month_name)
_MONTH_OF_YEAR = re.compile(rf"\b({'|'.join(_MONTHS[1:])}) ((?:19|20)\d\d)\b", re.IGNORECASE)
_FITS_BEFORE, _FITS_AFTER = 14, 28  # days around a day that is asked about within which a report on it is published


def lacks_kind(question: str, text: str, cited: Sequence[Citation]) -> str | None:
    """What the question asks for and the answer's `text`, with what it cites, does not have, as a reason; or None."""
    quotes = " ".join(citation.quote for citation in cited)
    return (
        _no_number(question, text)
        or _nobody(question, text)
        or _no_time(question, text)
        or _no_cause(question, f"{text} {quotes}")
        or _another_speaker(question, text, quotes)
        or _another_day(question, quotes, cited)
    )


def asks_number(question: str) -> bool:
    """Whether a question asks how many, how much, what share, what price."""
    return _QUANTITY.search(question) is not None


def _no_number(question: str, text: str) -> str | None:
    if not asks_number(question):
        return None
    asked = {number.value for number in forms.numbers(question)}
    given = [number for number in forms.numbers(text) if number.value not in asked]
    if _SUM.search(question) and not _SHARE.search(question) and not _CHANGE.search(question):
        given = [number for number in given if number.unit not in ("%", "points", "th")]
        if not re.search(r"\band\b", question):  # of two questions, the answer to the other is better than none
            given = [number for number in given if _is_money(number, text)]
    many = _HOW_MANY.search(question)
    if many and not _MEASURE.match(many["what"]):
        given = [number for number in given if _counts(number.written, text)]
    # "How many run again?" "They aren't running."; but not "They were not found."
    none = any(_stemmed(found["what"]) & _stemmed(question) - STOPWORDS for found in NOT.finditer(text))
    if given or none or AMOUNT.search(text):
        return None
    return "it gives no number, which is what was asked"


def _stemmed(text: str) -> set[str]:
    return {stemmed(word) for word in WORD.findall(text)}


def _is_money(number: forms.Number, text: str) -> bool:
    """Whether a number is a sum of money, as it stands or by the word behind it or the code before it."""
    written = re.escape(number.written)
    return (
        number.unit in forms.CURRENCIES
        or any(_CURRENCY.match(text, place.end()) for place in re.finditer(rf"(?<![\d.,]){written}(?!\d)", text))
        or re.search(rf"\b(?:[A-Z]{{3}}|Rs)\.? ?{written}", text) is not None
    )


def _counts(written: str, text: str) -> bool:
    """Whether a number is one of things somewhere in the text, and not a measure or a time of day."""
    places = re.finditer(rf"(?<![\d:.,]){re.escape(written)}(?![\d:]|[.,]\d)", text)
    return any(not _MEASURE.match(text, place.end()) for place in places)


def _names(text: str) -> set[str]:
    found = set()
    for start, end in sentences(text):
        for word, begins in forms.names(text[start:end]):
            if not (begins and word.casefold() in OPENING_WORDS) and word not in calendar.day_name:
                found |= set(stems(word))
    return found


def _nobody(question: str, text: str) -> str | None:
    named = _NAMED.search(question)
    if (
        not (named or _WHO.search(question))
        or re.search(r"\bor\b", question)
        or _names(text) - _names(question)
        or re.search(r"\bno(?:body| one)\b", text)
    ):
        return None
    return f"it names no{'ne' if named else 'body'}, which is what was asked"


def _no_time(question: str, text: str) -> str | None:
    if _WHEN.search(question) and not _TIME.search(text):
        return "it gives no time, which is what was asked"
    return None


def _no_cause(question: str, said: str) -> str | None:
    if _WHY.search(question) and not _CAUSE.search(said):
        return "it gives no reason, which is what was asked"
    return None


def _another_speaker(question: str, text: str, quotes: str) -> str | None:
    match = _SAYS.search(question)
    if not match:
        return None
    who = set(stems(match["who"].split()[-1]))
    there = _names(text) | _names(quotes)
    others = _names(text) - _names(question)
    if who and others and not who & there:
        return f"the cited words are not of {match['who'].strip()}"
    return None


def other_month(question: str, said: str, published: Sequence[date]) -> str | None:
    """The month of a year that a question asks about, if the words name others only and were not published in it."""
    asked = [(_MONTHS.index(m[1].title()), int(m[2]), m[0]) for m in _MONTH_OF_YEAR.finditer(question)]
    there = {day.month for day in forms.dates(said) if day.month}
    if not asked or not there or any(month in there for month, _, _ in asked):
        return None
    near = any((each.year, each.month) == (year, month) for month, year, _ in asked for each in published)
    return None if near else asked[0][2]


def _another_day(question: str, quotes: str, cited: Sequence[Citation]) -> str | None:
    asked = [day for day in forms.dates(question) if day.day is not None]
    if not asked or any(day.stands_in(forms.dates(quotes), None) for day in asked):
        return None
    published = [citation.published.date() for citation in cited if citation.published]
    if not published or any(_near(day, other) for day in asked for other in published):
        return None
    return f"the cited words are not about {asked[0].written}"


def _near(day: forms.Date, published: date) -> bool:
    years = [day.year] if day.year else [published.year, published.year - 1]
    for year in years:
        try:
            apart = (published - date(year, day.month, day.day or 1)).days
        except ValueError:  # 29 February of another year
            continue
        if -_FITS_BEFORE <= apart <= _FITS_AFTER:
            return True
    return False
