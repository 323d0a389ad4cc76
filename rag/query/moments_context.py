"""What the words around an expression of time say: whether it is a time at all, which bound, and of what.

"In March" is a month and "Mr March" is not; "since" leaves the end open; "articles from" speaks of publication.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag.query.moments import COUNT, Moment

EDGE = r"(?:(?:early|mid|late)(?:\s+in|\s+on)?[\s-]+|(?:the\s+)?(?:very\s+)?(?:beginning|start|middle|end)\s+of\s+)"
_PREPOSITION = (
    "since|after|before|until|till|by|from|between|in|on|during|of|for|at|over|throughout|within|through|around|"
    r"on\s+or\s+(?:after|before)|as\s+of|prior\s+to|up\s+to|up\s+until|no\s+later\s+than|not\s+later\s+than|earlier\s+than|later\s+than|following|"
    r"ahead\s+of|starting|beginning"
)
_LEAD = re.compile(
    rf"""(?<![\w-])(?:(?P<made>published|dated|posted|printed)\s+)?
    (?:(?P<prep>{_PREPOSITION})\s+)?(?:the\s+)?(?P<edge>{EDGE})?(?P<the>the\s+)?
    (?:(?P<week>(?:(?P<nth>first|second|third|fourth|last)\s+)?week\s+of\s+)|(?P<unit>(?:calendar\s+)?year\s+|month\s+of\s+))?(?:the\s+)?["'“‘]?$""",
    re.VERBOSE | re.IGNORECASE,
)
_LONGEST = 70  # characters of a lead
_CONTEXT = 300  # characters before an expression that are looked at, so that a long text takes linear time

_PIECES = (
    r"(?:articles?|stor(?:y|ies)|pieces?|reports?|coverage|reporting|reportage|columns?|editorials?|op-eds?|interviews?"
    r"|headlines?|dispatch(?:es)?|news|posts?)"
)
_CAPITAL = r"[^\W\d_a-zß-ÿ][\w'’.&-]*"
# What separates a piece from its date: its author and outlet, in capitals ("by Owen Prys in the Courier").
_SOURCE = rf"(?:\s+(?>(?:by|in|from|of|the|at|and)\b|(?-i:{_CAPITAL})))*"
_TOPIC = (
    r"(?:\s+(?!(?:that|which|who|whose|where|when|say|says|said|is|was|are|were|has|have|had|did|does)\b)[^\s?.!;,]+)"
)
_PIECE_BEFORE = re.compile(
    rf"\b{_PIECES}{_SOURCE}"
    r"(?:,|(?:\s+(?:that|which))?(?:\s+(?:was|were|is|are|has|have))?"
    r"(?:\s+(?:appear(?:ed|ing)|ran|run|filed|written|dating))?)\s*$",
    re.IGNORECASE,
)
_PIECE_ABOUT = re.compile(rf"\b{_PIECES}{_TOPIC}{{1,12}}\s*$", re.IGNORECASE)
_PIECE_AFTER = re.compile(
    rf"(?:['’]s)?(?:\s+(?-i:{_CAPITAL})){{0,6}}\s+(?!news\b|posts?\b)(?:{_PIECES}|(?:news)?papers?|editions?|issues?)\b",
    re.IGNORECASE,
)
_DATA = (
    r"\b(?:polls?|surveys?|figures|data|results|stud(?:y|ies)|books?|audits?|statistics|findings|rankings?|forecasts?"
    r"|novels?|albums?|inquir(?:y|ies)|minutes|accounts)"
)
_DATA_BEFORE = re.compile(rf"{_DATA}(?:\s+(?:that|which))?(?:\s+(?:was|were|is|are))?\s*$", re.IGNORECASE)
_DATA_BY = re.compile(rf"{_DATA}\b[^.?!]*$", re.IGNORECASE)
_WRITES = re.compile(
    r"(?:\b(?:did|does|do|has|have|had|(?P<who>[^\W\d_]+))\b(?:\s+[^\s?.!;,]+){0,5}?\s+)"
    r"\b(?P<verb>write|wrote|written|writing|report|reported|reports|reporting|publish|publishes|print)\s*$",
    re.IGNORECASE,
)
_PASSIVE = re.compile(
    r"\bhow\s+(?:many|much)\b|\b(?:is|are|was|were|be|been|being)\s+(?:\w+ly\s+)?(?:reported|written)\s*$",
    re.IGNORECASE,
)

_MADE_BY = re.compile(
    rf"\b(?:published|posted|printed|reported){_SOURCE}(?:\s+at\s+[\d:.]+(?:\s*[ap]m)?)?\s*$", re.IGNORECASE
)
_WRITES_AFTER = re.compile(r"\s*,?\s*(?:report(?:ed|s)?|wr[io]tes?|publish(?:ed|es)?)\b", re.IGNORECASE)
# "The day after 3 May" and "two weeks before 3 May" are counted from the date; it bounds nothing.
_COUNTED_FROM = re.compile(
    rf"\b(?:day|night|morning|week|month|year|{COUNT}\s+(?:hours|days|weeks|months|years))\s+$", re.IGNORECASE
)
_WHAT_ABOUT = re.compile(r"\b(?:what|how)\s+about\s+$", re.IGNORECASE)

_TITLE = re.compile(
    r"\b(?:Mr|Mrs|Ms|Miss|Dr|Prof|Professor|Sir|Lady|Lord|Mayor|Minister|President|Judge|Councillor|Captain|Sergeant)\.?\s+$"
)
_WORD_BEFORE = re.compile(r"(?:^|(?P<stop>[.?!:;,“\"(]\s*)|\s)(?P<word>[^\s.?!:;,“\"(]+)\s+$")
_FIRST_NAMES = frozenset({"april", "may", "june", "august", "jan"})
_NAMES_OR_VERBS = _FIRST_NAMES | {"march", "mar", "dec", "oct", "sep", "sept"}
_NEXT_CAPITAL = re.compile(rf"\s+{_CAPITAL}")
_MORE_THAN = re.compile(
    r"\b(?:more|less|fewer)\s+than\s+$|\b(?:over|under|at\s+least|nearly|almost)\s+$", re.IGNORECASE
)
_NAMED_EVENT = re.compile(
    r"\s+(?:attacks?|massacres?|war|uprising|revolution|riots?|coup|bombings?|shootings?|movement)\b", re.IGNORECASE
)
_SPORT = re.compile(
    r"\b(?:games?|match(?:es)?|scor(?:e|es|ed|ing)|goals?|touchdowns?|quarterbacks?|teams?|football|basketball|coach(?:es)?"
    r"|players?|yards|half-?time|kick-?off|rebounds|halves|penalty|referees?)\b",
    re.IGNORECASE,
)
_RESULTS = re.compile(
    r"(?:['’]s)?\s+(?:revenues?|results|earnings|profits?|loss(?:es)?|gdp|figures|growth|net|income|turnover|margins?"
    r"|reports?|numbers|guidance)\b",
    re.IGNORECASE,
)
_COUNTED = re.compile(
    r"\s+(?:people|percent|per\s+cent|million|(?!(?:is|was|has|does|this|as|us|its|his|plus|across|versus)\b)[a-z]+s)\b"
)
_COUNTED_ALWAYS = re.compile(r"\s+(?:people|percent|per\s+cent|homes|houses|votes|crowns|euros|dollars|pounds|units)\b")


@dataclass(frozen=True, slots=True)
class Lead:
    """The words right before an expression that belong to it: "published in the | third quarter"."""

    made: bool
    prep: str
    edge: str
    the: bool
    week: str | None  # "" for "the week of 3 May", "first" for the first week of May
    unit: bool
    at: int  # where the words begin that belong to the period in any case, -1: none
    the_at: int  # where its article begins

    def start(self, moment: Moment) -> int:
        """Where the whole expression begins."""
        if self.at >= 0:
            return self.at
        return self.the_at if moment.kind in ("season", "quarter", "half", "rolling", "weekend") else moment.start


def lead(question: str, moment: Moment, floor: int) -> Lead:
    """The lead of an expression; it does not reach back over `floor`."""
    begin = max(floor, moment.start - _LONGEST)
    match = _LEAD.search(question[begin : moment.start])
    if match is None:  # every part of it may be empty, but not behind a hyphen: "the July-to-September numbers"
        return Lead(False, "", "", False, None, False, -1, moment.start)
    the = re.search(r"\bthe\b", match.group(), re.IGNORECASE) is not None
    piece = _PIECE_AFTER.match(question, moment.end)
    if piece and (the or piece.group()[0] in "'’"):  # "after the 3 May article": the preposition is the article's
        return Lead(False, "", "", the, None, False, -1, moment.start)
    first = next((match.start(name) for name in ("made", "prep", "edge", "week", "unit") if match[name]), -1)
    return Lead(
        made=match["made"] is not None,
        prep=" ".join((match["prep"] or "").lower().split()),
        edge=(match["edge"] or "").strip().lower().removeprefix("the ").removeprefix("very "),
        the=the,
        week=(match["nth"] or "").lower() if match["week"] else None,
        unit=match["unit"] is not None,
        at=begin + first if first >= 0 else -1,
        the_at=begin + match.start(),
    )


def means_time(question: str, moment: Moment, before: Lead) -> bool:
    """Whether an expression is a time here, and not a name, a verb, a count or the quarter of a game."""
    word, after = question[moment.start : moment.end], question[moment.end :]
    if _TITLE.search(question[max(0, moment.start - 15) : moment.start]):
        return False
    if moment.kind in ("day", "days") and not moment.fixed and _NAMED_EVENT.match(after):
        return False
    if moment.kind in ("quarter", "half") and _SPORT.search(question, max(0, moment.start - 60), moment.end + 60):
        return False
    if before.prep in ("after", "before") and _COUNTED_FROM.search(question, max(0, before.at - _LONGEST), before.at):
        return False
    if word.lower().endswith("ago") and _MORE_THAN.search(question, max(0, moment.start - _LONGEST), moment.start):
        return False
    if moment.kind in _TESTS:
        return _TESTS[moment.kind](question, moment, before, word, after)
    return True


def _month(question: str, moment: Moment, before: Lead, word: str, after: str) -> bool:
    if not moment.bare:
        return True
    name, named = word.lower().rstrip("."), _NEXT_CAPITAL.match(after) is not None
    if before.edge or before.unit:
        return True
    if before.prep and before.prep not in ("on", "at", "around"):
        if named and name in _FIRST_NAMES and before.prep not in ("in", "during", "throughout", "until", "since"):
            return False
        return not (before.prep == "by" and _PIECE_BEFORE.search(question, max(0, before.at - _CONTEXT), before.at))
    if _PIECE_AFTER.match(after) and before.the:
        return True
    if _WHAT_ABOUT.search(question, max(0, moment.start - _LONGEST), moment.start):
        return not named
    return name not in _NAMES_OR_VERBS and word[0].isupper() and not named and not _after_a_name(question, moment)


def _year(question: str, moment: Moment, before: Lead, word: str, after: str) -> bool:
    if not moment.bare or before.unit or _PIECE_AFTER.match(after):
        return True
    if before.edge:
        return True
    if before.prep:
        counted = _COUNTED_ALWAYS if before.prep in ("in", "since", "during", "until", "throughout") else _COUNTED
        return not before.the and before.prep not in ("on", "at") and not counted.match(after)
    last = not after.strip(" ?.!\"”'’")
    return last and not before.the and not _after_a_name(question, moment) and bool(question[: moment.start].strip())


def _quarter(question: str, moment: Moment, before: Lead, word: str, after: str) -> bool:
    short = word[0] in "qQ"
    return not (moment.bare and short and not (before.prep or before.edge or _RESULTS.match(after)))


def _season(question: str, moment: Moment, before: Lead, word: str, after: str) -> bool:
    if not moment.bare:
        return word.lower()[:4] != "fall" or bool(before.prep or before.the or before.edge)
    return bool(before.prep or before.edge) and not after.lower().startswith(" of ")


def _weekday(question: str, moment: Moment, before: Lead, word: str, after: str) -> bool:
    if before.prep:
        return True
    previous = _WORD_BEFORE.search(question, max(0, moment.start - _LONGEST), moment.start)
    if previous and previous["word"].lower() in ("every", "each", "any", "some", "a", "one"):
        return False
    named = _after_a_name(question, moment) or _NEXT_CAPITAL.match(after)
    return not (named and word[0].isupper())


def _daily(question: str, moment: Moment, before: Lead, word: str, after: str) -> bool:
    return not (word[0].isupper() and _after_a_name(question, moment))


def _after_a_name(question: str, moment: Moment) -> bool:
    """Whether the word before is capitalised and does not only begin the sentence: Black Friday, Theresa May."""
    previous = _WORD_BEFORE.search(question, max(0, moment.start - _LONGEST), moment.start)
    return bool(previous and previous["word"][0].isupper() and previous.start() > 0)


_TESTS = {
    "month": _month,
    "year": _year,
    "quarter": _quarter,
    "half": lambda question, moment, *_: not moment.bare,
    "season": _season,
    "weekday": _weekday,
    "weekend": lambda question, moment, before, *_: bool(before.prep),
    "day": _daily,
    "current": lambda question, moment, before, *_: bool(before.edge),
    "now": lambda question, moment, before, *_: before.prep in ("until", "up to", "up until", "till"),
}


def role(question: str, moment: Moment, before: Lead, end: int) -> str:
    """ "publication" or "event": what a period, from its lead to `end`, is the time of."""
    start = before.start(moment)
    until = start if before.the_at > start or before.at >= 0 else before.the_at
    said = question[max(0, until - _CONTEXT) : until]
    return "publication" if _published(said, moment, before, question[end:]) else "event"


def _published(said: str, moment: Moment, before: Lead, after: str) -> bool:
    if before.made:
        return not _DATA_BEFORE.search(said)
    writes = _WRITES.search(said) is not None
    results = moment.kind in ("quarter", "half")  # what a firm reports in a quarter are results
    if _PIECE_BEFORE.search(said) and not (_PASSIVE.search(said) or (writes and results)):
        return True
    if before.prep in ("from", "since") and _PIECE_ABOUT.search(said):
        return True
    if results:
        return False
    if not before.prep and _PIECE_AFTER.match(after):
        return True
    if _MADE_BY.search(said) and not (_PASSIVE.search(said) or _DATA_BY.search(said)):
        return True
    writes = writes or (before.prep == "on" and _WRITES_AFTER.match(after) is not None)
    return writes and not _PASSIVE.search(said)
