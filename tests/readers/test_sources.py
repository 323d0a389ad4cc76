"""What there is to read: files, folders, links, addresses."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from rag import readers
from rag.errors import ReadError
from rag.readers import Context, Source, expand, read, reader_for
from rag.types import Article
from tests.readers import failure


def found(*places: str | os.PathLike[str]) -> list[str]:
    return [f"! {i.path}: {i.message}" if isinstance(i, ReadError) else i.location for i in expand(places)]


def filled(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("Some words.", "utf-8")
    return folder.resolve()


def test_folders_are_searched_by_name_without_what_is_hidden(tmp_path: Path) -> None:
    root = filled(tmp_path, "b.md", "a/c.txt", "A.TXT", ".git/x.md", ".hidden.md")
    assert found(tmp_path) == [str(root / name) for name in ("A.TXT", "a/c.txt", "b.md")]


def test_a_file_comes_once_however_it_is_named(tmp_path: Path) -> None:
    root = filled(tmp_path, "a.md", "b.md")
    (tmp_path / "again.md").symlink_to(tmp_path / "a.md")
    assert found(tmp_path / "b.md", tmp_path, str(tmp_path / "." / "a.md")) == [str(root / "b.md"), str(root / "a.md")]


def test_other_formats_are_named_with_what_is_read(tmp_path: Path) -> None:
    filled(tmp_path, "a.pages", "LICENCE")
    assert all(".md" in line and ".pdf" in line for line in found(tmp_path))
    assert [line.split("(")[0].split(": ")[1].strip() for line in found(tmp_path)] == [
        "no reader for files without a suffix",
        "no reader for .pages files",
    ]


def test_links_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    filled(tmp_path, "outside/secret.md", "inside/a.md")
    inside = tmp_path / "inside"
    (inside / "file.md").symlink_to(tmp_path / "outside" / "secret.md")
    (inside / "folder").symlink_to(tmp_path / "outside")
    (inside / "loop").symlink_to(inside)
    (inside / "gone.md").symlink_to(inside / "nothing.md")
    lines = found(inside)
    assert [line for line in lines if not line.startswith("!")] == [str((inside / "a.md").resolve())]
    assert sum("leads out of its folder" in line for line in lines) == 2
    assert sum("no such file" in line for line in lines) == 1
    assert len(lines) == 4


def test_a_link_that_is_named_is_followed(tmp_path: Path) -> None:
    root = filled(tmp_path, "real/a.md")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert found(tmp_path / "link") == [str(root / "real" / "a.md")]


def test_what_is_not_there_is_reported(tmp_path: Path) -> None:
    assert found(tmp_path / "nothing.md") == [f"! {tmp_path / 'nothing.md'}: there is no such file or folder"]
    assert "not a usable path" in found("a\0b.md")[0]


def test_pipes_are_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    assert "not a file but a device" in found(tmp_path)[0]


def test_a_name_that_cannot_be_stored_is_reported(tmp_path: Path) -> None:
    try:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.md")).write_text("Words.", "utf-8")
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    (line,) = found(tmp_path)
    assert "not valid UTF-8; rename it" in line
    line.encode("utf-8")


def test_addresses(tmp_path: Path) -> None:
    assert found("https://post.example/a#part", "https://post.example/a") == ["https://post.example/a"]
    assert "not an http or https address" in found("ftp://post.example/a")[0]
    assert "without a host" in found("https:///a")[0]
    (line,) = found("https://ida:secret@post.example/a")
    assert "password" in line
    assert "secret" not in line


def test_a_single_path_may_stand_by_itself(tmp_path: Path) -> None:
    root = filled(tmp_path, "a.md")
    places: list[Iterable[str] | Path | str] = [tmp_path, str(tmp_path)]
    for place in places:
        assert [s.location for s in expand(place) if isinstance(s, Source)] == [str(root / "a.md")]  # type: ignore[arg-type]


def test_the_reader_of_an_address_is_what_its_path_suggests() -> None:
    assert reader_for(Source("https://post.example/a.pdf?b=c.md", None)).FORMAT == "PDF"
    assert reader_for(Source("https://post.example/a.cgi", None)).FORMAT == "HTML"
    assert reader_for(Source("https://post.example/", None)).FORMAT == "HTML"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("Words.", "utf-8")
    path.chmod(0)
    assert failure(path).message == "permission denied"


@pytest.mark.parametrize("suffix", [".md", ".jsonl"])
def test_permission_denied_is_said_so(suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)
    monkeypatch.setattr(Path, "read_bytes", denied)
    error = failure(tmp_path / f"a{suffix}")
    assert (error.path, error.message) == (str(tmp_path / f"a{suffix}"), "permission denied")


def test_no_reader_gets_an_empty_article_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Careless:
        SUFFIXES, MEDIA_TYPES, VERSION, FORMAT = (".odd",), (), 1, "odd"

        @staticmethod
        def read(path: Path, source: str, context: Context) -> Iterable[Article]:
            yield Article(id="0", text=" ", source=source)

    monkeypatch.setattr(readers, "discovered", lambda: {"odd": Careless})
    (item,) = read(Source("/a.odd", Path("/a.odd")), Context())
    assert isinstance(item, ReadError)
    assert item.message == "no text in it"
