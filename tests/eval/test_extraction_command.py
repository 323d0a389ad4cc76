"""`python -m eval extraction`: pages through an archive and trafilatura alone, by the benchmark's definition."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from eval.__main__ import main
from eval.benchmarks import extraction
from eval.benchmarks.extraction import LABELS, Label, Page, compared, load_labels, odd
from eval.intervals import bootstrap, bootstrap_mean

BODY = [
    "The ferry to Varren was late again on Monday, and forty people waited in the rain until noon.",
    "Nobody at the port office could say why the engine had stopped three times in one week.",
    "A mechanic who was called at midnight found nothing wrong with the pumps that she could reach.",
]
IDS = ["0a", "0b", "0c"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three pages in the benchmark's form; the last has no article."""
    (tmp_path / "html").mkdir()
    story = "".join(f"<p>{line}</p>" for line in BODY)
    pages = {
        id: f"<html><head><title>Ferry late</title>{head}</head>"
        f"<body><article><h1>Ferry late</h1>{text}</article></body></html>"
        for id, head, text in (
            (IDS[0], '<meta name="author" content="Ida Moen and Per Aas">', story),
            (IDS[1], '<meta name="date" content="2025-05-06">', story),
            (IDS[2], "", ""),
        )
    }
    for id, page in pages.items():
        (tmp_path / "html" / f"{id}.html.gz").write_bytes(gzip.compress(page.encode()))
    truth = {id: {"articleBody": "\n\n".join(BODY), "url": "https://shoreline.example/ferry"} for id in IDS}
    (tmp_path / "ground-truth.json").write_text(json.dumps(truth), "utf-8")
    labels = [
        {"page": IDS[0], "title": "Ferry  LATE", "byline": "Ida Moen, Per Aas", "days": ["2025-05-06"]},
        {"page": IDS[1], "title": "Ferry late", "byline": None, "days": ["2025-05-05", "2025-05-06"]},
    ]
    (tmp_path / "labels.jsonl").write_text("".join(json.dumps(label) + "\n" for label in labels), "utf-8")
    return tmp_path


def measured(folder: Path, capsys: pytest.CaptureFixture[str], *more: str) -> dict[str, Any]:
    assert main(["extraction", str(folder), "--labels", str(folder / "labels.jsonl"), "--json", *more]) == 0
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return result


def test_the_command(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = measured(folder, capsys, "--worst", "1")
    assert (result["pages"], result["pages with labels"]) == (3, 2)
    ours = result["text, pages all (3)"]["ours"]
    # The page without an article has nothing of its truth, and, as in the benchmark, no precision.
    assert (ours["precision"], ours["recall"]) == (1.0, pytest.approx(2 / 3))
    assert ours["F1"] == pytest.approx(0.8)
    assert result["text, pages not looked at (1)"]["ours"]["F1"] == 1.0
    assert set(result["text, pages all (3)"]) == {"ours", "trafilatura", "trafilatura without comments"}
    even, other = result["exactly right, pages looked at (1)"]["ours"], result["exactly right, pages not looked at (1)"]
    assert (even["title"], even["byline"], even["day"]) == (1, 1, 0)
    assert (other["ours"]["title"], other["ours"]["byline"], other["ours"]["day"]) == (1, 1, 1)
    assert result["lowest F1"] == {IDS[2]: 0.0}


def test_the_table(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["extraction", str(folder)]) == 0
    assert "text, pages looked at (2)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        ("ground-truth.json", "[1]", "ground-truth.json is not"),
        ("ground-truth.json", "{}", "has no pages"),
        ("ground-truth.json", '{"0f": {"articleBody": "x"}}', "0f.html.gz cannot be read"),
        ("labels.jsonl", '{"page": "0a"}', "labels.jsonl, line 1"),
    ],
)
def test_a_broken_folder_is_named(
    folder: Path, file: str, text: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / file).write_text(text, "utf-8")
    assert main(["extraction", str(folder), "--labels", str(folder / "labels.jsonl")]) == 1
    assert says in capsys.readouterr().err


def test_shares_by_hand() -> None:
    assert compared("a b c d e", "a b c d e") == extraction.Shares(1, 0, 0)
    # Runs: abcd, bcde against bcde, cdef: one of three is in both.
    assert compared("a b c d e", "b, c, d, e, f") == extraction.Shares(1 / 3, 1 / 3, 1 / 3)
    assert compared("a b c d e", "") == extraction.Shares(0, 0, 1)
    assert compared("a b", "A b") == extraction.Shares(0, 0.5, 0.5)  # fewer than four words are one run; case counts


def test_what_is_exactly_right() -> None:
    label = Label("It’s late", "Ida Moen and Per Aas", ("2025-05-06",))
    assert all(label.right(Page("", "It's  Late", "Ida Moen, Per Aas", "2025-05-06")).values())
    assert not any(label.right(Page("", "It's late – Post", "Ida Moen", "2025-05-07")).values())
    assert Label("x", None, ()).right(Page(""))["byline"]
    assert not Label("x", None, ()).right(Page("", "x", "admin"))["byline"]


def test_the_labels_of_the_project() -> None:
    labels = load_labels(LABELS)
    assert len(labels) == 40
    assert sum(map(odd, labels)) == 20
    assert all(label.title and label.days for label in labels.values())


def test_a_bootstrap_of_a_mean_is_that_of_any_figure() -> None:
    values = [0.0, 1.0, 1.0, 0.5, 0.0, 1.0, 0.25, 0.75] * 5
    low, high = bootstrap(len(values), lambda at: sum(values[i] for i in at) / len(at))
    assert (low, high) == pytest.approx(bootstrap_mean(values), abs=0.03)
    with pytest.raises(ValueError, match="no values"):
        bootstrap(0, len)
