"""Questions of a few words ("and in May?", "what about the Courier?"): what they change in the last question."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from dateutil.relativedelta import relativedelta

from rag.query.dates import Period, describe, periods
from rag.query.mentions import Mention, distinct, names, replaced, same
from rag.query.spans import month_span

_ABOUT = re.compile(r"(?:(?:and|but|so|or)\s+)?(?:what|how)\s+(?:about|of)\s+", re.IGNORECASE)
_LEAD = re.compile(r"(?:and|but|so|or)\b", re.IGNORECASE)
_CLAUSE = re.compile(
    r"\b(?:who|what|when|where|why|how|which|whose|whom|is|are|was|were|did|does|do|has|have|had|will|would|can|could"
    r"|should|must|tell|show|give|list|find|summari[sz]e|compare)\b",
    re.IGNORECASE,
)
_HOW_MANY = re.compile(r"how\s+many\s+(?P<noun>[a-z-]+(?:\s+[a-z-]+)?)", re.IGNORECASE)
_PLACED = re.compile(
    r"(?:in|at|on|near|for|of|through|throughout|from|since|before|after|during|between|by|until|around|over)\b",
    re.IGNORECASE,
)
_PLACE = re.compile(r"(?P<prep>in|at|near|from|around|outside)\s+(?P<name>(?:the\s+)?[A-ZÀ-Þ].*)")
_LAST_PLACE = re.compile(r"\b(?:in|at|near|from|around|outside)\s+(?:the\s+)?$", re.IGNORECASE)
_BEFORE = re.compile(
    r"(?:in\s+)?(?:the\s+|a\s+|an\s+)?(?:(?P<unit>year|month|quarter)\s+(?P<way>before|earlier|after|later)(?:\s+that)?"
    r"|(?P<way2>previous|preceding|prior|following)\s+(?P<unit2>year|month|quarter))",
    re.IGNORECASE,
)
_RELATIVE = re.compile(
    r"(?:this|last|next|past|yesterday|today|tomorrow|tonight|the\s+(?:past|last|day))\b|.*\bago$", re.IGNORECASE
)
_OPEN = re.compile(
    r"(?P<made>(?:published|dated|posted|printed)\s+)?(?P<prep>[a-z]+(?:\s+(?:or|to)\s+[a-z]+)?)\s", re.IGNORECASE
)
_KEPT = ("since", "before", "after", "until", "by")
_YEARLY = re.compile(
    r"\b(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?|q[1-4]|h[12]|quarter|half|spring|summer|autumn|winter)\b",
    re.IGNORECASE,
)
_THAT_YEAR = re.compile(r"\s+(?:of\s+)?(?:that|the\s+same)\s+year$", re.IGNORECASE)
_ORDINAL = re.compile(r"\b(?:quarter|half|spring|summer|autumn|winter)$", re.IGNORECASE)
_COUNT = r"(?P<nth>first|second|third|fourth|fifth|sixth|last)"
_NTH = re.compile(rf"(?:(?:in|on|at|for|during)\s+)?the\s+{_COUNT}(?:\s+one)?", re.IGNORECASE)
_NTH_OF = re.compile(rf"\bthe\s+{_COUNT}\s+(?=[a-z])")
_TOPIC = re.compile(
    r"\babout (?:(?:the|a|an|his|her|its|their) )?[a-z-]+(?= (?:in|on|at|during|since|before|after|last|this)\b|\?|$)"
)
_NEW_TOPIC = re.compile(r"about\s+\S.*", re.IGNORECASE)
_DAY = re.compile(r"\b\d{1,2}(?:st|nd|rd|th)?\b(?!\d)|day\b", re.IGNORECASE)
_COUNTED = re.compile(
    r"(?P<how>how many )(?P<noun>[a-z-]+(?: [a-z-]+)?)"
    r"(?= (?:is|are|was|were|did|does|do|has|have|had|will|would|can|could)\b)",
    re.IGNORECASE,
)
_MEASURED = re.compile(
    r"(?P<how>(?:what|how (?:high|large|big|much|low)) (?:is|was|were|are) (?:the |[A-ZÀ-Þ][^?]*?['’]s )?)"
    r"(?P<noun>[a-z-]+(?: [a-z-]+)?)(?= (?:of|in|for|on|at|during|after|before|last|this)\b)",
    re.IGNORECASE,
)
_PLURAL = re.compile(r"\b(?:are|were)\b", re.IGNORECASE)
_NOT_A_NOUN = re.compile(
    r"\b(?:ones?|others?|it|that|this|those|these|them|him|her|then|there|else|same|not|so|more|now)\b"
)
_ANY_DAY = date(2000, 6, 15)  # only where expressions of time stand matters here, not what they mean


def fragment(text: str, body: str) -> bool:
    """Whether a question is no clause but names what is to be put into the last one; `body` is without "and"."""
    about = _ABOUT.match(text)
    rest = (text[about.end() :] if about else body).rstrip(" ?.!")
    counted = _HOW_MANY.fullmatch(rest) is not None
    if about:
        return len(rest.split()) <= 8
    if not rest or len(rest.split()) > 7 or (_CLAUSE.search(rest) and not counted):
        return False
    if _LEAD.match(text) or counted:
        return True
    if not text.endswith("?"):
        return False
    return bool(_PLACED.match(rest)) or _time(rest) is not None or any(m.words == rest for m in names(rest))


def completed(body: str, last: str, answer: str) -> str | None:
    """The last question with what the fragment names in the place of what is like it, else added at its end."""
    phrase = _ABOUT.sub("", body).rstrip(" ?.!")
    for rule in (_shifted, _ordered, _timed, _placed, _topic, _named, _counted):
        made = rule(phrase, last, answer)
        if made is not None:
            return made or None
    return None


# Each rule gives the whole question, None where the phrase is of another kind, "" where it is of its kind but the
# last question has no one place for it.


def _shifted(phrase: str, last: str, answer: str) -> str | None:
    match = _BEFORE.fullmatch(phrase)
    if not match:
        return None
    old = periods(last, _ANY_DAY)
    if len(old) != 1 or len(re.findall(r"\b\d{4}\b", old[0].text)) != 1:
        return ""
    step = 1 if (match["way"] or match["way2"]).lower() in ("after", "later", "following") else -1
    words = _shift(old[0], (match["unit"] or match["unit2"]).lower(), step)
    return replaced(last, old[0].start, old[0].end, words) if words else ""


def _shift(old: Period, unit: str, step: int) -> str | None:
    if unit == "year":
        return re.sub(r"\b\d{4}\b", lambda year: str(int(year.group()) + step), old.text)
    months = {"month": 1, "quarter": 3}[unit]
    if old.first is None or (old.first, old.last) != month_span(old.first.year, old.first.month, months):
        return None
    first = old.first + relativedelta(months=step * months)
    span = month_span(first.year, first.month, months)
    prep = _OPEN.match(old.text)
    lead = prep.group() if prep and prep["prep"].lower() in ("in", "for", "during", "of", "from") else ""
    return f"{lead}{describe(Period(*span, '', 0, 0, old.role))}"


def _ordered(phrase: str, last: str, answer: str) -> str | None:
    """ "And in the third?" after "in the first term"."""
    match = _NTH.fullmatch(phrase)
    if not match:
        return None
    old = list(_NTH_OF.finditer(last))
    return replaced(last, old[0].start("nth"), old[0].end("nth"), match["nth"].lower()) if len(old) == 1 else ""


def _time(phrase: str) -> Period | None:
    """The period that a phrase is from end to end."""
    for lead in ("", "in ", "on "):
        found = periods(f"{lead}{phrase}", _ANY_DAY)
        if len(found) == 1 and found[0].end == len(lead) + len(phrase) and found[0].start <= len(lead):
            return found[0]
    return None


def _timed(phrase: str, last: str, answer: str) -> str | None:
    old = periods(last, _ANY_DAY)
    phrase = _in_year_of(phrase, old)
    if _time(phrase) is None:
        return None
    if not old:
        return _added(last, _with_preposition(phrase, ""))
    if len(old) > 1:
        return ""
    before = _OPEN.match(old[0].text)
    prep, made = (before["prep"].lower(), before["made"] or "") if before else ("", "")
    return replaced(last, old[0].start, old[0].end, made + _with_preposition(phrase, prep))


def _in_year_of(phrase: str, old: Sequence[Period]) -> str:
    """A month, quarter or day with the year that is spoken of: after "in April 2025", "May" is that of 2025."""
    years = {year for period in old for year in re.findall(r"\b\d{4}\b", period.text)}
    phrase = _THAT_YEAR.sub("", phrase)
    if len(years) != 1 or re.search(r"\b\d{4}\b", phrase) or _RELATIVE.match(phrase) or not _YEARLY.search(phrase):
        return phrase
    join = ", " if re.search(r"[a-z.]\s+\d{1,2}(?:st|nd|rd|th)?$", phrase, re.IGNORECASE) else " "
    return f"{phrase}{' of ' if _ORDINAL.search(phrase) else join}{years.pop()}"


def _with_preposition(phrase: str, old: str) -> str:
    if re.match(_PLACED, phrase):
        return phrase[0].lower() + phrase[1:]
    if old in _KEPT:
        return f"{old} {phrase}"
    if _RELATIVE.match(phrase):
        return phrase[0].lower() + phrase[1:]
    return f"{'on' if _DAY.search(phrase) else 'in'} {phrase}"


def _added(last: str, words: str) -> str:
    end = "?" if last.endswith("?") else ""
    return f"{last.rstrip(' ?')} {words}{end}"


def _placed(phrase: str, last: str, answer: str) -> str | None:
    match = _PLACE.fullmatch(phrase[:1].lower() + phrase[1:])
    if not match:
        return None
    places = [name for name in names(last) if name.placed]
    words = f"{match['prep']} {match['name']}"
    if not places:
        return _added(last, words)
    lead = _LAST_PLACE.search(last[: places[0].start])
    return replaced(last, lead.start(), places[0].end, words) if lead and len(places) == 1 else ""


def _named(phrase: str, last: str, answer: str) -> str | None:
    bare = re.sub(r"^the\s+", "", phrase, flags=re.IGNORECASE)
    found = names(phrase)
    if len(found) != 1 or found[0].words != bare:
        return None
    new, old = found[0], names(last)
    kind = new.kind if new.kind != "name" else _known_kind(new, answer)
    fits = [name for name in old if _fits(kind, name, alone=len(distinct(old)) == 1)]
    if len(distinct(fits)) != 1 or same(fits[0].words, new.words):
        return ""
    target = fits[0]
    the = re.search(r"\bthe\s+$", last[: target.start], re.IGNORECASE)
    return replaced(last, the.start() if the else target.start, target.end, phrase)


def _known_kind(new: Mention, answer: str) -> str:
    return next((name.kind for name in names(answer) if same(name.words, new.words)), "name")


def _fits(kind: str, old: Mention, alone: bool) -> bool:
    # "And Norvolt?" after a question on one name of no known kind may as well be a country.
    if kind == "name":
        return alone and old.placed
    return old.kind == kind or (alone and old.kind == "name" and kind != "place")


def _topic(phrase: str, last: str, answer: str) -> str | None:
    if not _NEW_TOPIC.fullmatch(phrase):
        return None
    old = list(_TOPIC.finditer(last))
    if len(old) != 1:
        return ""
    return replaced(last, old[0].start(), old[0].end(), phrase[0].lower() + phrase[1:])


def _counted(phrase: str, last: str, answer: str) -> str | None:
    many = _HOW_MANY.fullmatch(phrase)
    noun = many["noun"] if many else re.sub(r"^the\s+", "", phrase, flags=re.IGNORECASE)
    if not re.fullmatch(r"[a-z-]+(?: [a-z-]+)?", noun) or _NOT_A_NOUN.search(noun):
        return None
    old = _COUNTED.match(last) or (None if many else _MEASURED.match(last))
    if (
        old
        and old.re is _MEASURED
        and (noun.endswith("s") and not noun.endswith("ss")) != bool(_PLURAL.search(old["how"]))
    ):
        return ""
    return f"{old['how']}{noun}{last[old.end() :]}" if old else ""
