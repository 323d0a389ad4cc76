"""Settings: defaults, then the file, then the environment; each mistake is named with its place."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from rag.errors import SettingsError
from rag.settings import FILE_NAME, Settings, keep, load


def test_defaults_without_file_and_environment(tmp_path: Path) -> None:
    assert load(tmp_path, {}) == Settings()
    assert list(tmp_path.iterdir()) == []


def test_environment_over_file_over_defaults(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text(
        'writer = "extractive"\npassage_tokens = 100\ntimezone = "Europe/Oslo"\n', "utf-8"
    )
    settings = load(tmp_path, {"RAG_PASSAGE_TOKENS": "150", "RAG_WITHOUT": "title", "RAG_ARCHIVE": "x", "PATH": "y"})
    assert settings == Settings(writer="extractive", passage_tokens=150, without="title", timezone="Europe/Oslo")
    assert isinstance(settings.passage_tokens, int)


@pytest.mark.parametrize("field", dataclasses.fields(Settings), ids=lambda f: f.name)
def test_every_setting_can_come_from_the_environment_and_is_documented(
    tmp_path: Path, field: dataclasses.Field
) -> None:  # type: ignore[type-arg]
    settings = load(tmp_path, {f"RAG_{field.name.upper()}": str(field.default)})
    assert getattr(settings, field.name) == field.default
    assert type(getattr(settings, field.name)) is type(field.default)
    assert field.name in (Settings.__doc__ or "")


@pytest.mark.parametrize(
    ('name', 'value'),
    [
        ("passage_tokens", 19), ("passage_tokens", 201), ("passage_tokens", True), ("passage_tokens", "100"),
        ("evidence_passages", 0), ("evidence_passages", 201), ("prompt_tokens", 99), ("answer_tokens", 15),
        ("writer_timeout", 0.5), ("writer_timeout", float("inf")), ("writer_timeout", float("nan")),
        ("threads", -1), ("timezone", "Nowhere/City"), ("timezone", "../etc"), ("timezone", ""),
        ("encoding", "cp9999"), ("encoding", "hex"), ("encoding", "rot13"), ("encoding", "idna"), ("encoding", "a\0b"),
    ],
)  # fmt: skip
def test_values_out_of_bounds_are_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(SettingsError, match=name):
        Settings(**{name: value})  # type: ignore[arg-type]


def test_an_encoding_has_any_of_its_names(tmp_path: Path) -> None:
    for name in ("cp1252", "windows-1252", "Latin-1", "KOI8-R", "shift_jis", "gb2312", "utf-8", ""):
        assert load(tmp_path, {"RAG_ENCODING": name}).encoding == name
    (tmp_path / FILE_NAME).write_text('encoding = "ebcdic"\n', "utf-8")
    with pytest.raises(SettingsError, match="encoding 'ebcdic' is not a known") as error:
        load(tmp_path, {})
    assert "cp1252" in error.value.hint


def test_a_name_that_is_no_setting_is_refused_with_those_there_are(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text('writr = "extractive"\n', "utf-8")
    with pytest.raises(SettingsError, match="writr") as error:
        load(tmp_path, {})
    assert str(tmp_path / FILE_NAME) in error.value.message
    assert "writer" in error.value.hint


@pytest.mark.parametrize(
    ('content', 'named'),
    [(b"writer = ", FILE_NAME), (b'writer = "\xff"', FILE_NAME), (b"writer = 3", "writer"),
     (b'threads = "x"', "threads"),
     (b"threads = 2000", "threads"), (b"weights = [1]", "weights")],
)  # fmt: skip
def test_a_bad_file_is_named(tmp_path: Path, content: bytes, named: str) -> None:
    (tmp_path / FILE_NAME).write_bytes(content)
    with pytest.raises(SettingsError, match=named):
        load(tmp_path, {})


def test_a_bad_variable_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"environment.*passage_tokens.*many"):
        load(tmp_path, {"RAG_PASSAGE_TOKENS": "many"})


def test_whole_numbers_are_not_cut_from_fractions(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("passage_tokens = 100.9\n", "utf-8")
    with pytest.raises(SettingsError, match="passage_tokens"):
        load(tmp_path, {})


def test_settings_do_not_change() -> None:
    settings = Settings()
    assert settings.override({"threads": 3}, "here").threads == 3
    assert settings.threads == 0
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.threads = 4  # type: ignore[misc]


def test_what_is_kept_is_read_again_and_the_rest_of_the_file_stays(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text('# ours\nthreads = 3  # of four\nwriter = "ollama:old"\n', "utf-8")
    kept = keep(tmp_path, load(tmp_path, {}), {"writer": "extractive"})
    assert kept.writer == "extractive"
    assert load(tmp_path, {}) == kept
    assert (tmp_path / FILE_NAME).read_text("utf-8") == '# ours\nthreads = 3  # of four\nwriter = "extractive"\n'


def test_keeping_makes_the_file_and_nothing_beside_it(tmp_path: Path) -> None:
    keep(tmp_path, Settings(), {"writer": 'openai:http://x/v1#a"b'})
    assert load(tmp_path, {}).writer == 'openai:http://x/v1#a"b'
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


def test_a_file_that_is_no_toml_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("writer = ", "utf-8")
    with pytest.raises(SettingsError, match=FILE_NAME):
        keep(tmp_path, Settings(), {"writer": "extractive"})
    assert (tmp_path / FILE_NAME).read_text("utf-8") == "writer = "
