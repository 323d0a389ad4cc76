"""Follow-up questions made whole from the history, by rules, and what a model's rewriting must hold to."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.query.follow import Turn, accepted, make_whole, rewrite_messages

BRIDGE = ("When did the council close Tidemill Bridge?", "The council closed Tidemill Bridge on 11 February 2025 [1].")
CARS = ("How many cars did Xiaomi deliver in April 2025?", "Xiaomi delivered 28,000 cars in April 2025 [1].")
MAYOR = ("Who is the mayor of Pellhaven?", "Rune Halvard is the mayor of Pellhaven [1].")
TWO = ("Who won the run-off?", "Rune Halvard beat Elke Marsh by 1,594 votes [1].")
COURIER = ("What did the Courier report about the audit?", "The Courier reported that the audit was late [2].")
HOMES = ("What did Rune Halvard promise during the campaign?", "He promised to build 1,200 homes by 2029 [1][2].")
WAITS = ("How long did patients wait at Marlegate Hospital in Q3 2025?", "They waited 41 minutes [1].")

SAME = [
    ([BRIDGE], "Who is the director of Meridian Polling?"),
    ([BRIDGE], "What did Halvard say when he took office?"),
    ([BRIDGE], "Did the council say that it would repair the quay?"),
    ([BRIDGE], "Is there a plan for a second ferry in Norby?"),
    ([BRIDGE], "How many people are there in Pellhaven?"),
    ([BRIDGE], "Is it true that the cannery closed in January?"),
    ([BRIDGE], "How long does it take to cross the harbour by ferry?"),
    ([BRIDGE], "And who is the mayor of Aske?"),
    ([BRIDGE], "Which parties changed their vote on the wind farm?"),
    ([BRIDGE], "Who lost their job at the cannery?"),
    ([BRIDGE], "What happened on 9 March 2025?"),
    ([BRIDGE], "In his victory speech, what did Halvard promise?"),
    ([BRIDGE], "Why did the heat-pump plant open in Tolvane?"),
    ([BRIDGE], "Did the traders get what they asked for?"),
    ([BRIDGE], "What did the director say that surprised the council?"),
    ([BRIDGE], "How much did this year's regatta cost the city?"),
    ([BRIDGE], "Grey Bank wind farm vote"),
    ([BRIDGE], "Was Elke Marsh wrong about the poll that Meridian published?"),
    ([BRIDGE], "Which articles mention the Skerra Line trial?"),
    ([BRIDGE], "So how many votes did the Civic List win in September?"),
    ([BRIDGE], "What are the traders' demands, and are they met?"),
    ([BRIDGE], "thanks"),
    ([MAYOR], "How old is Elke Marsh, and where does she live?"),
    ([], "And in May?"),
    ([], "How old is he?"),
]

WHOLE: list[tuple[list[Turn], str, str]] = [
    # Time
    ([CARS], "And in May?", "How many cars did Xiaomi deliver in May 2025?"),
    ([("How many ate the lunch in the first term of the pilot?", "71 percent did [1].")], "And in the third?",
     "How many ate the lunch in the third term of the pilot?"),
    ([CARS], "And what was it in May?", "How many cars did Xiaomi deliver in May 2025?"),
    ([CARS], "How many were they in June of that year?", "How many cars did Xiaomi deliver in June 2025?"),
    ([WAITS], "What was the figure in the second quarter?",
     "How long did patients wait at Marlegate Hospital in the second quarter of 2025?"),
    ([CARS], "What about May?", "How many cars did Xiaomi deliver in May 2025?"),
    ([CARS], "and last month?", "How many cars did Xiaomi deliver last month?"),
    ([CARS], "In Q3 2025?", "How many cars did Xiaomi deliver in Q3 2025?"),
    ([CARS], "And since May 2025?", "How many cars did Xiaomi deliver since May 2025?"),
    ([CARS], "and on Monday?", "How many cars did Xiaomi deliver on Monday?"),
    ([CARS], "And the month before?", "How many cars did Xiaomi deliver in March 2025?"),
    ([CARS], "And the year before?", "How many cars did Xiaomi deliver in April 2024?"),
    ([WAITS], "and the quarter before?", "How long did patients wait at Marlegate Hospital in Q2 2025?"),
    ([WAITS], "And a year earlier?", "How long did patients wait at Marlegate Hospital in Q3 2024?"),
    ([("Who was mayor of Pellhaven in 2021?", "")], "and the year before?", "Who was mayor of Pellhaven in 2020?"),
    ([("Who was mayor of Pellhaven in 2021?", "")], "And the year after?", "Who was mayor of Pellhaven in 2022?"),
    ([("What has the council decided since March?", "")], "What about April?",
     "What has the council decided since April?"),
    ([("How many cars did Xiaomi deliver?", "")], "and in May 2025?", "How many cars did Xiaomi deliver in May 2025?"),
    # Names and places
    ([COURIER], "And Radio Varren?", "What did Radio Varren report about the audit?"),
    ([COURIER], "What about the Harbour Post?", "What did the Harbour Post report about the audit?"),
    ([CARS], "and in Europe?", "How many cars did Xiaomi deliver in April 2025 in Europe?"),
    ([("How many people live in Norby?", "")], "And in Aske?", "How many people live in Aske?"),
    ([("How many people live in Norby?", "")], "What about Aske?", "How many people live in Aske?"),
    ([HOMES], "And Elke Marsh?", "What did Elke Marsh promise during the campaign?"),
    ([HOMES], "how about Elke Marsh?", "What did Elke Marsh promise during the campaign?"),
    ([("What were Rune Halvard's promises?", "")], "And Elke Marsh?", "What were Elke Marsh's promises?"),
    # What is counted
    ([CARS], "And phones?", "How many phones did Xiaomi deliver in April 2025?"),
    ([CARS], "and how many phones?", "How many phones did Xiaomi deliver in April 2025?"),
    ([("What was the revenue in Q3 2025?", "")], "and the profit?", "What was the profit in Q3 2025?"),
    # Bare questions
    ([BRIDGE], "Why?", "Why did the council close Tidemill Bridge?"),
    ([BRIDGE], "But why?", "Why did the council close Tidemill Bridge?"),
    ([("Did the council close Tidemill Bridge?", "Yes [1].")], "When?", "When did the council close Tidemill Bridge?"),
    ([("Is Tidemill Bridge closed?", "Yes [1].")], "Since when?", "Since when is Tidemill Bridge closed?"),
    ([("Did the toll rise?", "Yes [1].")], "how much?", "How much did the toll rise?"),
    ([("Who closed Tidemill Bridge?", "The council [1].")], "Why?", "Who closed Tidemill Bridge, and why?"),
    ([("Who spoke against the wind farm?", "")], "Who else?", "Who else spoke against the wind farm?"),
    ([COURIER], "What else?", "What else did the Courier report about the audit?"),
    ([COURIER], "Who said that?", "Who said that the Courier reported that the audit was late?"),
    ([BRIDGE], "who says so?", "Who said that the council closed Tidemill Bridge on 11 February 2025?"),
    ([MAYOR], "Is that true?", "Is it true that Rune Halvard is the mayor of Pellhaven?"),
    # Pronouns
    ([MAYOR], "How old is he?", "How old is Rune Halvard?"),
    ([MAYOR], "What are his plans?", "What are Rune Halvard's plans?"),
    ([HOMES], "Did he keep his word?", "Did Rune Halvard keep his word?"),
    ([HOMES], "Who voted for him?", "Who voted for Rune Halvard?"),
    ([HOMES], "Did he meet Elke Marsh?", "Did Rune Halvard meet Elke Marsh?"),
    ([("What did Mayor Halvard say?", "")], "When did he say so?", "When did Mayor Halvard say so?"),
    ([("What did Ms Marsh say?", "")], "Who asked her?", "Who asked Ms Marsh?"),
    ([("What did Ms Marsh say?", "")], "And what is her view of the toll?", "What is Ms Marsh's view of the toll?"),
    ([BRIDGE], "How long is it?", "How long is Tidemill Bridge?"),
    ([BRIDGE], "Who designed it?", "Who designed Tidemill Bridge?"),
    ([BRIDGE], "Who said that it was unsafe?", "Who said that Tidemill Bridge was unsafe?"),
    ([BRIDGE], "When did it vote?", "When did the council vote?"),
    ([("What did Xiaomi earn in Q3 2025?", "")], "Who runs the company?", "Who runs Xiaomi?"),
    ([("What did Xiaomi earn in Q3 2025?", "")], "What were its costs?", "What were Xiaomi's costs?"),
    ([("What happened in Norby on 3 May 2025?", "")], "Who lives there?", "Who lives in Norby?"),
    ([("What happened in Norby on 3 May 2025?", "")], "What has changed since then?",
     "What has changed since 3 May 2025?"),
    ([("What was Xiaomi's revenue in Q3 2025?", "")], "How much did it grow?",
     "How much did Xiaomi's revenue grow?"),
    ([("What was Xiaomi's revenue in Q3 2025?", "")], "How many cars did it deliver?",
     "How many cars did Xiaomi deliver?"),
    ([("What was Xiaomi's revenue in Q3 2025?", "")], "Who is its chief executive?",
     "Who is Xiaomi's chief executive?"),
    ([("What was Xiaomi's revenue in Q3 2025?", "")], "and the profit?", "What was Xiaomi's profit in Q3 2025?"),
    ([("What was Xiaomi's revenue in Q3 2025?", "")], "and for the first half?",
     "What was Xiaomi's revenue for the first half of 2025?"),
    ([("What did Rune Halvard say about the audit on 3 May 2025?", "")], "And about the toll?",
     "What did Rune Halvard say about the toll on 3 May 2025?"),
    ([("What did Rune Halvard say about the audit on 3 May 2025?", "")], "And on May 9?",
     "What did Rune Halvard say about the audit on May 9, 2025?"),
    ([MAYOR], "Who was mayor before him?", "Who was mayor before Rune Halvard?"),
    ([BRIDGE], "What does the Courier say about it?", "What does the Courier say about Tidemill Bridge?"),
    ([("How many people died in the heatwave?", "")], "How hot was it?", "How hot was the heatwave?"),
    ([BRIDGE], "What happens there now?", "What happens at Tidemill Bridge now?"),
    ([("What did the traders demand?", "")], "Who leads them?", "Who leads the traders?"),
    # Over more than one turn
    ([CARS, ("And in May 2025?", "31,000 [1].")], "And in June 2025?",
     "How many cars did Xiaomi deliver in June 2025?"),
    ([MAYOR, ("How old is he?", "He is 51 [1].")], "Where does he live?", "Where does Rune Halvard live?"),
    ([BRIDGE, ("Why?", "It was unsafe [1].")], "Who designed it?", "Who designed Tidemill Bridge?"),
]  # fmt: skip

# Rules alone make no good English of these: the last whole question stands before the new one.
UNSURE = [
    ([TWO], "How old is she?"),
    ([TWO], "What did he say?"),
    ([BRIDGE], "Tell me more"),
    ([BRIDGE], "And the other one?"),
    ([BRIDGE], "What does that mean?"),
    ([COURIER], "And the price?"),
    ([COURIER], "And Marsh?"),
    ([CARS], "And Norvolt?"),
    ([BRIDGE], "What drove that decision?"),
    ([BRIDGE], "How will this affect traders?"),
    ([BRIDGE], "Was it the mayor's idea?"),
    ([BRIDGE], "And after the divers had looked at the eastern pier?"),
    ([BRIDGE], "What did the inquiry conclude about that, and how many people did it question in all?"),
    ([BRIDGE], "Are you sure?"),
    ([BRIDGE], "What happened then?"),
    ([BRIDGE], "Who can do it?"),
    ([("Which outlets reported on the Skerra Line verdict?", "The Courier and Radio Varren did [1].")],
     "What did they say?"),
    ([("What was Xiaomi's revenue in Q3 2025?", "")], "What about smartphones?"),
    ([("Where is Norby?", "")], "Did they protest?"),
    ([("Did Rune Halvard meet Elke Marsh?", "")], "Why did he leave?"),
    ([("What did the traders say about the toll and the council?", "")], "Will they win?"),
]  # fmt: skip


@pytest.mark.parametrize(("history", "question"), SAME, ids=[case[1] for case in SAME])
def test_a_question_that_stands_alone_is_left_as_it_is(history: list[Turn], question: str) -> None:
    whole = make_whole(question, history)
    assert (whole.text, whole.original, whole.changed, whole.sure) == (question, question, False, True)


@pytest.mark.parametrize(("history", "question", "expected"), WHOLE, ids=[f"{c[0][-1][0]} {c[1]}" for c in WHOLE])
def test_a_follow_up_is_made_whole(history: list[Turn], question: str, expected: str) -> None:
    whole = make_whole(question, history)
    assert (whole.text, whole.original, whole.changed, whole.sure) == (expected, question, True, True)


@pytest.mark.parametrize(("history", "question"), UNSURE, ids=[case[1] for case in UNSURE])
def test_what_rules_cannot_make_whole_follows_the_last_question(history: list[Turn], question: str) -> None:
    whole = make_whole(question, history)
    assert (whole.text, whole.changed, whole.sure) == (f"{history[-1][0]} {question}", True, False)


def test_an_unsure_turn_is_no_ground_for_a_rule() -> None:
    whole = make_whole("When?", [TWO, ("How old is she?", "")])
    assert (whole.text, whole.sure) == ("Who won the run-off? How old is she? When?", False)


def test_a_refusal_has_said_nothing() -> None:
    whole = make_whole("Who said that?", [("Who closed the cannery?", "The archive does not tell.")])
    assert not whole.sure


def test_thanks_between_two_questions_change_nothing() -> None:
    assert make_whole("Why?", [BRIDGE, ("Thanks!", "")]).text == "Why did the council close Tidemill Bridge?"


def test_a_long_question_is_not_followed_back_in_doubt() -> None:
    question = "After all of the long debates at city hall, will they ever say what the quay is to cost?"
    assert make_whole(question, [TWO]).text == question


WORDS = st.sampled_from(
    "and what about how many who said that it he she they there then since why when in May 2025 Q3 year before the "
    "mayor Norby Rune Halvard Ms Mr Xiaomi company its 's ? . [1] , did is Radio council 9999 0000".split()
)
TEXTS = st.one_of(st.text(max_size=60), st.lists(WORDS, max_size=10).map(" ".join))


@given(TEXTS, st.lists(st.tuples(TEXTS, TEXTS), max_size=4))
@settings(deadline=None, max_examples=400)
def test_any_conversation_gives_a_question_that_keeps_the_original(question: str, history: list[Turn]) -> None:
    whole = make_whole(question, history)
    assert whole.original == question
    assert whole.changed or whole.text == " ".join(question.split())
    assert whole.sure or whole.text.endswith(" ".join(question.split()))
    accepted(question, question, history)
    assert all(role in ("system", "user", "assistant") and text for role, text in rewrite_messages(question, history))


def test_a_model_is_asked_with_the_last_three_turns_and_two_examples() -> None:
    long = " ".join(["word"] * 59 + ["sixty", "beyond"])
    shown = rewrite_messages("And  in\nMay?", [("First?", "One."), BRIDGE, ("Second?", long), CARS])
    roles = [role for role, _ in shown]
    assert roles == ["system", "user", "assistant", "user", "assistant", "user"]
    last = shown[-1][1]
    assert last.endswith("Last question: And in May?")
    assert "First?" not in last
    assert BRIDGE[0] in last
    assert "[1]" not in last
    assert "sixty …" in last
    assert "beyond" not in last


@pytest.mark.parametrize(
    ("rewritten", "clean"),
    [
        ("How many cars did Xiaomi deliver in May?", "How many cars did Xiaomi deliver in May?"),
        ('"How many cars did Xiaomi deliver in May?"', "How many cars did Xiaomi deliver in May?"),
        ("Question: How many cars did Xiaomi deliver in May?\n\nAnswer: 5", "How many cars did Xiaomi deliver in May?"),
        ("  How many cars were delivered in May 2025?", "How many cars were delivered in May 2025?"),
        (
            "How many of the 28,000 cars did Xiaomi deliver in May?",
            "How many of the 28,000 cars did Xiaomi deliver in May?",
        ),
        ("How many of the 28000 cars were delivered in May?", "How many of the 28000 cars were delivered in May?"),
        ("How many cars did Mr. May of Xiaomi deliver?", "How many cars did Mr. May of Xiaomi deliver?"),
        ("", None),
        ("\n\n", None),
        ("Xiaomi delivered 28,000 cars in May.", None),
        ("Xiaomi delivered 28,000 cars in May. Is that right?", None),
        ("How many cars did Xiaomi deliver?", None),  # lost May
        ("How many cars did Norvolt deliver in May?", None),
        ("How many cars did Xiaomi deliver in May 2024?", None),
        ("How many cars did Xiaomi deliver in May in seven plants?", None),
        ("How many cars did Xiaomi deliver in May? And in June?", None),
        (f"How many cars did Xiaomi deliver in May {'and ' * 40}so on?", None),
    ],
)
def test_a_rewritten_question_is_taken_only_where_it_can_be_trusted(rewritten: str, clean: str | None) -> None:
    assert accepted(rewritten, "And in May?", [CARS, ("Who is Mr. Lind?", "")]) == clean


def test_a_number_of_the_new_question_may_not_be_lost() -> None:
    assert accepted("Did Xiaomi deliver cars?", "and more than 30,000?", [CARS]) is None
    kept = "Did Xiaomi deliver more than 30,000 cars?"
    assert accepted(kept, "and more than 30,000?", [CARS]) == kept


def test_rules_take_a_few_milliseconds_at_most() -> None:
    best = float("inf")
    for _ in range(5):
        begun = time.process_time()
        for history, question, _ in WHOLE:
            make_whole(question, history)
        best = min(best, (time.process_time() - begun) / len(WHOLE))
    assert best < 0.003
