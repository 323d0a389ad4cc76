"""Places and what comes from them: "European" is named where "Europe" is. A closed list, since endings deceive:
"Julian" is not of "Julia"."""

from __future__ import annotations

from functools import cache

# A place by its names, then its adjectives and people; lower case, single words.
_PLACES = """
africa: african africans
america us usa: american americans
argentina: argentine argentinian
asia: asian asians
australia: australian australians
austria: austrian austrians
belgium: belgian belgians
brazil: brazilian brazilians
britain uk: british briton britons
bulgaria: bulgarian bulgarians
canada: canadian canadians
chile: chilean chileans
china: chinese
colombia: colombian colombians
croatia: croatian croatians
cuba: cuban cubans
denmark: danish danes
egypt: egyptian egyptians
england: english
estonia: estonian estonians
europe: european europeans
finland: finnish finns
france: french
germany: german germans
greece: greek greeks
hungary: hungarian hungarians
iceland: icelandic icelanders
india: indian indians
indonesia: indonesian indonesians
iran: iranian iranians
iraq: iraqi iraqis
ireland: irish
israel: israeli israelis
italy: italian italians
japan: japanese
kenya: kenyan kenyans
korea: korean koreans
latvia: latvian latvians
lithuania: lithuanian lithuanians
mexico: mexican mexicans
netherlands holland: dutch
nigeria: nigerian nigerians
norway: norwegian norwegians
pakistan: pakistani pakistanis
peru: peruvian peruvians
poland: polish poles
portugal: portuguese
romania: romanian romanians
russia: russian russians
scotland: scottish scots
serbia: serbian serbians serbs
slovakia: slovak slovakian slovaks
slovenia: slovenian slovenians
spain: spanish spaniards
sweden: swedish swedes
switzerland: swiss
taiwan: taiwanese
thailand: thai
turkey: turkish turks
ukraine: ukrainian ukrainians
vietnam: vietnamese
wales: welsh
"""


@cache
def _place_of() -> dict[str, str]:
    rows = [line.replace(":", " ").split() for line in _PLACES.strip().splitlines()]
    return {word: row[0] for row in rows for word in row}


def same_place(one: str, other: str) -> bool:
    """Whether two words, in any case, name the same place, its people or what comes from it."""
    place = _place_of().get(one.casefold())
    return place is not None and place == _place_of().get(other.casefold())
