"""What an archive remembers of the places that it was given, and how they are read again."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import pytest

from rag.errors import SettingsError
from tests.conftest import SETTINGS, Opener, run, write_article
from tests.site import Answer, running, story


def test_what_was_given_and_what_came_of_it(
    opened: Opener, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.chdir(tmp_path)
    archive = opened(settings=dataclasses.replace(SETTINGS, web_inside="127.0.0.1", web_delay=0.0))
    (folder / "a.odd").write_text("?", "utf-8")
    with running() as site:
        site["/a"] = Answer(story("Quay"))
        given = ["articles", f"{site.url}/a#part", folder / "bridge.md", "nowhere", "https://ida:secret@post.example/"]
        archive.ingest(given)
        first, second = archive.upkeep.places()
        assert (first.place, second.place) == (str(folder), f"{site.url}/a")
        assert first.outcome == {"added": 3, "updated": 0, "unchanged": 0, "failed": 1}
        assert "no reader for .odd files" in str(first.failure)
        assert second.outcome["added"] == 1
        assert second.failure is None
        assert first.read
        assert first.read >= first.given
        shutil.rmtree(folder)
        archive.ingest([place.place for place in archive.upkeep.places()])
    first, second = archive.upkeep.places()
    assert "no such file or folder" in str(first.failure)
    assert second.outcome["unchanged"] == 1


def test_a_place_is_forgotten_and_its_articles_stay(opened: Opener, folder: Path) -> None:
    archive = opened()
    archive.ingest(folder)
    archive.upkeep.forget(str(folder))
    assert archive.upkeep.places() == []
    assert len(archive.articles()) == 3
    with pytest.raises(SettingsError, match="no recorded place"):
        archive.upkeep.forget(str(folder))


def test_the_files_under_a_folder(opened: Opener, folder: Path) -> None:
    archive = opened()
    write_article(folder / "more" / "snow.md", "Snow fell on Sundby.", title="Snow")
    write_article(folder.parent / "articles-too" / "rain.md", "Rain fell on Sundby.", title="Rain")
    archive.ingest([folder, folder.parent / "articles-too"])
    assert archive.upkeep.files_under(folder / "more") == [str(folder / "more" / "snow.md")]
    assert len(archive.upkeep.files_under(folder)) == 4
    assert archive.upkeep.files_under(folder / "library.md") == [str(folder / "library.md")]


def test_sync_from_the_command_line(folder: Path, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    nothing = run("sync", "--archive", archive)
    assert (nothing.returncode, "no place is recorded" in nothing.stderr) == (1, True)
    run("ingest", folder, "--archive", archive)
    write_article(folder / "snow.md", "Snow fell on Sundby.", title="Snow")
    (folder / "library.md").unlink()
    done = run("sync", "--archive", archive)
    assert done.stdout == "1 added, 0 updated, 2 unchanged, 0 removed, 0 failed\n"
    listed = run("sync", "--list", "--archive", archive)
    assert str(folder) in listed.stdout
    assert "1 added, 2 unchanged" in listed.stdout
    [place] = json.loads(run("sync", "--list", "--json", "--archive", archive).stdout)
    assert place["outcome"]["added"] == 1
    assert json.loads(run("sync", "--prune", "--json", "--archive", archive).stdout)["removed"] == 1
    assert run("sync", "--list", "--forget", "x", "--archive", archive).returncode == 2
    assert run("sync", "--forget", folder, "--archive", archive).returncode == 0
    assert run("sync", "--list", "--archive", archive).stdout == ""
