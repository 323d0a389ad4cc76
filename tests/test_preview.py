"""Where records carry their fields, and what an ingest would take in, without taking it in."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from rag.errors import SettingsError
from rag.preview import preview
from rag.readers.fields import mapping
from rag.settings import Settings
from tests.conftest import SETTINGS, Opener, run, write_article

KOP = {
    "kop": "Harbour lights go out",
    "tekst": "The lights went out on Monday.",
    "datum": "2025-05-06",
    "rubriek": "Port",
}
OPTIONS = ["--field", "text=tekst", "--field", "title=kop", "--field", "published=datum"]


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "in" / "export.jsonl"
    path.parent.mkdir()
    path.write_text(f"{json.dumps(KOP)}\n{{broken\n", "utf-8")
    return path


def test_names_of_ones_own_go_before_the_usual_ones(opened: Opener, export: Path) -> None:
    archive = opened(settings=replace(SETTINGS, fields="text = tekst, title=Kop"))
    assert archive.ingest(export).added == 1
    (article,) = archive.articles()
    assert (article.title, article.text) == (KOP["kop"], KOP["tekst"])


@pytest.mark.parametrize("setting", ["text", "text=", "=tekst", "words=tekst", "text=a,,b"])
def test_a_mapping_that_cannot_be_is_said(setting: str) -> None:
    with pytest.raises(SettingsError, match="is not like text=body_html"):
        mapping(setting)


def test_a_preview_says_what_maps_where_and_what_is_wrong(export: Path) -> None:
    write_article(export.parent / "a.md", "It was dark.", title="Dark")
    fields = "text=tekst, title=kop, published=datum"
    markdown, lines = preview([str(export.parent)], Settings(fields=fields))
    assert (markdown.format, markdown.articles, markdown.title) == ("Markdown", 1, "Dark")
    assert lines.articles == 1
    assert lines.fields == {"text": "tekst", "title": "kop", "published": "datum"}
    assert lines.unused == "rubriek"
    assert [path for path, _ in lines.failed] == [f"{export}:2"]
    (nothing,) = preview([str(export)], Settings())
    assert nothing.articles == 0
    assert "no text" in nothing.failed[0][1]


def test_neither_an_address_nor_what_is_not_there_is_read() -> None:
    found = list(preview(["https://paper.example/feed.xml", "/nowhere/at/all"], Settings()))
    assert [one.articles for one in found] == [0, 0]
    assert "not visited" in found[0].failed[0][1]


def test_the_command_writes_nothing_in_a_dry_run_and_keeps_the_names_otherwise(export: Path, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    dry = run("ingest", str(export), "--archive", str(archive), "--dry-run", *OPTIONS)
    assert dry.returncode == 0, dry.stderr
    assert "1 article" in dry.stdout
    assert "text       from tekst" in dry.stdout
    assert "not used:  rubriek" in dry.stdout
    assert f"{export}:2" in dry.stderr
    assert not archive.exists()
    assert run("ingest", str(export), "--archive", str(archive), "--dry-run").returncode == 1  # nothing would go in
    done = run("ingest", str(export), "--archive", str(archive), *OPTIONS)
    assert done.returncode == 0, done.stderr
    assert 'fields = "text=tekst, title=kop, published=datum"' in (archive / "settings.toml").read_text()
    export.write_text(json.dumps(KOP | {"kop": "Lights"}), "utf-8")
    again = run("ingest", str(export), "--archive", str(archive), "--json")
    assert json.loads(again.stdout)["updated"] == 1
    wrong = run("ingest", str(export), "--archive", str(archive), "--field", "words=tekst")
    assert wrong.returncode == 1
    assert "The fields are: text, title" in wrong.stderr


def test_another_mapping_reads_a_file_anew(opened: Opener, export: Path) -> None:
    export.write_text(json.dumps({"text": "It was dark.", "tekst": "It was light."}), "utf-8")
    archive = opened("archive")
    archive.ingest(export)
    archive.close()
    other = opened("archive", replace(SETTINGS, fields="text=tekst"))
    assert other.ingest(export).updated == 1
    assert [article.text for article in other.articles()] == ["It was light."]
