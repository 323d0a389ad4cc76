"""The Archive and Settings views without a browser: plots, uploads, jobs, and what the script asks of the server."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import gradio as gr
import pytest
from starlette.requests import Request

import rag
from rag.errors import AGAIN, RagError
from rag.types import Article, IngestReport
from tests import fakes
from tests.conftest import Opener, consistent, write_article
from tests.llms.servers import model_server
from ui import plots, preferences, shelf, views
from ui.door import READER
from ui.jobs import Busy, Job, State
from ui.known import known
from ui.uploads import MOST_BYTES, UploadRefused, Uploads, safe
from ui.users import Reader

EVIL = '<img src=x onerror="alert(1)">'
Functions = dict[str, Callable[..., Any]]


def _request(host: str, name: str = "") -> gr.Request:
    scope = {"type": "http", "client": (host, 1), "headers": [], READER: Reader(name, name)}
    return gr.Request(request=Request(scope))  # type: ignore[arg-type]


HERE, ELSEWHERE = _request("127.0.0.1"), _request("192.0.2.7")
SIGNED_IN = _request("127.0.0.1", "ana")  # behind a proxy, from anywhere


# -- plots --------------------------------------------------------------------------------------------------------


def _heights(svg: str) -> dict[str, float]:
    """Each column's height by what it says of itself; the drawing has to be sound XML."""
    drawn = ElementTree.fromstring(re.search(r"<svg.*?</svg>", svg, re.DOTALL)[0])  # type: ignore[index]
    return {rect.findtext("title") or "": float(rect.attrib["height"]) for rect in drawn.iter("rect")}


def test_months_are_columns_in_proportion_with_gaps_and_a_table() -> None:
    plot = plots.months({"2025-11": 1, "2026-02": 4})
    assert _heights(plot) == {"November 2025: 1": 25.0, "February 2026: 4": 100.0}
    table = re.findall(r'<th scope="row">(.*?)</th><td>(.*?)</td>', plot)
    assert table == [("November 2025", "1"), ("December 2025", "0"), ("January 2026", "0"), ("February 2026", "4")]
    assert 'role="img" aria-label="Articles per month, November 2025 to February 2026. Most: 4 in February' in plot


@pytest.mark.parametrize(
    ("first", "unit", "names"),
    [("2021-02", "month", "February 2021"), ("2020-12", "year", "2020"), ("1951-01", "decade", "1950s")],
)
def test_long_times_are_in_longer_units(first: str, unit: str, names: str) -> None:
    plot = plots.months({first: 2, "2026-01": 1})
    if unit == "decade":
        plot = plots.months({first: 2, "2026-01": 1, "1951-03": 3})
    assert f"Articles per {unit}" in plot
    assert f'<th scope="row">{names}</th>' in plot
    assert len(re.findall('<th scope="row">', plot)) <= 60


def test_what_is_rare_can_be_seen_and_no_dates_are_said() -> None:
    assert _heights(plots.months({"2025-01": 10_000, "2025-02": 1}))["February 2025: 1"] > 1
    assert "No article says when" in plots.months({})
    assert "No article says where" in plots.outlets((), 3)


def test_outlets_are_bars_of_a_table_and_escaped() -> None:
    plot = plots.outlets(tuple((f"{EVIL} {n}", 20 - n) for n in range(15)), 300)
    assert "<img" not in plot
    assert "4 more" in plot  # with those of no outlet
    assert plot.count('<th scope="row">') == 16
    assert "No outlet" in plot


# -- uploads ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("Story.MD", "Story.md"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\a b.txt", "a-b.txt"),
        (".hidden.md", "hidden.md"),
        ("..", "article"),
        ("", "article"),
        ("con.txt", "con-file.txt"),
        ("\u202egnp.exe\u2066.html", "gnp-exe.html"),
        ("Über Öl, 50 %.html", "Über-Öl-50.html"),
        ("تقرير.txt", "تقرير.txt"),
        ("a\x00b\n.md", "a-b.md"),
        ("x" * 500 + ".json", "x" * 120 + ".json"),
        (f"{EVIL}.md", "img-src-x-onerror-alert-1.md"),
    ],
)
def test_names_become_safe(name: str, kept: str) -> None:
    assert safe(name) == kept


def test_the_same_name_with_other_words_is_kept_beside(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path)
    assert uploads.keep("a.md", b"one") == "a.md"
    assert uploads.keep("a.md", b"one") == "a.md"
    assert uploads.keep("a.md", b"two") == "a-2.md"
    assert uploads.keep("a.md", b"two") == "a-2.md"
    assert uploads.keep("a.md", b"three", replace=True) == "a.md"
    assert {path.name: path.read_bytes() for path in uploads.folder.iterdir()} == {"a.md": b"three", "a-2.md": b"two"}
    assert uploads.path("a-2.md").read_bytes() == b"two"


def test_uploads_that_cannot_be_read_go_and_those_that_are_read_again_stay(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path)
    for name in ("bad.pdf", "later.pdf", "good.md"):
        uploads.keep(name, b"something")
    bad, later = (str(uploads.path(name)) for name in ("bad.pdf", "later.pdf"))
    failed = ((bad, "damaged"), (later, f"its reader failed twice; {AGAIN}"), ("/elsewhere/good.md", "damaged"))
    uploads.drop_unread(IngestReport(1, 0, 0, 0, failed))
    assert sorted(path.name for path in uploads.folder.iterdir()) == ["good.md", "later.pdf"]


@pytest.mark.parametrize("name", ["../catalog.sqlite3", "catalog.sqlite3", "", ".", "..", ".a.md.part", "/etc/passwd"])
def test_only_uploaded_files_have_a_path(tmp_path: Path, name: str) -> None:
    (tmp_path / "catalog.sqlite3").touch()
    uploads = Uploads(tmp_path)
    uploads.keep("a.md", b"x")
    with pytest.raises(UploadRefused):
        uploads.path(name)


def test_a_file_that_is_too_big_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path)
    with pytest.raises(UploadRefused, match="50 MB"):
        uploads.keep("a.md", bytes(MOST_BYTES + 1))
    assert not uploads.folder.exists()


# -- jobs ---------------------------------------------------------------------------------------------------------


def _ended(job: Job[Any, Any]) -> State[Any, Any]:
    until = time.monotonic() + 60
    while job.state.running and time.monotonic() < until:
        time.sleep(0.01)
    assert not job.state.running
    return job.state


def test_a_job_tells_its_progress_and_its_result() -> None:
    job: Job[int, str] = Job()
    told, go = threading.Event(), threading.Event()

    def work(tell: Callable[[int], None]) -> str:
        tell(7)
        told.set()
        go.wait(30)
        return "done"

    job.start("Counting", work)
    assert told.wait(30)
    assert (job.state.running, job.state.seen) == (True, 7)
    with pytest.raises(Busy, match="Counting is still going on"):
        job.start("Other", work)
    go.set()
    assert (_ended(job).result, job.state.problem, job.state.stopping) == ("done", "", False)


def test_a_job_stops_where_it_tells_its_progress() -> None:
    job: Job[int, str] = Job()

    def work(tell: Callable[[int], None]) -> str:
        while True:
            tell(1)
            time.sleep(0.005)

    job.start("Endless", work)
    job.stop()
    state = _ended(job)
    assert (state.result, state.problem, state.stopping) == (None, "", True)


@pytest.mark.parametrize(
    ("error", "words"), [(RagError("no room", hint="Make some."), "no room\nMake some."), (KeyError("x"), "terminal")]
)
def test_a_job_that_fails_says_so(error: Exception, words: str, caplog: pytest.LogCaptureFixture) -> None:
    job: Job[int, str] = Job()

    def work(tell: Callable[[int], None]) -> str:
        raise error

    job.start("Failing", work)
    assert words in _ended(job).problem
    assert ("KeyError" in caplog.text) == isinstance(error, KeyError)


# -- what the script asks -----------------------------------------------------------------------------------------


def _functions(archive: rag.Archive) -> Functions:
    made = views.archive_functions(archive, lambda _: {"head": archive.version})
    return {function.__name__: function for function in made}


def _blob(name: str, content: str, replace: str = "false") -> SimpleNamespace:
    return SimpleNamespace(data={"replace": replace}, files=[(name, content.encode())])


def _work(functions: Functions) -> dict[str, Any]:
    until = time.monotonic() + 60
    while (got := functions["shelf_work"]({}))["running"] and time.monotonic() < until:
        time.sleep(0.02)
    assert not got["running"]
    return dict(got)


MARKDOWN = "---\ntitle: Ferry {0}\noutlet: Ortmund Post\n---\n\nThe ferry {0} carries {0}00 passengers a day.\n"


def test_an_upload_is_kept_taken_in_found_and_goes_with_its_article(opened: Opener, folder: Path) -> None:
    archive = opened()
    archive.ingest(folder)
    functions = _functions(archive)
    name = functions["shelf_upload"](_blob("../ferry 7.md", MARKDOWN.format(7)))["name"]
    junk = functions["shelf_upload"](_blob("junk.exe", "MZ"))["name"]
    assert functions["shelf_add"]({"uploads": [name, junk]}, ELSEWHERE)["running"] in (True, False)
    told = _work(functions)["told"]
    assert "1 added, 1 failed" in told
    assert "junk.exe" in told
    assert [path.name for path in (archive.path / "uploads").iterdir()] == ["ferry-7.md"]
    assert archive.search("How many passengers does the ferry carry?")[0].title == "Ferry 7"
    consistent(archive)

    (article,) = (a for a in archive.articles() if a.title == "Ferry 7")
    (other,) = (a for a in archive.articles() if a.title == "Library opens")
    asked = functions["shelf_removal"]({"ids": [article.id, other.id, "nobody"]})
    assert "Remove 2 articles?" in asked
    assert "1 uploaded file goes" in asked
    assert "1 came from a file that stays" in asked
    assert "2 articles removed" in functions["shelf_remove"]({"ids": [article.id, other.id, "nobody"]}, HERE)
    assert list((archive.path / "uploads").iterdir()) == []
    assert (folder / "library.md").exists()
    assert archive.status().articles == 2
    assert archive.ingest([str(archive.path / "uploads")]).added == 0


def test_a_new_version_is_one_only_if_that_was_said(opened: Opener) -> None:
    archive = opened()
    functions = _functions(archive)
    for content, replace in (
        (MARKDOWN.format(7), "false"),
        (MARKDOWN.format(8), "false"),
        (MARKDOWN.format(9), "true"),
    ):
        name = functions["shelf_upload"](_blob("ferry.md", content, replace))["name"]
        functions["shelf_add"]({"uploads": [name]}, HERE)
        _work(functions)
    assert sorted(a.title or "" for a in archive.articles()) == ["Ferry 8", "Ferry 9"]
    (changed,) = (a for a in archive.articles() if a.title == "Ferry 9")
    assert archive.article(changed.id, 1).title == "Ferry 7"


def test_an_ingest_is_stopped_nothing_is_broken_and_it_is_finished(
    opened: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(40):
        write_article(tmp_path / "many" / f"{n:02}.md", f"The ferry {n} carries {n}00 passengers.", title=f"Ferry {n}")
    archive = opened()
    functions = _functions(archive)
    monkeypatch.setattr("tests.fakes.HashEmbedding._get_text_embedding", _slow)
    functions["shelf_add"]({"place": str(tmp_path / "many")}, HERE)
    while not archive.status().articles:
        time.sleep(0.01)
    assert "is still going on" in functions["shelf_add"]({"place": str(tmp_path)}, HERE)["problem"]
    assert "is writing" in functions["shelf_remove"]({"ids": [archive.articles(limit=1)[0].id]}, HERE)
    assert functions["shelf_work"]({"stop": True})["running"] is True
    assert "Stopped" in _work(functions)["told"]
    status = archive.status()
    assert 0 < status.articles <= 40
    assert status.unfinished
    assert "data-finish" in functions["shelf_view"]()["overview"]
    monkeypatch.undo()
    functions["shelf_finish"]()
    assert "added" in _work(functions)["told"]
    assert archive.status().articles == 40
    assert archive.status().unfinished is None
    consistent(archive)


def _slow(self: object, text: str) -> list[float]:
    from tests.fakes import bag

    time.sleep(0.02)
    return bag(text)


def test_paths_and_addresses_are_only_for_this_machine(opened: Opener, folder: Path) -> None:
    archive = opened()
    functions = _functions(archive)
    for place in (str(folder), "https://paper.example/story"):
        for request in (ELSEWHERE, SIGNED_IN):
            assert "only for whoever is alone" in functions["shelf_add"]({"place": place}, request)["problem"]
    for request in (ELSEWHERE, SIGNED_IN):
        assert "only for whoever is alone" in functions["shelf_remove"]({"ids": ["any"]}, request)
    assert "nothing to add" in functions["shelf_add"]({}, HERE)["problem"]
    assert "not among the uploaded" in functions["shelf_add"]({"uploads": ["../catalog.sqlite3"]}, HERE)["problem"]
    assert archive.status().articles == 0


def test_the_list_is_paged_filtered_and_searched(opened: Opener, tmp_path: Path) -> None:
    for n in range(45):
        outlet = "Sundby Radio" if n % 9 == 0 else f"Post {EVIL}"
        write_article(tmp_path / "a" / f"{n}.md", f"Ferry {n} sails.", title=f"{EVIL} {n}", outlet=outlet)
    archive = opened()
    archive.ingest(tmp_path / "a")
    listed = _functions(archive)["shelf_list"]
    assert "1 to 20 of 45" in listed(None)
    assert "41 to 45 of 45" in listed({"page": 2})
    assert "41 to 45 of 45" in listed({"page": 99})
    assert "1 to 5 of 5" in listed({"filters": {"outlets": ["Sundby Radio"]}})
    assert "not a day" in listed({"filters": {"published_from": "soon"}})
    assert "<img" not in listed({"page": 1}) + listed({"search": "ferry 12"})
    assert listed({"search": "ferry 12"}).count("<li>") > 1
    assert "No article matches" in listed({"filters": {"outlets": ["nobody"]}})


def test_what_the_page_counts_is_counted_once_a_version(
    opened: Opener, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = opened()
    archive.ingest(folder)
    asked: list[object] = []
    tally = archive.tally
    monkeypatch.setattr(archive, "tally", lambda *limits: asked.append(limits) or tally(*limits))
    first = known(archive)
    assert known(archive) is first
    assert len(asked) == 1
    write_article(folder / "new.md", "The ferry sails.", title="Ferry", outlet="New Post")
    archive.ingest(folder)
    assert "New Post" in dict(known(archive).choices.outlets)
    assert len(asked) == 2


def test_a_report_names_what_failed_and_escapes_it() -> None:
    failed = tuple((f"{EVIL}{n}", EVIL) for n in range(60))
    shown = shelf.report(IngestReport(added=1200, failed=failed))
    assert "1,200 added, 60 failed" in shown
    assert "and 10 more" in shown
    assert "<img" not in shown
    assert "nothing was found" in shelf.report(IngestReport())


def test_a_removal_of_many_names_some() -> None:
    articles = [Article(str(n), "text", f"/a/{n}", title=f"{EVIL} {n}") for n in range(30)]
    shown = shelf.removal(articles, 0, 30)
    assert "and 18 more" in shown
    assert "<img" not in shown


# -- settings -----------------------------------------------------------------------------------------------------


def _settings(archive: rag.Archive, offered: list[str]) -> Functions:
    made = preferences.settings_functions(archive, offered, lambda _: {"head": ""})
    return {function.__name__: function for function in made}


@pytest.fixture
def no_packs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_CACHE", str(tmp_path / "cache"))


@pytest.mark.usefixtures("no_packs")
def test_what_is_in_use_and_which_packs_are_here(opened: Opener) -> None:
    shown = _settings(opened(), [])["settings_view"]({})
    assert "extractive" in shown["used"]
    assert 'value="extractive" checked' in shown["writers"]
    assert shown["packs"].count("not here") == len(rag.packs())
    assert not shown["pull"]["running"]


def test_a_server_is_tested_only_from_here_and_only_a_server(opened: Opener) -> None:
    trial = _settings(opened(), [])["settings_try"]
    with model_server() as server:
        name = f"openai:http://127.0.0.1:{server.server_port}/v1#"
        assert "It answers" in trial({"name": name + "fine"}, HERE)
        assert "not found" in trial({"name": name + "missing"}, HERE)
        assert "only for whoever is alone" in trial({"name": name + "fine"}, ELSEWHERE)
        assert len(server.seen) == 2  # type: ignore[attr-defined]
    assert "cannot be reached" in trial({"name": "openai:http://127.0.0.1:9/v1#m"}, HERE)
    assert "Only a server" in trial({"name": "local:qwen2.5-coder-1.5b"}, HERE)


def test_a_writer_is_used_and_kept_only_when_that_is_said(opened: Opener) -> None:
    archive, offered = opened(), []  # type: ignore[var-annotated]
    use = _settings(archive, offered)["settings_use"]
    assert "no writer is called" in use({"name": f"{EVIL}:x"}, HERE)["told"]
    assert "<img" not in use({"name": f"{EVIL}:x"}, HERE)["told"]
    assert "only for whoever is alone" in use({"name": "ollama:small"}, ELSEWHERE)["told"]
    assert offered == []
    assert use({"name": "ollama:small"}, HERE)["writer"] == "ollama:small"
    assert offered == ["ollama:small"]
    assert archive.settings.writer == "extractive"
    assert not (archive.path / "settings.toml").exists()
    assert use({"name": "ollama:small"}, ELSEWHERE)["writer"] == "ollama:small"  # offered by now
    assert "only for whoever is alone" in use({"name": "ollama:small", "keep": True}, ELSEWHERE)["told"]
    assert "Kept" in use({"name": "ollama:small", "keep": True}, HERE)["told"]
    assert archive.settings.writer == "ollama:small"
    assert 'writer = "ollama:small"' in (archive.path / "settings.toml").read_text("utf-8")


def test_a_judge_is_kept_and_checks_the_next_question(opened: Opener) -> None:
    archive = opened()
    made = _settings(archive, [])
    keep = made["settings_judge"]
    for name in ("", f"{EVIL}:x", "nli:"):
        assert "problem" in keep({"name": name}, HERE)["told"]
        assert "<img" not in keep({"name": name}, HERE)["told"]
    assert "only for whoever is alone" in keep({"name": "literal"}, ELSEWHERE)["told"]
    before = archive.settings.judge
    assert f'value="{before}" checked' in made["settings_view"]({})["judges"]
    assert not (archive.path / "settings.toml").exists()
    other = "combined:words" if before == "literal" else "literal"
    assert "Kept" in keep({"name": other}, HERE)["told"]
    assert f'value="{other}" checked' in made["settings_view"]({})["judges"]
    assert archive._judge.name.startswith(other.partition(":")[0])
    assert f'judge = "{other}"' in (archive.path / "settings.toml").read_text("utf-8")


@pytest.mark.usefixtures("no_packs")
def test_a_pack_that_cannot_be_fetched_says_why(opened: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    functions = _settings(opened(), [])
    assert "only for whoever is alone" in functions["settings_pull"]({"pack": "smollm2-135m"}, ELSEWHERE)["problem"]
    assert "There is no pack" in functions["settings_pull"]({"pack": EVIL}, HERE)["problem"]
    functions["settings_pull"]({"pack": "smollm2-135m"}, HERE)
    until = time.monotonic() + 120
    while (got := functions["settings_pulling"]({}))["running"] and time.monotonic() < until:
        time.sleep(0.05)
    assert "smollm2-135m" in got["told"]
    assert "problem" in got["told"]


def _changed(functions: Functions) -> dict[str, Any]:
    until = time.monotonic() + 60
    while (got := functions["settings_embedding"]({}, HERE))["running"] and time.monotonic() < until:
        time.sleep(0.02)
    return dict(got)


def test_the_embedder_is_changed_from_here_and_a_stopped_change_goes_on_with_the_page(
    opened: Opener, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = opened()
    archive.ingest(folder)
    functions = _settings(archive, [])
    change = functions["settings_embed"]
    assert "only for whoever is alone" in change({"name": fakes.OTHER}, ELSEWHERE)["problem"]
    assert "no name" in change({"name": " "}, HERE)["problem"]
    change({"name": EVIL}, HERE)
    got = _changed(functions)
    assert "problem" in got["told"]
    assert "<img" not in got["told"]
    monkeypatch.setenv(fakes.SLEEP, "0.3")
    change({"name": fakes.OTHER}, HERE)
    functions["settings_embedding"]({"stop": True}, HERE)
    assert "Stopped" in _changed(functions)["told"]
    assert "is to take its place" in functions["settings_view"]({})["used"]
    monkeypatch.delenv(fakes.SLEEP)
    again = _settings(archive, [])  # the page, served anew
    assert "passages embedded" in _changed(again)["told"]
    assert f'value="{fakes.OTHER}" checked' in again["settings_view"]({})["embedders"]
    assert archive.status().embedder == fakes.OTHER
