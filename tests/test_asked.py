"""Whether an answer is to this question: its names, period, office and number, in what the answer cites."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from rag.asked import Asked, alone, not_answered
from rag.judges import Cited, Judgement
from rag.sentences import sentences
from rag.types import Citation, Hit, Sentence, Verdict


def hit(text: str, article: str = "a", start: int = 100, **known: Any) -> Hit:
    spans = tuple((start + a, start + b) for a, b in sentences(text))
    known = {"published": datetime(2025, 11, 20, tzinfo=UTC), **known}
    return Hit(
        rank=1, score=1.0, passage_id=f"{article}:{start}", article_id=article, start=start, end=start + len(text),
        text=text, sentences=spans, **known,
    )  # fmt: skip


def sentence(text: str, cited: Hit | None, quote: str | None = None) -> Sentence:
    """A standing sentence that cites `quote` of a hit, or all of it."""
    if cited is None:
        return Sentence(text, (), Verdict.SUPPORTED, "")
    quote = quote or cited.text
    start = cited.start + cited.text.index(quote)
    citation = Citation(
        1, cited.article_id, start, start + len(quote), quote, cited.title, cited.outlet, cited.byline, cited.published
    )
    return Sentence(text, (citation,), Verdict.SUPPORTED, "")


# Beside what is cited, the evidence holds articles of other things: they make names rare enough to tell apart.
OTHERS = (
    hit("Rain fell in Aske all day.", "x"),
    hit("A school closed after a burst pipe.", "y"),
    hit("The mayor opened a swimming hall.", "z"),
    hit("Bakers raised the price of bread.", "w"),
)


def lacks(
    question: str, cited: str, answer: str, *, quote: str | None = None, beside: Sequence[Hit] = OTHERS, **known: Any
) -> str | None:
    """What an answer that cites one passage lacks."""
    found = hit(cited, **known)
    return Asked(question, [found, *beside]).lacks([sentence(answer, found, quote)])


# -- names ------------------------------------------------------------------------------------------------------------

LINK = hit("The Skerra Link carries 12,000 vehicles a day.", "link")
LINE = hit("The Skerra Line carries 900 passengers a day.", "line")
VEHICLES = "How many vehicles does the Skerra Link carry a day?"


def test_a_neighbour_of_the_same_first_name_is_another_subject() -> None:
    asked = Asked(VEHICLES, [LINK, LINE, *OTHERS])
    assert asked.lacks([sentence("It carries 900 a day.", LINE)]) == "the cited words do not speak of Skerra Link"
    assert asked.lacks([sentence("It carries 12,000 vehicles a day.", LINK)]) is None


def test_a_thing_is_known_by_the_words_before_its_kind() -> None:
    """A "Weir Bridge" may be "the Weir" later, but no other bridge is it."""
    question = "Who leads the work on the Weir Bridge?"
    assert (
        lacks(question, "Tove Brandt leads the work on the Weir. The bridge is old.", "Tove Brandt leads it.") is None
    )
    reason = lacks(question, "Per Stolt leads the work on the Mill Bridge. That bridge is new.", "Per Stolt leads it.")
    assert reason == "the cited words do not speak of Weir Bridge"


def test_a_person_is_known_by_the_last_name() -> None:
    question = "What did Ida Falk sell?"
    assert lacks(question, "Falk sold the warehouse.", "She sold the warehouse.") is None
    assert lacks(question, "Ida Holm sold the warehouse.", "She sold the warehouse.") is not None


@pytest.mark.parametrize("verb", ["Set out", "List", "Give", "Tell me", "Explain"])
def test_what_the_question_bids_is_no_name(verb: str) -> None:
    said = "Falk promised July, then September."
    assert lacks(f"{verb} the deadlines that Ida Falk named.", said, said) is None


def test_what_nearly_all_of_the_evidence_shares_tells_nothing_apart() -> None:
    question, answer = "What did the council of Pellhaven sell?", "The council sold the hall."
    town = [hit(f"In Pellhaven {what}.", what) for what in ("rain fell", "a school closed", "bread is dearer")]
    assert lacks(question, "The council sold the hall.", answer, beside=town) is None
    assert lacks(question, "The council sold the hall.", answer) == "the cited words do not speak of Pellhaven"


def test_a_name_that_the_search_has_kept_to_is_not_asked_for_again() -> None:
    question = "What does Harbour Radio report on the hall?"
    found = hit("The hall is shut, the owner says.")
    answer = [sentence("The owner says that the hall is shut.", found)]
    assert Asked(question, [found, *OTHERS]).lacks(answer) is not None
    assert Asked(question, [found, *OTHERS], ("Harbour Radio",)).lacks(answer) is None


@pytest.mark.parametrize("field", ["title", "outlet", "byline"])
def test_a_name_may_stand_in_what_is_known_of_the_article(field: str) -> None:
    known: dict[str, Any] = {field: "Ida Falk"}
    assert lacks("What did Falk sell?", "The warehouse was sold.", "The warehouse was sold.", **known) is None


@pytest.mark.parametrize("question", ["Who sold the hall?", "Is it shut? When will it open?", "Is the hall shut?", ""])
def test_a_capital_that_begins_a_question_is_no_name(question: str) -> None:
    assert Asked(question, OTHERS).names == []


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("Did Ida Falk, of Norby, meet Dr Per Stolt on 5 May?", ["Ida Falk", "Norby", "Dr Per Stolt"]),
        ("What did Dunmore Ferries CEO Petra Holm say?", ["Dunmore Ferries", "Petra Holm"]),
        ("What did I miss of Lund’s Q3 figures?", ["Lund"]),
    ],
)
def test_the_names_of_a_question(question: str, names: list[str]) -> None:
    assert [phrase for phrase, _ in Asked(question, OTHERS).names] == names


def test_the_passage_may_name_whom_the_cited_sentence_calls_he() -> None:
    text = "Viktor Lund denied every charge. He was jailed for nine years in May."
    found = lacks("How long was Viktor Lund jailed?", text, "He was jailed for nine years.", quote=text[33:])
    assert found is None


def test_an_article_is_about_what_it_begins_with() -> None:
    found = hit("The insurer has paid out 4.7 million crowns.", "fire", start=1900)
    answer = sentence("The insurer has paid out 4.7 million crowns.", found)
    question = "What has the insurer paid after the Ropewalk fire?"
    asked = Asked(question, [found, *OTHERS], openings={"fire": "The Ropewalk warehouse burned for two days."})
    assert asked.lacks([answer]) is None
    other = Asked(question, [found, *OTHERS], openings={"fire": "The mill burned.", "x": "The Ropewalk burned."})
    assert other.lacks([answer]) == "the cited words do not speak of Ropewalk"


# -- periods ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "said", "same"),
    [
        ("second quarter", "second quarter", True),
        ("second quarter", "second-quarter", True),
        ("second quarter", "second quarter, after 9 in the first quarter", True),
        ("second quarter", "Q2", True),
        ("Q3", "third quarter", True),
        ("second quarter", "three months to June", True),  # tells none: nothing says that it is another
        ("second quarter", "third quarter", False),
        ("last quarter", "Q1", False),
        ("Q2", "Q3", False),
    ],
)
def test_another_quarter_is_another_answer(asked: str, said: str, same: bool) -> None:
    found = lacks(f"What did the ferry line lose in the {asked}?", f"It lost 12 in the {said}.", "It lost 12 crowns.")
    assert found == (None if same else "the cited words are not about that quarter")


@pytest.mark.parametrize(
    ("year", "said", "same"),
    [
        (2025, "It earned 5 million euros.", True),  # the day of publication
        (2024, "It earned 5 million euros last year.", True),
        (2024, "It earned 5 million euros, 2 million more than a year earlier.", True),
        (2026, "It will earn 5 million euros next year.", True),
        (2019, "It earned 5 million euros in 2019.", True),
        (2024, "It earned 5 million euros.", False),
        (2023, "It earned 5 million euros last year.", False),
        (2019, "It earned 5 million euros in 2018.", False),
    ],
)
def test_another_year_is_another_answer(year: int, said: str, same: bool) -> None:
    found = lacks(f"How much did the line earn in {year}?", said, "It earned 5 million euros.")
    assert found == (None if same else f"the cited words are not about {year}")


@pytest.mark.parametrize(
    ("said", "same"),
    [
        ("At the end of September 2025 the line had 12 stops.", False),
        ("In June 2025 the line had 12 stops.", True),
        ("In June it had 12 stops, in September 14.", True),
        ("The line has 12 stops.", True),
    ],
)
def test_another_month_is_another_answer(said: str, same: bool) -> None:
    found = lacks("How many stops did the line have in June 2025?", said, "It had 12 stops.")
    assert found == (None if same else "the cited words are not about June 2025")


# -- offices ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "held", "same"),
    [
        ("finance chief", "finance chief", True),
        ("chief financial officer", "finance chief", True),
        ("CFO", "finance chief", True),
        ("CEO", "chief executive", True),
        ("deputy mayor", "vice mayor", True),
        ("finance chief", "head", True),  # an office of no known kind speaks for none
        ("finance chief", "president", False),
        ("president", "finance chief", False),
        ("CEO", "finance chief", False),
        ("deputy mayor", "mayor", False),
        ("lawyer", "prosecutor", False),
    ],
)
def test_another_office_is_another_answer(asked: str, held: str, same: bool) -> None:
    question = f"Who is the {asked} of the line?"
    assert (lacks(question, f"Petra Holm, its {held}, left.", "Petra Holm held the post.") is None) == same


def test_of_several_offices_that_a_question_speaks_of_one_is_enough() -> None:
    question = "How many trips did prosecutors allege, and how many did the judges find proven?"
    assert lacks(question, "Prosecutors alleged 40 trips.", "Prosecutors alleged 40 trips.") is None
    assert "“prosecutors”" in (lacks(question, "The mayor counted 40 trips.", "The mayor counted 40 trips.") or "")


def test_an_authority_with_a_word_of_an_office_in_its_name_is_none() -> None:
    question = "Which conditions did the Financial Supervisory Authority set when it cleared the purchase?"
    said = "The bank must keep an office in the town, as its chief executive had promised the Authority."
    assert lacks(question, said, said) is None


# -- numbers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "question",
    [
        "How many passengers used the line?",
        "How long is the tunnel?",
        "In what share of homes did the power fail?",
        "What was the turnout?",
        "When did it open, and how much did it cost?",
    ],
)
def test_a_question_for_a_number_wants_one(question: str) -> None:
    assert lacks(question, "Some used it for long.", "Some used it.") == "it gives no number, which is what was asked"
    assert lacks(question, "Some 40 used it for long.", "Some 40 used it.") is None


@pytest.mark.parametrize(
    "question", ["Who used the line?", "What was said of the number of homes?", "How did it fail?"]
)
def test_another_question_wants_none(question: str) -> None:
    assert lacks(question, "Many used it for long.", "Many used it.") is None


@pytest.mark.parametrize(
    ("question", "answer", "given"),
    [
        ("What fine must the works pay?", "The works made 41 people ill.", False),
        ("What fine must the works pay?", "It must pay €41,000.", True),
        ("What were the line’s costs?", "The line had 41 ships.", False),
        ("What were the line’s costs?", "They were £41m.", True),
        ("How much does a ticket cost?", "A ticket costs 14 crowns.", True),
        ("How much does a ticket cost?", "A ticket costs SEK 14.", True),
        ("How much does a ticket cost?", "A ticket takes 14 minutes to buy, and 3 percent give up.", False),
        ("By how much did revenue fall?", "It fell by 15.7 percent.", True),
        ("How much did profit grow?", "It grew 80.9%.", True),
        ("What was the profit?", "It grew 80.9%.", False),
        ("How many tickets were paid for?", "Some 14 were.", True),
    ],
)
def test_a_sum_is_money_and_a_change_may_be_a_share(question: str, answer: str, given: bool) -> None:
    found = lacks(question, answer, answer)
    assert found == (None if given else "it gives no number, which is what was asked")


def test_a_number_of_the_question_is_no_answer() -> None:
    question, said = "How many of the 30 trams run again?", "The 30 trams were repaired by mechanics."
    assert lacks(question, said, said) == "it gives no number, which is what was asked"


@pytest.mark.parametrize(
    ("question", "answer", "counted"),
    [
        ("How many lorries took part?", "They came at 06:15 against a ban on lorries of 7.5 tonnes.", False),
        ("How many lorries took part?", "They came at 06:15, 30 of them, against a ban on 7.5 tonnes.", True),
        ("How many lorries took part?", "They stood along 3.5 km.", False),
        ("How many tonnes did they carry?", "They carried 7.5 tonnes each.", True),
        ("How many hours did it last?", "It lasted 6 hours.", True),
        ("How long did it last?", "It lasted 6 hours.", True),
    ],
)
def test_a_measure_is_no_count(question: str, answer: str, counted: bool) -> None:
    assert (lacks(question, answer, answer) is None) == counted


@pytest.mark.parametrize(
    "answer",
    [
        "No trams run.",
        "None of the trams runs.",
        "The trams aren’t running.",
        "One tram runs.",
        "All 30 trams run again.",
        "Dozens of trams run.",
        "Half of the trams run.",
        "Seven trams run.",
    ],
)
def test_an_amount_in_words_is_a_number(answer: str) -> None:
    assert lacks("How many of the 30 trams run again?", answer, answer) is None


# -- what is new ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "answer", "repeats"),
    [
        ("Where was the library flooded?", "The library was flooded.", True),
        ("Where was the library flooded?", "The libraries were flooding.", True),
        ("When was the library flooded?", "The library was flooded on Monday.", False),
        ("Was the library flooded?", "The library was flooded.", False),  # yes
        ("Who was flooded, the library or the school?", "The library was flooded.", False),
        ("Which homes were flooded?", "No homes were flooded.", False),
    ],
)
def test_an_answer_that_repeats_the_question(question: str, answer: str, repeats: bool) -> None:
    assert lacks(question, answer, answer) == ("it only repeats the question" if repeats else None)


def test_one_new_sentence_among_several_is_enough() -> None:
    found = hit("The library was flooded. It happened on Monday.")
    answer = [sentence("The library was flooded.", found), sentence("It happened on Monday.", found)]
    assert Asked("When was the library flooded?", [found, *OTHERS]).lacks(answer) is None


# -- all of it --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "cited", "answer"),
    [
        ("Who chairs the inquiry into the Norby fire?", "Ida Falk chairs the inquiry into the fire in Norby.",
         "Ida Falk chairs it."),
        ("Why did Dunmore Ferries cancel sailings?", "Dunmore Ferries cancelled sailings because of fog.",
         "It cancelled sailings because of fog."),
        ("What did the mayor say about the price of bread?", "“It is a scandal,” the mayor said of the price of bread.",
         "The mayor called it “a scandal”."),
        ("How old is Lund's house?", "Viktor Lund lives in a house of 1912.", "It was built in 1912."),
    ],
)  # fmt: skip
def test_a_right_answer_lacks_nothing(question: str, cited: str, answer: str) -> None:
    assert lacks(question, cited, answer) is None


def test_without_evidence_or_citations_names_are_lacking_and_nothing_breaks() -> None:
    answer = [sentence("It was sold.", None)]
    assert Asked("What did Falk sell?", []).lacks(answer) == "the cited words do not speak of Falk"
    assert Asked("What was the hall?", []).lacks(answer) is None


# -- look-alikes ------------------------------------------------------------------------------------------------------

STAFF = "How many people work for Skerra Link?"


def test_a_name_that_looks_alike_is_another_name() -> None:
    both = "Skerra Link sells tickets. The ferry company Skerra Line employs 74 people."
    reason = lacks(
        STAFF, both, "Skerra Line employs 74 people.", quote="The ferry company Skerra Line employs 74 people."
    )
    assert reason == "the cited words speak of Skerra Line, not of Skerra Link"


@pytest.mark.parametrize(
    ("question", "text"),
    [
        (STAFF, "Skerra Link employs 74 people, Skerra Line 80."),
        (STAFF, "The Link employs 74 people."),
        (
            "How many branches of Norby Savings Bank will Castell Bank close?",
            "It will close nine of Norby Savings Bank.",
        ),
        ("What did Elke Marsh promise?", "Marsh promised a bridge."),
        ("How large is Skerra?", "Skerra Line has 74 seats."),  # a name of one word is no pair
    ],
)
def test_the_name_itself_its_part_and_other_names_of_the_question_are_none(question: str, text: str) -> None:
    assert (
        lacks(question, f"{text} It sells Skerra Link tickets at Castell Bank for Elke Marsh.", text, quote=text)
        is None
    )


# -- standing alone, and the judge's model ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "stands"),
    [
        ("74.", False), ("Yes, 74.", False), ("…", False), ("", False), ("On Monday.", False), ("It rose fast.", True),
        ("The council’s vote failed.", True),
    ],
)  # fmt: skip
def test_a_scrap_cannot_stand_alone(text: str, stands: bool) -> None:
    assert alone(text) == (None if stands else "it is no whole sentence")


@pytest.mark.parametrize(
    "text", ["Nobody was told of it.", "He was not told.", "It was said so.", "Everyone knew that."]
)
def test_what_says_nothing_of_anybody_cannot_either(text: str) -> None:
    assert alone(text) == "it does not say of whom or what"


class Reader:
    """A judge that knows whether a question is answered, and keeps what it was asked."""

    name = "reader"

    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict
        self.asked: list[tuple[str, str]] = []

    def judge(self, claim: str, evidence: Sequence[Cited]) -> Judgement:
        raise NotImplementedError

    def judge_all(self, pairs: Sequence[tuple[str, Sequence[Cited]]]) -> list[Judgement]:
        raise NotImplementedError

    def answers(self, question: str, answer: str) -> Judgement:
        self.asked.append((question, answer))
        return Judgement(self.verdict, "it answers something else")


class Plain:
    """A judge without a model for that."""

    name = "plain"
    judge = Reader.judge
    judge_all = Reader.judge_all


TWO = [sentence("It rained.", None), sentence("It was cold.", None)]


@pytest.mark.parametrize(
    ("verdict", "reason"),
    [
        (Verdict.UNSUPPORTED, "it answers something else"),
        (Verdict.SUPPORTED, None),
        (Verdict.UNCHECKED, None),
    ],
)
def test_the_judges_model_is_asked_about_the_whole_answer(verdict: Verdict, reason: str | None) -> None:
    reader = Reader(verdict)
    assert not_answered(reader, "How was it?", TWO) == reason
    assert reader.asked == [("How was it?", "It rained. It was cold.")]


def test_a_judge_without_a_model_has_no_say() -> None:
    assert not_answered(Plain(), "How was it?", TWO) is None


@pytest.mark.parametrize(
    "text",
    [
        "The terrace will cost 148 million, according to the latest figure in extract.",
        "Extract [5] says that the terrace will cost 148 million.",
        "The head was promised a seat, according to an article from an article above.",
    ],
)
def test_what_speaks_of_the_prompt_cannot_stand_alone(text: str) -> None:
    assert alone(text) == "it speaks of the extracts that the writer was shown"


def test_extracts_of_another_kind_may_be_spoken_of() -> None:
    assert alone("Extracts of the report were read out in court.") is None


# -- what the cited words themselves name goes before what stands around them ------------------------------------

QUARTERS = "In the third quarter of 2025 its revenue was 4.2 million crowns. In the second it had been 3.9 million."


@pytest.mark.parametrize(
    ("question", "passage", "quote", "struck"),
    [
        (
            "What was the line's revenue in the second quarter?",
            f"The second quarter was bad. {QUARTERS}",
            "In the third quarter of 2025 its revenue was 4.2 million crowns.",
            True,
        ),
        (
            "What was the line's revenue in the third quarter?",
            f"The second quarter was bad. {QUARTERS}",
            "In the third quarter of 2025 its revenue was 4.2 million crowns.",
            False,
        ),
        (
            "What was the revenue in 2019?",
            "The line was founded in 2019. It took 4.2 million crowns in 2024.",
            "It took 4.2 million crowns in 2024.",
            True,
        ),
        (
            "What was the revenue in 2024?",
            "The year 2024 was bad. It took 4.2 million crowns.",
            "It took 4.2 million crowns.",
            False,
        ),
    ],
)
def test_another_period_in_the_cited_words(question: str, passage: str, quote: str, struck: bool) -> None:
    assert (lacks(question, passage, quote, quote=quote) is not None) == struck


@pytest.mark.parametrize(
    "question", ["HOW MUCH DID THE REPAIRS OF THE HALL COST?", "How Much Did the Repairs of the Hall Cost?"]
)
def test_a_question_in_capitals_names_nobody(question: str) -> None:
    assert lacks(question, "The repairs cost 820,000 crowns.", "They cost 820,000 crowns.") is None


@pytest.mark.parametrize(
    ("answer", "struck"),
    [
        ("The mayor decided to close the hall.", True),
        ("The council declined and may appeal.", True),
        ("The hall reopens in May.", False),
        ("The hall reopens in Dec.", False),
    ],
)
def test_a_word_that_begins_like_a_month_is_no_time(answer: str, struck: bool) -> None:
    assert (lacks("When will the hall reopen?", answer, answer) is not None) == struck


def test_what_is_denied_is_an_amount_only_if_it_was_asked_about() -> None:
    for answer, struck in (("The repairs were not finished.", True), ("The repairs did not cost a thing.", False)):
        assert (lacks("How much did the repairs cost?", answer, answer) is not None) == struck
