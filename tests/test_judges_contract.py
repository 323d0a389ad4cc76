"""What every judge must do, whichever it is: a new file under rag/judges is tested here without an edit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from rag import judges, llms
from rag.errors import SettingsError
from rag.judges import Cited, Judge, Judgement
from rag.settings import Settings
from rag.types import Verdict
from tests.judges import tiny
from tests.judges.models import KnowingModel
from tests.judges.servers import answering_server

EVIDENCE = [Cited("The council of Elmsund granted the ferry line 4.2 million crowns.", title="New quay")]
TRUE = "The council of Elmsund granted the ferry line 4.2 million crowns."
FALSE = "The council of Norby sold the swimming hall for 900 euros."

# A judge whose example needs what is not at hand is tested under the name that a fixture gives: one line, one fixture.
AT_HAND = {
    "nli": "tiny_nli",
    "openai": "answering_openai",
    "local": "knowing_local",
    "combined": "words_alone",
}


@pytest.fixture(scope="module")
def tiny_nli(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"nli:{tiny.save(tmp_path_factory.mktemp('nli'))}"


@pytest.fixture(scope="module")
def answering_openai() -> Iterator[str]:
    with answering_server(lambda question: "Yes" if f"Sentence: {TRUE}" in question else "No") as server:
        yield server.judge


@pytest.fixture(scope="module")
def knowing_local() -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(llms, "open_llm", lambda spec, options: KnowingModel([TRUE]))
        yield "local:qwen2.5-coder-1.5b"


@pytest.fixture(scope="module")
def words_alone() -> str:
    return "combined:words"


@pytest.fixture(params=judges.discovered().values(), ids=judges.discovered().keys())
def module(request: pytest.FixtureRequest) -> ModuleType:
    return request.param


@pytest.fixture
def judge(module: ModuleType, request: pytest.FixtureRequest) -> Judge:
    fixture = AT_HAND.get(module.NAME)
    return judges.open_judge(request.getfixturevalue(fixture) if fixture else module.EXAMPLE)


def test_the_default_is_discovered() -> None:
    assert {"literal", Settings().judge} <= set(judges.discovered())


def test_every_file_is_a_judge() -> None:
    assert judges.__file__
    files = {p.stem for p in Path(judges.__file__).parent.glob("*.py")} - {"__init__"}
    assert {m.__name__.rpartition(".")[2] for m in judges.discovered().values()} <= files
    assert len({m.NAME for m in judges.discovered().values()}) == len(judges.discovered())


def test_an_unknown_judge_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(SettingsError, match="literal"):
        judges.open_judge("nobody")


def test_its_example_is_a_name_that_opens_it(module: ModuleType) -> None:
    assert judges.open_judge(module.EXAMPLE).name.startswith(module.NAME)
    assert module.EXAMPLE.partition(":")[0] == module.NAME


def test_it_names_and_describes_itself(module: ModuleType, judge: Judge) -> None:
    assert module.NAME.lower().strip() == module.NAME
    assert "\n" not in module.SUMMARY
    assert module.SUMMARY
    assert judge.name.startswith(module.NAME)


def test_a_verdict_with_a_reason_and_a_probability_if_any(judge: Judge) -> None:
    for claim in (TRUE, FALSE, "", "…"):
        judgement = judge.judge(claim, EVIDENCE)
        assert isinstance(judgement, Judgement)
        assert isinstance(judgement.verdict, Verdict)
        assert judgement.reason
        assert judgement.probability is None or 0 <= judgement.probability <= 1


def test_word_for_word_is_supported_and_something_else_is_not(judge: Judge) -> None:
    assert judge.judge(TRUE, EVIDENCE).verdict is Verdict.SUPPORTED
    assert judge.judge(FALSE, EVIDENCE).verdict is Verdict.UNSUPPORTED


def test_nothing_cited_is_never_supported(judge: Judge) -> None:
    assert judge.judge(TRUE, []).verdict is not Verdict.SUPPORTED


def test_all_at_once_is_one_by_one(judge: Judge) -> None:
    pairs = [(TRUE, EVIDENCE), (FALSE, EVIDENCE), (TRUE, [])]
    assert [j.verdict for j in judge.judge_all(pairs)] == [judge.judge(*pair).verdict for pair in pairs]
    assert judge.judge_all([]) == []
