"""The judges that ask the writer's model: what it is asked, what its likelihoods become, and when it is not asked."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from rag import judges, llms
from rag.errors import SettingsError, UnknownModel
from rag.judges import Cited
from rag.judges.local import LocalJudge
from rag.settings import Settings
from rag.types import Verdict
from tests.judges.models import KnowingModel

EVIDENCE = [
    Cited(
        "The lawyer said on Friday that her client, who ran the dredging firm until 2021, had paid for the contracts.",
        title="Former harbour chief on trial",
        outlet="Quillmouth Courier",
        published=datetime(2025, 3, 14, tzinfo=UTC),
    )
]
STATED = "The head of the dredging firm had bought its contracts, his lawyer said."
NOT_STATED = "The harbour chief was sentenced for taking money."


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> KnowingModel:
    model = KnowingModel([STATED])
    monkeypatch.setattr(llms, "open_llm", lambda spec, options: model)
    return model


@pytest.mark.parametrize("name", ["local:qwen2.5-coder-1.5b", "local", "combined:qwen2.5-coder-1.5b", "combined"])
def test_the_model_is_shown_the_cited_words_and_where_they_are_from(model: KnowingModel, name: str) -> None:
    judges.open_judge(name).judge(STATED, EVIDENCE)
    [prompt] = model.asked
    assert EVIDENCE[0].quote in prompt
    assert '(Quillmouth Courier, 14 March 2025, "Former harbour chief on trial")' in prompt
    assert f"Sentence: {STATED}" in prompt


def test_likelihoods_of_yes_and_no_become_a_verdict(model: KnowingModel) -> None:
    judge = judges.open_judge("local")
    right, wrong = judge.judge_all([(STATED, EVIDENCE), (NOT_STATED, EVIDENCE)])
    assert (right.verdict, wrong.verdict) == (Verdict.SUPPORTED, Verdict.UNSUPPORTED)
    assert right.probability is not None
    assert wrong.probability is not None
    assert right.probability > 0.5 > wrong.probability


def test_every_way_of_writing_yes_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    class Hesitant:
        def next_token_logprobs(self, messages: object) -> dict[str, float]:
            return {"Yes": -1.0, " yes": -1.0, "YES": -1.0, "no": -1.5}

    monkeypatch.setattr(llms, "open_llm", lambda spec, options: Hesitant())
    judge = judges.open_judge("local")
    assert isinstance(judge, LocalJudge)
    assert judge.margin(STATED, EVIDENCE) == pytest.approx(1.0986 - 1.0 + 1.5, abs=1e-3)


def test_the_model_weighs_in_where_the_words_leave_doubt(model: KnowingModel) -> None:
    combined, words = judges.open_judge("combined"), judges.open_judge("combined:words")
    shown = combined.judge(STATED, EVIDENCE)
    alone = words.judge(STATED, EVIDENCE)
    assert shown.probability is not None
    assert alone.probability is not None
    assert shown.probability > alone.probability


def test_it_is_not_asked_where_the_words_decide(model: KnowingModel) -> None:
    judge = judges.open_judge("combined")
    assert judge.judge(EVIDENCE[0].quote, EVIDENCE).verdict is Verdict.SUPPORTED
    assert model.asked == []


@pytest.mark.parametrize("name", ["local", "combined"])
def test_a_model_that_fails_leaves_the_sentence_unchecked(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(llms, "open_llm", lambda spec, options: KnowingModel([], broken=True))
    judgement = judges.open_judge(name).judge(STATED, EVIDENCE)
    assert judgement.verdict is Verdict.UNCHECKED
    assert "could not be asked" in judgement.reason
    assert judgement.probability is None


def test_whether_an_answer_answers_is_asked_of_the_model(model: KnowingModel) -> None:
    model.stated = ["It cost 300 crowns."]
    judge = judges.open_judge("combined")
    answers = judge.answers  # type: ignore[attr-defined]
    assert answers("What did it cost?", "It cost 300 crowns.").verdict is Verdict.SUPPORTED
    assert answers("What did it cost?", "It opened in May.").verdict is Verdict.UNSUPPORTED
    assert judges.open_judge("combined:words").answers("?", "!").verdict is Verdict.UNCHECKED  # type: ignore[attr-defined]


def test_without_a_model_in_this_process_the_words_decide_alone() -> None:
    for writer in ("extractive", "ollama:llama3"):
        assert judges.open_judge("combined", Settings(writer=writer)).name == "combined:words"
    with pytest.raises(SettingsError, match="no model of this process"):
        judges.open_judge("local", Settings(writer="extractive"))
    with pytest.raises(UnknownModel):
        judges.open_judge("local:nobody")


@pytest.mark.models
def test_a_real_model_gives_a_probability() -> None:
    judge = judges.open_judge("local:smollm2-135m")
    judgement = judge.judge(EVIDENCE[0].quote, EVIDENCE)
    assert judgement.verdict is not Verdict.UNCHECKED
    assert judgement.probability is not None
    assert 0 < judgement.probability < 1
