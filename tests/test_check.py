"""The splitter, however the text comes in, and what the checker binds, repairs and strikes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rag.check import Checker
from rag.errors import ModelError
from rag.judges import Cited, Judgement
from rag.judges.literal import LiteralJudge
from rag.prompts import Brief, Extract
from rag.sentences import sentences
from rag.splitting import Raw, Splitter
from rag.types import Hit, Sentence, Verdict


def streamed(pieces: Sequence[str]) -> list[Raw]:
    splitter = Splitter()
    found = [raw for piece in pieces for raw in splitter.feed(piece)]
    return found + splitter.end()


def hit(text: str, article: str = "a", start: int = 100, **known: object) -> Hit:
    spans = tuple((start + a, start + b) for a, b in sentences(text))
    published = datetime(2025, 11, 20, tzinfo=UTC)
    return Hit(
        rank=1, score=1.0, passage_id=f"{article}:{start}", article_id=article, start=start, end=start + len(text),
        text=text, sentences=spans, published=published, **known,  # type: ignore[arg-type]
    )  # fmt: skip


def likeness(one: str, other: str) -> float:
    """Of two things of a kind; no pair here means the same."""
    return 0.2


def checker(*hits: Hit, judge: object = None) -> Checker:
    brief = Brief("What happened?", tuple(Extract(h, h.sentences, (0.0,) * len(h.sentences)) for h in hits))
    return Checker(judge or LiteralJudge(), brief, hits, likeness)  # type: ignore[arg-type]


HARBOUR = hit(
    "The harbour council met on Monday. It granted the ferry line 4.2 million crowns for a new quay. "
    "Work begins in March 2026.",
    title="New quay for Elmsund",
)
SCHOOL = hit(
    "A school in Norby closed after a burst pipe. Headteacher Ida Falk said the water “came through the roof – "
    "every hour on the hour”. Some 312 pupils stayed at home.",
    article="b",
    start=7,
)


def exact_places(sentence: Sentence, *hits: Hit) -> bool:
    by_article = {h.article_id: h for h in hits}
    return all(
        by_article[c.article_id].text[c.start - by_article[c.article_id].start : c.end - by_article[c.article_id].start]
        == c.quote
        for c in sentence.citations
    )


# --- the splitter


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It rose [1].", [("It rose.", (1,))]),
        ("It rose [1][2]. It fell [3, 4].", [("It rose.", (1, 2)), ("It fell.", (3, 4))]),
        ("It rose. [1] It fell. [2][1]", [("It rose.", (1,)), ("It fell.", (2, 1))]),
        ("It rose.[1]\nIt fell.\n[2]", [("It rose.", (1,)), ("It fell.", (2,))]),
        ('He said "no." [1] She left [2].', [('He said "no."', (1,)), ("She left.", (2,))]),
        ("It rose [1] [1].", [("It rose.", (1,))]),
        ("- It rose. [1]\n- It fell [2].", [("It rose.", (1,)), ("It fell.", (2,))]),
        ("1. It rose [1].\n2. It fell. [2]", [("It rose.", (1,)), ("It fell.", (2,))]),
        ("* It rose [1]\n\n* It fell [2]", [("It rose", (1,)), ("It fell", (2,))]),
        ("Mr. Hale left at 5 p.m. on Friday [1].", [("Mr. Hale left at 5 p.m. on Friday.", (1,))]),
        ("今天下雨。[1]明天晴天。[2]", [("今天下雨。", (1,)), ("明天晴天。", (2,))]),
        ("It rose【1】.", [("It rose.", (1,))]),
        ("Wait. … \n—", [("Wait.", ())]),
        ("In [2019] it rose.", [("In [2019] it rose.", ())]),
        ("", []),
    ],
)
def test_sentences_and_marks(text: str, expected: list[tuple[str, tuple[int, ...]]]) -> None:
    assert [(raw.text, raw.marks) for raw in streamed([text])] == expected
    assert [(raw.text, raw.marks) for raw in streamed(list(text))] == expected


_TEXT = st.lists(
    st.one_of(
        st.sampled_from(
            ["It rose", "The U.S. ", "Theodore", "The ", "5 p.m. ", ". ", ".", "? ", "[1]", " [1]", "[1, 2]", "[12",
             "] ", "\n", "\n\n", "\n- ", "\n1. ",
             "3. ", "“", "” ", '"', " ", "… ", "。", "」", "Mr. ", "i", "I ", "é ", "(", ") "]
        ),
        st.text(max_size=4),
    ),
    max_size=14,
).map("".join)  # fmt: skip


@given(_TEXT, st.lists(st.integers(1, 7), min_size=1, max_size=20))
@example("He lives in the U.S. Theodore left. [1]", [1])
@example("It rose in May. [1] It fell.", [1])
@example("one\ntwo\n\nthree", [1])
@example("It rose。. [1, 2]", [1])
@settings(deadline=None, max_examples=500)
def test_any_chunking_gives_the_same(text: str, sizes: list[int]) -> None:
    pieces, at = [], 0
    while at < len(text):
        size = sizes[len(pieces) % len(sizes)]
        pieces.append(text[at : at + size])
        at += size
    assert streamed(pieces) == streamed([text]) == streamed(list(text))


def test_a_sentence_comes_out_once_another_has_begun_and_not_before() -> None:
    splitter = Splitter()
    assert splitter.feed("It rose in May [1].") == []
    assert splitter.feed(" ") == []
    assert splitter.feed("The council ") == [Raw("It rose in May.", (1,))]
    assert splitter.feed("met") == []
    assert splitter.end() == [Raw("The council met", ())]
    assert splitter.end() == []


# --- the checker


def test_binds_the_shortest_run_at_its_exact_place() -> None:
    sentence = checker(HARBOUR, SCHOOL).check(Raw("The council granted the ferry line 4.2 million crowns.", (1,)))
    assert sentence.verdict is Verdict.SUPPORTED
    (citation,) = sentence.citations
    assert citation.quote == "It granted the ferry line 4.2 million crowns for a new quay." or citation.quote.endswith(
        "for a new quay."
    )
    assert exact_places(sentence, HARBOUR, SCHOOL)
    assert (citation.article_id, citation.title, citation.number) == ("a", "New quay for Elmsund", 1)
    assert citation.published == HARBOUR.published


def test_one_sentence_that_says_it_all_is_cited_alone() -> None:
    sentence = checker(HARBOUR).check(Raw("The ferry line was granted 4.2 million crowns for a new quay.", (1,)))
    assert [c.quote for c in sentence.citations] == ["It granted the ferry line 4.2 million crowns for a new quay."]


def test_a_sentence_on_two_neighbours_cites_both_as_one_run() -> None:
    sentence = checker(HARBOUR).check(
        Raw("It granted the ferry line 4.2 million crowns and work begins in March 2026.", (1,))
    )
    assert [c.quote for c in sentence.citations] == [
        "It granted the ferry line 4.2 million crowns for a new quay. Work begins in March 2026."
    ]
    assert exact_places(sentence, HARBOUR)


def test_two_marked_passages_together() -> None:
    sentence = checker(HARBOUR, SCHOOL).check(
        Raw("The ferry line was granted 4.2 million crowns, and some 312 pupils stayed at home.", (1, 2))
    )
    assert sentence.verdict is Verdict.SUPPORTED
    assert [(c.number, c.article_id) for c in sentence.citations] == [(1, "a"), (2, "b")]
    assert exact_places(sentence, HARBOUR, SCHOOL)


def test_a_wrong_mark_is_repaired_and_reported() -> None:
    sentence = checker(HARBOUR, SCHOOL).check(Raw("Some 312 pupils stayed at home.", (1,)))
    assert sentence.verdict is Verdict.SUPPORTED
    assert [c.article_id for c in sentence.citations] == ["b"]
    assert "repaired" in sentence.reason


@pytest.mark.parametrize("marks", [(), (9,), (0,)])
def test_a_missing_mark_is_found_by_search(marks: tuple[int, ...]) -> None:
    sentence = checker(HARBOUR, SCHOOL).check(Raw("Some 312 pupils stayed at home.", marks))
    assert [c.article_id for c in sentence.citations] == ["b"]
    assert "search" in sentence.reason


def test_a_right_mark_is_not_called_repaired() -> None:
    reason = checker(HARBOUR, SCHOOL).check(Raw("Some 312 pupils stayed at home.", (2,))).reason
    assert "repaired" not in reason
    assert "search" not in reason


@pytest.mark.parametrize("marks", [(2,), (1,), ()])
def test_an_invented_number_is_struck_by_name(marks: tuple[int, ...]) -> None:
    sentence = checker(HARBOUR, SCHOOL).check(Raw("Some 318 pupils stayed at home.", marks))
    assert sentence.verdict is Verdict.UNSUPPORTED
    assert sentence.citations == ()
    assert sentence.text == "Some 318 pupils stayed at home."
    if marks != (1,):
        assert "318" in sentence.reason


def test_nothing_is_cited_without_evidence() -> None:
    sentence = checker().check(Raw("Some 312 pupils stayed at home.", (1,)))
    assert (sentence.verdict, sentence.citations) == (Verdict.UNSUPPORTED, ())
    assert sentence.reason


def test_a_quotation_gets_the_articles_own_bytes() -> None:
    sentence = checker(SCHOOL).check(
        Raw('Headteacher Ida Falk said the water "came through the roof - every hour on the hour".', (1,))
    )
    assert sentence.verdict is Verdict.SUPPORTED
    assert "came through the roof – every hour on the hour" in sentence.text


def test_an_altered_quotation_is_struck() -> None:
    sentence = checker(SCHOOL).check(Raw('Ida Falk said the water "came through the floor".', (1,)))
    assert sentence.verdict is Verdict.UNSUPPORTED
    assert "came through the floor" in sentence.reason


def test_numbers_go_by_first_use_and_a_span_keeps_its_number() -> None:
    check = checker(HARBOUR, SCHOOL)
    sentences_ = [
        check.check(Raw(text, (mark,)))
        for text, mark in [
            ("Some 312 pupils stayed at home.", 2),
            ("Work begins in March 2026.", 1),
            ("Some 999 pupils stayed at home.", 2),
            ("At home stayed some 312 pupils.", 2),
            ("A school in Norby closed after a burst pipe.", 2),
        ]
    ]
    assert [[c.number for c in s.citations] for s in sentences_] == [[1], [2], [], [1], [3]]


class Stubborn:
    """A judge that finds nothing stated, and remembers what it was shown."""

    name = "stubborn"

    def __init__(self) -> None:
        self.shown: list[tuple[str, list[Cited]]] = []

    def judge(self, claim: str, evidence: Sequence[Cited]) -> Judgement:
        self.shown.append((claim, list(evidence)))
        return Judgement(Verdict.UNSUPPORTED, "not what it means")

    def judge_all(self, pairs: Sequence[tuple[str, Sequence[Cited]]]) -> list[Judgement]:
        return [self.judge(*pair) for pair in pairs]


def test_the_judge_has_the_last_word_and_sees_what_would_be_cited() -> None:
    judge = Stubborn()
    sentence = checker(SCHOOL, judge=judge).check(Raw("Some 312 pupils stayed at home.", (1,)))
    assert (sentence.verdict, sentence.citations, sentence.reason) == (Verdict.UNSUPPORTED, (), "not what it means")
    assert [(c, [e.quote for e in shown]) for c, shown in judge.shown] == [
        ("Some 312 pupils stayed at home.", ["Some 312 pupils stayed at home."])
    ]


def test_a_struck_sentence_gives_way_to_the_words_it_was_taken_from() -> None:
    check = checker(HARBOUR, SCHOOL)
    struck = check.check(Raw("Some 312 pupils stayed at home for nine weeks.", (2,)))
    assert struck.verdict is Verdict.UNSUPPORTED
    words = check.rewritten(struck)
    assert words is not None
    assert words.quote == "Some 312 pupils stayed at home."
    quoted = check.quoted(f"“{words.quote}”", words.hit, words.start, words.end, "word for word")
    assert quoted.verdict is Verdict.SUPPORTED
    assert exact_places(quoted, HARBOUR, SCHOOL)


def test_a_sentence_out_of_the_blue_gives_way_to_nothing() -> None:
    check = checker(HARBOUR, SCHOOL)
    assert check.rewritten(Sentence("The orchestra played in Reykjavik.", (), Verdict.UNSUPPORTED, "no")) is None


class Doubtful(Stubborn):
    """A judge that lets everything pass, without being sure of it."""

    probability = 0.55

    def judge(self, claim: str, evidence: Sequence[Cited]) -> Judgement:
        return Judgement(Verdict.SUPPORTED, "stated", self.probability)


def test_what_the_judge_is_not_sure_of_is_struck_and_the_article_quoted() -> None:
    check = checker(HARBOUR, SCHOOL, judge=Doubtful())
    struck = check.check(Raw("Some 312 pupils remained with their parents.", (2,)))
    assert (struck.verdict, struck.reason) == (
        Verdict.UNSUPPORTED,
        "it is not sure enough that the cited words state it (0.55)",
    )
    assert check.in_doubt(struck)
    words = check.rewritten(struck)
    assert words is not None
    assert words.quote == "Some 312 pupils stayed at home."
    quoted = check.quoted(f"“{words.quote}”", words.hit, words.start, words.end, "word for word")
    assert quoted.verdict is Verdict.SUPPORTED
    assert exact_places(quoted, HARBOUR, SCHOOL)


def test_what_the_judge_is_sure_of_is_told() -> None:
    judge = Doubtful()
    judge.probability = 0.75
    check = checker(HARBOUR, SCHOOL, judge=judge)
    told = check.check(Raw("Some 312 pupils stayed at home.", (2,)))
    assert told.verdict is Verdict.SUPPORTED
    assert not check.in_doubt(told)


def test_a_struck_sentence_with_a_day_gives_way_to_the_words_that_have_it() -> None:
    council = hit("The council is to decide on 17 December. It rained all day.")
    check = checker(council, SCHOOL)
    written = "The councillors are due to decide on the mayor's spending plan on 17 December."
    words = check.rewritten(Sentence(written, (), Verdict.UNSUPPORTED, "no"))
    assert words is not None
    assert words.quote == "The council is to decide on 17 December."


def test_a_word_that_the_question_writes_small_is_no_name() -> None:
    makers = hit("Li Auto and Leapmotor needed over seven years.")
    brief = Brief("How long did rival makers such as Li Auto need?", (Extract(makers, makers.sentences, (0.0,)),))
    check = Checker(LiteralJudge(), brief, [makers], likeness)
    assert "Rival" not in check.check(Raw("Rival makers Li Auto and Leapmotor needed seven years.", (1,))).reason


def test_a_pronoun_is_judged_as_whom_the_sentence_before_names() -> None:
    judge = Stubborn()
    check = checker(SCHOOL, judge=LiteralJudge())
    check.check(Raw("Ida Falk spoke of the water.", (1,)))
    object.__setattr__(check, "judge", judge)
    check.check(Raw("She said the water came through the roof.", (1,)))
    assert judge.shown[0][0].startswith("Ida Falk said")


def test_a_judge_whose_model_fails_leaves_the_sentence_unchecked() -> None:
    class Broken(Stubborn):
        def judge(self, claim: str, evidence: Sequence[Cited]) -> Judgement:
            raise ModelError("there is no such model")

    sentence = checker(SCHOOL, judge=Broken()).check(Raw("Some 312 pupils stayed at home.", (1,)))
    assert sentence.verdict is Verdict.UNCHECKED
    assert "no such model" in sentence.reason


def test_words_of_another_thing_do_not_stand_in() -> None:
    works = hit("In October, Tolvane's turbine factory in Aske was officially put into operation. It makes blades.")
    question = "When was Tolvane's battery factory put into operation?"
    brief = Brief(question, (Extract(works, works.sentences, (0.0,) * len(works.sentences)),))
    made = {
        kind: Sentence(
            f"Tolvane's {kind} factory in Aske was officially put into operation in October.",
            (),
            Verdict.UNSUPPORTED,
            "no",
        )
        for kind in ("battery", "engine")
    }
    check = Checker(LiteralJudge(), brief, [works], likeness)
    assert check.rewritten(made["battery"]) is None
    assert check.rewritten(made["engine"]) is not None  # the question does not ask for an engine factory
    alike = Checker(LiteralJudge(), brief, [works], lambda one, other: 0.9)
    assert alike.rewritten(made["battery"]) is not None


# --- of what it is said


def test_a_pronoun_does_not_go_from_one_article_to_another() -> None:
    """The bridge's price is not the school's."""
    bridge = hit("The bridge is open again. It cost 26.9 million crowns.", article="c")
    checked = checker(SCHOOL, bridge)
    assert checked.check(Raw("A school in Norby closed after a burst pipe.", (1,))).verdict is Verdict.SUPPORTED
    other = checked.check(Raw("It cost 26.9 million crowns.", (2,)))
    assert (other.verdict, "something else" in other.reason) == (Verdict.UNSUPPORTED, True)
    alone = checker(SCHOOL, bridge)
    assert alone.check(Raw("The bridge is open again.", (2,))).verdict is Verdict.SUPPORTED
    assert alone.check(Raw("It cost 26.9 million crowns.", (2,))).verdict is Verdict.SUPPORTED
