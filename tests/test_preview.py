"""Where records carry their fields, and what an ingest would take in, without taking it in."""

from __future__ import annotations

import json
import zipfile
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


GERMAN = (
    "Hafen gesperrt\n\n"
    + "Die Bürgermeisterin erklärte, die Brücke müsse gesperrt bleiben; größere Schäden seien möglich. " * 4
)
SHORT = "Hafen gesperrt\n\nDie Brücke bleibt zu."


def test_a_preview_says_which_encodings_are_guessed(tmp_path: Path) -> None:
    given = tmp_path / "given"
    given.mkdir()
    (given / "a.txt").write_bytes(GERMAN.encode("cp1252"))
    (given / "b.txt").write_text(GERMAN, "utf-8")
    with zipfile.ZipFile(given / "c.zip", "w") as packed:
        packed.writestr("a.txt", GERMAN.encode("cp1252"))
    guessed, known, within = preview([str(given)], Settings())
    assert (guessed.guessed, known.guessed) == ({str(given / "a.txt"): "cp1252"}, {})
    assert within.guessed == {f"{given / 'c.zip'}#a.txt": "cp1252"}
    shown = run("ingest", str(given), "--dry-run")
    lines = shown.stdout.splitlines()
    assert lines[1] == "  encoding guessed: cp1252"
    assert lines[-1] == f"  encoding guessed: cp1252 ({given / 'c.zip'}#a.txt)"
    assert len(lines) == 5
    assert "guessed" not in shown.stderr


def test_an_ingest_says_on_standard_error_which_encodings_are_guessed(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(GERMAN.encode("cp1252"))
    done = run("ingest", str(path), "--archive", str(tmp_path / "archive"))
    assert done.returncode == 0, done.stderr
    assert f"{path}: encoding guessed: cp1252; if letters are wrong, set encoding in settings.toml" in done.stderr


def test_an_encoding_in_the_settings_is_that_of_files_that_declare_none(opened: Opener, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(SHORT.encode("cp1252"))
    archive = opened("archive")
    ((_, reason),) = archive.ingest(path).failed
    assert "set encoding in settings.toml, e.g. cp1252" in reason
    archive.close()
    archive = opened("archive", replace(SETTINGS, encoding="cp1252"))
    assert archive.ingest(path).added == 1
    assert [article.text for article in archive.articles()] == ["Die Brücke bleibt zu."]
    (one,) = preview([str(path)], Settings(encoding="cp1252"))
    assert (one.articles, one.guessed) == (1, {})


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
