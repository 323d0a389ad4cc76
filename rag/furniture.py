"""Lines that belong to the page and not to the story: credits, share buttons, "Also read", sign-ups, notices.

They stay in the stored text, which is what was published; of a web page, what is the page's is left out by its reader
(`readers/body.py`). But they state nothing, so they are in no sentence of a passage: not searched, not embedded, not
shown to a writer, never evidence by themselves.

A line is recognised whole or not at all, and only where its form leaves little doubt: a credit has a label or an agency
and names beside it, not a clause; an invitation begins with its verb. What is doubtful is the story's.
"""

from __future__ import annotations

import re
from enum import StrEnum

from rag.sentences import Span, paragraphs

_LONGEST = 300  # characters; longer is prose
_CREDIT_WORDS = 12
_AGENCY = (
    r"reuters|ap|ap photo|associated press|afp|getty(?: images)?|epa(?:-efe)?|pa(?: wire| media)?|dpa|shutterstock|"
    r"bloomberg|xinhua|ansa|efe|istock(?:photo)?|alamy|imago|keystone|ntb|tt|ritzau|anp|belga|kyodo|yonhap|cp|"
    r"usa today sports"
)
_LABEL = re.compile(
    r"(?:(?:main |lead |cover |file |stock )?(?:photo(?:graph(?:y|s|er|ers)?|s)?|pictures?|images?|illustrations?|"
    r"graphics?|video|source|sources|credits?|foto(?:s|graf)?|bild(?:er)?|quelle|fuente|imagen|crédit|crédits)"
    r"(?: credits?| courtesy| source| photo| by)?(?: of)?)\s*[:：|]\s*(?P<rest>\S.*)|"
    r"(?:图源|图片来源|来源|摄影|摄|写真|사진)\s*[:：]\s*(?P<names>\S.{0,40})",
    re.IGNORECASE,
)
_BY = re.compile(
    r"[(\[]?(?:photos?|photographs?|pictures?|images?|illustrations?|graphics?|video) (?:by|courtesy(?: of)?|via|from) "
    r"(?P<rest>[^()\[\]]+)[)\]]?\.?",
    re.IGNORECASE,
)
_WITH_AGENCY = re.compile(
    rf"[(\[]?(?P<rest>[^()\[\]]{{0,80}}?)\s*(?:/|\||,| via | - | – )\s*(?:{_AGENCY})[)\]]?|"
    rf"[(\[]?(?:{_AGENCY})\s*/\s*(?P<after>[^()\[\]]{{1,80}})[)\]]?|[(\[]?©.{{0,80}}|[(\[](?:{_AGENCY})[)\]]",
    re.IGNORECASE,
)
_CREDITED = frozenset(
    "a an and by company courtesy credit data de del der des di du file for from getty handout image images in la le "
    "media of official on or photo photos picture screenshot site social state staff still the their 'the twitter und "
    "van via video von website weibo with y & x".split()
)
_SHARE = re.compile(
    r"(?:share|tweet|print|e-?mail|pin|save|comments?|leave a comment|copy link|link copied|bookmark|whatsapp|facebook|"
    r"twitter|linkedin|reddit|telegram|pinterest|flipboard|pocket|teilen|drucken|partager|imprimer|compartir|compartilhar|"
    r"print article|order reprints|listen to (?:this )?article|text size|advertisements?|anzeige|publicité|publicidad|"
    r"sponsored(?: content)?|loading\W*|explore further|more to explore|recommended|related|"
    r"related (?:stories|articles|news|topics|content)|trending(?: now)?|most (?:read|popular)|"
    r"(?:image|media|hide|show|toggle) caption|"
    r"enlarge this image|skip advertisement|back to top|view comments|show comments|end of document|"
    r"read more|show more|view more|continue reading)"
    r"(?:(?: (?:this|the))?(?: (?:article|story|page|post|this))?(?: (?:on|via|by|with|to))?"
    r"(?: (?:an? )?(?:facebook|twitter|x|linkedin|whatsapp|e-?mail|reddit|telegram|pinterest|friends?))?)?[\s:.!…»›→]*",
    re.IGNORECASE,
)
_LIKED = re.compile(
    r"(?:like|enjoy(?:ed)?|liked) (?:this|the|what)\b.{0,40}\?.{0,60}\b(?:share|follow|subscribe|sign up)\b.{0,80}",
    re.I,
)
_CONTINUES = re.compile(
    r"(?:story|article) continues (?:below|after)(?: (?:this |the )?(?:advertisement|ad|video))?\W*", re.IGNORECASE
)
_ELSEWHERE = re.compile(
    r"(?:also read|read also|read more|read next|see also|also see|more on this(?: story)?|related(?: (?:story|article|"
    r"stories|articles|coverage|video))?|recommended for you|don['’]t miss|must read|you (?:may|might) also like|"
    r"up next|watch(?: now)?|lesen sie auch|mehr zum thema|lire aussi|à lire aussi|lea también|leia (?:também|mais)|"
    r"leggi anche|lees ook|les også|läs också)\s*(?:[:|»›→]|[-–—]\s).{0,250}",
    re.IGNORECASE,
)
_INVITES = re.compile(
    r"(?:(?:please )?(?:sign up|subscribe|join|click here|follow (?:us|@)|receive (?:the|our)|download our|enter your|"
    r"get (?:the|our|all|more|breaking|daily|weekly)|stay (?:informed|up to date)|want more|never miss)|"
    r"thanks for signing up|abonnieren sie|melden sie sich|abonnez-vous|inscrivez-vous|suscríbete|suscríbase|assine)\b",
    re.IGNORECASE,
)
_INVITED = re.compile(
    r"\b(?:newsletters?|inbox|e-?mail (?:address|updates?|alerts?)|mailing list|(?:whatsapp|telegram|youtube) channel|"
    r"(?:our|your) (?:app|podcast|daily briefing)|breaking news alerts?|(?:us|@\w+) on (?:twitter|facebook|instagram|x|"
    r"linkedin|telegram|youtube|google news)|push notifications|infolettre|boletín)\b",
    re.IGNORECASE,
)
_REPORTED = re.compile(r"[\"“”„«]|\b(?:said|says|told|asked|urged|added)\b", re.IGNORECASE)
_RIGHTS = re.compile(
    r"(?:(?:copyright\s*(?:©|\(c\)|\d{4})|©|\(c\)\s*\d{4}).{0,120}|.{0,80}\ball rights reserved\b.{0,120})",
    re.IGNORECASE,
)


class Kind(StrEnum):
    """What a line that is not the story's is: who made a picture or a table, or a part of the page around the story."""

    CREDIT = "credit"
    PAGE = "page"


def kind_of(line: str) -> Kind | None:
    """What a line is, None for a line of the story."""
    line = line.strip().strip("*_-–—•|> ").strip()
    if not line or len(line) > _LONGEST:
        return None
    if _credit(line):
        return Kind.CREDIT
    if any(pattern.fullmatch(line) for pattern in (_SHARE, _LIKED, _CONTINUES, _ELSEWHERE)):
        return Kind.PAGE
    if not _REPORTED.search(line) and ((_INVITES.match(line) and _INVITED.search(line)) or _RIGHTS.fullmatch(line)):
        return Kind.PAGE
    return None


def furniture(text: str) -> list[Span]:
    """Spans of the paragraphs of `text` of which every line is furniture, in order.

    A text that is nothing else has none: then it is what somebody wanted to keep, and must be found.
    """
    every = list(paragraphs(text))
    found = [(start, end) for start, end in every if all(map(kind_of, text[start:end].splitlines()))]
    return found if len(found) < len(every) else []


def _credit(line: str) -> bool:
    if match := _LABEL.fullmatch(line):
        return bool(match["names"]) or _names_only(match["rest"])
    for pattern in (_BY, _WITH_AGENCY):
        if match := pattern.fullmatch(line):
            rest = [part for name, part in match.groupdict().items() if part]
            return all(map(_names_only, rest))
    return False


def _names_only(rest: str) -> bool:
    """Whether these words name people, agencies, places, years: no clause, no sentence, no figure but a year."""
    if re.search(r"[.!?]\s+\S", re.sub(r"\b(?:[A-Z]|St|Jr|Inc|Ltd|Co)\.", "", rest)):
        return False
    words = re.findall(r"[^\s/|,;()&–-]+", rest.rstrip("."))
    return len(words) <= _CREDIT_WORDS and all(
        word.lower() in _CREDITED or word[0].isupper() or word[0] in "@©" or re.fullmatch(r"(?:19|20)\d\d", word)
        for word in words
    )
