"""Metrics on cases small enough to work out by hand, and what every metric must do, whichever it is."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import log2
from pathlib import Path
from typing import Any

import pytest

from eval import metrics, scores
from eval.asked import Asked, Quote
from eval.cases import Case, Finding
from eval.metrics import Failed, Metric, Value
from eval.metrics.faithfulness import subsets

MODEL = "combined:words"
QUESTION = Asked(
    id="q1",
    question="What do the repairs of the Weir Bridge cost?",
    type="number",
    answerable=True,
    reference="They cost 12.5 million crowns, said Tove Brandt.",
    key_facts=(("12.5 million", "12.5m"), ("Brandt",)),
    evidence=(Quote("bridge.md", "cost 12.5 million crowns"), Quote("bridge.md", "said Tove Brandt")),
    wrong_facts=(("9.1 million",),),
)
UNANSWERABLE = replace(QUESTION, id="q2", answerable=False, key_facts=(), evidence=(), wrong_facts=())
TIMINGS = {"retrieve": 0.25, "first_token": 1.5, "write": 2.0, "check": 0.5, "total": 4.0}
BRIDGE = "The repairs will cost 12.5 million crowns, said Tove Brandt."


def cited(number: int, quote: str) -> dict[str, Any]:
    return {"number": number, "quote": quote, "article_id": "a", "start": 0, "end": len(quote)}


def sentence(text: str, *quotes: str, first: int = 1, verdict: str = "supported") -> dict[str, Any]:
    """One sentence; its citations are numbered from `first`."""
    citations = [cited(number, quote) for number, quote in enumerate(quotes, first)]
    return {"text": text, "citations": citations, "verdict": verdict, "reason": "-"}


def case(
    *sentences: Mapping[str, Any],
    asked: Asked = QUESTION,
    abstained: bool = False,
    evidence: Sequence[str] = (),
    findings: Sequence[Finding] = (),
    **more: Any,
) -> Case:
    answer = {
        "text": " ".join(f"{s['text']} [1, 2]" for s in sentences if s["verdict"] != "unsupported"),
        "abstained": abstained,
        "sentences": list(sentences),
        "evidence": [{"text": text} for text in evidence],
        "timings": TIMINGS,
    }
    return Case(asked, "ours", answer, findings=tuple(findings), **more)


def finding(verdict: str, *citations: int, of: int = 0, judge: str = MODEL) -> Finding:
    """What a judge found of the sentence with index `of`."""
    return Finding(judge, of, citations, verdict, f"it is {verdict}", None, 0.1)


def failure(asked: Asked = QUESTION) -> Case:
    return Case(asked, "ours", None, "the model was too late", memory=90.0)


def value(name: str, of: Case) -> Value:
    return metrics.discovered()[name].of(of)


def nearest(of: Case, *quotes: str) -> Case:
    """The case with the words that its abstention names as nearest."""
    return replace(of, answer={**(of.answer or {}), "nearest": [cited(n, quote) for n, quote in enumerate(quotes, 1)]})


ABSTENTION = case(sentence(BRIDGE, BRIDGE, verdict="unsupported"), abstained=True)


# -- every metric -----------------------------------------------------------------------------------------------------

_TWO = sentence("It is so.", "One.", "Two.")
KINDS = {
    "right": case(sentence(BRIDGE, BRIDGE), evidence=[BRIDGE], opens=(True,), findings=[finding("supported", 1)]),
    "abstention": ABSTENTION,
    "abstention, nearest named": nearest(ABSTENTION, BRIDGE),
    "abstention, unanswerable": case(asked=UNANSWERABLE, abstained=True),
    "failure": failure(),
    "failure, unanswerable": failure(UNANSWERABLE),
    "no claims": case(sentence(BRIDGE, BRIDGE, verdict="unsupported")),
    "no sentences": case(),
    "unanswerable, answered": case(sentence("It cost 3 crowns.", "It cost 3 crowns."), asked=UNANSWERABLE),
    "no citations": case(sentence(BRIDGE, verdict="unchecked")),
    "no citations, judged": case(
        sentence(BRIDGE), sentence("So.", "So."), findings=[finding("supported", 1, of=1)], opens=(False,)
    ),
    "judge failed": case(sentence(BRIDGE, BRIDGE), findings=[finding("unchecked", 1)]),
    "judge failed on a part": case(_TWO, findings=[finding("supported", 1, 2), finding("unchecked", 1)]),
    "two in one passage": case(sentence(BRIDGE, BRIDGE), evidence=[BRIDGE, BRIDGE]),
    "no gold quotes": case(sentence(BRIDGE, BRIDGE), asked=replace(QUESTION, evidence=())),
    "costs": case(sentence(BRIDGE, BRIDGE), tokens={"prompt": 700, "written": 20}, memory=812.5),
    "quotation": case(sentence("“Never again,” she said.", "“Never again,” she said.")),
}
FAILED = [name for name in KINDS if name.startswith("failure")]
EVERY = pytest.mark.parametrize("each", metrics.discovered().values(), ids=metrics.discovered().keys())


@EVERY
def test_its_docstring_names_its_range_or_it_has_a_unit(each: Metric) -> None:
    assert re.search(r"0 to 1|\A1 if|\ATokens", each.about) or each.unit, each.about
    assert each.about.endswith(".")
    assert each.name.strip() == each.name != ""
    assert each.better in (metrics.HIGHER, metrics.LOWER)


@EVERY
def test_it_survives_every_kind_of_case(each: Metric) -> None:
    found = {kind: each.of(some) for kind, some in KINDS.items()}
    highest = 1.0 if re.search(r"0 to 1|\A1 if", each.about) else float("inf")
    for kind, one in found.items():
        if kind in FAILED:
            assert one == Failed("the model was too late"), kind
        elif isinstance(one, Failed):
            assert one.reason == f"{MODEL}: it is unchecked", kind
        else:
            assert one is None or (isinstance(one, float | int) and 0 <= one <= highest), kind
    assert any(isinstance(one, float | int) for one in found.values())


def test_a_group_is_a_file_and_every_file_has_metrics() -> None:
    files = {path.stem for path in Path(*metrics.__path__).glob("*.py")} - {"__init__"}
    assert {each.group for each in metrics.discovered().values()} == files


@pytest.fixture
def plugged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A second folder of metrics; its files are forgotten after the test."""
    monkeypatch.setattr(metrics, "__path__", [*metrics.__path__, str(tmp_path)])
    metrics.discovered.cache_clear()
    yield tmp_path
    for path in tmp_path.glob("*.py"):
        sys.modules.pop(f"eval.metrics.{path.stem}", None)
        vars(metrics).pop(path.stem, None)
    metrics.discovered.cache_clear()


def test_a_new_file_in_the_folder_is_found(plugged: Path) -> None:
    (plugged / "length_for_a_test.py").write_text(
        "from eval.metrics import LOWER, answered, metric\n\n"
        '@metric("characters", better=LOWER, unit="characters")\n@answered\n'
        'def characters(case):\n    """Characters of the claims."""\n'
        '    return float(sum(len(s["text"]) for _, s in case.claims))\n',
        "utf-8",
    )
    assert value("characters", KINDS["right"]) == len(BRIDGE)
    assert metrics.discovered()["characters"].group == "length_for_a_test"
    assert scores.table([KINDS["right"]])["figures"]["characters"]["mean"] == len(BRIDGE)


def test_a_name_used_twice_is_an_error(plugged: Path) -> None:
    (plugged / "doubled_for_a_test.py").write_text(
        'from eval.metrics import HIGHER, metric\n\n@metric("right", better=HIGHER)\ndef again(case):\n'
        '    """0 to 1."""\n',
        "utf-8",
    )
    with pytest.raises(ValueError, match="two metrics are called 'right'"):
        metrics.discovered()


# -- abstention -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        (KINDS["right"], (None, 0.0, None, None)),
        (ABSTENTION, (None, 1.0, 0.0, None)),
        (KINDS["unanswerable, answered"], (1.0, None, None, 0.0)),
        (KINDS["abstention, unanswerable"], (0.0, None, 1.0, 1.0)),
    ],
)
def test_silence_and_word(of: Case, expected: tuple[float | None, ...]) -> None:
    names = ("false answer", "false refusal", "abstention precision", "abstention recall")
    assert tuple(value(name, of) for name in names) == expected


@pytest.mark.parametrize(
    ("quotes", "expected"),
    [
        ([BRIDGE], 1.0),
        (["They cost 12.5 million."], 1 / 2),
        (["They cost", "said Brandt"], 1 / 2),
        (["Apples."], 0.0),
        ([], 0.0),
    ],
)
def test_facts_in_the_words_nearest_to_a_false_refusal(quotes: list[str], expected: float) -> None:
    cases = [nearest(of, *quotes) for of in (ABSTENTION, KINDS["right"], KINDS["abstention, unanswerable"])]
    name = "facts nearest to a false refusal"
    assert [value(name, of) for of in cases] == [expected, None, None]
    assert value(name, ABSTENTION) is None  # of a system that names no sentences


# -- facts ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "recall", "right"),
    [
        ("They cost 12.5 million crowns, said Tove Brandt.", 1.0, 1.0),
        ("They cost 12.5m, said BRANDT.", 1.0, 1.0),
        ("They cost 12.5 million crowns.", 0.5, 0.0),
        ("They cost 112.5 million crowns.", 0.0, 0.0),
        ("Brandt said 12.5 million and not 9.1 million.", 1.0, 0.0),
    ],
)
def test_key_facts_in_the_answer(text: str, recall: float, right: float) -> None:
    assert value("key-fact recall", case(sentence(text))) == recall
    assert value("right", case(sentence(text))) == right


def test_a_fact_in_a_struck_sentence_or_in_an_abstention_is_in_no_answer() -> None:
    beside = case(sentence("Nobody knows."), sentence(BRIDGE, verdict="unsupported"))
    for of in (beside, ABSTENTION, KINDS["no claims"], KINDS["no sentences"]):
        assert value("key-fact recall", of) == 0.0
        assert value("right", of) == 0.0


def test_the_number_of_a_citation_is_no_fact() -> None:
    two = replace(QUESTION, key_facts=(("2",),), wrong_facts=(("1",),))
    of = case(sentence("Nobody knows."), asked=two)
    assert of.answer is not None
    assert of.answer["text"] == "Nobody knows. [1, 2]"
    assert value("key-fact recall", of) == 0.0
    assert value("contradiction", of) == 0.0


def test_an_unanswerable_question_is_answered_right_by_an_abstention_alone() -> None:
    assert value("right", KINDS["abstention, unanswerable"]) == 1.0
    assert value("right", KINDS["unanswerable, answered"]) == 0.0
    assert value("key-fact recall", KINDS["abstention, unanswerable"]) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The repairs of the Weir Bridge cost 12.5 million crowns.", 1.0),  # Weir, Bridge, 12.5
        ("In Sundby they cost 12.5 million or 13 million crowns.", 1 / 3),  # Sundby, 12.5, 13
        ("They cost 12.5, 12.5 and again 12.5.", 1.0),
        ("Nobody knows.", None),
        ("They were said to be Brandt’s.", 1.0),
        ("They cost 9 112 500 crowns.", 0.0),  # one figure, not three
    ],
)
def test_figures_and_names_that_are_known(text: str, expected: float | None) -> None:
    assert value("key-fact precision", case(sentence(text))) == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize("figure", ["€4.1m", "1 840", "1\u202f840", "12 500.5", "1980s", "7-2", "38%", "12th"])
def test_a_figure_taken_over_as_it_stands_is_known(figure: str) -> None:
    asked = replace(QUESTION, evidence=(Quote("bridge.md", f"It was {figure} in all."),))
    assert value("key-fact precision", case(sentence(f"It was {figure} in all."), asked=asked)) == 1.0


def test_key_fact_precision_has_no_value_where_nothing_is_claimed_or_known() -> None:
    for kind in ("abstention", "unanswerable, answered", "no claims"):
        assert value("key-fact precision", KINDS[kind]) is None


ONE_DAY = replace(QUESTION, question="When in 2025 did it open?", key_facts=(("3 May",),), wrong_facts=())


@pytest.mark.parametrize(
    ("text", "asked", "expected"),
    [
        ("They cost 9.1 million crowns.", QUESTION, 1.0),
        ("They cost 8.7 million crowns.", QUESTION, 0.0),  # wrong, but no label foresaw it, and there are two facts
        ("It opened on 3 May.", ONE_DAY, 0.0),
        ("It opened on 4 May.", ONE_DAY, 1.0),
        ("It opened on 4 May, and not on 3 May.", ONE_DAY, 0.0),
        ("It opened in 2025.", ONE_DAY, 0.0),  # the question's own figure
        ("It opened in spring.", ONE_DAY, 0.0),
        ("It opened on 4 May.", replace(ONE_DAY, key_facts=(("spring",),)), 0.0),
    ],
)
def test_contradiction(text: str, asked: Asked, expected: float) -> None:
    assert value("contradiction", case(sentence(text), asked=asked)) == expected


def test_an_abstention_contradicts_nothing() -> None:
    said = sentence("They cost 9.1 million crowns.", verdict="unsupported")
    assert value("contradiction", case(said, abstained=True)) == 0.0
    assert value("contradiction", case(said)) == 0.0
    assert value("contradiction", KINDS["unanswerable, answered"]) is None


# -- faithfulness -----------------------------------------------------------------------------------------------------

FAITHFUL = ("faithful, literally", "faithful", "citation recall", "citation precision")
THREE = (
    sentence("One.", "One."),
    sentence("Two.", "Two.", first=2),
    sentence("Struck.", "Struck.", first=3, verdict="unsupported"),
    sentence("Bare."),
)


def test_claims_that_are_stated() -> None:
    found = [
        finding("supported", 1, judge="literal"),
        finding("supported", 2, of=1, judge="literal"),
        finding("supported", 1),
        finding("unsupported", 2, of=1),
    ]
    of = case(*THREE, findings=found)  # three claims: one is struck, one cites nothing
    assert value("faithful, literally", of) == pytest.approx(2 / 3)
    assert value("faithful", of) == pytest.approx(1 / 3)
    assert value("citation recall", of) == pytest.approx(1 / 3)
    assert value("citation precision", of) == 1 / 2
    without = replace(of, findings=tuple(found[:2]))
    assert value("faithful", without) is None
    assert value("citation recall", without) == pytest.approx(2 / 3)
    assert value("citation precision", without) == 1.0


def test_without_claims_nothing_is_faithful_or_not() -> None:
    for kind in ("abstention", "no claims", "no sentences"):
        for name in (*FAITHFUL, "quotations exact", "citations open on their words"):
            assert value(name, replace(KINDS[kind], opens=(True,))) is None, (kind, name)


def test_a_sentence_that_a_judge_was_not_asked_about_has_no_value() -> None:
    of = case(*THREE, findings=[finding("supported", 1), finding("supported", 1, judge="literal")])
    assert [value(name, of) for name in FAITHFUL] == [None] * 4


def test_a_claim_that_cites_nothing_is_not_stated() -> None:
    of = case(sentence("Bare."))
    assert value("faithful, literally", of) == 0.0
    assert value("citation recall", of) == 0.0
    assert value("citation precision", of) == 0.0


def test_a_judge_that_failed_is_no_number() -> None:
    of = case(*THREE, findings=[finding("supported", 1), finding("unchecked", 2, of=1)])
    why = Failed(f"{MODEL}: it is unchecked")
    assert [value(name, of) for name in FAITHFUL[1:]] == [why] * 3
    assert value("faithful, literally", of) is None
    literal = replace(of, findings=(finding("unchecked", 1, judge="literal"),))
    assert value("faithful, literally", literal) == Failed("literal: it is unchecked")


def _precision(whole: str, first: str, second: str) -> Value:
    found = [finding(whole, 1, 2), finding(first, 1), finding(second, 2)]
    return value("citation precision", case(_TWO, findings=found))


@pytest.mark.parametrize(
    ("whole", "first", "second", "expected"),
    [
        ("supported", "supported", "unsupported", 1 / 2),  # the second adds nothing
        ("supported", "supported", "supported", 1.0),  # either states it
        ("supported", "unsupported", "unsupported", 1.0),  # only both together do
        ("unsupported", "supported", "unsupported", 0.0),
        ("supported", "supported", "unchecked", Failed(f"{MODEL}: it is unchecked")),
    ],
)
def test_alce_citation_precision(whole: str, first: str, second: str, expected: Value) -> None:
    assert _precision(whole, first, second) == expected


def test_of_three_citations_one_is_needed() -> None:
    three = sentence("It is so.", "One.", "Two.", "Three.")
    asked = subsets(three)
    assert asked == [(1, 2, 3), (1,), (2,), (3,), (2, 3), (1, 3), (1, 2)]
    found = [finding("supported" if 1 in numbers else "unsupported", *numbers) for numbers in asked]
    assert value("citation precision", case(three, findings=found)) == pytest.approx(1 / 3)


def test_which_sets_of_citations_a_judge_is_asked_about() -> None:
    assert subsets(sentence("Bare.")) == []
    assert subsets(sentence("One.", "One.")) == [(1,)]
    assert subsets(_TWO) == [(1, 2), (1,), (2,)]


def test_citations_that_open_on_their_words() -> None:
    assert value("citations open on their words", case(_TWO, opens=(True, False))) == 1 / 2
    assert value("citations open on their words", case(_TWO)) is None


@pytest.mark.parametrize(
    ("text", "quote", "expected"),
    [
        ("“It cannot wait,” said Tove Brandt.", '"It cannot wait another winter," she said.', 1.0),
        ('"It cannot wait," said Brandt.', "“It cannot wait another winter,” she said.", 1.0),
        ("“It can’t wait,” she said.", '"It can\'t wait."', 1.0),
        ("„Nie wieder“, sagte sie.", "„Nie wieder“, sagte sie.", 1.0),
        ("“It cannot wait,” she said, and “never again”.", "It cannot wait.", 1 / 2),
        ("“It could not wait,” she said.", "It cannot wait.", 0.0),
        ('She said "no" and then "never again".', '"Never", and then "never again".', 1.0),  # "no" is too short
        ("She said nothing.", "Nothing.", None),
    ],
)
def test_quotations_letter_by_letter(text: str, quote: str, expected: float | None) -> None:
    assert value("quotations exact", case(sentence(text, quote))) == expected


def test_a_quotation_must_stand_in_what_its_own_sentence_cites() -> None:
    of = case(sentence("“Never again,” she said.", "One."), sentence("Two.", "“Never again,” she said.", first=2))
    assert value("quotations exact", of) == 0.0


# -- evidence ---------------------------------------------------------------------------------------------------------

EVIDENCE = ("evidence recall", "evidence recall@3", "evidence MRR", "evidence nDCG")
COST, BRANDT, NEITHER = "They cost 12.5\nmillion crowns in all.", "It must be, said  Tove Brandt.", "Apples."
IDEAL = 1 + 1 / log2(3)


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        ([COST, BRANDT], (1, 1, 1, 1)),
        ([NEITHER, BRANDT], (1 / 2, 1 / 2, 1 / 2, (1 / log2(3)) / IDEAL)),
        ([NEITHER, NEITHER, COST, BRANDT], (1, 1 / 2, 1 / 3, (1 / log2(4) + 1 / log2(5)) / IDEAL)),
        ([BRIDGE], (1, 1, 1, 1)),  # both in one passage: cut at 1
        ([NEITHER, BRIDGE], (1, 1, 1 / 2, (2 / log2(3)) / IDEAL)),
        ([COST, COST], (1 / 2, 1 / 2, 1, 1 / IDEAL)),  # the first passage that holds it
        ([NEITHER], (0, 0, 0, 0)),
        ([], (0, 0, 0, 0)),
    ],
)
def test_gold_quotes_in_the_evidence(evidence: list[str], expected: tuple[float, ...]) -> None:
    of = case(sentence(BRIDGE), evidence=evidence)
    assert [value(name, of) for name in EVIDENCE] == pytest.approx(list(expected))


def test_evidence_counts_also_where_the_answer_is_an_abstention() -> None:
    assert value("evidence recall", case(abstained=True, evidence=[COST])) == 1 / 2


def test_without_gold_quotes_evidence_has_no_value() -> None:
    assert [value(name, KINDS["no gold quotes"]) for name in EVIDENCE] == [None] * 4


# -- cost -------------------------------------------------------------------------------------------------------------


def test_seconds_tokens_and_memory() -> None:
    seconds = {"seconds to evidence": 0.25, "seconds to first word": 1.5, "seconds to end": 4.0}
    counted = {"tokens read": 700, "tokens written": 20, "peak memory": 812.5}
    for name, expected in {**seconds, **counted}.items():
        assert value(name, KINDS["costs"]) == expected
    for name in counted:
        assert value(name, KINDS["right"]) is None
    assert value("tokens read", case(tokens={"prompt": 0, "written": 0})) is None  # no model was asked
    assert value("tokens written", case(tokens={"prompt": 0, "written": 0})) == 0


def test_a_step_that_did_not_happen_took_no_time() -> None:
    of = case(asked=UNANSWERABLE, abstained=True)
    assert of.answer is not None
    of = replace(of, answer={**of.answer, "timings": {"retrieve": None, "total": 1.0}})
    assert value("seconds to evidence", of) is None
    assert value("seconds to first word", of) is None
    assert value("seconds to end", of) == 1.0


# -- from values to figures -------------------------------------------------------------------------------------------


def _three() -> list[Case]:
    partly = case(sentence("They cost 12.5 million crowns."), asked=replace(QUESTION, id="q3", type="who"))
    return [KINDS["right"], partly, failure(replace(QUESTION, id="q4")), KINDS["abstention, unanswerable"]]


def test_a_failure_is_counted_and_in_no_mean() -> None:
    found = scores.scores(_three())["key-fact recall"]
    assert found.values == {"q1": 1.0, "q3": 0.5}
    assert found.failed == {"q4": "the model was too late"}
    assert found.mean == 0.75
    assert found.interval == (0.5, 1.0)
    assert found.row() == {
        "mean": 0.75,
        "95% interval": [0.5, 1.0],
        "questions": 2,
        "failed": 1,
        "better": "higher",
    }


def test_a_metric_without_a_value_is_not_in_the_table_and_a_failed_one_is() -> None:
    figures = scores.table(_three())["figures"]
    assert "false answer" in figures
    assert figures["quotations exact"] == {
        "mean": None,
        "95% interval": None,
        "questions": 0,
        "failed": 1,
        "better": "higher",
    }
    assert "tokens read" not in scores.table([KINDS["right"]])["figures"]
    assert scores.table([])["figures"] == {}


def test_figures_by_type_of_question() -> None:
    types = scores.table(_three())["by type of question"]
    assert {kind: row["questions"] for kind, row in types.items()} == {"number": 3, "who": 1}
    assert types["who"]["key-fact recall"] == 0.5
    assert types["number"]["right"] == 1.0
    assert types["who"]["false answer"] is None


def test_lines_have_every_metric_and_why_it_failed() -> None:
    first, _, third, _ = scores.lines(_three())
    assert list(first["scores"]) == list(metrics.discovered())
    assert (first["id"], first["type"], first["failed"]) == ("q1", "number", {})
    assert set(third["scores"].values()) == {None}
    assert set(third["failed"].values()) == {"the model was too late"}
