"""`rag eval report`: what the page and its summary hold, where its links lead, and that foreign text stays text."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from eval.__main__ import main
from eval.asked import Quote
from eval.cases import Case
from eval.report.charts import outcomes
from eval.report.markup import link
from eval.report.outcome import OUTCOMES, by_type, outcome
from eval.report.reading import marked
from tests.eval.hand import ABOUT, BRIDGE, PASSAGE, SILENT, answered, citation, failed, kept

HOSTILE = "<script>alert(1)</script>\"><img src=x onerror=alert(2)></style></title>'`--><b>&amp;"


class Page(HTMLParser):
    """What a browser would see of a page: elements, anchors, links, and the text that is shown."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        self.ids = [value for _, attributes in self.elements if (value := attributes.get("id"))]
        self.links = [value for name, attributes in self.elements if name == "a" and (value := attributes.get("href"))]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def made(tmp_path: Path, *runs: Path) -> tuple[Page, str]:
    """The page and the summary of the runs."""
    out = tmp_path / "out.html"
    assert main(["report", *map(str, runs), "--out", str(out)]) == 0
    return Page(out.read_text("utf-8")), out.with_suffix(".md").read_text("utf-8")


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    """A run with a right answer and a rightful refusal, and one with a struck sentence and a failure."""
    prompt = (("system", "the rules"), ("user", "an example"), ("user", "the last message"))
    a = kept(tmp_path / "one", answered(BRIDGE, "It reopens on 28 November.", prompt=prompt), answered(SILENT))
    b = kept(
        tmp_path / "two",
        answered(BRIDGE, "It reopens on 15 September.", "It is closed.", struck=[1], seconds=3.0),
        failed(SILENT),
        about={**ABOUT, "archive": {"version": "another", "articles": 4}},
    )
    return a, b


def test_every_link_of_the_page_leads_somewhere(tmp_path: Path, two: tuple[Path, Path]) -> None:
    page, _ = made(tmp_path, *two)
    inside = [link[1:] for link in page.links if link.startswith("#")]
    assert len(page.ids) == len(set(page.ids))
    assert set(inside) <= set(page.ids)
    assert {link for link in page.links if not link.startswith("#")} == {"https://courier.example/bridge"}
    figures = [a["href"] for name, a in page.elements if name == "a" and a.get("class") == "figure"]
    assert len(figures) > 30
    assert "m0b" not in figures  # `false answer` of run B failed and has no figure


def test_every_question_and_every_value_leads_to_its_case(tmp_path: Path, two: tuple[Path, Path]) -> None:
    page, _ = made(tmp_path, *two)
    assert {"q1", "q2", "a1", "a2", "b1", "b2"} <= set(page.ids)
    assert {"#q1", "#q2", "#a1", "#a2", "#b1", "#b2"} <= set(page.links)


def test_the_page_shows_the_whole_case(tmp_path: Path, two: tuple[Path, Path]) -> None:
    text = " ".join(made(tmp_path, *two)[0].text.split())
    for part in (
        "Is the bridge closed?",
        "On 28 November.",
        "28 November: found",
        "15 September: found, and should not be",
        "in passage 1",
        "the last message (user), 2 before it are left out",
        "unsupported, struck: 28 is not in the cited words",
        "literal on [1]: supported, 1 date",
        "Bridge to reopen, Courier, 2025-11-20",
        "text in run A",
        "Failure: the writer was too late",
        "The runs differ in: archive.",
        "processor",
        "numpy",
        "07ece37",
    ):
        assert part in text, part
    assert "an example" not in text


def test_a_failure_is_counted_by_its_reason_and_in_no_mean(tmp_path: Path, two: tuple[Path, Path]) -> None:
    page, summary = made(tmp_path, *two)
    assert "1 failed" in page.text
    assert "| the writer was too late | 1 | q-2 |" in summary
    assert "| right | higher | 1.000 (1.000 to 1.000), 2 | 0.000 (0.000 to 0.000), 1, 1 failed |" in summary
    assert "Of 1 questions that the archive answers, 1 were answered right" in summary


def test_the_questions_behind_a_figure_are_listed_worst_first(tmp_path: Path) -> None:
    asked = [replace(BRIDGE, id=f"q-{i}") for i in range(3)]
    good, bad = "It reopens on 28 November.", "It is closed."
    run = kept(tmp_path / "run", answered(asked[0], good), answered(asked[1], bad), failed(asked[2]))
    out = tmp_path / "out.html"
    main(["report", str(run), "--out", str(out)])
    [section] = re.findall(r"<summary>key-fact recall: .*?</details>", out.read_text("utf-8"), re.DOTALL)
    assert re.findall(r'href="#q\d+">(q-\d)', section) == ["q-2", "q-1", "q-0"]


def test_foreign_text_is_text_wherever_it_stands(tmp_path: Path) -> None:
    asked = replace(
        BRIDGE,
        id=f"q-{HOSTILE}",
        question=f"{HOSTILE}?",
        type=HOSTILE,
        reference=HOSTILE,
        key_facts=((HOSTILE,),),
        evidence=(Quote(HOSTILE, HOSTILE),),
        notes=HOSTILE,
        history=((HOSTILE, HOSTILE),),
        wrong_facts=((HOSTILE,),),
    )
    case = answered(asked, HOSTILE, raw=HOSTILE, prompt=(("user", HOSTILE),))
    assert case.answer is not None
    source = citation(quote=HOSTILE, title=HOSTILE, outlet=HOSTILE, url=f"javascript:{HOSTILE}")
    sentence = {**case.answer["sentences"][0], "citations": [source], "reason": HOSTILE}
    hit = {**source, "passage_id": HOSTILE, "text": f"before {HOSTILE} after"}
    answer = {**case.answer, "sentences": [sentence], "evidence": [hit], "notices": [HOSTILE]}
    finding = replace(case.findings[0], judge=HOSTILE, reason=HOSTILE)
    run = kept(
        tmp_path / "run",
        replace(case, answer=answer, findings=(finding,)),
        failed(replace(asked, id="f"), HOSTILE),
        about={
            **dict.fromkeys(("system", "begun", "commit"), HOSTILE),
            **{name: {HOSTILE: HOSTILE} for name in ("settings", "archive", "questions", "versions", "models")},
            "machine": {HOSTILE: HOSTILE},
            "judges": [HOSTILE],
        },
    )
    page, summary = made(tmp_path, run)
    names = {name for name, _ in page.elements}
    assert names.isdisjoint({"img", "iframe", "object", "link", "base", "form"})
    assert [name for name, _ in page.elements].count("script") == 1
    assert [name for name, _ in page.elements].count("style") == 1
    assert not [key for _, attributes in page.elements for key in attributes if key.startswith("on")]
    assert all(link.startswith("#") for link in page.links)
    assert page.text.count("<script>alert(1)</script>") > 20
    assert page.text.count(f"before {HOSTILE} after") == 1
    assert "<script>" not in summary
    assert not re.search(r"(?<!\\)[<>]", summary)


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", " https://a.example", "JavaScript:x//https://a", "data:text/html,x", "file:///etc", ""],
)
def test_only_addresses_of_the_web_become_links(url: str) -> None:
    assert link(url, "words & more") == "words &amp; more"
    assert link('https://a.example/?a=1&b="2', "words") == '<a href="https://a.example/?a=1&amp;b=&quot;2">words</a>'


def test_the_page_asks_nothing_of_any_network(tmp_path: Path, two: tuple[Path, Path]) -> None:
    page, _ = made(tmp_path, *two)
    assert not [key for _, attributes in page.elements for key in attributes if key in ("src", "srcset", "action")]
    [policy] = [a["content"] for name, a in page.elements if "http-equiv" in a]
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    assert "@import" not in page.text
    assert "url(" not in page.text


def test_gold_quotes_are_marked_whatever_their_white_space() -> None:
    pieces = marked(PASSAGE, ["It reopens on 28 November.", "is not there"])
    assert "".join(piece for piece, _ in pieces) == PASSAGE
    assert [piece for piece, inside in pieces if inside] == ["It reopens on\n28 November."]


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (answered(BRIDGE, "It reopens on 28 November."), "right"),
        (answered(BRIDGE, "On 28 November, not 15 September."), "wrong or no key fact"),
        (answered(BRIDGE, "It is closed."), "wrong or no key fact"),
        (answered(replace(BRIDGE, key_facts=(("28 November",), ("noon",))), "On 28 November."), "partly right"),
        (answered(BRIDGE), "false refusal"),
        (answered(SILENT), "rightly refused"),
        (answered(SILENT, "Ada Lindqvist built it."), "false answer"),
        (failed(SILENT), "failed"),
    ],
)
def test_outcomes(case: Case, expected: str) -> None:
    assert outcome(case) == expected
    assert expected in OUTCOMES


def test_a_bar_has_a_segment_for_each_outcome() -> None:
    drawn = outcomes({"A": by_type([answered(BRIDGE), answered(BRIDGE, "It reopens on 28 November."), failed(BRIDGE)])})
    assert re.findall(r"<title>(.*?)</title>", drawn) == ["right: 1 of 3", "false refusal: 1 of 3", "failed: 1 of 3"]


def test_a_run_in_which_nothing_was_asked_yet(tmp_path: Path) -> None:
    page, summary = made(tmp_path, kept(tmp_path / "run"))
    assert "asked 0 of 4 questions" in page.text
    assert "asked 0 of 4 questions" in summary


def test_questions_that_only_one_run_has(tmp_path: Path) -> None:
    a = kept(tmp_path / "a", answered(BRIDGE, "It is closed."))
    b = kept(tmp_path / "b", answered(replace(BRIDGE, reference="On the 28th."), "It is closed."), answered(SILENT))
    page, _ = made(tmp_path, a, b)
    assert "Not asked in A." in page.text
    assert "Run B was asked or labelled otherwise:" in page.text
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)


def test_what_the_command_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = kept(tmp_path / "run", answered(BRIDGE, "half a pair: \ud83d"))
    assert main(["report", str(run), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert Path(said["page"]) == run / "report.html"
    assert Path(said["summary"]).is_file()
    assert main(["report", str(tmp_path)]) == 1
    assert main(["report", str(run), "--out", str(run / "run.json" / "x.html")]) == 1
    assert "cannot be written" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        main(["report", str(run), "--out", "page.md"])
