"""Names of the archive in questions, and outlets that it does not hold."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.query import Names, Query, Vocabulary, understand
from rag.query.names import Field, Mention

NAMES = Names(
    Vocabulary(
        outlets=(
            "Quayside Post", "Eastgate Echo", "Radio Varren", "Pellhaven Courier", "The Delta Review", "Fortune",
            "Polygon", "The Age", "Pellhaven Evening Gazette", "Northmole Gazette", "Harbour News - Sport",
            "Harbour News - Politics", "Skerra.com", "Voice of the Delta", "L'Écho du Port | Live",
        ),
        bylines=("Jonna Hollander", "Hanneke Vos", "Pieter de Groot", "Anna Groot", "Polygon"),
        sections=("Business", "Climate", "Local Sport"),
    )
)  # fmt: skip
GAZETTES = {"Pellhaven Evening Gazette", "Northmole Gazette"}
HARBOUR = {"Harbour News - Sport", "Harbour News - Politics"}


def limits(question: str, kind: Field = "outlets") -> set[str]:
    found: set[str] = set()
    for search in understand(question, names=NAMES).searches:
        found |= getattr(search.limits, kind)
    return found


def notes(question: str) -> list[str]:
    return [note.split(" called ")[1].rstrip(".") for note in understand(question, names=NAMES).understood.notes]


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("Who is named in the Courier's piece on the ferry?", {"Pellhaven Courier"}),
        ("What has Radio Varren reported about the ferry?", {"Radio Varren"}),
        ("Radio Varren reported a leak. Where?", {"Radio Varren"}),
        ("Who paid, according to QUAYSIDE POST?", {"Quayside Post"}),
        ("who paid, according to quayside post?", {"Quayside Post"}),
        ("what did the courier report about the ferry", {"Pellhaven Courier"}),
        ("WHAT DID THE COURIER REPORT ABOUT THE FERRY?", {"Pellhaven Courier"}),
        ("What Did The Courier Report About The Ferry?", {"Pellhaven Courier"}),
        ("Who won, according to Harbour News - Sport?", {"Harbour News - Sport"}),
        ("Who won, according to Harbour News – Sport?", {"Harbour News - Sport"}),
        ("Who won, according to Harbour News?", HARBOUR),
        ("What did Delta Review write about dikes?", {"The Delta Review"}),
        ("What did the Delta Review write about dikes?", {"The Delta Review"}),
        ("What did Skerra report about dikes?", {"Skerra.com"}),
        ("What did skerra.com report about dikes?", {"Skerra.com"}),
        ("What did www.quaysidepost.com report about dikes?", {"Quayside Post"}),
        ("Which taxes rose, according to PEG?", {"Pellhaven Evening Gazette"}),
        ("What does the VOTD say about taxes?", {"Voice of the Delta"}),
        ("What did the Gazette report about taxes?", GAZETTES),
        ("What did the Northmole Gazette report about taxes?", {"Northmole Gazette"}),
        ("What did L’Echo du Port say about the quay?", {"L'Écho du Port | Live"}),
        ("What did “Quayside Post” say about the quay?", {"Quayside Post"}),
        ("In the Quayside Post, who asked for a refund?", {"Quayside Post"}),
        ("Who was criticised by the Echo for the delay?", {"Eastgate Echo"}),
        ("Is it true, as the Echo has claimed, that fares rose?", {"Eastgate Echo"}),
        ("What appeared in Polygon about the new pier?", {"Polygon"}),
        ("What did Fortune write about the pier?", {"Fortune"}),
        ("Fortune's article names which director?", {"Fortune"}),
        ("Which director is named in a report by Fortune?", {"Fortune"}),
        ("Which director is named in Fortune magazine's report?", {"Fortune"}),
        ("Is this in line with The Age's report?", {"The Age"}),
        ("Which mayor was accused by The Age of lying?", {"The Age"}),
        ("What was said by Fortune, Polygon and The Age about the pier?", {"Fortune", "Polygon", "The Age"}),
        ("Compare an article in the Post and another in Fortune on the pier.", {"Quayside Post", "Fortune"}),
        ("Did the Quayside Post in its business pages name the buyer?", {"Quayside Post"}),
        ("Do the Post and Radio Varren both fail to mention the buyer?", {"Quayside Post", "Radio Varren"}),
        ("Was the Post wrong about the pier, and does the Post mention it?", {"Quayside Post"}),
        ("What do the Post, Echo and Courier say?", {"Quayside Post", "Eastgate Echo", "Pellhaven Courier"}),
        ("Who paid, according to a Courier report?", {"Pellhaven Courier"}),
        ("Did Hanneke Vos say in the Courier that the pier is safe?", {"Pellhaven Courier"}),
        ("What did Hanneke Vos of the Courier write about the pier?", {"Pellhaven Courier"}),
    ],
)
def test_an_outlet_is_found_however_it_is_written(question: str, names: set[str]) -> None:
    assert limits(question) == names
    assert notes(question) == []


@pytest.mark.parametrize(
    "question",
    [
        "Which Fortune 500 companies reported losses?",
        "Does the report by Fortune 500 companies mention tax?",
        "Fortune Shipping reported a loss. How large?",
        "Fortune-backed startups reported what?",
        "What is the age of the bridge, according to the council?",
        "When did the Ice Age reports appear?",
        "Which player reviewed by The Age of Steam club won?",
        "How is a polygon drawn, as reported by teachers?",
        "What did a courier say to the police?",
        "What did Courier Shipping report?",
        "Which Echo speakers were sold?",
        "Who made a fortune by selling boats?",
        "Who bought shares of the Quayside Post?",
        "Who was hired by Radio Varren in May?",
        "Which post did the minister say he wants?",
        "Did the radio, Varren says, break?",
        "Who paid the IMF, according to the council?",
        "What did the voters say about the delta review?",
    ],
)
def test_other_uses_of_the_words_limit_nothing(question: str) -> None:
    assert limits(question) == set()


def test_another_use_beside_an_outlet_limits_nothing() -> None:
    assert limits("Did the Post report that Fortune 500 companies left?") == {"Quayside Post"}
    assert limits("Did the Post report that the age of steam is over?") == {"Quayside Post"}


def test_beside_an_outlet_another_named_in_full_is_searched_too() -> None:
    assert limits("The Pellhaven Courier announced it in June, and what did Radio Varren have?") == {
        "Pellhaven Courier", "Radio Varren",
    }  # fmt: skip
    # Perhaps only spoken of; but searching one of two would lose what the other says.
    assert limits("Did Radio Varren report that someone bought the Quayside Post?") == {"Radio Varren", "Quayside Post"}


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("Which pieces by Hollander deal with the ferry?", {"Jonna Hollander"}),
        ("Which pieces by Jonna Hollander and Hanneke Vos deal with it?", {"Jonna Hollander", "Hanneke Vos"}),
        ("Who is quoted in Hollander's report?", {"Jonna Hollander"}),
        ("Who is quoted in Hollander’s latest article?", {"Jonna Hollander"}),
        ("What has Hanneke Vos written about dikes?", {"Hanneke Vos"}),
        ("What does Hanneke Vos report about dikes?", {"Hanneke Vos"}),
        ("Hanneke Vos reports a leak. Where?", {"Hanneke Vos"}),
        ("Which of the Hollander reports came first?", set()),
        ("Hollander wrote that the ferry sank. When?", {"Jonna Hollander"}),
        ("What did Hollander write about the ferry?", {"Jonna Hollander"}),
        ("Is there anything written by de Groot on dikes?", {"Pieter de Groot"}),
        ("Is there anything written by Groot on dikes?", {"Pieter de Groot", "Anna Groot"}),
        ("articles by hanneke vos about dikes", {"Hanneke Vos"}),
        ("What did Hollander promise?", set()),
        ("What did Hollander say about the ferry?", set()),
        ("Hollander claimed that the ferry was safe. Was it?", set()),
        ("What has Hollander suggested?", set()),
        ("Hollander says what about the ferry?", set()),
        ("What was promised by Hollander?", set()),
        ("What was said by Hollander?", set()),
        ("According to Hollander, who paid?", set()),
        ("What did Mayor Hollander write to the council?", set()),
        ("Who read Otto Hollander's report?", set()),
        ("When was the Hollander report finished?", set()),
    ],
)
def test_a_byline_limits_only_where_someone_wrote(question: str, names: set[str]) -> None:
    assert limits(question, "bylines") == names


def test_a_name_of_an_outlet_and_a_person_is_the_outlet_where_it_published() -> None:
    assert limits("What appeared in Polygon?") == {"Polygon"}
    assert limits("What appeared in Polygon?", "bylines") == set()


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("What was in the business section about the cannery?", {"Business"}),
        ("Who wrote in the Business pages about the cannery?", {"Business"}),
        ("Which business stories mention the cannery?", {"Business"}),
        ("Is there climate coverage of the dike?", {"Climate"}),
        ("Which local sport stories mention it?", {"Local Sport"}),
        ("Which business left the town?", set()),
        ("What did the climate report say?", set()),
        ("What is the business news?", set()),
        ("Which business page owners complained?", set()),
        ("Who cut the climate budget?", set()),
    ],
)
def test_a_section_limits_only_where_it_is_one(question: str, names: set[str]) -> None:
    assert limits(question, "sections") == names


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("What did the Northgate Herald say about the ferry?", ["Northgate Herald"]),
        ("Who paid, according to the Varrenland Times?", ["Varrenland Times"]),
        ("According to Varrenland Weekly, who paid?", ["Varrenland Weekly"]),
        ("What was published in the Herald about the ferry?", ["Herald"]),
        ("Does The Northgate Star's article name him?", ["Northgate Star"]),
        ("What did Radio Elmsund report?", ["Radio Elmsund"]),
        ("What did the Norby newspaper report?", []),
        ("Who paid, according to norby.com?", []),
        ("Who paid, according to Norby.com?", ["Norby.com"]),
        ("Did the Post and the Northgate Herald report it?", ["Northgate Herald"]),
        ("Did the Northgate Herald report it, and did the Northgate Herald print it?", ["Northgate Herald"]),
        ("Who paid, according to the Halvard report?", []),
        ("Is Tolvane's report right?", []),
        ("Who paid, according to Mayor Halvard?", []),
        ("Who paid, according to Halvard Shipping and the World Bank?", []),
        ("Is Deutrick Post's report right?", []),
        ("What did Royal Express report for March?", []),
        ("What did Elmsund report about its schools?", []),
        ("Who owns the Northgate Herald?", []),
        ("Who said “the Northgate Herald reported nonsense” in court?", []),
        ("Who worked at the Times Building, according to the council?", []),
        ("What did the Standard Bank report show?", []),
    ],
)
def test_only_what_is_named_like_an_outlet_is_told_to_be_missing(question: str, names: list[str]) -> None:
    assert notes(question) == names


def test_an_outlet_that_is_held_is_never_told_to_be_missing() -> None:
    for name in NAMES.vocabulary.outlets:
        for question in (f"What did {name} report?", f"Who paid, according to the {name}?", f"Who owns {name}?"):
            assert notes(question) == []
    off: Query = understand("What did the Quayside Post report?", names=NAMES, ignore=["Quayside Post"])
    assert off.understood.notes == ()
    assert not off.searches[0].limits


def test_one_of_the_outlets_that_a_short_form_stands_for_can_be_switched_off() -> None:
    query = understand("What did the Gazette report about taxes?", names=NAMES, ignore=["Northmole Gazette"])
    assert [s.limits.outlets for s in query.searches] == [{"Pellhaven Evening Gazette"}]


def test_a_mention_tells_its_place() -> None:
    question = "What did the Courier's Hanneke Vos write?"
    courier, vos = NAMES.find(question)
    assert question[courier.start : courier.end] == "the Courier"
    assert vos == Mention("bylines", frozenset({"Hanneke Vos"}), 23, 34, True)
    assert courier.publishes


def test_names_without_words_are_harmless() -> None:
    names = Names(Vocabulary(outlets=("", "The", "-", "…", " | x"), bylines=("", "."), sections=("",)))
    assert names.find("According to the x - | … the report") == []


@given(st.lists(st.text(max_size=20), max_size=8), st.text(max_size=120))
@settings(deadline=None, max_examples=200)
def test_mentions_stand_in_order_within_any_text(outlets: list[str], text: str) -> None:
    found = Names(Vocabulary(outlets=tuple(outlets), bylines=tuple(outlets))).find(" by ".join([text, *outlets]))
    assert all(0 <= m.start < m.end for m in found)
    assert all(one.end <= other.start for one, other in itertools.pairwise(found))
    assert all(m.names <= set(outlets) for m in found)
