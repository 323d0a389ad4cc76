"""Whether the words around a name say that it published: "according to the Courier", "Hollander's report".

Only a few dozen characters on each side are read, so that a long text takes linear time.
"""

from __future__ import annotations

import re

from rag.query.mentions import OPENERS
from rag.words import STOPWORDS

_REACH = 80  # characters after a name
_BEFORE = 48  # characters before one
_PIECE = (
    r"(?:articles?|reports?|pieces?|story|stories|coverage|reviews?|interviews?|columns?|columnists?|editorials?"
    r"|analysis|analyses|items?|dispatch(?:es)?|reporting|journalists?|reporters?|correspondents?|accounts?|versions?"
    r"|obituar(?:y|ies)|profiles?|series|headlines?|investigations?|features?|write-ups?|op-eds?|podcasts?|broadcasts?"
    r"|newsletters?|editions?|issues?|take|focus|emphasis|portrayal|descriptions?|assertions?|stance|view|criticism|findings"
    r"|discussion|(?:front\s+)?pages?)"
)
# What a person writes; an account or an interview of a person is rather about them.
_WRITING = (
    r"(?:articles?|reports?|pieces?|story|stories|coverage|reviews?|columns?|editorials?|analysis|analyses|dispatch(?:es)?"
    r"|reporting|obituar(?:y|ies)|series|investigations?|features?|write-ups?|op-eds?|newsletters?)"
)
_PAST = (
    r"(?:reported|published|covered|written|noted|described|mentioned|discussed|quoted|highlighted|claimed|featured"
    r"|detailed|told|stated|suggested|alleged|reviewed|interviewed|broadcast|printed|posted|cited|said|carried|run"
    r"|revealed|aired|shown|expressed)"
)
_SAYS = (
    r"(?:report(?:s|ed)?|wrote|writes?|written|says?|said|claim(?:s|ed)?|suggest(?:s|ed)?|describe[sd]?|mention(?:s|ed)?"
    r"|note[sd]?|cover(?:s|ed)?|publish(?:es|ed)?|print(?:s|ed)?|ran|runs?|carr(?:y|ies|ied)|quote[sd]?|tells?|told"
    r"|calls?|called|argue[sd]?|allege[sd]?|state[sd]?|reveal(?:s|ed)?|cite[sd]?|highlight(?:s|ed)?|indicate[sd]?"
    r"|portray(?:s|ed)?|discuss(?:es|ed)?|review(?:s|ed)?|feature[sd]?|attribute[sd]?|detail(?:s|ed)?|explain(?:s|ed)?"
    r"|predict(?:s|ed)?|present(?:s|ed)?|contradict(?:s|ed)?|advise[sd]?|impl(?:y|ies|ied)|warn(?:s|ed)?|confirm(?:s|ed)?"
    r"|emphasi[sz]e[sd]?|acknowledge[sd]?|interview(?:s|ed)?|announce[sd]?|gives?|gave)"
)
_TO_NAME = r"(?:\s+both)?(?:\s+the)?\s*[‘'“\"]?$"
_OUTLET_BEFORE = re.compile(
    rf"(?:\baccording\s+to|\bdiscussions?\s+(?:in|on)|\b(?:source|outlet|newspaper|paper|magazine|site)(?:\s+(?:called|named))?|\b(?:as\s+)?(?:per|via)|\b(?:another|one|that|those|anything|something|both)\s+(?:by|in|from)|\bas\s+told\s+to|\bread\s+(?:in|on)|\b(?:say|says|write|wrote|writes|argued?|report)\s+(?:in|on)|\b(?:appear(?:s|ed|ing)?|ran|seen|found|heard)\s+(?:in|on)"
    rf"|\b{_PAST}(?:\s+\w+ly)?\s+(?:by|in|from|at)|\b(?:published|posted|broadcast|aired|featured|carried|shown)\s+on"
    rf"|\b(?:was|were|is|are|been|as)\s+(?:\w+ly\s+)?{_PAST}\s+on|\b{_PIECE}\s+(?:by|in|from|at)"
    rf"|\b(?:editions?|issues?|pages|journalists?|reporters?|columnists?|readers)\s+of"
    rf"|(?:^|[.,;:]\s)in|[,”\"]\s*(?:says?|said|writes|wrote|reports|reported)){_TO_NAME}",
    re.IGNORECASE,
)
_OUTLET_AFTER = re.compile(
    rf"[’'”\"]?(?:[’']s?)?[”\"]?(?:\s+(?:newspaper|magazine|website|site|paper|newsroom|online)(?:[’']s)?)?"
    rf"(?:\s+(?:(?!(?:{'|'.join(sorted(STOPWORDS - {'its', 'their', 'most', 'own', 'same'}))})\b)[\w-]+\s+)"
    rf"{{0,2}}?{_PIECE}\b"
    rf"|\s+(?:\w+ly\s+|also\s+|has\s+|had\s+|have\s+|does\s+|did\s+|not\s+|first\s+|ever\s+|both\s+|all\s+|each\s+"
    rf"|fail(?:s|ed)?\s+to\s+){{0,3}}?{_SAYS}\b"
    rf"|\s+in\s+(?:its|their|an?|the|one)\s+(?:\w+\s+){{0,2}}?{_PIECE}\b"
    rf"|\s*[:,]?\s*(?:says|writes)\b)",
    re.IGNORECASE,
)
# "Did the Post and the Echo both report", "did the Post fail to mention"
_OUTLET_ASKED = re.compile(r"\b(?:did|does|do|has|have|had|will)\s+(?:the\s+)?[‘'“\"]?$", re.IGNORECASE)
_LATER_SAYS = re.compile(rf"[’'”\"]?(?:\s+(?-i:[a-z])\w*){{0,3}}?\s+{_SAYS}\b", re.IGNORECASE)
_BYLINE_BEFORE = re.compile(
    rf"\b(?:{_WRITING}\s+from|(?:written|reported|published)\s+(?:by|from)){_TO_NAME}", re.IGNORECASE
)
_BYLINE_AFTER = re.compile(
    rf"(?:[’']s?\s+(?:(?!(?:{'|'.join(sorted(STOPWORDS))})\b)[\w-]+\s+){{0,2}}?{_WRITING}\b"
    r"|\s+(?:\w+ly\s+|also\s+|has\s+|had\s+|have\s+|first\s+){0,2}?(?:wrote|writes?|written|reported|reviewed)\b)",
    re.IGNORECASE,
)
# "The Hollander report" is something else than what Hollander reports.
_REPORTS = re.compile(r"\s+(?:\w+ly\s+|also\s+|first\s+)?(?P<verb>reports?|reviews?)\b", re.IGNORECASE)
_ASKED = re.compile(r"\b(?:did|does|do|will)\s+$", re.IGNORECASE)
_ARTICLE = re.compile(r"\b(?:the|an?|this|that|these|those|which)\s+$", re.IGNORECASE)
_BY = re.compile(rf"(?:(?P<done>[\w-]+)\s+)?\b(?P<word>by|from){_TO_NAME}", re.IGNORECASE)
# "Bought by the Post" and "promised by Hollander" speak of something done, not of something published.
_DONE = frozenset(
    "run owned sold bought made won hit led held built paid given taken beaten set cut put known done sent caught "
    "chosen driven left lost met hired fired sued employed appointed founded acquired promised sponsored funded signed "
    "launched opened closed organised organized hosted elected resigned dismissed sacked backed away".split()
)
_SECTION_BEFORE = re.compile(r"(?:\b(?:the|its|their|in|from|under|of|on)|[’']s)\s+$", re.IGNORECASE)
_SECTION_PLACE = re.compile(r"\s+(?:section|pages?|desk)\b", re.IGNORECASE)
_SECTION_PIECES = re.compile(r"\s+(?:coverage|stories|articles)\b", re.IGNORECASE)
_NEXT = re.compile(r"\s+(?P<word>[^\W_][\w-]*)|[-–&/]\w|\s+&\s")
_OF_NAME = re.compile(r"\s+of\s+(?:the\s+)?[A-ZÀ-Þ]")
_LAST = re.compile(r"(?P<word>[^\W_][\w.’'-]*)\s+(?:[Tt]he\s+)?[‘'“\"]?$|[-–&/]$")
_DESCRIBES = frozenset("magazine newspaper newspapers online".split())
_ORDERS = frozenset(
    "find compare quote explain get check look search see ask contrast use read per via unlike how's what's".split()
)


def outlet_published(text: str, start: int, end: int) -> bool:
    """Whether `text` says that the outlet named at `start` to `end` published something."""
    return bool(
        _OUTLET_AFTER.match(text, end, end + _REACH)
        or _OUTLET_BEFORE.search(text, max(0, start - _BEFORE), start)
        or _by(text, start)
        or (_OUTLET_ASKED.search(text, max(0, start - _BEFORE), start) and _LATER_SAYS.match(text, end, end + _REACH))
    )


def byline_published(text: str, start: int, end: int) -> bool:
    """Whether `text` says that the person named there wrote something. Who says something is asked about."""
    return bool(
        _BYLINE_AFTER.match(text, end, end + _REACH)
        or _BYLINE_BEFORE.search(text, max(0, start - _BEFORE), start)
        or _reports(text, start, end)
        or _by(text, start, only="by")
    )


def _reports(text: str, start: int, end: int) -> bool:
    verb = _REPORTS.match(text, end, end + _REACH)
    if not verb:
        return False
    before = max(0, start - _BEFORE)
    if verb["verb"].lower() in ("report", "review"):
        return _ASKED.search(text, before, start) is not None
    return _ARTICLE.search(text, before, start) is None


def section_meant(text: str, start: int, end: int) -> bool:
    """Whether the word there names a part of a paper: "in the business section", "business stories"."""
    if _SECTION_PLACE.match(text, end, end + _REACH):
        return _SECTION_BEFORE.search(text, max(0, start - _BEFORE), start) is not None
    return _SECTION_PIECES.match(text, end, end + _REACH) is not None


def _by(text: str, start: int, only: str = "") -> bool:
    found = _BY.search(text, max(0, start - _BEFORE), start)
    if not found or (only and found["word"].lower() != only):
        return False
    done = (found["done"] or "").lower()
    # A person does much else; what is done by an outlet is mostly publishing: "criticised by the Post".
    return done not in _DONE and not (only and (done.endswith("ed") or done in ("said", "told", "shown", "seen")))


def part_of_longer(text: str, start: int, end: int, cased: bool) -> bool:
    """Whether a name of one word is only a piece of another one there: "Fortune 500", "the Ice Age", "Age of Steam"."""
    after = _NEXT.match(text, end, end + _REACH)
    if after:
        word = after["word"]
        if word is None or word[0].isdigit() or (word.lower() == "of" and (not cased or _OF_NAME.match(text, end))):
            return True
        if cased and word[0].isupper() and word.lower() not in _DESCRIBES and not _OUTLET_AFTER.match(text, end):
            return True
    before = _LAST.search(text, max(0, start - _BEFORE), start)
    if not before:
        return False
    word = before["word"]
    if word is None:
        return True
    possessive = word.lower().endswith(("'s", "’s"))
    return cased and word[0].isupper() and not possessive and not may_open(word)


def may_open(word: str) -> bool:
    """Whether a word is no name though it may stand with a capital at the beginning of a sentence."""
    return word.lower() in STOPWORDS or word.lower() in OPENERS or word.lower() in _ORDERS
