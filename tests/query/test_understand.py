"""From a question to what is searched: sides, limits, what is shown and what can be switched off."""

from __future__ import annotations

import itertools
import sqlite3
import time
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.query import Limits, Names, Query, Vocabulary, match_of, stems, terms, understand

TODAY = date(2026, 11, 24)
NAMES = Names(
    Vocabulary(
        outlets=("Quayside Post", "Eastgate Echo", "Radio Varren", "Pellhaven Courier", "Fortune"),
        bylines=("Jonna Hollander", "Hanneke Vos"),
        sections=("Business", "Sport"),
    )
)
POST, ECHO, RADIO = (frozenset({name}) for name in ("Quayside Post", "Eastgate Echo", "Radio Varren"))


def ask(question: str, *ignore: str) -> Query:
    return understand(question, names=NAMES, as_of=TODAY, ignore=ignore)


def texts(query: Query) -> list[str]:
    return [query.text[slice(*search.place)].strip() for search in query.searches]


def outlets(query: Query) -> list[frozenset[str]]:
    return [search.limits.outlets for search in query.searches]


def published(query: Query) -> list[tuple[tuple[date | None, date | None], ...]]:
    return [search.limits.published for search in query.searches]


MARCH = ((date(2025, 3, 1), date(2025, 3, 31)),)
APRIL = ((date(2025, 4, 1), date(2025, 4, 30)),)


def test_terms_are_the_words_that_carry_meaning_once_each() -> None:
    assert terms("What did the Mayor of Aske say about the mayor's 2025 budget?") == [
        "mayor", "aske", "mayor's", "2025", "budget",
    ]  # fmt: skip


def test_a_question_of_small_words_keeps_them() -> None:
    assert terms("Who was it?") == ["who", "was", "it"]
    assert terms("…") == []


def test_stems_bring_endings_together() -> None:
    assert stems("delivers delivered deliveries") == ["deliv"]


@pytest.mark.parametrize("name", ["Norby's school", "Norby’s school"])
def test_an_apostrophe_does_not_ask_for_two_words_in_a_row(name: str) -> None:
    assert match_of(name) == '"norby" OR "school"'


# Follow-ups


@pytest.mark.parametrize(
    ("question", "held"),
    [("And in May?", "quay"), ("Why?", "quay"), ("What did the Echo report about it?", "quay")],
)  # fmt: skip
def test_a_follow_up_is_made_whole(question: str, held: str) -> None:
    history = [("Who runs Elmsund?", "Its council [1]."), ("When does the quay open?", "On 3 June [1].")]
    query = understand(question, history, names=NAMES, as_of=TODAY)
    assert held in query.text.lower()
    assert "Elmsund" not in query.text
    assert query.understood.question == question
    assert query.understood.text == query.text
    assert query.searches[-1].place[1] == len(query.text)


def test_a_whole_question_stands_alone() -> None:
    question = "When does the harbour council vote?"
    assert understand(question, [("Who runs Elmsund?", "Its council [1].")]).text == question


def test_history_can_be_left_aside() -> None:
    history = [("When does the quay open?", "On 3 June [1].")]
    assert understand("And in May?", history, ignore=["history"]).text == "And in May?"


def test_spaces_are_collapsed() -> None:
    assert understand("  And   in\nMay? ").text == "And in May?"


# Sides


def test_no_outlet_is_one_search_of_everything() -> None:
    query = ask("Who closed the Tidemill Bridge, and why did the council agree?")
    assert [(s.place, s.limits) for s in query.searches] == [((0, len(query.text)), Limits())]
    assert query.understood.parts == ()


def test_two_outlets_are_two_searches() -> None:
    query = ask("Did the Quayside Post say that the cannery closed, while the Eastgate Echo reported that it was sold?")
    assert outlets(query) == [POST, ECHO]
    assert texts(query) == [
        "Did the Quayside Post say that the cannery closed, while",
        "the Eastgate Echo reported that it was sold?",
    ]
    assert query.understood.parts == tuple(texts(query))


def test_a_second_side_without_a_verb_is_one() -> None:
    query = ask("Did the Post say that the cannery closed, and the Echo that it was sold?")
    assert outlets(query) == [POST, ECHO]


@pytest.mark.parametrize(
    "listed",
    ["by the Post, the Echo and Radio Varren", "in the Quayside Post, in the Echo, and in Radio Varren",
     "by 'Quayside Post', 'Eastgate Echo' or 'Radio Varren'"],
)  # fmt: skip
def test_a_list_is_one_search_each_in_one_place(listed: str) -> None:
    query = ask(f"What was reported {listed} about the cannery?")
    assert outlets(query) == [POST, ECHO, RADIO]
    assert {search.place for search in query.searches} == {(0, len(query.text))}


def test_possessives_make_a_list_too() -> None:
    query = ask("How do the Post's and the Echo's reports on the bridge differ?")
    assert outlets(query) == [POST, ECHO]
    assert len({search.place for search in query.searches}) == 1


@pytest.mark.parametrize(
    "question",
    [
        "How does the Post's coverage of the bridge differ from the Echo's?",
        "Compare the Post's coverage of the bridge with the Echo's.",
        "According to the Post, while according to the Echo, who closed the bridge?",
    ],
)
def test_a_side_that_asks_nothing_of_its_own_shares_its_neighbours(question: str) -> None:
    query = ask(question)
    assert outlets(query) == [POST, ECHO]
    assert {search.place for search in query.searches} == {(0, len(query.text))}


def test_a_question_made_whole_already_is_taken_as_it_is() -> None:
    query = understand("And in May?", whole="When does  the quay open in May?", as_of=TODAY)
    assert query.text == "When does the quay open in May?"
    assert query.understood.question == "And in May?"


def test_one_outlet_in_two_clauses_is_two_searches() -> None:
    query = ask("Did the Post report that the ferry was late, and did the Post report that the bridge was shut?")
    assert outlets(query) == [POST, POST]
    assert len({search.place for search in query.searches}) == 2


@pytest.mark.parametrize(
    ("question", "whole"),
    [("Did the Post report losses of 12,000 and 14,000 crowns as the Echo reported?", "12,000 and 14,000"),
     ("Did the Post report on 25 March, 2025 as the Echo reported?", "25 March, 2025"),
     ("Did the Post report between 3 March and 9 March 2025 what the Echo reported?", "3 March and 9 March 2025"),
     ("Did the Post report on Brandt and Sons as the Echo reported?", "Brandt and Sons"),
     ("Did the Post quote “we wait, and we hope, but not for long” as the Echo reported?",
      "we wait, and we hope, but not for long"),
     ("Did the Post report for 2020–2024 what the Echo reported?", "2020–2024")],
)  # fmt: skip
def test_no_cut_falls_inside_of_one_thing(question: str, whole: str) -> None:
    query = ask(question)
    assert outlets(query) == [POST, ECHO]
    assert any(whole in text for text in texts(query))
    assert all(any(whole in query.text[slice(*c)] for c in s.clauses) for s in query.searches if whole in
               query.text[slice(*s.place)])  # fmt: skip


def test_sides_without_an_outlet_of_their_own_stay_together() -> None:
    query = ask("According to Radio Varren, who closed the bridge, who paid for it and who complained?")
    assert outlets(query) == [RADIO]


# Limits


def test_bylines_and_sections_limit_their_side() -> None:
    query = ask(
        "Did the Post write in its business pages that the cannery closed, while the Echo in a piece by Hanneke Vos "
        "reported a sale?"
    )
    assert [s.limits.sections for s in query.searches] == [{"Business"}, frozenset()]
    assert [s.limits.bylines for s in query.searches] == [frozenset(), {"Hanneke Vos"}]


def test_a_publication_period_limits_its_side_only() -> None:
    query = ask(
        "Did the Post's article published in March 2025 say that the bridge was shut, while the Echo's article "
        "published in April 2025 said that it was open?"
    )
    assert published(query) == [MARCH, APRIL]
    query = ask("Did the Post's article published in March 2025 say it was shut, while the Echo reported otherwise?")
    assert published(query) == [MARCH, ()]


@pytest.mark.parametrize(
    "question",
    ["In articles published in March 2025, did the Post say it was shut, while the Echo reported otherwise?",
     "Did the Post say it was shut, while the Echo reported otherwise, in articles published in March 2025?",
     "Did the Post say it was shut, while the Echo reported otherwise, both published in March 2025?",
     "What was said about the bridge in articles by the Post and the Echo published in March 2025?"],
)  # fmt: skip
def test_a_publication_period_said_of_all_limits_all(question: str) -> None:
    assert published(ask(question)) == [MARCH, MARCH]


def test_a_period_at_the_end_may_be_that_of_the_last_side_alone() -> None:
    query = ask(
        "Did the Post say it was shut, while the Echo reported otherwise in an article published in March 2025?"
    )
    assert published(query) == [(), MARCH]


def test_a_period_in_a_quotation_does_not_limit() -> None:
    assert published(ask("Who said “every report published in March 2025 was wrong”?")) == [()]


def test_a_quotation_is_not_cut_into_clauses() -> None:
    phrase = "farmers wait for winter rain, but sailors pray for calm summer nights"
    query = ask(f"Who said “{phrase}” about the harbour bridge closure?")
    assert [query.text[slice(*c)] for c in query.searches[0].clauses] == [query.text]


def test_a_side_with_a_period_of_its_own_keeps_it() -> None:
    query = ask(
        "In articles published in March 2025, did the Post say it was shut, while the Echo's article published in "
        "April 2025 said otherwise?"
    )
    assert published(query) == [MARCH, APRIL]


def test_an_event_period_only_nudges() -> None:
    query = ask("In March 2025, did the Post say it was shut, while the Echo said it was open?")
    assert published(query) == [(), ()]
    assert [s.happened for s in query.searches] == [MARCH, MARCH]
    query = ask("Did the Post say it was shut in March 2025, while the Echo said it was open?")
    assert [s.happened for s in query.searches] == [MARCH, ()]
    assert query.understood.happened == ("March 2025",)
    assert query.understood.published == ()


@pytest.mark.parametrize(
    ("question", "phrases"),
    [("Who said “we will not move”?", ["we will not move"]),
     ('Who said "we will not move" and "not now"?', ["we will not move", "not now"]),
     ('Who said "no" and left when "the gate fell"?', ["the gate fell"]),
     ("Who said „we will not move“?", ["we will not move"]),
     ("Who said 'we will not move'?", []),
     ('Who said "never"?', []),
     ('A pipe of 5" and one of 6 cm?', []),
     ('What did "Quayside Post" report?', []),
     ('What did "the Quayside Post" report?', []),
     ('Who said "the Quayside Post wrote nonsense" in May?', ["the Quayside Post wrote nonsense"])],
)  # fmt: skip
def test_quotations_are_asked_for_word_for_word(question: str, phrases: list[str]) -> None:
    query = ask(question)
    assert [list(s.limits.phrases) for s in query.searches] == [phrases]
    assert query.understood.phrases == tuple(phrases)


def test_a_quotation_belongs_to_its_side_and_what_it_names_does_not_limit() -> None:
    query = ask("Did the Post quote “we will not move”, while the Echo quoted “as Radio Varren reported, we go”?")
    assert outlets(query) == [POST, ECHO]
    assert [s.limits.phrases for s in query.searches] == [
        ("we will not move",), ("as Radio Varren reported, we go",),
    ]  # fmt: skip


def test_what_only_limits_is_blank() -> None:
    query = ask("What did Radio Varren report about the ferry in articles published in March 2025?")
    assert "Radio Varren" not in query.words()
    assert "2025" not in query.words()
    assert "ferry" in query.words()
    assert len(query.words()) == len(query.text)
    start, end = query.searches[0].place
    assert query.words((start, end)) == query.words()[start:end]


# Shown and switched off

FULL = (
    "Did the Post's business pages in a piece by Hanneke Vos published in March 2025 quote “we will not move”, while "
    "the Echo reported that it moved in April 2025?"
)


def test_what_is_understood_is_shown() -> None:
    shown = ask(FULL).understood
    assert shown.outlets == ("Quayside Post", "Eastgate Echo")
    assert shown.bylines == ("Hanneke Vos",)
    assert shown.sections == ("Business",)
    assert shown.published == ("March 2025",)
    assert shown.happened == ("April 2025",)
    assert shown.phrases == ("we will not move",)
    assert len(shown.parts) == 2
    assert shown.notes == ()


@pytest.mark.parametrize("kind", ["outlets", "bylines", "sections", "published", "happened", "phrases", "parts"])
def test_a_kind_or_each_shown_value_can_be_switched_off(kind: str) -> None:
    values = getattr(ask(FULL).understood, kind)
    assert values
    others = {"outlets", "bylines", "sections", "published", "happened", "phrases"} - {kind}
    for off in ((kind,), values):
        shown = ask(FULL, *off).understood
        assert getattr(shown, kind) == ()
        assert all(getattr(shown, other) for other in others)


def test_what_is_switched_off_limits_nothing() -> None:
    kinds = ("outlets", "bylines", "sections", "published", "happened", "phrases")
    query = ask(FULL, *kinds)
    assert [(s.limits, s.happened) for s in query.searches] == [(Limits(), ())]
    assert query.blanks == ()


def test_one_outlet_switched_off_leaves_the_other() -> None:
    query = ask(FULL, "Eastgate Echo")
    assert outlets(query) == [POST]
    assert query.understood.notes == ()


def test_without_parts_any_of_the_outlets_will_do() -> None:
    query = ask(FULL, "parts")
    assert [(s.place, s.limits.outlets) for s in query.searches] == [((0, len(query.text)), POST | ECHO)]


def test_a_missing_outlet_is_told() -> None:
    assert ask("What did the Northgate Herald report about the ferry?").understood.notes == (
        "The archive holds nothing from an outlet called Northgate Herald.",
    )
    assert understand("What did the Northgate Herald report about the ferry?").understood.notes == ()


# Any text

_NAMES = st.text(st.sampled_from("aAbB .-|:'’\"é1"), max_size=12) | st.text(max_size=8)
_WORDS = st.sampled_from(
    ["the", "The", "Post", "Echo", "by", "and", ",", "while", "“", "”", '"', "'", "'s", "report", "2,000", "–", ";",
     "in March 2025", "published", "Radio Varren", "Fortune", "500", "Hollander", "wrote", "business pages", "of", "A"]
)  # fmt: skip
_QUESTIONS = st.text(max_size=80) | st.lists(_WORDS, max_size=25).map(" ".join)


@given(_QUESTIONS, st.lists(_NAMES, max_size=6), st.lists(_NAMES, max_size=3), st.booleans())
@settings(deadline=None, max_examples=300)
def test_sides_cover_any_text(question: str, some: list[str], others: list[str], known: bool) -> None:
    vocabulary = NAMES.vocabulary if known else Vocabulary(tuple(some), tuple(others), tuple(others))
    query = understand(question, names=Names(vocabulary), as_of=TODAY)
    places = list(dict.fromkeys(search.place for search in query.searches))
    assert places[0][0] == 0
    assert places[-1][1] == len(query.text)
    assert all(one[1] == other[0] for one, other in itertools.pairwise(places))
    for search in query.searches:
        assert search.clauses[0][0] == search.place[0]
        assert search.clauses[-1][1] == search.place[1]
        assert all(one[1] == other[0] for one, other in itertools.pairwise(search.clauses))
    assert all(0 <= start < end <= len(query.text) for start, end in query.blanks)
    assert not any(start < at < end for start, end in query.blanks for at, _ in places)
    assert len(query.words()) == len(query.text)


@given(_QUESTIONS)
@settings(deadline=None, max_examples=300)
def test_no_question_breaks_the_full_text_index(question: str) -> None:
    match = match_of(question)
    index = sqlite3.connect(":memory:")
    try:
        index.execute("create virtual table t using fts5(text)")
        if match:
            index.execute("select * from t where t match ?", (match,)).fetchall()
    finally:
        index.close()


@pytest.mark.parametrize(
    "unit",
    ["a, b and ", '"', "“", "the Post, ", "the Post said that, while Radio Varren wrote and ", "Fortune ", "Tolvane's ",
     '"we go" and ', "by ", "the ", "The Northgate Herald ", "a", "-", "'s ", "published in March 2025, ", "X of "],
)  # fmt: skip
def test_a_long_text_takes_linear_time(unit: str) -> None:
    names = Names(Vocabulary((*NAMES.vocabulary.outlets, "The A, B"), NAMES.vocabulary.bylines))
    started = time.process_time()
    understand((unit * 20_000)[:20_000], names=names, as_of=TODAY)
    assert time.process_time() - started < 1
