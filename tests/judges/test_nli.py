"""The entailment judge, run on a tiny model that holds a claim for stated if KEY is in it and in the evidence."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from rag import judges
from rag.errors import ModelError, SettingsError
from rag.judges import Cited, Judge
from rag.sentences import sentences
from rag.types import Verdict
from tests.judges import tiny

CLAIM = f"The council {tiny.KEY} the ferry line money."
OTHER = "The council sold the hall."
STATED = Cited(f"Elmsund {tiny.KEY} it.")
FILLER = "The mayor of Norby said that it rained again in the town. "  # 13 tokens of the tiny model
LONG = Cited(
    FILLER * 60 + f"They {tiny.KEY} it. " + FILLER * 60,
    title="New quay",
    outlet="Harbour Radio",
    published=datetime(2021, 5, 6, tzinfo=UTC),
)
ORIGIN = '(Harbour Radio, 6 May 2021, "New quay") '


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.save(tmp_path_factory.mktemp("nli"))


@pytest.fixture(scope="module")
def judge(folder: Path) -> Judge:
    return judges.open_judge(f"nli:{folder}")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[tuple[str, str]]]:
    """The pairs of premise and claim that the model is given, one list a call."""
    from sentence_transformers import CrossEncoder

    seen: list[list[tuple[str, str]]] = []
    predict: Callable[..., Any] = CrossEncoder.predict

    def spy(self: Any, inputs: list[tuple[str, str]], **options: Any) -> Any:
        seen.append(list(inputs))
        return predict(self, inputs, **options)

    monkeypatch.setattr(CrossEncoder, "predict", spy)
    return seen


def tokens(text: str) -> int:
    return len(tiny._tokenizer()(text, add_special_tokens=False)["input_ids"])


def test_what_is_entailed_is_supported_with_its_probability(judge: Judge) -> None:
    yes, no = judge.judge(CLAIM, [STATED]), judge.judge(OTHER, [STATED])
    assert (yes.verdict, no.verdict) == (Verdict.SUPPORTED, Verdict.UNSUPPORTED)
    assert yes.reason == f"the entailment model finds it stated ({yes.probability:.2f})"
    assert no.reason == f"the entailment model does not find it stated ({no.probability:.2f})"
    assert yes.probability == pytest.approx(0.993, abs=0.005)
    assert no.probability == pytest.approx(0.002, abs=0.005)


@pytest.mark.parametrize(
    ("labels", "stated"),
    [
        (("Entailment", "neutral", "contradiction"), 0),
        (("not_entailment", "ENTAILMENT"), 1),
        (("refuted", "not enough", "Supported"), 2),
        (("entails", "does not"), 0),
    ],
)
def test_the_label_of_entailment_is_found_by_its_name(tmp_path: Path, labels: tuple[str, ...], stated: int) -> None:
    judge = judges.open_judge(f"nli:{tiny.save(tmp_path, labels, stated)}")
    assert judge.judge(CLAIM, [STATED]).verdict is Verdict.SUPPORTED
    assert judge.judge(OTHER, [STATED]).verdict is Verdict.UNSUPPORTED


def test_labels_without_a_name_are_refused(tmp_path: Path) -> None:
    judge = judges.open_judge(f"nli:{tiny.save(tmp_path, ('LABEL_0', 'LABEL_1'))}")
    with pytest.raises(SettingsError, match="LABEL_0, LABEL_1") as caught:
        judge.judge(CLAIM, [STATED])
    assert "entailment" in caught.value.hint


def test_a_model_of_one_label_gives_the_probability_itself(tmp_path: Path) -> None:
    judge = judges.open_judge(f"nli:{tiny.save(tmp_path, ('LABEL_0',), 0)}")
    yes, no = judge.judge_all([(CLAIM, [STATED]), (OTHER, [STATED])])
    assert (yes.verdict, no.verdict) == (Verdict.SUPPORTED, Verdict.UNSUPPORTED)
    assert yes.probability == pytest.approx(0.945, abs=0.005)  # the sigmoid of its score, 2.84
    assert no.probability == pytest.approx(0.054, abs=0.005)


def test_the_premise_has_the_origin_in_front(judge: Judge, asked: list[list[tuple[str, str]]]) -> None:
    cited = Cited("It\nrained.", title="Rain “again”", outlet="Echo", published=datetime(2024, 3, 5, tzinfo=UTC))
    judge.judge(CLAIM, [cited])
    judge.judge(CLAIM, [Cited("It rained.")])
    assert asked == [[('(Echo, 5 March 2024, "Rain "again"") It rained.', CLAIM)], [("It rained.", CLAIM)]]


def test_a_sentence_deep_in_long_evidence_is_found(judge: Judge) -> None:
    assert tokens(LONG.quote) > 3 * tiny.LONGEST
    assert judge.judge(CLAIM, [LONG]).verdict is Verdict.SUPPORTED
    assert judge.judge(CLAIM, [Cited(FILLER * 120)]).verdict is Verdict.UNSUPPORTED


def test_windows_are_whole_sentences_that_overlap_by_one_and_fit(
    judge: Judge, asked: list[list[tuple[str, str]]]
) -> None:
    numbered = " ".join(f"Number {n} is of the mayor of Norby and of the rain there." for n in range(100))
    judge.judge(CLAIM, [Cited(numbered, LONG.title, LONG.outlet, None, LONG.published)])
    (rows,) = asked
    assert len(rows) > 3
    windows = []
    for premise, claim in rows:
        assert claim == CLAIM
        assert premise.startswith(ORIGIN)
        assert 300 < tokens(premise) <= 350 or premise == rows[-1][0]
        text = premise.removeprefix(ORIGIN)
        windows.append([text[a:b] for a, b in sentences(text)])
    whole = [numbered[a:b] for a, b in sentences(numbered)]
    assert [window[-1] for window in windows[:-1]] == [window[0] for window in windows[1:]]
    assert [s for window in windows for s in window[1:]] == whole[1:]
    assert windows[0][0] == whole[0]


def test_a_long_claim_leaves_the_evidence_less_room(judge: Judge, asked: list[list[tuple[str, str]]]) -> None:
    claim = "The council met again " * 75 + f"and {tiny.KEY} it."
    assert judge.judge(claim, [LONG]).verdict is Verdict.SUPPORTED
    assert all(tokens(premise) + tokens(claim) + 3 <= tiny.LONGEST for premise, _ in asked[0])


def test_a_claim_too_long_to_be_read_whole_is_unchecked(judge: Judge) -> None:
    judgement = judge.judge(f"They {tiny.KEY} it. " + FILLER * 50, [STATED])
    assert (judgement.verdict, judgement.probability) == (Verdict.UNCHECKED, None)
    assert "too long" in judgement.reason


def test_a_sentence_longer_than_a_window_is_read_to_its_end(judge: Judge, asked: list[list[tuple[str, str]]]) -> None:
    words = [f"w{n}" for n in range(900)]
    assert judge.judge(CLAIM, [Cited(" ".join([*words, tiny.KEY, "it"]))]).verdict is Verdict.SUPPORTED
    assert all(tokens(premise) <= 350 for premise, _ in asked[0])
    assert set(" ".join(premise for premise, _ in asked[0]).split()) == {*words, tiny.KEY, "it"}
    assert judge.judge(CLAIM, [Cited("界" * 3000 + f" {tiny.KEY}")]).verdict is Verdict.SUPPORTED


def test_a_headline_as_long_as_an_article_is_left_out(judge: Judge, asked: list[list[tuple[str, str]]]) -> None:
    cited = Cited(LONG.quote, title="Rain and more " * 80)
    assert judge.judge(CLAIM, [cited]).verdict is Verdict.SUPPORTED
    assert all("Rain" not in premise and tokens(premise) <= 350 for premise, _ in asked[0])


def test_short_quotes_are_read_one_by_one_and_together(judge: Judge, asked: list[list[tuple[str, str]]]) -> None:
    judge.judge(CLAIM, [Cited("It rained."), Cited("It was cold.", outlet="Echo"), Cited(" … ")])
    one, other = "It rained.", "(Echo) It was cold."
    assert [premise for premise, _ in asked[0]] == [one, other, f"{one}\n{other}"]
    judge.judge(CLAIM, [Cited("It rained."), LONG])
    assert not any(premise.startswith("It rained.\n") for premise, _ in asked[1])


def test_a_batch_is_one_call_and_gives_what_each_alone_does(judge: Judge, asked: list[list[tuple[str, str]]]) -> None:
    pairs = [
        (CLAIM, [STATED]),
        (CLAIM, [LONG, STATED]),
        (OTHER, [LONG]),
        ("…", [STATED]),
        (CLAIM, []),
        (OTHER, [STATED]),
    ]
    together = judge.judge_all(pairs)
    assert len(asked) == 1
    for judgement, alone in zip(together, [judge.judge(*pair) for pair in pairs]):
        assert (judgement.verdict, judgement.reason) == (alone.verdict, alone.reason)
        assert judgement.probability == (alone.probability and pytest.approx(alone.probability, abs=1e-5))


@pytest.mark.parametrize(("claim", "evidence"), [("…", [STATED]), ("", [STATED]), (CLAIM, []), (CLAIM, [Cited("—")])])
def test_without_words_or_evidence_no_model_is_needed(tmp_path: Path, claim: str, evidence: list[Cited]) -> None:
    judgement = judges.open_judge(f"nli:{tmp_path}").judge(claim, evidence)
    assert (judgement.verdict, judgement.probability) == (Verdict.UNSUPPORTED, None)
    assert judgement.reason


def _nothing(folder: Path) -> None:
    folder.rmdir()


def _no_model(folder: Path) -> None:
    (folder / "config.json").write_text("{}", "utf-8")


def _broken(folder: Path) -> None:
    tiny.save(folder)
    (folder / "model.safetensors").write_bytes(b"no weights")


def _no_head(folder: Path) -> None:
    tiny._tokenizer().save_pretrained(folder)
    tiny._model(("one",), 0).bert.save_pretrained(folder)


def _no_number(folder: Path) -> None:
    from safetensors.torch import load_file, save_file

    file = tiny.save(folder) / "model.safetensors"
    save_file({name: tensor * float("nan") for name, tensor in load_file(file).items()}, file, {"format": "pt"})


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (_nothing, "can load"),
        (_no_model, "can load"),
        (_broken, "can load"),
        (_no_head, "without a trained head: BertModel"),
        (_no_number, "not a number"),
    ],
)
def test_a_model_that_cannot_be_used_says_so(tmp_path: Path, make: Callable[[Path], None], said: str) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    make(folder)
    judge = judges.open_judge(f"nli:{folder}")  # loads nothing yet
    with pytest.raises(ModelError, match=said) as caught:
        judge.judge(CLAIM, [STATED])
    assert str(folder) in caught.value.message
    assert caught.value.hint


def test_a_model_must_be_named() -> None:
    with pytest.raises(SettingsError, match="needs a model") as caught:
        judges.open_judge("nli")
    assert "nli:" in caught.value.hint


def test_loading_and_judging_are_quiet(
    folder: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        judges.open_judge(f"nli:{folder}").judge(CLAIM, [LONG])
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []
