"""The desk's parts by themselves: days, marks, chips, filters, examples, wishes, the panel, the page's headers."""

from __future__ import annotations

import asyncio
import dataclasses
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from html import unescape
from pathlib import Path
from typing import Any

import pytest

import rag
from rag import Article, Filters, Understood
from rag.errors import RagError
from rag.types import ArchiveStatus
from tests.conftest import SETTINGS, Opener, write_article
from ui import cards, filters, panel, render, shell, turns
from ui.examples import examples, question_of
from ui.guard import Guard, Message, Send
from ui.line import Line
from ui.marks import asked_words, joined, marked, places
from ui.turns import Update
from ui.wishes import wishes_from, writers
from ui.words import ago, link

TODAY = date(2026, 11, 25)
EVIL = '<script>alert("x")</script>'


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2026, 11, 25), "today"),
        (date(2026, 11, 24), "yesterday"),
        (date(2026, 11, 19), "6 days ago"),
        (date(2026, 11, 18), "1 week ago"),
        (date(2026, 11, 4), "3 weeks ago"),
        (date(2026, 9, 26), "8 weeks ago"),
        (date(2026, 9, 25), "2 months ago"),
        (date(2025, 11, 26), "11 months ago"),
        (date(2025, 11, 25), "1 year ago"),
        (date(2020, 2, 29), "6 years ago"),
        (date(2026, 11, 26), ""),
        (datetime(2026, 11, 24, 23, 59, tzinfo=UTC), "yesterday"),
    ],
)
def test_how_long_ago(day: date, words: str) -> None:
    assert ago(day, TODAY) == words


@pytest.mark.parametrize("url", [None, "", "javascript:alert(1)", "data:text/html,x", "//x.example", " http://x"])
def test_only_the_web_is_linked(url: str | None) -> None:
    assert link(url) == ""


def test_the_webs_addresses_are_linked_and_escaped() -> None:
    assert 'href="HTTPS://x.example/?a=1&amp;b=&quot;"' in link('HTTPS://x.example/?a=1&b="')


def test_the_questions_words_are_found_in_their_forms() -> None:
    text = "The bridge's closure cost 18 jobs; closing bridges is what they do."
    found = [text[a:b] for a, b in places(text, asked_words("What did closing the 18 bridges cost?"))]
    assert found == ["bridge's", "cost", "18", "closing", "bridges"]


def test_overlapping_spans_are_one() -> None:
    assert joined([(5, 9), (0, 3), (2, 5), (20, 20)]) == [(0, 9)]


def test_marks_never_change_the_text() -> None:
    text = "a <b> & 'c' bridge closed, they said."
    shown = marked(text, [(102, 115), (110, 300), (0, 101)], [(112, 118), (90, 103)], at=100)
    assert unescape(re.sub(r"</?mark>|<b class=\"asked\">|</b>", "", shown)) == text
    assert shown.count("<mark>") == 2


def test_what_was_understood_can_be_taken_away_and_put_back() -> None:
    whole = "What did X say in May?"
    meant = Understood("and in May?", whole, outlets=(EVIL,), published=("May 2025",), parts=("a", "b"))
    shown = render.understood(meant, ["history", "Radio Varren"])
    assert re.findall(r'data-ignore="([^"]*)"', shown)[0] == "history"
    assert {"May 2025", "a", "b"} < set(re.findall(r'data-ignore="([^"]*)"', shown))
    assert re.findall(r'data-restore="([^"]*)"', shown) == ["history", "Radio Varren"]
    assert "<script" not in shown


def test_a_question_taken_as_it_stands_has_no_chips() -> None:
    assert render.understood(Understood(question="Why?", text="Why?")) == ""


@pytest.mark.parametrize(
    ("title", "text", "question"),
    [
        ("Where did the jobs go?", "", "Where did the jobs go?"),
        ("Brink Mill to close on 3 June", "Today the Brink Mill shut.", "Why is Brink Mill to close on 3 June?"),
        (
            "Varro shares fall 14.6 percent as it warns",
            "In all, Varro fell.",
            "Why did Varro shares fall 14.6 percent?",
        ),
        ("Tide Bridge reopens after a year", "On the Tide Bridge cars ran.", "When did Tide Bridge reopen?"),
        ("Insurers raise bill for Storm Berta", "It grew as Storm Berta did.", "What is the latest on Storm Berta?"),
        ("Emergency waits fall 34 minutes", "At night, Emergency says, an emergency is rare.", None),
        ("Correction: Tide Bridge cost", "On the Tide Bridge cars ran.", None),
        ("“We Said No” to the Tide Bridge", "On the Tide Bridge cars ran.", None),
        ("Nothing to see here", "", None),
    ],
)
def test_titles_become_questions(title: str, text: str, question: str | None) -> None:
    assert question_of(title, text) == question


def test_examples_are_of_different_sections() -> None:
    items = [Article(str(n), "", "x", title=f"Why {n}?", section=s) for n, s in enumerate(["a", "a", None, "b"])]
    assert examples(items) == ("Why 0?", "Why 2?", "Why 3?")
    assert examples(items, most=1) == ("Why 0?",)


def test_filters_are_read_back_as_they_were_offered() -> None:
    data = {"published_from": "2025-01-02", "published_to": "", "outlets": ["Quayside Post"], "bylines": None}
    assert filters.filters_from(data) == Filters(published_from=date(2025, 1, 2), outlets=("Quayside Post",))
    assert not filters.filters_from("nonsense")


@pytest.mark.parametrize(
    "data", [{"published_from": "2025-02-01", "published_to": "2025-01-01"}, {"published_to": "31.12.2025"}]
)
def test_days_that_cannot_be_are_said_in_words(data: dict[str, str]) -> None:
    with pytest.raises(RagError):
        filters.filters_from(data)


def test_only_writers_that_are_offered_are_taken() -> None:
    offered = writers("local:x")
    assert offered == ("local:x", "extractive")
    assert wishes_from({"writer": "extractive"}, offered).writer == "extractive"
    assert wishes_from({"writer": "openai:http://elsewhere.example#m"}, offered).writer is None
    assert wishes_from({"writer": ["local:x"], "ignore": "outlets"}, offered) == wishes_from(None, offered)
    assert writers("extractive") == ("extractive",)


def _status(articles: int) -> ArchiveStatus:
    return ArchiveStatus(EVIL, "0", articles, 0, 0, EVIL, "e", "w")


def test_an_empty_archive_says_how_to_fill_it() -> None:
    shown = shell.start(_status(0), ())
    assert "rag ingest" in shown
    assert "<script" not in shown + shell.start(_status(1), [EVIL]) + shell.head(_status(1), EVIL)
    assert filters.form(filters.Choices()) == ""


# -- the panel ---------------------------------------------------------------------------------------------------

FIRST = "The bridge closed on Monday.\n\nNobody was hurt, said the & engineer."
SECOND = "The bridge closed on Tuesday.\n\nNobody was hurt, said the & engineer."


@pytest.fixture
def changed(opened: Opener, tmp_path: Path) -> rag.Archive:
    """An archive with one article that has two versions."""
    archive = opened()
    for text in (FIRST, SECOND):
        piece = write_article(tmp_path / "bridge.md", text, title=EVIL, outlet="Post", url="https://x.example/1")
        archive.ingest([piece])
    return archive


def _open(archive: rag.Archive, quote: str, text: str = SECOND, **more: str) -> str:
    start = text.index(quote)
    item = archive.articles()[0]
    data = {"article": item.id, "start": str(start), "end": str(start + len(quote)), "quote": quote, **more}
    return panel.opened(archive, panel.wanted_from(data), TODAY)


def _marked(shown: str) -> list[str]:
    return [unescape(found) for found in re.findall("<mark>(.*?)</mark>", shown)]


def test_the_cited_span_is_marked_exactly(changed: rag.Archive) -> None:
    shown = _open(changed, "Nobody was hurt, said the & engineer.")
    assert _marked(shown) == ["Nobody was hurt, said the & engineer."]
    assert "<script" not in shown
    copied = re.search('data-copy="([^"]*)"', shown)
    assert copied
    assert unescape(copied[1]) == "“Nobody was hurt, said the & engineer.”\nPost, https://x.example/1"


def test_a_span_over_two_paragraphs_is_marked_in_both(changed: rag.Archive) -> None:
    assert _marked(_open(changed, "on Tuesday.\n\nNobody")) == ["on Tuesday.", "Nobody"]


def test_a_quote_that_has_changed_is_shown_in_the_version_it_is_from(changed: rag.Archive) -> None:
    shown = _open(changed, "The bridge closed on Monday.", FIRST)
    assert _marked(shown) == ["The bridge closed on Monday."]
    assert "earlier version" in shown
    assert re.findall(r'data-version="(\d)"( aria-current)?', shown) == [("1", " aria-current"), ("2", "")]


def test_in_another_version_nothing_is_marked_that_is_not_the_quote(changed: rag.Archive) -> None:
    shown = _open(changed, "The bridge closed on Monday.", FIRST, version="2")
    assert _marked(shown) == []
    assert "are not in this version" in shown
    assert "data-copy" not in shown


@pytest.mark.parametrize(
    "data", [None, [], "x", {"article": "none"}, {"article": ["a"], "start": "-1", "end": "9" * 400, "version": {}}]
)
def test_what_is_not_there_is_said_in_words(changed: rag.Archive, data: object) -> None:
    assert "This article cannot be opened" in panel.opened(changed, panel.wanted_from(data), TODAY)


def test_what_was_corrected_or_withdrawn_says_so(changed: rag.Archive, tmp_path: Path) -> None:
    first = changed.articles()[0]
    assert "<strong>" not in _open(changed, "Nobody was hurt")
    changed.ingest(write_article(tmp_path / "right.md", "It closed on Wednesday, we report now.", title="Right"))
    right = next(item for item in changed.articles() if item.id != first.id)
    changed.upkeep.correct(first.id, f"It closed on Wednesday. {EVIL}", right.id)
    changed.upkeep.retract(first.id, "It never closed.")
    shown = panel.opened(changed, panel.wanted_from({"article": first.id}), TODAY)
    assert "<strong>Corrected.</strong> It closed on Wednesday." in shown
    assert f'data-article="{right.id}"' in shown
    assert "<strong>Withdrawn.</strong> It never closed." in shown
    assert "<script" not in shown


def test_the_page_and_the_time_of_a_quotation_are_told(opened: Opener, tmp_path: Path) -> None:
    archive = opened()
    (tmp_path / "council.vtt").write_text(
        "WEBVTT\n\n00:01.000 --> 00:04.000\nThe council has met.\n\n"
        "01:02:03.000 --> 01:02:08.000\nThe bridge stays shut.\n"
    )
    archive.ingest(tmp_path / "council.vtt")
    shown = _open(archive, "The bridge stays shut.", archive.articles()[0].text)
    assert "The quoted words: 1:02:03" in shown
    copied = re.search('data-copy="([^"]*)"', shown)
    assert copied
    assert unescape(copied[1]).endswith("1:02:03")
    report = dataclasses.replace(archive.articles()[0], times=(), pages=(0, 5))
    assert "The quoted words: page 2" in panel.article(
        [report], 0, panel.Wanted(report.id, 10, 14, report.text[10:14]), (), TODAY
    )


def test_other_articles_of_the_story_can_be_opened(opened: Opener, folder: Path) -> None:
    archive = opened()
    archive.ingest(folder)
    first, second, _ = archive.articles()
    wanted = panel.wanted_from({"article": first.id, "also": f"{second.id} gone"})
    shown = panel.opened(archive, wanted, TODAY)
    assert f'data-article="{second.id}"' in shown
    assert "gone" not in shown


def test_an_article_of_a_megabyte_is_whole() -> None:
    body = "\n".join(f"Line {n} of a long & winding report." for n in range(30_000))
    shown = panel.text(body, [(500_000, 500_040)])
    lines = re.findall(r"<p dir=\"auto\">(.*?)</p>", shown)
    assert "\n".join(unescape(re.sub("</?mark>", "", line)) for line in lines) == body
    assert sum(map(len, _marked(shown))) >= 39


def test_choices_are_counted(opened: Opener, folder: Path) -> None:
    archive = opened()
    archive.ingest(folder)
    known = filters.choices(archive.tally(), archive.status())
    assert known.outlets == (("Field Weekly", 1), ("Ortmund Post", 1), ("Sundby Radio", 1))
    assert known.bylines == (("Ivo Sand", 1), ("Lena Falk", 1), ("Mia Holt", 1))
    assert (known.first, known.last) == (date(2024, 3, 5), date(2024, 9, 30))
    assert 'value="Ortmund Post"' in filters.form(known)


# -- asking, without a browser --------------------------------------------------------------------------------------


def _last(updates: Iterable[Update]) -> Update:
    return list(updates)[-1]


def test_evidence_comes_before_the_answer_and_the_turn_is_kept(opened: Opener, folder: Path) -> None:
    archive = opened()
    archive.ingest(folder)
    updates = list(turns.ask(archive, "How many tonnes of apples did farmers bring in?", []))
    under_way = [found for shown, found, _ in updates if "working" in shown and "310 tonnes" in found]
    assert "<mark>" not in under_way[0]
    likely = next(found for found in under_way if cards.LIKELY in found)
    assert re.search(r"<mark>((?!</mark>).)*310 \S*tonnes", re.sub("</?b[^>]*>", "", likely))
    shown, _, history = updates[-1]
    assert "310 tonnes" in shown
    assert [asked for asked, _ in history] == ["How many tonnes of apples did farmers bring in?"]
    again = _last(turns.ask(archive, history[0][0], history, {"again": True}))
    assert [asked for asked, _ in again[2]] == [history[0][0]]


def test_filters_limit_what_is_found(opened: Opener, folder: Path) -> None:
    archive = opened()
    archive.ingest(folder)
    _, found, _ = _last(turns.ask(archive, "How many tonnes?", [], {"filters": {"outlets": ["Sundby Radio"]}}))
    assert "Library opens" in found
    assert "apples" not in found


def test_a_filter_that_cannot_be_is_said_in_words(opened: Opener) -> None:
    shown, _, _ = _last(turns.ask(opened(), "Why?", [], {"filters": {"published_from": "soon"}}))
    assert "soon is not a day" in shown


def test_what_goes_wrong_is_said_in_words(
    opened: Opener, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    archive = opened()
    monkeypatch.setattr(archive, "stream", lambda *_, **__: iter([1 / 0]))
    shown, _, history = _last(turns.ask(archive, "Why?", []))
    assert "Something went wrong" in shown
    assert "division" not in shown
    assert "division" in caplog.text
    assert history == []


def test_a_model_that_loads_is_announced_and_the_evidence_is_there(opened: Opener, folder: Path) -> None:
    archive = opened()
    archive.ingest(folder)
    updates = list(turns.ask(archive, "How many tonnes of apples?", [], None, lambda: "The writer is still loading."))
    assert any("still loading" in shown and "apples" in cards for shown, cards, _ in updates)


def test_a_writer_that_is_down_is_announced_and_replaced(opened: Opener, folder: Path) -> None:
    settings = dataclasses.replace(SETTINGS, writer="openai:http://127.0.0.1:9/v1#m", judge="combined:words")
    archive = opened(settings=settings)
    archive.ingest(folder)
    shown, _, _ = _last(turns.ask(archive, "How many tonnes of apples did farmers bring in?", []))
    assert "could not write" in shown
    assert "310 tonnes" in shown


# -- the headers ------------------------------------------------------------------------------------------------------


def _served(kind: bytes, body: bytes) -> tuple[dict[bytes, bytes], bytes]:
    sent: list[Message] = []

    async def app(scope: Message, receive: object, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]})
        for n, piece in enumerate((body[:9], body[9:])):
            await send({"type": "http.response.body", "body": piece, "more_body": n == 0})

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(Guard(app)({"type": "http"}, receive, send))
    return dict(sent[0]["headers"]), b"".join(message["body"] for message in sent[1:])


def test_a_pages_own_scripts_carry_the_nonce_of_its_policy() -> None:
    headers, body = _served(b"text/html; charset=utf-8", b"<script>a</script><script src=b></script>")
    nonce = re.search(rb"'nonce-([^']+)'", headers[b"content-security-policy"])
    assert nonce
    assert body.count(b'<script nonce="%s"' % nonce[1]) == 2
    assert headers[b"content-length"] == str(len(body)).encode()
    other, _ = _served(b"text/html", b"")
    assert nonce[1] not in other[b"content-security-policy"]


def test_what_is_no_page_goes_out_as_it_is() -> None:
    headers, body = _served(b"text/event-stream", b"data: <script>")
    assert body == b"data: <script>"
    assert b"default-src 'none'" in headers[b"content-security-policy"]


@pytest.mark.parametrize(
    ("question", "waits"), [("How old is she?", True), ("How many tonnes of apples did farmers bring in?", False)]
)
def test_a_follow_up_that_needs_the_model_waits_for_its_turn_before_it(
    opened: Opener, folder: Path, monkeypatch: pytest.MonkeyPatch, question: str, waits: bool
) -> None:
    archive = opened()
    archive.ingest(folder)
    earlier = [("How many apples were picked?", "310 tonnes of them.")]
    assert archive.takes_model(question, earlier) == waits
    streamed = []
    stream = archive.stream

    def noted(*arguments: Any, **named: Any) -> Any:
        streamed.append(arguments[0])
        return stream(*arguments, **named)

    monkeypatch.setattr(archive, "stream", noted)
    line = Line()
    with line.place("ana") as served:
        assert list(served.waits()) == []
        updates = turns.ask(archive, question, earlier, place=line.place("ben"))
        shown = [next(updates) for _ in range(2 if waits else 3)]
        assert "1 question before yours" in shown[-1][0]
        assert (cards.LIKELY in shown[-1][1]) is not waits  # marks to read by while others are answered
        assert streamed == ([] if waits else [question])
    list(updates)
    assert streamed == [question]
