"""The command line: JSON that parses, exit statuses, and every bad input named with its reason."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import rag
from rag import cli
from tests import fakes
from tests.conftest import SETTINGS, command, consistent, environment, run, write_article

QUESTION = "How much will the repairs of the Weir Bridge cost?"


class Cli:
    """`rag` within this process, for what needs no process of its own."""

    def __init__(self, archive: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.archive, self._capsys, self._monkeypatch = archive, capsys, monkeypatch
        for name, value in environment().items():
            if name.startswith("RAG_"):
                monkeypatch.setenv(name, value)
        monkeypatch.setenv("RAG_ARCHIVE", str(archive))

    def __call__(self, *arguments: str | Path) -> tuple[int, str, str]:
        """Exit status, standard output and standard error."""
        self._monkeypatch.setattr(sys, "argv", ["rag", *map(str, arguments)])
        self._capsys.readouterr()
        try:
            cli.main()
            status = 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(end.code is not None)
        out, err = self._capsys.readouterr()
        assert "Traceback" not in err
        return status, out, err

    def json(self, *arguments: str | Path) -> Any:
        status, out, err = self(*arguments, "--json")
        assert status == 0, err
        return json.loads(out)


@pytest.fixture
def rag_(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    return Cli(tmp_path / "archive", capsys, monkeypatch)


# -- results ----------------------------------------------------------------------------------------------------------


def test_json_of_every_command(rag_: Cli, folder: Path) -> None:
    assert rag_.json("ingest", folder) == {"added": 3, "updated": 0, "unchanged": 0, "removed": 0, "failed": []}
    assert rag_.json("ingest", folder)["unchanged"] == 3
    hits = rag_.json("search", QUESTION, "-k", "2")
    assert [hit["rank"] for hit in hits] == [1, 2]
    assert hits[0]["title"] == "Weir Bridge to be repaired"
    answer = rag_.json("ask", QUESTION)
    assert "12.5 million" in answer["text"]
    assert answer["citations"][0]["article_id"] == hits[0]["article_id"]
    articles = rag_.json("articles")
    assert len(articles) == 3
    shown = rag_.json("show", hits[0]["article_id"])
    assert shown.pop("notes") == []
    assert shown in articles
    status = rag_.json("status")
    assert (status["articles"], status["unfinished"], status["writer"]) == (3, None, "extractive")
    listed = rag_.json("models", "list")
    assert rag.Settings().embedder in {pack["name"] for pack in listed["packs"]}
    assert "extractive" in {writer["name"] for writer in listed["writers"]}


def test_text_of_every_command(rag_: Cli, folder: Path) -> None:
    status, out, err = rag_("ingest", folder)
    assert (status, out, err) == (0, "3 added, 0 updated, 0 unchanged, 0 removed, 0 failed\n", "")
    _, out, _ = rag_("search", QUESTION)
    assert "1. Weir Bridge to be repaired" in out
    assert "Ortmund Post" in out
    status, out, err = rag_("ask", QUESTION)
    assert status == 0
    assert "✓ The repairs will cost 12.5 million crowns." in out
    assert "[1] Weir Bridge to be repaired" in out
    assert "https://post.example/bridge" in out
    assert "total" in err
    _, out, _ = rag_("articles")
    assert [line.split("  ")[1] for line in out.splitlines()] == ["2024-09-30", "2024-04-10", "2024-03-05"]
    _, shown, _ = rag_("show", out.split()[0])
    assert "outlet: Field Weekly" in shown
    assert "310 tonnes of apples" in shown
    _, out, err = rag_("status")
    assert "articles  3 in" in out
    assert err == ""
    _, out, _ = rag_("models", "list")
    assert rag.Settings().embedder in out


def test_filters(rag_: Cli, folder: Path) -> None:
    rag_("ingest", folder)
    found = rag_.json("articles", "--from", "2024-04-10", "--to", "2024-04-10")
    assert [article["title"] for article in found] == ["Library opens"]
    found = rag_.json("search", "bridge apples", "--outlet", "field weekly", "--outlet", "sundby radio")
    assert {hit["outlet"] for hit in found} == {"Field Weekly", "Sundby Radio"}
    assert {hit["title"] for hit in rag_.json("search", "x", "--byline", "ivo sand")} == {"Weir Bridge to be repaired"}


def test_an_older_version_is_shown(rag_: Cli, folder: Path) -> None:
    rag_("ingest", folder)
    [article] = rag_.json("articles", "--outlet", "Field Weekly")
    path = folder / "harvest.md"
    path.write_text(path.read_text("utf-8").replace("310", "290"), "utf-8")
    rag_("ingest", folder)
    assert "290" in rag_.json("show", article["id"])["text"]
    assert "310" in rag_.json("show", article["id"], "--version", "1")["text"]


def test_text_from_outside_does_not_steer_the_terminal(rag_: Cli, tmp_path: Path) -> None:
    path = tmp_path / "evil.jsonl"
    path.write_text(json.dumps({"text": "Red \x9b31m \x7f alert.", "title": "Ev\x9bil"}) + "\n")
    rag_("ingest", path)
    for arguments in (["search", "red alert"], ["articles"], ["ask", "Is there a red alert?"]):
        _, out, _ = rag_(*arguments)
        assert "Ev" in out
        assert not set(out) & {"\x9b", "\x7f", "\x1b"}


# -- exit statuses ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ["ingest"],
        ["nonsense"],
        ["search"],
        ["search", "x", "-k", "0"],
        ["search", "x", "-k", "many"],
        ["search", "x", "--from", "yesterday"],
        ["search", "x", "--from", "2024-05-02", "--to", "2024-05-01"],
        ["ask", "x", "--nonsense"],
        ["articles", "--limit", "0"],
    ],
)
def test_wrong_usage_is_2(rag_: Cli, arguments: list[str]) -> None:
    status, out, err = rag_(*arguments)
    assert (status, out) == (2, "")
    assert err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["ask", "  "], "the question is empty"),
        (["search", ""], "the question is empty"),
        (["show", "0000"], "no article 0000"),
        (["ask", "bridge", "--writer", "nobody:x"], "nobody"),
        (["ingest", "no-such-folder"], "no such file or folder"),
        (["models", "pull", "nobody"], "nobody"),
    ],
)
def test_what_cannot_be_served_is_1(rag_: Cli, folder: Path, arguments: list[str], words: str) -> None:
    rag_("ingest", folder)
    status, _, err = rag_(*arguments)
    assert status == 1
    assert words in err


def test_an_abstention_is_an_answer(rag_: Cli) -> None:
    status, out, err = rag_("ask", QUESTION)
    assert status == 0
    assert "archive is empty" in out + err


def test_a_wrong_setting_is_named(rag_: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_EVIDENCE_PASSAGES", "many")
    status, _, err = rag_("status")
    assert status == 1
    assert "evidence_passages" in err


def test_a_real_process_starts_and_ends(folder: Path, tmp_path: Path) -> None:
    """What `main()` does is done by `python -m rag.cli` as well."""
    done = run("status", "--json", "--archive", tmp_path / "archive")
    assert done.returncode == 0
    assert json.loads(done.stdout)["articles"] == 0
    assert done.stderr == ""
    failed = run("show", "0000", "--archive", tmp_path / "archive")
    assert failed.returncode == 1
    assert failed.stderr.startswith("error: no article 0000")
    assert "Traceback" not in failed.stderr


def test_a_reader_that_goes_away_is_no_traceback(folder: Path, tmp_path: Path) -> None:
    for n in range(200):
        write_article(tmp_path / "many" / f"{n}.md", f"Owl {n} was seen. " * 40, title=f"Owl {n}")
    archive = tmp_path / "archive"
    run("ingest", tmp_path / "many", "--archive", archive)
    with subprocess.Popen(
        command("articles", "--json", "--archive", archive),
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.read(1)
        process.stdout.close()
        said = process.stderr.read()
    assert process.returncode in (0, 1)
    assert "Traceback" not in said
    assert "BrokenPipe" not in said


# -- bad input --------------------------------------------------------------------------------------------------------


def test_every_bad_input_is_named_and_the_rest_goes_in(rag_: Cli, folder: Path) -> None:
    (folder / "empty.txt").touch()
    (folder / "empty.pdf").touch()
    (folder / "picture.md").write_bytes(bytes(range(256)) * 40)
    (folder / "broken.txt").write_bytes(b"Snow fell on \xff\xfe\x81\x8d Sundby \x90\x9d. " * 3 + b"\x81")
    (folder / "photo.raw9").write_bytes(b"x")
    rows = [json.dumps({"title": f"Line {n}", "text": f"Line {n} was read."}) for n in range(1, 11)]
    rows[6] = rows[6][:20]
    (folder / "wire.jsonl").write_text("\n".join(rows) + "\n")
    status, out, err = rag_("ingest", folder, folder / "missing.md")
    assert status == 0
    told = {line.split(": ", 2)[1]: line.split(": ", 2)[2] for line in err.splitlines() if "not taken in" in line}
    reasons = {Path(place).name: reason for place, reason in told.items()}
    assert "empty" in reasons["empty.txt"]
    assert reasons["empty.pdf"]
    assert reasons["picture.md"]
    assert "no reader" in reasons["photo.raw9"]
    assert "no such file" in reasons["missing.md"]
    [line_7] = [name for name in reasons if name.startswith("wire.jsonl")]
    assert "7" in line_7 + reasons[line_7]
    assert "JSON" in reasons[line_7]
    titles = {article["title"] for article in rag_.json("articles")}
    assert {f"Line {n}" for n in range(1, 11) if n != 7} <= titles
    assert {"Weir Bridge to be repaired", "Library opens", "Apple harvest grows"} <= titles
    assert "Line 7" not in titles
    assert f"{len(reasons)} failed" in out
    # Invalid UTF-8 is either told or taken in readably, never half of each.
    texts = [article["text"] for article in rag_.json("articles") if "Snow fell" in article["text"]]
    assert ("broken.txt" in reasons) != bool(texts)
    assert all("\x81" not in text for text in texts)
    again = rag_("ingest", folder, folder / "missing.md")
    assert again[0] == 0
    assert set(again[2].splitlines()) == set(err.splitlines())


def test_if_nothing_goes_in_the_status_is_1(rag_: Cli, tmp_path: Path) -> None:
    (tmp_path / "empty.md").touch()
    status, out, err = rag_("ingest", tmp_path / "empty.md")
    assert status == 1
    assert "1 failed" in out
    assert "empty.md" in err


# -- an archive that cannot be written --------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MB, where mounting one is allowed."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    if mount is None or not sys.platform.startswith("linux"):
        pytest.skip("needs Linux and mount")
    made = subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder], capture_output=True, text=True, check=False
    )
    if made.returncode:
        pytest.skip(f"a small file system cannot be mounted here: {made.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def remount(disk: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", disk], check=True)


@pytest.fixture
def many(tmp_path: Path) -> Path:
    for n in range(60):
        text = " ".join(f"On day {day} of winter {n} the ferry carried {n * day} people." for day in range(120))
        write_article(tmp_path / "many" / f"{n:02}.md", text, title=f"Winter {n}")
    return tmp_path / "many"


def test_a_full_disk_is_told_and_the_ingest_goes_on_later(small_disk: Path, many: Path) -> None:
    archive = small_disk / "archive"
    full = run("ingest", many, "--archive", archive)
    assert full.returncode == 1
    assert full.stderr.startswith("error: ")
    assert "Traceback" not in full.stderr
    assert "space" in full.stderr
    remount(small_disk, "size=64m")
    done = run("ingest", many, "--archive", archive)
    assert done.returncode == 0, done.stderr
    assert "0 failed" in done.stdout
    with rag.open(archive, settings=SETTINGS) as opened:
        consistent(opened)
        assert opened.status().articles == 60


def test_a_read_only_archive_is_told(small_disk: Path, folder: Path) -> None:
    archive = small_disk / "archive"
    remount(small_disk, "size=64m")
    assert run("ingest", folder, "--archive", archive).returncode == 0
    write_article(folder / "new.md", "Snow fell on Sundby.", title="Snow")
    remount(small_disk, "ro")
    try:
        denied = run("ingest", folder, "--archive", archive)
    finally:
        remount(small_disk, "rw")
    assert denied.returncode == 1
    assert denied.stderr.startswith("error: ")
    assert "Traceback" not in denied.stderr
    assert run("ingest", folder, "--archive", archive).stdout.startswith("1 added")


# -- Ctrl-C -----------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT")
def test_ctrl_c_stops_and_the_next_run_goes_on(many: Path, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    with subprocess.Popen(
        command("ingest", many, "--archive", archive),
        env=environment(**{fakes.SLEEP: "0.02"}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            deadline = time.monotonic() + 60
            with rag.open(archive, settings=SETTINGS) as watched:
                while watched.status().articles < 10:
                    assert process.poll() is None
                    assert time.monotonic() < deadline
                    time.sleep(0.01)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode == 130
    assert "Stopped. What was taken in is kept" in said
    assert "Traceback" not in said
    status = run("status", "--archive", archive)
    assert "unfinished" in status.stderr
    assert run("ingest", many, "--archive", archive).returncode == 0
    with rag.open(archive, settings=SETTINGS) as opened:
        consistent(opened)
        assert opened.status().articles == 60
