"""The layers, the length of modules, the homes of heavy libraries, and what `import rag` costs."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import rag

ROOT = Path(__file__).parents[1]
LONGEST = 300  # lines
FASTEST = 0.3  # seconds for `import rag`

# From the ground up. A file imports only from its own package and from lines above its own.
LAYERS = [
    "rag.record",
    "rag.article",
    "rag.types",
    "rag.errors",
    "rag.settings",
    "rag.interop",
    "rag.tokens",
    "rag.sentences",
    "rag.furniture",
    "rag.models",
    "rag.readers",
    "rag.preview",
    "rag.passages",
    "rag.bert",
    "rag.bert_torch",
    "rag.embed",
    "rag.pertinence",
    "rag.words",
    "rag.days",
    "rag.figures",
    "rag.forms",
    "rag.demonyms",
    "rag.swapped",
    "rag.cross_encoder",
    "rag.query",
    "rag.llms",
    "rag.judges",
    "rag.stories",
    "rag.notes",
    "rag.store",
    "rag.prompts",
    "rag.visits",
    "rag.embedding",
    "rag.embedding_beside",
    "rag.reembedding",
    "rag.overview",
    "rag.tally",
    "rag.ingest",
    "rag.retrieve",
    "rag.likely",
    "rag.selection",
    "rag.write",
    "rag.kinds",
    "rag.asked",
    "rag.splitting",
    "rag.check",
    "rag.checks",
    "rag.differing",
    "rag.corrections",
    "rag.quoting",
    "rag.abstention",
    "rag.answer",
    "rag.llama_retriever",
    "rag.serving",
    "rag.upkeep",
    "rag.archive",
    "rag",  # rag/__init__.py: the public face
    "rag.console",
    "rag.options",
    "rag.watching",
    "rag.commands",
    "rag.cli",
]
ROOF = "rag.cli"
CONTRACT = ("rag", "rag.types", "rag.errors")  # what eval and ui may know of rag
# What is taught must be laid out as it is read; the embedder is measured alone.
BESIDES = {
    "eval.teaching": ("rag.pertinence",),
    "eval.benchmarks.teach": ("rag.pertinence",),
    "eval.benchmarks.ingest": ("rag.embed",),
}
HOMES = {
    "torch": (
        "rag/embed.py",
        "rag/bert_torch.py",
        "rag/cross_encoder.py",
        "eval/teaching.py",
        "rag/judges/nli.py",
        "rag/retrieve/rerank.py",
    ),
    "sentence_transformers": ("rag/embed.py", "rag/cross_encoder.py"),
    "transformers": ("rag/embed.py", "rag/cross_encoder.py", "rag/llms/hf.py", "eval/teaching.py"),
    # The benchmark runs stock LlamaIndex beside ours: that is what it measures.
    "chromadb": ("rag/store/vectors.py", "eval/benchmarks/ingest.py", "eval/systems/stock.py"),
    "datasketch": ("rag/stories.py",),
    "gradio": ("ui/",),
    # The synthetic embedding plugs in as anybody's would, and eval does not know rag/interop.py.
    "llama_index": (
        "rag/interop.py",
        "eval/benchmarks/ingest.py",
        "eval/synthetic.py",
        "eval/systems/stock.py",
        "eval/systems/citation_engine.py",
    ),
}


@dataclass(frozen=True)
class Import:
    """`name` is the module; `member` what is taken from it ("" where the module itself is)."""

    name: str
    member: str
    line: int


def files() -> list[Path]:
    return sorted(p for folder in ("rag", "eval", "ui") for p in (ROOT / folder).rglob("*.py"))


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def is_module(name: str) -> bool:
    place = ROOT.joinpath(*name.split("."))
    return place.with_suffix(".py").is_file() or (place / "__init__.py").is_file()


def imports(source: str, module: str, is_package: bool) -> Iterator[Import]:
    """All imports of a file, also those inside functions; not those for type checking only."""
    package = module.split(".") if is_package else module.split(".")[:-1]
    todo: list[ast.AST] = [ast.parse(source)]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            todo.extend(node.orelse)
            continue
        todo.extend(ast.iter_child_nodes(node))
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, "", node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            name = ".".join([*base, *(node.module or "").split(".")]).strip(".")
            for alias in node.names:
                inner = f"{name}.{alias.name}"
                yield Import(inner, "", node.lineno) if is_module(inner) else Import(name, alias.name, node.lineno)
        elif (
            isinstance(node, ast.Call)
            and ast.unparse(node.func)
            in (
                "import_module",
                "importlib.import_module",
                "__import__",
            )
            and node.args
            and isinstance(node.args[0], ast.Constant)
        ):
            yield Import(str(node.args[0].value), "", node.lineno)


def imports_of(path: Path) -> list[Import]:
    return list(imports(path.read_text("utf-8"), module_of(path), path.name == "__init__.py"))


def layer(module: str) -> str | None:
    """The line of LAYERS a module of rag stands on."""
    return next((name for name in (module, ".".join(module.split(".")[:2])) if name in LAYERS), None)


def faults(module: str, found: list[Import]) -> list[str]:
    """What is wrong with the imports of a module."""
    wrong = []
    for item in found:
        top = item.name.split(".")[0]
        if top not in ("rag", "eval", "ui"):
            continue
        what = f"line {item.line}: {module} imports {item.name}{'.' + item.member if item.member else ''}"
        if item.name == ROOF and module != "rag.__main__":
            wrong.append(f"{what}: nothing imports the roof")
        elif module.startswith("rag"):
            if top != "rag":
                if module != ROOF:
                    wrong.append(f"{what}: only {ROOF} starts it")
                continue
            mine, its = layer(module), layer(item.name)
            if mine is None or its is None:
                wrong.append(f"{what}: not in LAYERS")
            elif mine != its and LAYERS.index(its) > LAYERS.index(mine):
                wrong.append(f"{what}: upward")
        elif top == "rag":
            if item.name in BESIDES.get(module, ()):
                continue
            if item.name not in CONTRACT or (item.name == "rag" and item.member and item.member not in rag.__all__):
                wrong.append(f"{what}: not the public face")
        elif top != module.split(".")[0]:
            wrong.append(f"{what}: eval and ui do not know each other")
    return wrong


def heavy(path: str, found: list[Import]) -> list[str]:
    return [
        f"line {item.line}: {path} imports {item.name}"
        for item in found
        for homes in [HOMES.get(item.name.split(".")[0])]
        if homes and not any(path == home or (home.endswith("/") and path.startswith(home)) for home in homes)
    ]


EACH = pytest.mark.parametrize("path", files(), ids=lambda p: p.relative_to(ROOT).as_posix())


@EACH
def test_imports_go_one_way(path: Path) -> None:
    assert faults(module_of(path), imports_of(path)) == []


@EACH
def test_heavy_libraries_stay_at_home(path: Path) -> None:
    assert heavy(path.relative_to(ROOT).as_posix(), imports_of(path)) == []


@EACH
def test_modules_are_short(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= LONGEST


def test_every_module_has_its_layer_and_every_layer_its_module() -> None:
    modules = {module_of(path) for path in files() if path.is_relative_to(ROOT / "rag")} - {"rag.__main__"}
    assert {layer(module) for module in modules} == set(LAYERS)
    assert len(set(LAYERS)) == len(LAYERS)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("rag.types", "from rag.errors import RagError"),
        ("rag.sentences", "def f():\n    from rag import passages"),
        ("rag.store.catalog", "from rag.ingest import Ingest"),
        ("rag.store.catalog", "from .. import ingest"),
        ("rag.store.catalog", "from ..ingest import Ingest"),
        ("rag.query", "import rag"),
        ("rag.archive", "import rag.cli"),
        ("rag.archive", "from rag import cli"),
        ("rag.archive", "import ui"),
        ("rag.console", "from eval import run"),
        ("rag.query", "if TYPE_CHECKING:\n    pass\nelse:\n    import rag.archive"),
        ("rag.query", "importlib.import_module('rag.archive')"),
        ("rag.unheard_of", "import rag.types"),
        ("ui.page", "from rag.archive import Archive"),
        ("ui.page", "from rag import archive"),
        ("ui.page", "from rag import __version__"),
        ("ui.page", "import eval"),
        ("eval.run", "from rag.cli import main"),
        ("eval.run", "from ui.page import page"),
    ],
)
def test_a_wrong_import_is_seen(module: str, source: str) -> None:
    assert faults(module, list(imports(source, module, False)))


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("rag.store.catalog", "from rag.store.schema import migrate\nfrom .schema import migrate"),
        ("rag.embed", "if TYPE_CHECKING:\n    from rag.archive import Archive\nimport os"),
        (
            "rag.cli",
            "import rag\nfrom rag import console\ndef serve():\n    from ui.page import page\n    import eval.run",
        ),
        ("ui.page", "import rag\nfrom rag import Answer, open\nfrom rag.types import Event\nimport ui.wiring"),
    ],
)
def test_a_right_import_is_not(module: str, source: str) -> None:
    assert faults(module, list(imports(source, module, False))) == []


@pytest.mark.parametrize(
    "source", ["import torch.nn", "def f():\n    from chromadb.api import X", "import llama_index.core as c"]
)
def test_a_heavy_import_is_seen(source: str) -> None:
    assert heavy("rag/query.py", list(imports(source, "rag.query", False)))


def test_importing_rag_is_cheap_and_loads_nothing_heavy() -> None:
    code = (
        "import sys, time; begun = time.perf_counter(); import rag; took = time.perf_counter() - begun; "
        f"print(took, *sorted(set(sys.modules) & {{*{[*HOMES, 'numpy']!r}}}))"
    )
    best = float("inf")
    for _ in range(5):
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
        )
        took, *loaded = done.stdout.split()
        assert loaded == []
        best = min(best, float(took))
        if best < FASTEST:
            break
    assert best < FASTEST


def test_the_public_names_are_there() -> None:
    assert all(getattr(rag, name) is not None for name in rag.__all__)
    with pytest.raises(AttributeError, match="nothing_of_the_sort"):
        _ = rag.nothing_of_the_sort
