"""A run's folder: begun, gone on with, mended, refused; and what is written down about what it ran on."""

from __future__ import annotations

import hashlib
import json
import platform
import re
import shutil
import socket
import subprocess
from dataclasses import replace
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

import rag
from eval import cases, runs
from eval.asked import Asked, Quote
from eval.cases import Case, Finding
from eval.runs import Run
from rag import models
from rag.errors import ReadError, SettingsError
from tests.conftest import Opener

ABOUT: dict[str, Any] = {
    "system": "ours",
    "settings": {"writer": "extractive", "writer_timeout": 180.0},
    "archive": {"version": "v1", "articles": 3},
    "questions": {"files": ["a.jsonl"], "count": 2, "sha256": "0"},
    "begun": "2025-01-01T00:00:00+00:00",
    "commit": "a",
}
QUESTION = Asked(
    id="q1",
    question="What will it cost?",
    type="number",
    answerable=True,
    reference="12.5 million",
    key_facts=(("12.5 million", "12.5m"),),
    evidence=(Quote("bridge.md", "cost 12.5\u2028million"),),
    history=(("Who?", "The council."),),
    as_of=date(2025, 11, 30),
    wrong_facts=(("9 million",),),
    filters=rag.Filters(published_from=date(2024, 1, 1), outlets=("Ortmund Post",)),
)
ANSWER = {
    "text": "It will cost 12.5 million. [1]",
    "abstained": False,
    "sentences": [{"text": "It will cost 12.5 million.", "citations": [], "verdict": "supported", "reason": "-"}],
    "evidence": [],
    "timings": {"total": 1.5},
}
CASE = Case(QUESTION, "ours", ANSWER, None, (True,), (("user", "What?"),), "It will", {"prompt": 3}, 812.5)
FAILURE = Case(replace(QUESTION, id="q2", filters=None, as_of=None), "ours", None, "too late")
FOUND = Finding("literal", 0, (1, 2), "supported", "it stands there", 0.9, 0.1)


@pytest.fixture
def begun(tmp_path: Path) -> Run:
    """A run with a case and what a judge found of it."""
    run = runs.begin(tmp_path / "run", ABOUT)
    run.keep(CASE)
    run.keep_findings("q1", [FOUND])
    return run


# -- beginning and going on -------------------------------------------------------------------------------------------


def test_a_new_run_is_a_folder_with_what_it_is_about(tmp_path: Path) -> None:
    run = runs.begin(tmp_path / "deep" / "run", ABOUT)
    assert run.name == "run"
    assert run.about == ABOUT
    assert run.cases() == []
    assert [path.name for path in run.folder.iterdir()] == ["run.json"]


def test_an_empty_folder_will_do(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    assert runs.begin(tmp_path / "run", ABOUT).about == ABOUT


def test_cases_come_back_as_they_were(begun: Run) -> None:
    begun.keep(FAILURE)
    begun.keep_findings("q1", [replace(FOUND, judge="combined:words", probability=None)])
    first, second = begun.cases()
    assert first == replace(CASE, findings=(FOUND, replace(FOUND, judge="combined:words", probability=None)))
    assert second == FAILURE
    assert first.judges == ["literal", "combined:words"]
    assert cases.written(first).encode().startswith(cases.BEGINS)


def test_findings_are_kept_beside_cases_and_not_in_them(begun: Run) -> None:
    begun.keep(replace(FAILURE, findings=(FOUND,)))
    assert [case.findings for case in begun.cases()] == [(FOUND,), ()]


def test_a_run_goes_on_and_says_when_it_began(begun: Run) -> None:
    again = runs.begin(begun.folder, {**ABOUT, "begun": "2026-02-02T00:00:00+00:00", "commit": "b"})
    assert again.about == {**ABOUT, "commit": "b"}
    assert [case.id for case in again.cases()] == ["q1"]


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("system", "stock"),
        ("settings", {"writer": "extractive", "writer_timeout": 60.0}),
        ("archive", {"version": "v2", "articles": 3}),
        ("questions", {"files": ["a.jsonl"], "count": 2, "sha256": "1"}),
    ],
)
def test_a_run_of_something_else_is_refused_and_left_alone(begun: Run, name: str, other: object) -> None:
    before = {path.name: path.read_bytes() for path in begun.folder.iterdir()}
    with pytest.raises(SettingsError, match=f"with another {name}") as refused:
        runs.begin(begun.folder, {**ABOUT, name: other})
    assert "--out" in str(refused.value)
    assert {path.name: path.read_bytes() for path in begun.folder.iterdir()} == before


def test_all_that_differs_is_named(begun: Run) -> None:
    with pytest.raises(SettingsError, match="another system, questions"):
        runs.begin(begun.folder, {**ABOUT, "system": "stock", "questions": {}})


@pytest.mark.parametrize("name", ["cases.jsonl", "findings.jsonl"])
@pytest.mark.parametrize("left", [1, 5, 30])
def test_a_last_line_that_was_cut_off_is_taken_out(begun: Run, name: str, left: int) -> None:
    path = begun.folder / name
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:left])
    assert len(begun.cases()) == 1  # and reading does not stumble over it
    again = runs.begin(begun.folder, ABOUT)
    assert path.read_bytes() == whole
    again.keep(FAILURE)
    assert [case.id for case in again.cases()] == ["q1", "q2"]
    assert again.cases()[0].findings == (FOUND,)


@pytest.mark.parametrize("name", ["cases.jsonl", "findings.jsonl"])
def test_a_file_of_something_else_is_not_mended(begun: Run, name: str) -> None:
    (begun.folder / name).write_text("a letter without a line break", "utf-8")
    with pytest.raises(ReadError, match=rf"{name} is (another|no) file"):
        runs.begin(begun.folder, ABOUT)
    assert (begun.folder / name).read_text("utf-8") == "a letter without a line break"


def test_a_folder_with_something_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear", "utf-8")
    with pytest.raises(SettingsError, match="is not empty, and no run"):
        runs.begin(tmp_path, ABOUT)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


@pytest.mark.parametrize("text", [None, "{", "\xff"])
def test_what_is_no_run_is_said_to_be_none(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "run.json").write_bytes(text.encode("latin-1"))
    for asked in (lambda: Run(tmp_path).about, Run(tmp_path).cases, Run(tmp_path).score):
        with pytest.raises(ReadError, match="is no run"):
            asked()


@pytest.mark.parametrize("line", ['{"asked": {}}', "[]", '{"asked"'])
def test_a_line_that_is_no_case_is_named(begun: Run, line: str) -> None:
    with (begun.folder / "cases.jsonl").open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    with pytest.raises(ReadError, match=r"cases\.jsonl:2"):
        begun.cases()


def test_scores_are_made_anew(begun: Run) -> None:
    begun.keep(FAILURE)
    for _ in range(2):
        assert [case.id for case in begun.score()] == ["q1", "q2"]
        lines = [json.loads(line) for line in (begun.folder / "scores.jsonl").read_text("utf-8").splitlines()]
        assert [line["id"] for line in lines] == ["q1", "q2"]
        assert lines[0]["scores"]["key-fact recall"] == 1.0
        assert lines[1]["failed"]["key-fact recall"] == "too late"


# -- what it ran on ---------------------------------------------------------------------------------------------------


@pytest.fixture
def folder_of_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Any pack is this folder."""
    folder = tmp_path / "pack"
    (folder / "inner").mkdir(parents=True)
    (folder / "model.bin").write_bytes(b"weights")
    (folder / "inner" / "config.json").write_bytes(b"{}")
    monkeypatch.setattr(rag, "model_folder", lambda pack: folder)
    return folder


def test_about_says_what_was_asked_of_what(opened: Opener, folder: Path, folder_of_model: Path) -> None:
    archive = opened()
    archive.ingest(folder)
    about = runs.about(archive, "ours", [QUESTION], ["dev.jsonl"], folder)
    assert about["system"] == "ours"
    assert about["archive"] == {"version": archive.version, "articles": 3}
    assert about["questions"] | {"sha256": ""} == {"files": ["dev.jsonl"], "count": 1, "sha256": ""}
    assert about["settings"]["writer"] == "extractive"
    assert about["versions"]["newsroom-rag"] == version("newsroom-rag")
    assert about["versions"]["numpy"] == version("numpy")
    assert about["commit"] is None  # the articles are in no checkout
    assert json.loads(json.dumps(about)) == about  # as it is compared with what is read back
    others = [replace(QUESTION, question="Why?")], [replace(QUESTION, key_facts=(("13",),))]
    hashes = {runs.about(archive, "ours", other, [], folder)["questions"]["sha256"] for other in others}
    assert len(hashes | {about["questions"]["sha256"]}) == 3


def test_every_file_of_the_packs_is_named_by_its_hash(tmp_path: Path, folder_of_model: Path) -> None:
    hashes = {
        "model.bin": hashlib.sha256(b"weights").hexdigest(),
        "inner/config.json": hashlib.sha256(b"{}").hexdigest(),
    }
    for writer, packs in {
        "extractive": {"all-minilm-l6-v2"},
        "local:small": {"all-minilm-l6-v2", "small"},
        "openai:http://127.0.0.1:9/v1#m": {"all-minilm-l6-v2"},
    }.items():
        with rag.open(tmp_path / "archive", rag.Settings(writer=writer)) as archive:
            about = runs.about(archive, "ours", [], [], tmp_path)
        assert about["models"] == dict.fromkeys(packs, hashes)


@pytest.mark.models
def test_the_default_embedder_is_named_by_the_hash_of_its_registry(tmp_path: Path) -> None:
    name = rag.Settings().embedder
    if models.status(name).state is not models.State.COMPLETE:
        pytest.skip(f"{name} is not on this machine")
    with rag.open(tmp_path / "archive", rag.Settings(writer="extractive")) as archive:
        found = runs.about(archive, "ours", [], [], tmp_path)["models"]
    assert set(found) == {name}
    promised = {file.name: file.sha256 for file in models.find(name).files}
    assert promised.items() <= found[name].items()


def test_an_embedder_that_is_no_pack_has_no_files(opened: Opener, tmp_path: Path) -> None:
    assert runs.about(opened(), "ours", [], [], tmp_path)["models"] == {}


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_the_commit_and_whether_files_differ_from_it(
    opened: Opener, tmp_path: Path, folder_of_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    checkout = tmp_path / "checkout"
    checkout.mkdir()

    def git(*arguments: str) -> None:
        who = ("-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *who, *arguments], cwd=checkout, check=True, capture_output=True)

    (checkout / "code.py").write_text("1", "utf-8")
    git("init")
    git("add", ".")
    git("commit", "-m", "One")
    archive = opened()
    commit = runs.about(archive, "ours", [], [], checkout)["commit"]
    assert re.fullmatch(r"[0-9a-f]{40}", commit)
    (checkout / "beside.txt").write_text("not of the code", "utf-8")
    assert runs.about(archive, "ours", [], [], checkout)["commit"] == commit
    (checkout / "code.py").write_text("2", "utf-8")
    assert runs.about(archive, "ours", [], [], checkout)["commit"] == f"{commit}+"


def test_the_machine_is_described_and_not_named() -> None:
    machine = runs.machine()
    assert set(machine) == {"processor", "processors", "memory, GiB", "system", "python"}
    assert machine["processors"] >= 1
    assert machine["memory, GiB"] > 0
    assert machine["python"] == platform.python_version()
    words = {word for value in machine.values() for word in str(value).split()}
    assert words.isdisjoint({platform.node(), socket.gethostname()})


def test_memory_is_in_mebibytes() -> None:
    peak = runs.peak_memory()
    assert peak is None or 20 < peak < 100_000
