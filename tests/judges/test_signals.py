"""The signals: each falls or rises with the way of being wrong that it looks for."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest

from rag.judges import Cited
from rag.judges.marks import ADDED, LOST
from rag.judges.reading import Reading, paired
from rag.judges.signals import SIGNALS, signals

QUAY = (
    "The council of Elmsund granted the ferry line 4.2 million crowns for a new quay. "
    "Tove Brandt, who heads the line, thanked the mayor."
)
SHARES = (
    "covered", "covered_inside", "in_one_sentence", "in_order", "neighbours", "exact_runs", "number_fits",
    "names_together",
)  # fmt: skip
MISSING = ("numbers_missing", "names_missing", "dates_missing", "quotations_missing")


def figures(claim: str, *quotes: str) -> dict[str, float]:
    return signals(paired(claim, [Cited(quote) for quote in quotes]))


# -- reading ----------------------------------------------------------------------------------------------------------


def test_tokens_are_stems_with_their_places() -> None:
    tokens = Reading("The ferries waited.").tokens
    assert [(t.stem, t.start, t.content, t.capital) for t in tokens] == [
        ("the", 0, False, True), ("ferri", 4, True, False), ("wait", 12, True, False),
    ]  # fmt: skip


def test_each_number_has_its_own_place() -> None:
    reading = Reading("In 2024, 2 of the 12 mills and 12 of the barns burnt on the 2nd day, the third such fire.")
    found = [(number.written, reading.tokens[index].stem) for number, index in reading.numbers]
    assert found == [("2024", "2024"), ("2", "2"), ("12", "12"), ("12", "12"), ("2nd", "2nd"), ("third", "third")]
    assert len({index for _, index in reading.numbers}) == 6


def test_numbers_know_the_words_around_them() -> None:
    reading = Reading("Some 312 pupils stayed at home.")
    ((number, index),) = reading.numbers
    assert number.value == 312
    assert reading.around(index, 1) == {"pupil"}
    assert reading.around(index) >= {"pupil", "home"}


def test_the_cited_words_are_read_sentence_by_sentence() -> None:
    pair = paired("It rained.", [Cited("It rained. It snowed."), Cited("It froze.")])
    assert [part.text for part in pair.parts] == ["It rained.", "It snowed.", "It froze."]


def test_headline_outlet_byline_and_day_are_the_origin() -> None:
    cited = Cited("It rained.", "Wet day", "Echo", "Lena Falk", datetime(2024, 3, 5, tzinfo=UTC))
    assert paired("It rained.", [cited]).origin.stems >= {"wet", "echo", "falk", "tuesdai", "march", "5", "2024"}


def test_what_nothing_holds_is_told_as_written_in_order() -> None:
    pair = paired("The council granted Norby a lighthouse.", [Cited(QUAY)])
    assert pair.unheld == ["Norby", "lighthouse"]


def test_the_nearest_sentence_holds_most_of_the_claim() -> None:
    assert paired("Tove Brandt thanked the mayor.", [Cited(QUAY)]).nearest.text.startswith("Tove Brandt")
    assert paired("Tove Brandt thanked the mayor.", []).nearest.text == ""


def test_a_claim_draws_on_the_sentences_that_add_to_it() -> None:
    quote = "Rain fell. Lena Falk won the vote. The vote was close. She lives in Aske. Fog came. Two ferries ran late."
    pair = paired("Lena Falk, who lives in Aske, won the vote as ferries ran late.", [Cited(quote)])
    assert [part.text for part in pair.aligned] == [
        "Lena Falk won the vote.", "Two ferries ran late.", "She lives in Aske.",
    ]  # fmt: skip
    assert paired("Snow buried the airport.", [Cited(quote)]).aligned == []


# -- all of them ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "claim", ["", "…", "He said so.", "12", "“”", "下雨了。", "The council granted 4.2 million crowns on 5 March 2024."]
)
@pytest.mark.parametrize("quotes", [(), ("",), ("—",), (QUAY,), ("今天下雨了。",), (QUAY, "", "12 12 12")])
def test_every_figure_is_finite_whatever_comes(claim: str, quotes: tuple[str, ...]) -> None:
    found = figures(claim, *quotes)
    assert set(found) == {*SIGNALS, *(f"lost_{kind}" for kind in LOST), *(f"added_{kind}" for kind in ADDED)}
    for name, figure in found.items():
        assert math.isfinite(figure), name
        assert 0 <= figure <= (math.inf if name.endswith("_length") else 1), name


def test_a_sentence_taken_over_has_nothing_against_it() -> None:
    found = figures(QUAY[: QUAY.index(" Tove")], QUAY)
    assert all(found[name] == 1 for name in SHARES)
    assert not any(found[name] for name in found if name.startswith(("lost_", "added_")) or name in MISSING)
    assert found["number_rival"] == found["name_order"] == 0


def test_nothing_cited_holds_nothing() -> None:
    found = figures("Tove Brandt thanked 30 mayors.")
    assert all(found[name] == 0 for name in ("covered", "in_one_sentence", "in_order", "neighbours", "exact_runs"))
    assert found["number_fits"] == found["evidence_length"] == 0
    assert found["numbers_missing"] == found["names_missing"] == 1


# -- words ------------------------------------------------------------------------------------------------------------


def test_the_headline_covers_but_not_from_inside() -> None:
    pair = paired("The quay in Elmsund costs millions.", [Cited("It costs millions.", title="New quay for Elmsund")])
    found = signals(pair)
    assert found["covered"] == 1
    assert found["covered_inside"] == pytest.approx(2 / 4)


def test_other_forms_of_a_word_are_the_word() -> None:
    assert figures("The councils grant crowns.", QUAY)["covered"] == 1


def test_words_gathered_from_several_sentences_are_in_none_of_them() -> None:
    found = figures("Tove Brandt granted the mayor a quay.", QUAY)
    assert found["covered"] == 1
    assert found["in_one_sentence"] == pytest.approx(3 / 5)


def test_the_same_words_in_another_order() -> None:
    quote = "The union sued the port after the port dismissed a crane driver."
    right = figures("The union sued the port.", quote)
    turned = figures("The port sued the union.", quote)
    assert right["in_order"] == 1
    assert turned["in_order"] == pytest.approx(1 / 3)
    assert turned["covered"] == right["covered"]


def test_words_that_stood_far_apart_are_no_neighbours() -> None:
    quote = (
        "Fishermen blocked the harbour at dawn, which angered hauliers from three counties who had waited all night, "
        "before ministers promised talks."
    )
    assert figures("Fishermen blocked the harbour.", quote)["neighbours"] == 1
    assert figures("Fishermen promised talks.", quote)["neighbours"] == pytest.approx(1 / 2)


def test_runs_of_three_words_tell_copied_from_reworded() -> None:
    quote = "Two ferries ran aground off Aske in thick fog."
    assert figures("Two ferries ran aground off Aske.", quote)["exact_runs"] == 1
    assert figures("Off Aske, ferries ran aground: two.", quote)["exact_runs"] == pytest.approx(1 / 4)


# -- numbers ----------------------------------------------------------------------------------------------------------

TRAMS = "The depot bought 24 new trams last spring. Its workshop has employed 60 mechanics since the strike."


def test_a_number_of_another_thing_fits_worse_and_has_a_rival() -> None:
    right = figures("The depot bought 24 new trams.", TRAMS)
    wrong = figures("The depot bought 60 new trams.", TRAMS)
    assert right["number_fits"] == 1
    assert right["number_rival"] == 0
    assert wrong["number_fits"] < 0.5
    assert wrong["number_rival"] > 0.5
    assert wrong["numbers_missing"] == 0


def test_the_worst_of_several_numbers_counts() -> None:
    found = figures(
        "The depot bought 24 new trams last spring, and since the strike its workshop has employed 24 mechanics.", TRAMS
    )
    assert (found["number_fits"], found["number_rival"]) == (0, 1)


def test_a_number_written_otherwise_is_the_same() -> None:
    assert figures("The line was granted 4,200,000 crowns.", QUAY)["numbers_missing"] == 0


@pytest.mark.parametrize(("other", "rival"), [("40% of", True), ("€40 for", False)])
def test_only_a_number_of_the_same_kind_is_a_rival(other: str, rival: bool) -> None:
    quote = f"Some {other} young voters came. Half an hour later 30% were gone."
    assert (figures("Some 30% of young voters came.", quote)["number_rival"] > 0) == rival


def test_without_numbers_nothing_is_said_against_them() -> None:
    found = figures("The depot bought trams.", TRAMS)
    assert (found["number_fits"], found["number_rival"], found["numbers_missing"]) == (1, 0, 0)


# -- names ------------------------------------------------------------------------------------------------------------


def test_two_names_that_changed_places_are_seen() -> None:
    quote = "On Sunday Falk beat Holm in the final."
    assert figures("In the final Falk beat Holm.", quote)["name_order"] == 0
    assert figures("In the final Holm beat Falk.", quote)["name_order"] == 1
    assert figures("In the final Falk won.", quote)["name_order"] == 0


def test_a_name_from_a_sentence_about_something_else() -> None:
    quote = "Ida Falk chairs the school board. Per Stolt sold the burnt warehouse to a bank."
    right = figures("The burnt warehouse was sold by Per Stolt.", quote)
    wrong = figures("The burnt warehouse was sold by Ida Falk.", quote)
    assert right["names_together"] == 1
    assert wrong["names_together"] <= 0.5
    assert wrong["names_missing"] == 0


@pytest.mark.parametrize(("begins", "together"), [("She", True), ("Stolt", False)])
def test_a_pronoun_carries_a_name_into_the_next_sentence(begins: str, together: bool) -> None:
    quote = f"Then Ida Falk spoke. {begins} sold the warehouse."
    assert (figures("The warehouse was sold by Falk.", quote)["names_together"] == 1) == together


# -- what is not there ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "claim", "share"),
    [
        ("numbers_missing", "The line has 7 ferries and 4.2 million crowns.", 1 / 2),
        ("names_missing", "The line of Tove Brandt thanked Ida.", 1 / 3),
        ("names_missing", "Ferries thanked the mayor.", 0),  # a capital that only begins the sentence
        ("dates_missing", "The line was granted crowns on 5 March.", 1),
        ("dates_missing", "The line was granted crowns.", 0),
        ("quotations_missing", "She said “thank you”, and “a new quay”.", 1 / 2),
    ],
)
def test_the_share_of_forms_that_stand_nowhere(name: str, claim: str, share: float) -> None:
    assert figures(claim, QUAY)[name] == pytest.approx(share)


def test_the_day_of_publication_is_there() -> None:
    cited = Cited("The quay opened.", published=datetime(2024, 3, 5, tzinfo=UTC))
    assert signals(paired("The quay opened by 5 March 2024.", [cited]))["dates_missing"] == 0
    assert signals(paired("The quay opened by 6 March 2024.", [cited]))["dates_missing"] == 1


# -- marks ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "quote", "claim"),
    [
        ("said", "The bridge is safe, the owner said.", "The bridge is safe."),
        ("alleged", "The clerk allegedly forged the permit.", "The clerk forged the permit."),
        ("denied", "The firm rejects the report of a leak.", "The firm had a leak."),
        ("expected", "The plant is expected to open in June.", "The plant opens in June."),
        ("planned", "The council plans to sell the hall.", "The council sold the hall."),
        ("possible", "Heavy rain could flood the tunnel.", "Heavy rain flooded the tunnel."),
        ("up_to", "Up to 40 homes lost power.", "40 homes lost power."),
        ("not", "The bridge did not reopen on Friday.", "The bridge reopened on Friday."),
        ("ended", "Ida Falk is the former head of the line.", "Ida Falk is the head of the line."),
        ("begun", "The hall began to empty on Friday.", "The hall was empty on Friday."),
    ],
)
def test_a_mark_that_is_lost(kind: str, quote: str, claim: str) -> None:
    assert figures(claim, quote)[f"lost_{kind}"] == 1
    assert figures(quote, quote)[f"lost_{kind}"] == 0


@pytest.mark.parametrize(
    ("kind", "quote", "claim"),
    [
        ("said", "The bridge is safe.", "The bridge is safe, the owner said."),
        ("alleged", "The clerk signed the permit.", "The clerk allegedly signed the permit."),
        ("denied", "The firm had a leak.", "The firm denied a leak."),
        ("expected", "The plant opens in June.", "The plant is expected to open in June."),
        ("planned", "The council sold the hall.", "The council plans to sell the hall."),
        ("not", "The bridge reopened.", "The bridge was not reopened."),
        ("superlative", "The quay is 300 metres long.", "The quay is the longest."),
        ("cause", "The school closed. A pipe burst.", "The school closed because a pipe burst."),
        ("compared", "The line carried 900 people.", "The line carried more people."),
        ("ended", "The inquiry met on Friday.", "The inquiry ended on Friday."),
        ("begun", "The inquiry met on Friday.", "The inquiry began on Friday."),
    ],
)
def test_a_mark_that_is_added(kind: str, quote: str, claim: str) -> None:
    assert figures(claim, quote)[f"added_{kind}"] == 1
    assert figures(claim, f"{quote} {claim}")[f"added_{kind}"] == 0


def test_a_mark_of_a_sentence_that_the_claim_does_not_draw_on_is_not_lost() -> None:
    quote = "The clerk allegedly forged a permit. The tram line to Norby opened in May."
    assert figures("The tram line to Norby opened in May.", quote)["lost_alleged"] == 0


def test_another_word_of_the_same_kind_loses_nothing() -> None:
    assert (
        figures("The clerk is accused of a forged permit.", "The clerk allegedly forged a permit.")["lost_alleged"] == 0
    )


def test_a_headline_may_bring_a_mark() -> None:
    pair = paired("It is the longest quay.", [Cited("It is a quay.", title="Longest quay opened")])
    assert signals(pair)["added_superlative"] == 0


# -- sizes ------------------------------------------------------------------------------------------------------------


def test_lengths_grow_with_what_there_is() -> None:
    assert figures("Rain fell.", QUAY)["claim_length"] == pytest.approx(0.2)
    assert figures("rain " * 100, QUAY)["claim_length"] == 3
    assert figures("Rain fell.", QUAY)["evidence_length"] == pytest.approx(math.log(3))
