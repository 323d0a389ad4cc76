"""`python -m eval run`: figures and files, going on after a stop, failures, samples, what reaches the archive."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import rag
from eval.__main__ import main
from eval.asked import Asked
from eval.benchmarks import run
from eval.cases import Case
from eval.runs import Run
from tests import fakes
from tests.conftest import SETTINGS, write_article

COST = "How much will the repairs of the Weir Bridge cost?"
BOOKS = "How many books did visitors of the library in Sundby borrow on the first day?"
ORCHESTRA = "Which orchestra played in Reykjavik last Tuesday?"
Stream = Callable[..., Iterator[rag.types.Event]]


def question(number: int, text: str, *facts: list[str], **more: Any) -> dict[str, Any]:
    """A line of a question file."""
    return {
        "id": f"q{number}",
        "question": text,
        "type": "number" if facts else "near_miss",
        "answerable": bool(facts),
        "answer": "A reference: 12.5 million crowns, 1,840 books.",
        "key_facts": list(facts),
        "evidence": [{"article": "bridge.md", "quote": "will cost 12.5 million crowns"}] if number == 1 else [],
    } | more


QUESTIONS = [question(1, COST, ["12.5 million"]), question(2, BOOKS, ["1 840"], ["a band"]), question(3, ORCHESTRA)]


def written(path: Path, lines: Sequence[object]) -> None:
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an archive of two articles, which no test changes."""
    folder = tmp_path_factory.mktemp("run")
    write_article(
        folder / "articles" / "bridge.md",
        "The council of Ortmund voted 7-2 to repair the Weir Bridge. The repairs will cost 12.5 million crowns. "
        "“It cannot wait another winter,” said Tove Brandt, the city engineer.",
        title="Weir Bridge to be repaired",
        outlet="Ortmund Post",
        published="2024-03-05",
    )
    write_article(
        folder / "articles" / "library.md",
        "The library in Sundby opened again on Monday. Visitors borrowed 1,840 books on the first day.",
        title="Library opens",
        outlet="Sundby Radio",
        published="2024-04-10",
    )
    with rag.open(folder / "archive", settings=SETTINGS) as archive:
        archive.ingest(folder / "articles")
    return folder / "archive"


@pytest.fixture
def place(tmp_path: Path, archive: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a link to the archive, a file of questions, and room for runs."""
    monkeypatch.setenv("RAG_EMBEDDER", fakes.NAME)
    monkeypatch.setenv("RAG_WRITER", "extractive")
    (tmp_path / "archive").symlink_to(archive)
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "model.bin").write_bytes(b"weights")
    monkeypatch.setattr(rag, "model_folder", lambda pack: tmp_path / "pack")  # the fake embedder is no pack
    written(tmp_path / "questions.jsonl", QUESTIONS)
    return tmp_path


def command(place: Path, *more: str, judge: str = "combined:words", second: str = "none") -> list[str]:
    named = {"--questions": place / "questions.jsonl", "--archive": place / "archive", "--out": place / "run"}
    options = [str(part) for pair in named.items() for part in pair]
    return ["run", *options, "--judge", judge, "--second", second, *more]


def measured(capsys: pytest.CaptureFixture[str], arguments: Sequence[str]) -> dict[str, Any]:
    capsys.readouterr()
    assert main([*arguments, "--json"]) == 0
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return result


def refused(capsys: pytest.CaptureFixture[str], arguments: Sequence[str]) -> str:
    capsys.readouterr()
    assert main(arguments) == 1
    return capsys.readouterr().err


def counted(patch: pytest.MonkeyPatch, before: Callable[[str], None] = lambda text: None) -> list[str]:
    """The questions that the archive is asked from now on; `before` is called with each first."""
    stream: Stream = rag.Archive.stream
    asked: list[str] = []

    def counting(self: rag.Archive, text: str, *more: Any, **named: Any) -> Iterator[rag.types.Event]:
        asked.append(text)
        before(text)
        return stream(self, text, *more, **named)

    patch.setattr(rag.Archive, "stream", counting)
    return asked


def means(result: dict[str, Any]) -> dict[str, tuple[float | None, int, int]]:
    """(mean, questions, failed) of each figure."""
    return {name: (row["mean"], row["questions"], row["failed"]) for name, row in result["figures"].items()}


# -- asking -----------------------------------------------------------------------------------------------------------


def test_figures(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = measured(capsys, command(place))
    assert (result["run"], result["asked"], result["of"]) == (str(place / "run"), 3, 3)
    found = means(result)
    expected = {
        "right": (2 / 3, 3, 0),
        "key-fact recall": (3 / 4, 2, 0),
        "false answer": (0.0, 1, 0),
        "false refusal": (0.0, 2, 0),
        "abstention precision": (1.0, 1, 0),
        "faithful, literally": (1.0, 2, 0),
        "citation recall": (1.0, 2, 0),
        "citations open on their words": (1.0, 2, 0),
        "evidence recall": (1.0, 1, 0),
        "evidence MRR": (1.0, 1, 0),
    }
    assert {name: found[name] for name in expected} == expected
    assert {"faithful", "tokens read"}.isdisjoint(found)  # no second judge, no model
    assert 0 < found["seconds to evidence"][0] < found["seconds to end"][0]  # type: ignore[operator]
    assert result["by type of question"]["near_miss"]["right"] == 1.0
    assert result["by type of question"]["number"]["key-fact recall"] == 0.75


def test_files_of_the_folder(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    measured(capsys, command(place))
    folder = place / "run"
    assert {path.name for path in folder.iterdir()} == {"run.json", "cases.jsonl", "findings.jsonl", "scores.jsonl"}
    about = Run(folder).about
    assert (about["system"], about["judges"]) == ("ours", ["literal"])
    assert (about["settings"]["judge"], about["settings"]["writer"]) == ("combined:words", "extractive")
    assert about["questions"]["files"] == ["questions.jsonl"]
    assert about["archive"]["articles"] == 2
    cases = Run(folder).cases()
    assert [case.id for case in cases] == ["q1", "q2", "q3"]
    first = cases[0]
    assert first.answer is not None
    assert first.answer["question"] == first.asked.question == COST
    assert "12.5 million" in first.raw
    assert first.tokens["written"] > 5
    assert first.opens == (True,) * len(first.answer["citations"])
    assert first.findings[0].verdict == "supported"
    assert cases[2].refused
    assert cases[2].findings == ()
    assert lines(folder / "scores.jsonl")[0]["scores"]["key-fact recall"] == 1.0


def test_without_json_there_are_tables(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(command(place)) == 0
    shown = capsys.readouterr()
    assert "asking ours: 3 of 3 (q3)\n" in shown.err
    assert "judging by literal: 2 of 2 (q2)\n" in shown.err
    assert "key-fact recall" in shown.out
    assert "0.750" in shown.out


def test_a_folder_of_its_own_without_out(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    arguments = command(place)
    at = arguments.index("--out")
    result = measured(capsys, arguments[:at] + arguments[at + 2 :])
    made = Path(result["run"])
    assert made.parent == Path("runs")
    assert made.name.endswith("-questions-ours-extractive")
    assert len(Run(made).cases()) == 3


# -- stopping and going on --------------------------------------------------------------------------------------------


def test_a_second_call_asks_nothing_and_judges_nothing_again(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = measured(capsys, command(place))
    kept = {path.name: path.read_bytes() for path in (place / "run").iterdir() if path.name != "run.json"}
    asked = counted(monkeypatch)
    judged: list[Case] = []
    monkeypatch.setattr(run, "findings", lambda one, name, case: judged.append(case) or iter(()))
    assert measured(capsys, command(place)) == first
    assert judged == []
    assert asked == []
    assert {name: (place / "run" / name).read_bytes() for name in kept} == kept


def test_after_ctrl_c_there_are_figures_and_the_next_call_goes_on(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(text: str) -> None:
        if text == BOOKS:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        counted(patched, stop)
        assert main([*command(place), "--json"]) == 0
    shown = capsys.readouterr()
    result = json.loads(shown.out)
    assert f"stopped; go on with --out {place / 'run'}\n" in shown.err
    assert (result["asked"], result["of"]) == (1, 3)
    assert result["figures"]["right"]["questions"] == 1
    assert [case.id for case in Run(place / "run").cases()] == ["q1"]
    asked = counted(monkeypatch)
    after = measured(capsys, command(place))
    assert asked == [BOOKS, ORCHESTRA]
    assert (after["asked"], after["figures"]["faithful, literally"]["questions"]) == (3, 2)
    assert [case.id for case in Run(place / "run").cases()] == ["q1", "q2", "q3"]


def test_ctrl_c_while_judging_loses_no_judgement(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stopped:
        name = "literal"

        def judge(self, claim: str, evidence: Sequence[rag.Cited]) -> rag.Judgement:
            if "books" in claim:
                raise KeyboardInterrupt
            return rag.Judgement(rag.Verdict.SUPPORTED, "so it is")

    with monkeypatch.context() as patched:
        patched.setattr(rag, "open_judge", lambda name, settings: Stopped())
        assert measured(capsys, command(place))["figures"]["faithful, literally"]["questions"] == 1
    asked = counted(monkeypatch)
    assert measured(capsys, command(place))["figures"]["faithful, literally"]["questions"] == 2
    assert asked == []
    assert [line["id"] for line in lines(place / "run" / "findings.jsonl")] == ["q1", "q2"]
    assert Run(place / "run").cases()[0].findings[0].reason == "so it is"


@pytest.mark.parametrize("name", ["cases.jsonl", "findings.jsonl"])
def test_a_line_that_was_cut_off_is_made_again(place: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    before = means(measured(capsys, command(place)))
    path = place / "run" / name
    path.write_bytes(path.read_bytes()[:-20])
    after = means(measured(capsys, command(place)))
    assert [line.get("id") or line["asked"]["id"] for line in lines(path)][-1] == ("q3" if "cases" in name else "q2")
    assert {k: v for k, v in after.items() if "sec" not in k and "mem" not in k} == {
        k: v for k, v in before.items() if "sec" not in k and "mem" not in k
    }


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (["--judge", "literal"], "another settings"),
        (["--without", "dense"], "another settings"),
        (["--sample", "2"], "another questions"),
        (["--system", "ours:unread"], "another system"),
    ],
)
def test_a_folder_of_another_run_is_refused(
    place: Path, capsys: pytest.CaptureFixture[str], more: list[str], why: str
) -> None:
    measured(capsys, command(place, "--sample", "1"))
    before = (place / "run" / "cases.jsonl").read_bytes()
    assert why in refused(capsys, command(place, *(["--sample", "1"] if "--sample" not in more else []), *more))
    assert (place / "run" / "cases.jsonl").read_bytes() == before


# -- failures ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (OSError("no connection"), "OSError: no connection"),
        (rag.RagError("the model is gone", hint="Start it."), "the model is gone"),
    ],
)
def test_a_question_that_fails_is_counted_and_in_no_mean(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, error: Exception, why: str
) -> None:
    def fail(text: str) -> None:
        if text == BOOKS:
            raise error

    with monkeypatch.context() as patched:
        counted(patched, fail)
        result = measured(capsys, command(place))
    found = means(result)
    assert result["asked"] == 3
    assert found["right"] == (1.0, 2, 1)
    assert found["key-fact recall"] == (1.0, 1, 1)
    assert found["seconds to end"][1:] == (2, 1)
    assert {row["failed"] for row in result["figures"].values()} == {1}
    case = Run(place / "run").cases()[1]
    assert (case.answer, case.failure) == (None, why)
    assert lines(place / "run" / "scores.jsonl")[1]["failed"]["right"] == why
    asked = counted(monkeypatch)
    assert means(measured(capsys, command(place))) == found  # a failure is a result: it is not tried again
    assert asked == []


def test_a_writer_that_is_not_there_has_failed_and_another_took_no_place(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rag.Archive, "warm", lambda self, **named: None)
    found = means(measured(capsys, command(place, "--writer", "openai:http://127.0.0.1:9/v1#m", "--sample", "1")))
    assert found["right"] == (None, 0, 1)


def test_a_judge_that_fails_is_no_number(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    open_judge = rag.open_judge

    class Failing:
        name = "combined:words"

        def judge(self, claim: str, evidence: Sequence[rag.Cited]) -> rag.Judgement:
            if "books" in claim:
                raise rag.RagError("the judge is out")
            return rag.Judgement(rag.Verdict.SUPPORTED, "so it is")

    monkeypatch.setattr(rag, "open_judge", lambda name, s: Failing() if name == "combined:words" else open_judge(name))
    result = measured(capsys, command(place, judge="literal", second="combined:words"))
    found = means(result)
    assert found["faithful"] == found["citation recall"] == (1.0, 1, 1)
    assert found["faithful, literally"] == (1.0, 2, 0)
    assert lines(place / "run" / "scores.jsonl")[1]["failed"]["faithful"] == "combined:words: the judge is out"


# -- judges -----------------------------------------------------------------------------------------------------------


def test_a_second_judge_can_look_later_and_nothing_is_asked_again(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "faithful" not in measured(capsys, command(place, judge="literal"))["figures"]
    asked = counted(monkeypatch)
    result = measured(capsys, command(place, judge="literal", second="combined:words"))
    assert asked == []
    assert means(result)["faithful"] == (1.0, 2, 0)
    assert Run(place / "run").about["judges"] == ["literal", "combined:words"]
    assert [case.judges for case in Run(place / "run").cases()] == [["literal", "combined:words"]] * 2 + [[]]


@pytest.mark.parametrize("judge", ["combined:words", "literal"])
def test_the_judge_that_checks_may_not_be_the_second(
    place: Path, capsys: pytest.CaptureFixture[str], judge: str
) -> None:
    assert f"{judge} checks the answers" in refused(capsys, command(place, judge=judge, second=judge))
    assert not (place / "run").exists()


def test_the_same_judge_by_another_name_may_not_be_the_second(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    refused(capsys, command(place, judge="combined", second="combined:words"))  # with this writer it is the same one


def test_a_claim_is_judged_against_all_it_cites_and_against_parts() -> None:
    seen: list[list[str]] = []

    class Judge:
        name = "j"

        def judge(self, claim: str, evidence: Sequence[rag.Cited]) -> rag.Judgement:
            seen.append([cited.quote for cited in evidence])
            return rag.Judgement(rag.Verdict.UNSUPPORTED, "no", 0.25)

    citations = [
        {"number": n, "quote": quote, "published": "2024-03-05T00:00:00+00:00"}
        for n, quote in ((2, "Two."), (5, "Five."))
    ]
    sentences = [
        {"text": "Struck.", "citations": citations, "verdict": "unsupported"},
        {"text": "So.", "citations": citations, "verdict": "supported"},
        {"text": "Bare.", "citations": [], "verdict": "unchecked"},
    ]
    asked = Asked("q", "What?", "fact", True, "-", (("x",),))
    case = Case(asked, "ours", {"abstained": False, "sentences": sentences})
    found = list(run.findings(Judge(), "j", case))  # type: ignore[arg-type]
    assert seen == [["Two.", "Five."], ["Two."], ["Five."]]
    assert [(each.sentence, each.citations) for each in found] == [(1, (2, 5)), (1, (2,)), (1, (5,))]
    assert {(each.verdict, each.reason, each.probability) for each in found} == {("unsupported", "no", 0.25)}


# -- samples ----------------------------------------------------------------------------------------------------------


def of(type: str, number: int, answerable: bool = True) -> Asked:
    return Asked(f"{type}{number}", "What?", type, answerable, "-", (("x",),) if answerable else ())


def test_a_sample_has_every_types_share_and_is_always_the_same() -> None:
    questions = [*(of("a", n) for n in range(20)), *(of("b", n, n % 2 == 0) for n in range(10))]
    taken = run.sampled(questions, 6)
    assert [question.type for question in taken] == ["a"] * 4 + ["b"] * 2
    assert [question.answerable for question in taken[4:]] == [False, True]
    assert run.sampled(questions, 6) == taken
    assert len({question.id for question in taken}) == 6


def test_all_questions_where_there_are_not_more() -> None:
    questions = [of("b", 1), of("a", 1)]
    assert run.sampled(questions, None) == questions
    assert {question.id for question in run.sampled(questions, 9)} == {"a1", "b1"}


def test_a_sample_of_the_command(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = measured(capsys, command(place, "--sample", "2"))
    assert (result["asked"], result["of"]) == (2, 2)
    assert {kind: row["questions"] for kind, row in result["by type of question"].items()} == {
        "near_miss": 1,
        "number": 1,
    }
    with pytest.raises(SystemExit) as wrong:
        main(command(place, "--sample", "0"))
    assert wrong.value.code == 2


# -- what reaches the archive -----------------------------------------------------------------------------------------


def test_what_a_question_brings_is_given_to_the_archive(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[tuple[Any, ...]] = []
    stream: Stream = rag.Archive.stream

    def listening(
        self: rag.Archive, text: str, history: Any = (), filters: Any = None, *, as_of: Any = None, **named: Any
    ) -> Iterator[rag.types.Event]:
        given.append((text, history, filters, as_of))
        return stream(self, text, history, filters, as_of=as_of, **named)

    monkeypatch.setattr(rag.Archive, "stream", listening)
    history = [["Who borrowed books in Sundby?", "Visitors."]]
    filters = {"outlets": ["Sundby Radio"], "published_from": "2024-01-01"}
    more = question(2, "How many on the first day?", ["1,840"], history=history, as_of="2024-05-02", filters=filters)
    written(place / "questions.jsonl", [question(1, COST, ["12.5 million"]), more])
    measured(capsys, command(place))
    only = rag.Filters(published_from=date(2024, 1, 1), outlets=("Sundby Radio",))
    assert given == [
        (COST, (), None, None),
        ("How many on the first day?", (("Who borrowed books in Sundby?", "Visitors."),), only, date(2024, 5, 2)),
    ]
    case = Run(place / "run").cases()[1]
    assert (case.asked.filters, case.asked.as_of) == (only, date(2024, 5, 2))
    assert case.answer is not None
    assert {hit["title"] for hit in case.answer["evidence"]} == {"Library opens"}


# -- other systems ----------------------------------------------------------------------------------------------------


def test_functions_are_run_and_fail_like_any_system(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (place / "functions_of_a_run.py").write_text(
        "def some(question):\n"
        "    if 'orchestra' in question:\n        return None\n"
        "    if 'books' in question:\n        raise TimeoutError('too late')\n"
        "    return 'It is 12.5 million crowns [1].'\n",
        "utf-8",
    )
    monkeypatch.syspath_prepend(place)
    result = measured(capsys, command(place, "--system", "function:functions_of_a_run:some"))
    found = means(result)
    assert found["right"] == (1.0, 2, 1)
    assert found["false answer"] == (0.0, 1, 1)
    assert found["faithful, literally"] == (0.0, 1, 1)  # it cites nothing
    assert Run(place / "run").about["system"] == "functions_of_a_run:some"
    assert [case.failure for case in Run(place / "run").cases()] == [None, "TimeoutError: too late", None]


def test_an_answer_that_cites_nothing_is_not_judged_again(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (place / "bare_for_a_run.py").write_text("def bare(question):\n    return 'It is so.'\n", "utf-8")
    monkeypatch.syspath_prepend(place)
    arguments = command(place, "--system", "function:bare_for_a_run:bare")
    measured(capsys, arguments)
    measured(capsys, arguments)
    assert not (place / "run" / "findings.jsonl").exists()


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (["--system", "elsewhere"], "no system 'elsewhere'"),
        (["--system", "function:nowhere_at_all:f"], "function:nowhere_at_all:f is not there"),
        (["--archive", "{place}/none"], "there is no archive in"),
        (["--questions", "{place}/none.jsonl"], "cannot be read"),
        (["--out", "{place}/pack"], "is not empty, and no run"),
        (["--judge", "nobody"], "no judge is called"),
        (["--second", "nobody"], "no judge is called"),
        (["--writer", "nobody"], "no writer is called"),
    ],
)
def test_what_cannot_be_done_is_refused_at_once(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, more: list[str], why: str
) -> None:
    asked = counted(monkeypatch)
    assert why in refused(capsys, command(place, *(each.format(place=place) for each in more)))
    assert asked == []
    assert not (place / "run").exists()
    assert not (place / "none").exists()


def test_settings_of_the_archive_hold_where_nothing_is_given(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAG_JUDGE", "literal")
    arguments = command(place, "--sample", "1")
    at = arguments.index("--judge")
    measured(capsys, arguments[:at] + arguments[at + 2 :])
    settings = Run(place / "run").about["settings"]
    assert settings == dataclasses.asdict(rag.Settings(embedder=fakes.NAME, writer="extractive", judge="literal"))
