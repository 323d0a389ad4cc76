"""Zip, tar, packed files and web archives: what is in them is read, what is wrong is said, nothing escapes."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import brotli
import pytest

import rag
from rag import readers
from rag.errors import ReadError
from rag.readers import Context, Source, limits, members, read, warc
from rag.types import Article
from tests.conftest import Opener, consistent
from tests.readers.samples import HTML, MARKDOWN, TEXT, sample_mail, tar_of, zip_of
from tests.readers.samples import warc as web_archive

MD = MARKDOWN.encode()
ADDRESS = "https://shoreline.example/2025/lights"
PAGE = b"<html><head><title>T</title></head><body><article><p>%s</p></article></body></html>"


def items(path: Path) -> list[Article | ReadError]:
    return list(read(Source(str(path), path), Context()))


def held(tmp_path: Path, name: str, data: bytes) -> list[Article | ReadError]:
    path = tmp_path / name
    path.write_bytes(data)
    return items(path)


def reasons(found: list[Article | ReadError]) -> list[tuple[str, str]]:
    return [(item.path.rpartition("/")[2], item.message) for item in found if isinstance(item, ReadError)]


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("a.zip", zip_of),
        ("a.tar", tar_of),
        ("a.tar.gz", lambda files: tar_of(files, "w:gz")),
        ("a.tgz", lambda files: tar_of(files, "w:gz")),
        ("a.tar.bz2", lambda files: tar_of(files, "w:bz2")),
        ("a.tar.xz", lambda files: tar_of(files, "w:xz")),
    ],
)
def test_each_file_is_read_by_its_own_reader(
    name: str, pack: Callable[[dict[str, bytes]], bytes], tmp_path: Path
) -> None:
    found = held(tmp_path, name, pack({"a/lights.md": MD, "b.txt": TEXT.encode(), "c.exe": b"MZ", "__MACOSX/x": b""}))
    first, second, third = found
    assert isinstance(first, Article)
    assert first.outlet == "Shoreline Post"
    assert first.source.endswith("#a/lights.md")
    assert isinstance(second, Article)
    assert second.title == "Harbour lights go out"
    assert reasons([third]) == [(third.path.rpartition("/")[2], "no reader for .exe")]  # type: ignore[union-attr]


@pytest.mark.parametrize(("suffix", "pack"), [("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress)])
def test_a_packed_file_is_what_its_name_says(suffix: str, pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    (article,) = held(tmp_path, f"lights.md.{suffix}", pack(MD))
    assert isinstance(article, Article)
    assert article.source == f"{tmp_path}/lights.md.{suffix}#lights.md"
    assert reasons(held(tmp_path, f"lights.{suffix}", pack(MD)))[0][1].startswith("its name does not tell")
    assert "cannot be unpacked" in reasons(held(tmp_path, f"torn.md.{suffix}", pack(MD)[:-9]))[0][1]


def test_containers_in_containers_are_read_to_a_depth(tmp_path: Path) -> None:
    data, name = MD, "lights.md"
    for n in range(members.DEEPEST):
        data, name = zip_of({name: data}), f"{n}.zip"
    (article,) = held(tmp_path, "good.zip", data)
    assert isinstance(article, Article)
    assert reasons(held(tmp_path, "deep.zip", zip_of({name: data})))[0][1].startswith("containers within containers")


def test_a_mail_with_a_zip_is_read(tmp_path: Path) -> None:
    message = sample_mail()
    message.add_attachment(zip_of({"lights.md": MD}), maintype="application", subtype="zip", filename="a.zip")
    found = held(tmp_path, "a.eml", message.as_bytes())
    assert [item.source.rpartition(".eml")[2] for item in found if isinstance(item, Article)] == ["", "#1#lights.md"]


def test_a_bomb_goes_off_nowhere(tmp_path: Path) -> None:
    zeros = bytes(members._SMALL + 1)
    bomb = zip_of({"bomb.txt": zeros, "lights.md": MD})
    found = held(tmp_path, "bomb.zip", bomb)
    assert [reason for _, reason in reasons(found)] == ["it grows more than 200 times when unpacked, as no text does"]
    assert sum(isinstance(item, Article) for item in found) == 1
    assert "grows more than" in reasons(held(tmp_path, "bomb.txt.gz", gzip.compress(zeros)))[0][1]
    lying = bytearray(zip_of({"bomb.txt": zeros}))  # the directory says that it is small
    at = lying.rindex(b"PK\x01\x02") + 24
    lying[at : at + 4] = (100).to_bytes(4, "little")
    assert len(held(tmp_path, "lying.zip", bytes(lying))) == 1


def test_the_limits_hold_for_all_that_is_packed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "MOST_MEMBERS", 5)
    inner = zip_of({f"{n}.md": MD for n in range(3)})
    found = held(tmp_path, "many.zip", zip_of({"a.zip": inner, "b.zip": inner}))
    assert sum(isinstance(item, Article) for item in found) == 3  # two containers, and three of their six
    assert "more than 5 files" in reasons(found)[0][1]
    monkeypatch.setattr(members, "MOST_MEMBERS", 100)
    monkeypatch.setattr(members, "LARGEST", len(MD) + 1)
    found = held(tmp_path, "large.tar", tar_of({f"{n}.md": MD for n in range(3)}))
    assert sum(isinstance(item, Article) for item in found) == 1
    assert "it would unpack to more than" in reasons(found)[0][1]


@pytest.mark.parametrize("name", ["../../escaped.md", "/escaped.md", "C:\\escaped.md", "a/../../escaped.md"])
def test_nothing_is_written_under_a_members_name(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = tmp_path / "a" / "b"
    inside.mkdir(parents=True)
    monkeypatch.chdir(inside)
    monkeypatch.setattr(tempfile, "tempdir", str(inside))
    for suffix, pack in ((".zip", zip_of), (".tar", tar_of)):
        path = inside / f"evil{suffix}"
        path.write_bytes(pack({name: MD}))
        assert isinstance(items(path)[0], Article)
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} == {"evil.zip", "evil.tar"}
    assert not Path("/escaped.md").exists()


def test_names_are_made_safe_to_show(tmp_path: Path) -> None:
    (article,) = held(tmp_path, "a.tar", tar_of({"li\n\x1b[31mghts.md": MD}))
    assert isinstance(article, Article)
    assert article.source.endswith("#li\ufffd\ufffd[31mghts.md")
    (article,) = held(tmp_path, "b.tar", tar_of({f"{'long' * 500}.md": MD}))
    assert isinstance(article, Article)
    assert len(article.source) < len(str(tmp_path)) + 250


def test_links_devices_and_locked_members_are_named(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, kind in (
            ("passwd.txt", tarfile.SYMTYPE),
            ("hard.txt", tarfile.LNKTYPE),
            ("null.txt", tarfile.CHRTYPE),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
        archive.addfile(tarfile.TarInfo("folder"))
    found = reasons(held(tmp_path, "a.tar", stream.getvalue()))
    assert [reason for _, reason in found[:3]] == ["a link, not a file", "a link, not a file", "no file"]
    linked = zipfile.ZipInfo("passwd.txt")
    linked.external_attr = 0o120777 << 16
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive_:
        archive_.writestr(linked, "/etc/passwd")
    assert reasons(held(tmp_path, "a.zip", stream.getvalue()))[0][1] == "a link, not a file"
    locked = bytearray(zip_of({"a.md": MD}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.index(mark) + offset] |= 1
    assert reasons(held(tmp_path, "b.zip", bytes(locked)))[0][1].startswith("password-protected")


def test_one_damaged_member_does_not_stop_the_others(tmp_path: Path) -> None:
    data = bytearray(zip_of({"a.txt": b"The harbour lights went out." * 20, "lights.md": MD}))
    data[40:50] = b"\xff" * 10
    found = held(tmp_path, "a.zip", bytes(data))
    assert [type(item) for item in found] == [ReadError, Article]
    assert "cannot be unpacked" in reasons(found)[0][1]


def test_what_comes_before_the_break_counts(tmp_path: Path) -> None:
    whole = tar_of({"lights.md": MD, "more.md": MD * 50})
    found = held(tmp_path, "torn.tar", whole[: len(whole) // 2])
    assert isinstance(found[0], Article)
    assert isinstance(found[-1], ReadError)


def test_pages_of_a_web_archive_keep_their_addresses(tmp_path: Path) -> None:
    plain = PAGE % (b"The pilots waited outside the harbour until dawn, and nobody could say why it was dark. " * 5)
    data = web_archive(
        (ADDRESS, "text/html; charset=utf-8", HTML.encode()),
        ("https://shoreline.example/logo.png", "image/png", b"\x89PNG"),
        ("https://shoreline.example/plain", "text/html", plain),
    )
    for name, packed in (("a.warc", data), ("a.warc.gz", gzip.compress(data))):
        first, second = held(tmp_path, name, packed)
        assert isinstance(first, Article)
        assert first.url == "https://shoreline.example/harbour-lights"  # its own canonical address
        assert first.source.endswith("#1")
        assert isinstance(second, Article)
        assert second.url == "https://shoreline.example/plain"
        assert second.published is None


def test_answers_that_are_no_pages_are_left_out(tmp_path: Path) -> None:
    found = held(tmp_path, "a.warc", web_archive((ADDRESS, "text/html", HTML.encode()), status="404 Not Found"))
    assert reasons(found) == [("a.warc", "there are no pages in it")]
    torn = web_archive((ADDRESS, "text/html", HTML.encode())) * 2
    found = held(tmp_path, "b.warc", torn + b"WARC/1.0\r\nbroken")
    assert sum(isinstance(item, Article) for item in found) == 2


def test_a_page_beyond_the_limit_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warc, "_PAGE", 100)
    found = held(tmp_path, "a.warc", web_archive((ADDRESS, "text/html", HTML.encode())))
    assert "a page of more than" in reasons(found)[0][1]


def test_an_archive_takes_a_container_in_and_knows_it_again(opened: Opener, tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    path.write_bytes(zip_of({"a.md": MD, "b.txt": TEXT.encode(), "c.exe": b"MZ"}))
    archive: rag.Archive = opened()
    report = archive.ingest(path)
    assert (report.added, [failure[0] for failure in report.failed]) == (2, [f"{path}#c.exe"])
    assert archive.ingest(path).unchanged == 2
    path.write_bytes(zip_of({"a.md": MD + b"\nMore is known now.\n"}))
    report = archive.ingest(path, prune=True)
    assert (report.updated, report.removed) == (1, 1)
    consistent(archive)


@pytest.mark.parametrize("keep", [512, 600, -1024, -600])
@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_a_tar_that_breaks_off_says_so(keep: int, mode: str, tmp_path: Path) -> None:
    whole = tar_of({"lights.md": MD, "more.md": MD.replace(b"lights", b"lamps") * 50, "c.exe": b"MZ" * 2000})
    end = whole.rindex(b"MZ") + 2  # the library pads an archive to ten kilobytes
    end += -end % 512 + 1024
    torn = whole[:keep] if keep > 0 else whole[: end + keep]
    name, data = ("torn.tar", torn) if mode == "w" else ("torn.tar.gz", gzip.compress(torn))
    found = held(tmp_path, name, data)
    last = found[-1]
    assert isinstance(last, ReadError)
    assert "breaks off" in last.message or "unexpected end" in last.message or "cannot be unpacked" in last.message
    assert not any("breaks off" in reason for _, reason in reasons(held(tmp_path, "whole.tar", whole)))


@pytest.mark.parametrize("kind", [tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE, tarfile.XGLTYPE])
def test_a_name_that_would_fill_the_memory_is_not_read(kind: bytes, tmp_path: Path) -> None:
    header = tarfile.TarInfo("././@LongLink")
    header.type, header.size = kind, limits.HEADERS + 1
    data = header.tobuf(tarfile.GNU_FORMAT) + b"a" * (2 * limits.HEADERS)
    assert "name and attributes" in reasons(held(tmp_path, "a.tar", data))[0][1]


def test_a_member_that_grows_too_much_is_refused_in_a_tar_too(tmp_path: Path) -> None:
    packed = tar_of({"bomb.txt": bytes(members._SMALL + 1)}, "w:gz")
    assert "grows more than" in reasons(held(tmp_path, "a.tgz", packed))[0][1]


def packings(page: bytes) -> dict[str, bytes]:
    raw = zlib.compressobj(wbits=-15)
    return {
        "gzip": gzip.compress(page),
        "deflate": zlib.compress(page),
        "Deflate": raw.compress(page) + raw.flush(),
        "br": brotli.compress(page),
        "gzip, br": brotli.compress(gzip.compress(page)),
        "x-gzip": page,  # as a crawler stores it that unpacks and leaves the header
    }


def packed_archive(encoding: str, body: bytes) -> bytes:
    kind = f"text/html; charset=utf-8\r\nContent-Encoding: {encoding}"
    return web_archive((ADDRESS, kind, body), (f"{ADDRESS}/2", "text/html", HTML.encode()))


@pytest.mark.parametrize("encoding", packings(b""))
def test_pages_that_were_packed_for_sending_are_unpacked(encoding: str, tmp_path: Path) -> None:
    first, second = held(tmp_path, "a.warc", packed_archive(encoding, packings(HTML.encode())[encoding]))
    assert isinstance(first, Article)
    assert isinstance(second, Article)
    assert first.text == second.text


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br"])
def test_a_page_that_is_damaged_or_a_bomb_leaves_the_others(
    encoding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = packings(HTML.encode() * 3)[encoding]
    for body in (packed[: len(packed) // 2], b"\x1f" + packed[5:]):
        first, second = held(tmp_path, "a.warc", packed_archive(encoding, body))
        assert "cannot be unpacked" in reasons([first])[0][1]
        assert isinstance(second, Article)
    monkeypatch.setattr(warc, "_PAGE", len(HTML) + 1)
    first, second = held(tmp_path, "b.warc", packed_archive(encoding, packed))
    assert "a page of more than" in reasons([first])[0][1]
    assert isinstance(second, Article)
    assert "packed as zstd" in reasons(held(tmp_path, "c.warc", packed_archive("zstd", packed)))[0][1]


def test_what_holds_files_is_read_again_when_a_reader_of_theirs_is_another(
    opened: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        archive.writestr("lights.txt", "Lights\n\nThe lights of the quay went out.")
    archive_ = opened()
    assert archive_.ingest(tmp_path / "export.zip").added == 1
    assert archive_.ingest(tmp_path / "export.zip").unchanged == 1
    text = readers.discovered()["text"]
    read_before = text.read

    def read_better(path: Path, source: str, context: Context) -> Iterator[Article | ReadError]:
        for article in read_before(path, source, context):
            assert isinstance(article, Article)
            yield replace(article, text=f"{article.text} All of them.")

    monkeypatch.setattr(text, "read", read_better)
    assert archive_.ingest(tmp_path / "export.zip").unchanged == 1  # nobody said that it reads otherwise
    monkeypatch.setattr(text, "VERSION", text.VERSION + 1)
    assert archive_.ingest(tmp_path / "export.zip").updated == 1
