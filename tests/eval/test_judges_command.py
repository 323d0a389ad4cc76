"""`python -m eval judges`: its figures by hand-worked numbers, the formats it reads, the parts, and what it refuses."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

import rag
from eval import agreement, labelled
from eval.__main__ import main
from eval.agreement import Judged
from eval.benchmarks import judges
from eval.labelled import Labelled
from rag.errors import ReadError

SUPPORTED, UNSUPPORTED, UNCHECKED = rag.Verdict.SUPPORTED, rag.Verdict.UNSUPPORTED, rag.Verdict.UNCHECKED
Found = tuple[rag.Verdict, float | None]


class FakeJudge:
    """Finds what it was told to find of each claim; keeps what it was asked, and calls `before` first."""

    def __init__(self, found: dict[str, Found]) -> None:
        self.name = "fake"
        self.found = found
        self.asked: list[list[str]] = []
        self.before: Callable[[], None] = lambda: None

    def judge(self, claim: str, evidence: Sequence[rag.Cited]) -> rag.Judgement:
        verdict, probability = self.found.get(claim, (SUPPORTED, None))
        return rag.Judgement(verdict, "as told", probability)

    def judge_all(self, pairs: Sequence[tuple[str, Sequence[rag.Cited]]]) -> list[rag.Judgement]:
        self.before()
        self.asked.append([claim for claim, _ in pairs])
        return [self.judge(claim, evidence) for claim, evidence in pairs]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> dict[str, FakeJudge]:
    """Judges by their names; whoever opens one gets it from here."""
    fakes: dict[str, FakeJudge] = {}
    monkeypatch.setattr(rag, "open_judge", lambda name: fakes[name])
    return fakes


def written(folder: Path, name: str, *records: object) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.jsonl"
    path.write_text("".join(f"{json.dumps(record, ensure_ascii=False)}\n" for record in records), "utf-8")
    return path


def referenced(claim: str, stated: bool, references: Sequence[str], source: str = "wire") -> dict[str, Any]:
    label = "attributable" if stated else "not attributable"
    return {"claim": claim, "references": references, "attribution_label": label, "src_dataset": source, "id": claim}


def summarised(article: str, **stated: bool) -> dict[str, Any]:
    answers = {True: ["yes", "no", "yes"], False: ["no", "yes", "no"]}
    sentences = [
        {"sentence": claim, "responses": [{"worker_id": i, "response": r} for i, r in enumerate(answers[yes])]}
        for claim, yes in stated.items()
    ]
    return {"article": article, "summary_sentences": sentences}


def pair(id: str, category: str = "tense") -> dict[str, str]:
    return {
        "id": id,
        "category": category,
        "title": "Bridge to close",
        "outlet": "Ortmund Post",
        "published": "2025-03-14",
        "evidence": f"The council plans to close bridge {id}.",
        "right": f"{id} is to close.",
        "wrong": f"{id} has closed.",
    }


def judged(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> dict[str, Any]:
    assert main(["judges", *map(str, arguments), "--json"]) == 0
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return result


def one(stated: bool, verdict: rag.Verdict, probability: float | None, document: str = "d") -> Judged:
    claim = Labelled("set", document, None, "It is.", (rag.Cited("It is."),), stated, "report")
    return Judged(claim, rag.Judgement(verdict, "", probability), 0.5)


# -- figures ---------------------------------------------------------------------------------------------------------

FIVE = {
    "a": (True, SUPPORTED, 0.9),
    "b": (True, SUPPORTED, 0.6),
    "c": (True, UNSUPPORTED, 0.4),
    "d": (False, SUPPORTED, 0.7),
    "e": (False, UNSUPPORTED, 0.2),
}


def five(folder: Path, opened: dict[str, FakeJudge], **more: tuple[bool, rag.Verdict, float | None]) -> Path:
    claims = FIVE | more
    written(folder, "five", *(referenced(claim, found[0], [f"About {claim}."]) for claim, found in claims.items()))
    opened["fake"] = FakeJudge({claim: (verdict, p) for claim, (_, verdict, p) in claims.items()})
    return folder


def test_figures_are_those_worked_by_hand(
    tmp_path: Path, opened: dict[str, FakeJudge], capsys: pytest.CaptureFixture[str]
) -> None:
    result = judged(capsys, five(tmp_path / "bench", opened), "--judge", "fake", "--part", "all")
    row = result["figures"]["fake"]["bench/five"]
    assert (result["part"], result["documents"], result["claims"]) == ("all", 5, 5)
    assert (row["claims"], row["stated"], row["unchecked"]) == (5, 0.6, 0)
    assert row["passed right"] == pytest.approx(2 / 3)
    assert row["caught wrong"] == 0.5
    assert row["balanced accuracy"] == pytest.approx(7 / 12)
    assert row["AUC"] == pytest.approx(4 / 6)  # 0.9 is above both, 0.6 and 0.4 above one
    assert row["Brier"] == pytest.approx((0.01 + 0.16 + 0.36 + 0.49 + 0.04) / 5)
    assert row["ECE"] == pytest.approx((0.1 + 0.4 + 0.6 + 0.7 + 0.2) / 5)  # each alone in its bin
    assert row["seconds a claim"] > 0
    for figure in ("AUC", "balanced accuracy"):
        low, high = row[f"{figure}, 95%"]
        assert 0 <= low < row[figure] < high <= 1
    assert result["figures"]["fake"]["overall"] == row
    bins = result["reliability"]["fake"]["bench/five"]
    assert len(bins) == 10
    assert bins["0.8 to 0.9"] == {"mean probability": 0.9, "share stated": 1.0, "claims": 1}  # (0.8, 0.9]
    assert bins["0.9 to 1.0"] == {"mean probability": None, "share stated": None, "claims": 0}


def test_calibration_is_of_the_bins_and_not_of_each_claim() -> None:
    rows = [one(True, SUPPORTED, 0.62), one(False, SUPPORTED, 0.68), one(False, UNSUPPORTED, 0.0)]
    assert agreement.calibration_error(rows) == pytest.approx((2 * 0.15 + 0) / 3)
    assert agreement.reliability(rows)["0.6 to 0.7"]["share stated"] == 0.5
    assert agreement.reliability(rows)["0.0 to 0.1"]["claims"] == 1


@pytest.mark.parametrize("edge", range(1, 11))
def test_a_probability_on_an_edge_is_in_the_bin_that_ends_there(edge: int) -> None:
    bins = list(agreement.reliability([one(True, SUPPORTED, edge / 10)]).values())
    assert [row["claims"] for row in bins] == [int(i == edge - 1) for i in range(10)]


def test_an_unchecked_claim_is_counted_and_in_no_rate(
    tmp_path: Path, opened: dict[str, FakeJudge], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = five(tmp_path / "bench", opened, f=(False, UNCHECKED, 0.99), g=(True, UNCHECKED, None))
    row = judged(capsys, folder, "--judge", "fake", "--part", "all")["figures"]["fake"]["bench/five"]
    assert (row["claims"], row["unchecked"]) == (7, 2)
    assert row["stated"] == pytest.approx(4 / 7)
    assert row["balanced accuracy"] == pytest.approx(7 / 12)
    assert row["AUC"] == pytest.approx(4 / 6)
    assert row["Brier"] == pytest.approx(0.212)


def test_a_judge_without_probabilities_is_scored_by_its_verdicts(
    tmp_path: Path, opened: dict[str, FakeJudge], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = five(tmp_path / "bench", opened)
    opened["fake"].found = {claim: (verdict, None) for claim, (verdict, _) in opened["fake"].found.items()}
    result = judged(capsys, folder, "--judge", "fake", "--part", "all")
    row = result["figures"]["fake"]["bench/five"]
    # With one threshold the two are the same, and so are their resamples.
    assert row["AUC"] == pytest.approx(row["balanced accuracy"])
    assert row["AUC, 95%"] == pytest.approx(row["balanced accuracy, 95%"])
    assert (row["ECE"], row["Brier"]) == (None, None)
    assert "reliability" not in result


def test_claims_of_one_kind_have_no_auc() -> None:
    row = agreement.figures([one(True, SUPPORTED, 0.8), one(True, UNSUPPORTED, 0.3, "other")])
    assert row["passed right"] == 0.5
    assert [row[f] for f in ("caught wrong", "balanced accuracy", "balanced accuracy, 95%", "AUC", "AUC, 95%")] == (
        [None] * 5
    )
    assert agreement.figures([one(True, UNCHECKED, None)])["passed right"] is None


def test_resamples_have_the_figures_of_scikit_learn() -> None:
    random = np.random.default_rng(1)
    stated = (random.random(60) < 0.4).astype(float)
    scores = np.round(random.random(60), 1)  # with ties
    weights = random.integers(0, 4, (5, 60)).astype(float)
    said = (scores > 0.5).astype(float)
    assert agreement.weighted_auc(scores, stated, weights) == pytest.approx(
        [roc_auc_score(stated, scores, sample_weight=row) for row in weights]
    )
    assert agreement.weighted_balance(said, stated, weights) == pytest.approx(
        [balanced_accuracy_score(stated, said, sample_weight=row) for row in weights]
    )
    assert np.isnan(agreement.weighted_auc(scores, stated, stated[np.newaxis])).all()


def test_intervals_draw_the_claims_of_a_document_together() -> None:
    random = np.random.default_rng(2)
    claims = [(bool(i % 2), SUPPORTED if random.random() < 0.7 else UNSUPPORTED) for i in range(30)]
    single = agreement.figures([one(s, v, None, f"{i}") for i, (s, v) in enumerate(claims)])
    copied = agreement.figures([one(s, v, None, f"{i}") for i, (s, v) in enumerate(claims) for _ in range(5)])
    apart = agreement.figures([one(s, v, None, f"{i} {n}") for i, (s, v) in enumerate(claims) for n in range(5)])
    # Five times the same claim of the same document tells no more than one.
    assert copied["AUC, 95%"] == pytest.approx(single["AUC, 95%"])
    (low, high), (near_low, near_high) = single["AUC, 95%"], apart["AUC, 95%"]
    assert near_high - near_low < 0.6 * (high - low)


# -- formats ---------------------------------------------------------------------------------------------------------


def test_sentences_of_a_summary_are_claims_about_the_whole_article(tmp_path: Path) -> None:
    tied = {"sentence": "Half.", "responses": [{"response": "yes"}, {"response": "no"}]}
    record = summarised("It rained.\u2028All day.", Rain=True, Snow=False)
    record["summary_sentences"].append(tied)
    written(tmp_path / "qa", "cnn", record)
    claims = labelled.load(tmp_path / "qa")
    assert [(claim.claim, claim.stated) for claim in claims] == [("Rain", True), ("Snow", False), ("Half.", False)]
    assert {claim.evidence for claim in claims} == {(rag.Cited("It rained.\u2028All day."),)}
    assert {(claim.dataset, claim.category) for claim in claims} == {("qa/cnn", None)}
    assert len({claim.document for claim in claims}) == 1


def test_references_are_each_evidence_and_empty_ones_are_none(tmp_path: Path) -> None:
    written(
        tmp_path / "b",
        "dev",
        referenced("It rained.", True, ["Rain fell.", " ", "Wet streets."]),
        referenced("It snowed.", False, [""], "radio"),
    )
    rain, snow = labelled.load(tmp_path / "b")
    assert rain.evidence == (rag.Cited("Rain fell."), rag.Cited("Wet streets."))
    assert (rain.stated, rain.category, rain.dataset) == (True, "wire", "b/dev")
    assert (snow.stated, snow.category, snow.evidence) == (False, "radio", ())


def test_a_pair_is_a_stated_claim_and_one_that_is_not(tmp_path: Path) -> None:
    written(tmp_path / "own", "claims_build", pair("1"))
    right, wrong = labelled.load(tmp_path / "own")
    assert (right.claim, right.stated) == ("1 is to close.", True)
    assert (wrong.claim, wrong.stated) == ("1 has closed.", False)
    evidence = rag.Cited(
        "The council plans to close bridge 1.",
        "Bridge to close",
        "Ortmund Post",
        None,
        datetime(2025, 3, 14, tzinfo=UTC),
    )
    assert right.evidence == wrong.evidence == (evidence,)
    assert (right.document, right.category, right.part) == (wrong.document, wrong.category, wrong.part)
    assert (right.document, right.category, right.part) == ("1", "tense", "build")


GOOD = referenced("It rained.", True, ["Rain fell."])


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({**GOOD, "attribution_label": "yes"}, "attribution_label is 'yes'"),
        ({**GOOD, "claim": " "}, "claim is empty"),
        ({**GOOD, "references": "Rain fell."}, "references is no list"),
        ({**GOOD, "references": [None]}, "references is no list"),
        ({name: GOOD[name] for name in GOOD if name != "claim"}, "no 'claim'"),
        (["It rained."], "no object"),
    ],
)
def test_a_broken_line_is_named_with_the_fields_of_its_format(tmp_path: Path, record: object, reason: str) -> None:
    written(tmp_path / "b", "dev", GOOD, record)
    with pytest.raises(ReadError) as error:
        labelled.load(tmp_path / "b")
    assert "dev.jsonl:2: not a labelled claim" in str(error.value)
    assert reason in str(error.value)
    assert "expected: [claim, references, attribution_label, src_dataset, id]" in str(error.value)
    assert "summary_sentences" not in str(error.value)


@pytest.mark.parametrize(
    "record",
    [
        {**summarised("", Rain=True)},
        {"article": "Rain.", "summary_sentences": [{"sentence": "Rain.", "responses": []}]},
        {"article": "Rain.", "summary_sentences": [{"sentence": "Rain.", "responses": [{"response": "maybe"}]}]},
        {"article": "Rain.", "summary_sentences": ["Rain."]},
        {**pair("1"), "published": "yesterday"},
        {**pair("1"), "evidence": ""},
        {**pair("1"), "wrong": None},
    ],
)
def test_what_is_no_labelled_claim_is_refused(tmp_path: Path, record: object) -> None:
    written(tmp_path / "b", "dev", record)
    with pytest.raises(ReadError, match=r"dev\.jsonl:1: not a labelled claim"):
        labelled.load(tmp_path / "b")


def test_a_line_that_is_not_json_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with written(tmp_path / "b", "dev", GOOD).open("a", encoding="utf-8") as file:
        file.write('\n{"claim": ')
    assert main(["judges", str(tmp_path / "b")]) == 1
    assert "dev.jsonl:3: not a labelled claim" in capsys.readouterr().err


def test_a_file_in_no_format_is_refused_with_all_of_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(tmp_path / "b", "dev", {"premise": "Rain.", "hypothesis": "Wet."})
    assert main(["judges", str(tmp_path / "b")]) == 1
    shown = capsys.readouterr().err
    assert "dev.jsonl:1: not a labelled claim: unknown fields: premise, hypothesis" in shown
    assert "[article, summary_sentences] or [claim, references," in shown
    assert "evidence, right, wrong]" in shown


@pytest.mark.parametrize("files", [(), ("empty",)])
def test_a_folder_without_claims_is_refused(
    tmp_path: Path, files: Sequence[str], capsys: pytest.CaptureFixture[str]
) -> None:
    for name in files:
        written(tmp_path, name)
    assert main(["judges", str(tmp_path)]) == 1
    assert ("empty.jsonl is empty" if files else "no folder with .jsonl files") in capsys.readouterr().err
    assert main(["judges", str(tmp_path / "nowhere")]) == 1


# -- parts, documents, what is printed -------------------------------------------------------------------------------


def articles(folder: Path, count: int) -> Path:
    records = [summarised(f"Article {i}.", **{f"{i} yes": True, f"{i} no": False}) for i in range(count)]
    written(folder, "cnn", *records)
    return folder


def test_the_parts_share_no_document_and_leave_none_out(
    tmp_path: Path, opened: dict[str, FakeJudge], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = articles(tmp_path / "qa", 200)
    asked = {}
    for part in ("all", "build", "report"):
        opened["fake"] = FakeJudge({})
        assert judged(capsys, folder, "--judge", "fake", "--part", part)["part"] == part
        asked[part] = opened["fake"].asked
    assert asked["all"] == [[f"{i} yes", f"{i} no"] for i in range(200)]  # a document at a time
    documents = {part: {tuple(claims) for claims in asked[part]} for part in asked}
    assert documents["build"] | documents["report"] == documents["all"]
    assert not documents["build"] & documents["report"]
    assert 80 < len(documents["build"]) < 120


def test_a_text_is_in_the_same_part_for_ever() -> None:
    # The checksums are known: 0, 0xCBF43926 and 0xE8B7BE43.
    assert [labelled.part_of(text) for text in ("", "123456789", "a")] == ["build", "build", "report"]
    assert labelled.part_of("JSON may hold half a pair: \ud800") in ("build", "report")


def test_the_part_for_reporting_is_the_default_and_said(
    tmp_path: Path, opened: dict[str, FakeJudge], capsys: pytest.CaptureFixture[str]
) -> None:
    written(tmp_path / "own", "claims_build", pair("1"))
    written(tmp_path / "own", "claims_report", pair("2"), pair("3"))
    opened["fake"] = FakeJudge({})
    result = judged(capsys, tmp_path / "own", "--judge", "fake")
    assert result["part"] == "report"
    assert list(result["figures"]["fake"]) == ["own/claims_report", "overall"]
    assert opened["fake"].asked == [["2 is to close.", "2 has closed."], ["3 is to close.", "3 has closed."]]


def test_a_part_without_documents_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(tmp_path / "own", "claims_build", pair("1"))
    assert main(["judges", str(tmp_path / "own")]) == 1
    assert "no document is of the part 'report'\nChoose another with --part." in capsys.readouterr().err


def test_a_limit_takes_documents_from_everywhere_in_each_dataset(
    tmp_path: Path, opened: dict[str, FakeJudge], capsys: pytest.CaptureFixture[str]
) -> None:
    written(tmp_path / "own", "claims", *(pair(str(i)) for i in range(3)))
    opened["fake"] = FakeJudge({})
    folders = (articles(tmp_path / "qa", 10), tmp_path / "own")
    judged(capsys, *folders, "--judge", "fake", "--part", "all", "--limit", "4")
    assert [claims[0] for claims in opened["fake"].asked] == (
        ["0 yes", "2 yes", "5 yes", "7 yes", "0 is to close.", "1 is to close.", "2 is to close."]
    )


def test_claims_of_a_document_are_judged_together_wherever_they_stand(
    tmp_path: Path, opened: dict[str, FakeJudge], capsys: pytest.CaptureFixture[str]
) -> None:
    records = [referenced(claim, True, [text]) for claim, text in (("1", "Rain."), ("2", "Snow."), ("3", "Rain."))]
    written(tmp_path / "b", "dev", *records)
    opened["fake"] = FakeJudge({})
    judged(capsys, tmp_path / "b", "--judge", "fake", "--part", "all")
    assert opened["fake"].asked == [["1", "3"], ["2"]]


def test_categories_tell_what_was_caught_and_what_passed(
    tmp_path: Path, opened: dict[str, FakeJudge], capsys: pytest.CaptureFixture[str]
) -> None:
    written(tmp_path / "own", "claims", pair("1"), pair("2"), pair("3", "negation"))
    opened["fake"] = FakeJudge(
        {"1 has closed.": (UNSUPPORTED, 0.1), "3 is to close.": (UNSUPPORTED, 0.4), "3 has closed.": (UNCHECKED, None)}
    )
    table = judged(capsys, tmp_path / "own", "--judge", "fake", "--part", "all")["by category"]["fake"]["own/claims"]
    chosen = ("claims", "passed right", "caught wrong", "unchecked")
    assert [table["tense"][figure] for figure in chosen] == [4, 1.0, 0.5, 0]
    assert [table["negation"][figure] for figure in chosen] == [2, 0.0, None, 1]


def test_without_json_there_are_tables_and_progress(
    tmp_path: Path, opened: dict[str, FakeJudge], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judges, "_EVERY", 0.0)
    folder = five(tmp_path / "bench", opened)
    assert main(["judges", str(folder), "--judge", "fake", "--part", "all"]) == 0
    shown = capsys.readouterr()
    assert f"{'part':32} all\n" in shown.out
    assert "\nfigures: fake\n" in shown.out
    assert "\nby category: fake: bench/five\n" in shown.out
    assert "\nreliability: fake: overall\n" in shown.out
    assert "fake: 5 claims on 5 documents\nfake: 1 of 5 claims, 0 s left\n" in shown.err


def test_several_judges_have_a_row_each_and_the_settings_name_the_default(
    tmp_path: Path, opened: dict[str, FakeJudge], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = five(tmp_path / "bench", opened)
    opened["other"] = FakeJudge({})
    opened[rag.Settings().judge] = FakeJudge({})
    several = judged(capsys, folder, "--part", "all", "--judge", "fake", "--judge", "other", "--judge", "fake")
    assert list(several["figures"]) == ["fake", "other"]
    assert list(several["reliability"]) == ["fake"]
    assert list(judged(capsys, folder, "--part", "all")["figures"]) == [rag.Settings().judge]


def test_our_own_set_runs_with_a_judge_of_the_project(capsys: pytest.CaptureFixture[str]) -> None:
    folder = Path(labelled.__file__).with_name("judged")
    result = judged(capsys, folder, "--judge", "literal", "--part", "build", "--limit", "5")
    assert result["figures"]["literal"]["judged/attribution_build"]["claims"] == 10


# -- what goes wrong -------------------------------------------------------------------------------------------------


def interrupted_after(calls: int) -> Callable[[], None]:
    left = iter(range(calls))

    def before() -> None:
        if next(left, None) is None:
            raise KeyboardInterrupt

    return before


def test_an_interrupt_reports_what_was_judged_and_says_that_it_is_partial(
    tmp_path: Path, opened: dict[str, FakeJudge], capsys: pytest.CaptureFixture[str]
) -> None:
    opened["fake"], opened["other"] = FakeJudge({}), FakeJudge({})
    opened["fake"].before = interrupted_after(3)
    folder = articles(tmp_path / "qa", 10)
    result = judged(capsys, folder, "--part", "all", "--judge", "fake", "--judge", "other")
    assert result["partial"] == "stopped at fake, 6 of 20 claims"
    assert result["figures"]["fake"]["qa/cnn"]["claims"] == 6
    assert "other" not in result["figures"]
    assert "partial" not in judged(capsys, folder, "--part", "all", "--judge", "other")


def test_an_interrupt_before_any_claim_ends_the_command(tmp_path: Path, opened: dict[str, FakeJudge]) -> None:
    opened["fake"] = FakeJudge({})
    opened["fake"].before = interrupted_after(0)
    with pytest.raises(KeyboardInterrupt):
        main(["judges", str(articles(tmp_path / "qa", 10)), "--part", "all", "--judge", "fake"])


def test_a_judge_that_is_none_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["judges", str(articles(tmp_path / "qa", 10)), "--judge", "nobody"]) == 1
    assert "no judge is called 'nobody'" in capsys.readouterr().err


def test_two_files_of_one_name_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(articles(tmp_path / "qa", 10))
    assert main(["judges", folder, folder]) == 1
    assert "two files are called qa/cnn" in capsys.readouterr().err


@pytest.mark.parametrize("limit", ["0", "-1", "many"])
def test_a_limit_that_is_none_is_wrong_usage(limit: str) -> None:
    with pytest.raises(SystemExit) as end:
        main(["judges", ".", "--limit", limit])
    assert end.value.code == 2


def test_a_plot_without_its_library_is_refused_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(judges, "find_spec", lambda name: None)
    assert main(["judges", str(articles(tmp_path / "qa", 10)), "--plot", str(tmp_path / "p.png")]) == 1
    shown = capsys.readouterr().err
    assert "not installed\nRun: pip install matplotlib" in shown
    assert "claims on" not in shown  # said before anything is judged


@pytest.mark.skipif(importlib.util.find_spec("matplotlib") is None, reason="matplotlib is not installed")
def test_a_plot_is_a_picture(tmp_path: Path, opened: dict[str, FakeJudge], capsys: pytest.CaptureFixture[str]) -> None:
    folder = five(tmp_path / "bench", opened)
    opened["plain"] = FakeJudge({})
    judged(capsys, folder, "--part", "all", "--judge", "fake", "--judge", "plain", "--plot", tmp_path / "p.png")
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")
    assert main(["judges", str(folder), "--judge", "fake", "--plot", str(tmp_path / "no" / "p.png")]) == 1
    assert "to write p.png into" in capsys.readouterr().err
