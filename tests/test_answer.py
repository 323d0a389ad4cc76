"""Answers: events in their order, every sentence checked, and nothing said that the archive does not say."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import rag
from rag import Checked, Delta, Done, Evidence, Verdict, quoting
from rag.errors import ModelError, SettingsError
from rag.judges import Cited, Judgement, calibration
from tests.conftest import Opener, write_article

QUESTION = "How much will the repairs of the Weir Bridge cost?"
RIGHT = "The repairs will cost 12.5 million crowns"
INVENTED = "The council set aside another 99 million crowns for the Weir Bridge"
NOBODY = "openai:http://127.0.0.1:9/v1#x"


@pytest.fixture
def archive(opened: Opener, folder: Path) -> rag.Archive:
    archive = opened()
    archive.ingest(folder)
    return archive


# -- a model server of the test ---------------------------------------------------------------------------------------


@dataclass
class Served:
    """What a fake OpenAI-compatible server says, and what it was asked."""

    pieces: list[str]
    break_off: bool = False
    asked: list[dict[str, Any]] = field(default_factory=list)
    go_on: threading.Event = field(default_factory=threading.Event)
    hung_up: threading.Event = field(default_factory=threading.Event)
    wait_after: int | None = None
    writer: str = ""


@contextmanager
def serving(*pieces: str, **options: Any) -> Iterator[Served]:
    served = Served(list(pieces), **options)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            served.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            try:
                for n, piece in enumerate(served.pieces):
                    if n == served.wait_after:
                        # Whoever listens gets comments until it hangs up or the test lets the rest through.
                        while not served.go_on.wait(0.01):
                            self.send(b": waiting\n\n")
                    self.send(b"data: " + json.dumps({"choices": [{"delta": {"content": piece}}]}).encode() + b"\n\n")
                self.send(b"data: this is no JSON\n\n" if served.break_off else b"data: [DONE]\n\n")
            except OSError:
                served.hung_up.set()

        def send(self, data: bytes) -> None:
            self.wfile.write(data)
            self.wfile.flush()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    served.writer = f"openai:http://127.0.0.1:{server.server_port}/v1#fake"
    try:
        yield served
    finally:
        served.go_on.set()
        server.shutdown()
        server.server_close()
        thread.join()


# -- the contract -----------------------------------------------------------------------------------------------------


def in_order(events: list[rag.types.Event]) -> None:
    assert isinstance(events[0], Evidence)
    assert isinstance(events[-1], Done)
    assert all(isinstance(event, Delta | Checked) for event in events[1:-1])
    checked = [event for event in events if isinstance(event, Checked)]
    last = {event.index: event.sentence for event in checked}  # a sentence comes again if the answer is struck
    assert list(last) == list(range(len(last)))
    assert tuple(last.values()) == events[-1].answer.sentences
    for event in events:
        json.dumps(event.to_dict(), allow_nan=False)


def bound(archive: rag.Archive, answer: rag.Answer) -> None:
    """Every citation opens on exactly its quote, and every mark in the text has its citation."""
    for sentence in answer.sentences:
        for citation in sentence.citations:
            article = archive.article(citation.article_id)
            assert article.text[citation.start : citation.end] == citation.quote != ""
            assert (citation.title, citation.outlet, citation.url) == (article.title, article.outlet, article.url)
    numbers = [citation.number for citation in answer.citations]
    assert numbers == sorted(set(numbers))
    if not answer.abstained:
        for number in numbers:
            assert f"[{number}]" in answer.text


def test_events_come_in_order_and_the_answer_is_whole(archive: rag.Archive) -> None:
    events = list(archive.stream(QUESTION))
    in_order(events)
    assert any(isinstance(event, Delta) for event in events)
    done = events[-1]
    assert isinstance(done, Done)
    answer = done.answer
    assert "12.5 million" in answer.text
    assert not answer.abstained
    assert answer.question == QUESTION
    assert answer.model == "extractive"
    assert answer.archive_version == archive.version
    assert answer.notices == ()
    assert answer.evidence == events[0].hits  # type: ignore[union-attr]
    assert answer.citations
    bound(archive, answer)
    assert all(s.verdict is Verdict.SUPPORTED and s.citations and s.reason for s in answer.sentences)
    times = answer.timings
    assert 0 <= times.retrieve <= times.first_token <= times.total  # type: ignore[operator]
    assert times.write is not None
    assert times.check is not None
    assert set(answer.to_dict()) >= {
        "question", "text", "abstained", "sentences", "citations", "evidence", "model", "archive_version", "timings"
    }  # fmt: skip
    assert set(answer.to_dict()["citations"][0]) == {
        "number", "article_id", "start", "end", "quote", "title", "outlet", "byline", "published", "url", "page"
    }  # fmt: skip


def test_asking_is_the_stream_to_its_end(archive: rag.Archive) -> None:
    asked = archive.ask(QUESTION).to_dict()
    *_, done = archive.stream(QUESTION)
    streamed = done.to_dict()["answer"]
    assert {k: v for k, v in asked.items() if k != "timings"} == {k: v for k, v in streamed.items() if k != "timings"}


def test_evidence_comes_before_the_writer_is_asked(archive: rag.Archive) -> None:
    with serving(f"{RIGHT} [1].") as served:
        events = archive.stream(QUESTION, writer=served.writer)
        assert isinstance(next(events), Evidence)
        assert served.asked == []
        list(events)
        assert len(served.asked) == 1


def test_an_empty_archive_abstains(opened: Opener) -> None:
    answer = opened().ask(QUESTION)
    assert answer.abstained
    assert answer.text == "The archive is empty: no articles have been taken in yet."
    assert answer.citations == answer.sentences == answer.evidence == ()
    assert answer.timings.write is None


def test_a_question_beyond_the_archive_abstains(archive: rag.Archive) -> None:
    answer = archive.ask("Which orchestra played in Reykjavik last Tuesday?")
    assert answer.abstained
    assert "does not say" in answer.text
    assert "3 articles" in answer.text
    assert answer.citations == ()
    assert answer.evidence


def test_what_most_likely_answers_is_told_before_a_word_is_written_to_whoever_asks(archive: rag.Archive) -> None:
    first, second, *rest = archive.stream(QUESTION, likeliest=True)
    assert isinstance(first, Evidence)
    assert isinstance(second, Evidence)
    assert first.nearest == ()
    assert second.hits == first.hits
    assert "12.5 million crowns" in second.nearest[0].quote
    in_order([second, *rest])


def test_an_abstention_names_the_nearest_words_and_where_they_stand(archive: rag.Archive) -> None:
    with serving("The archive does not say.") as served:
        answer = archive.ask(QUESTION, writer=served.writer)
    assert answer.abstained
    assert "12.5 million crowns" in answer.nearest[0].quote
    assert f"Nearest coverage: “{answer.nearest[0].title}”" in answer.text
    assert "12.5" not in answer.text
    for citation in answer.nearest:
        assert archive.article(citation.article_id).text[citation.start : citation.end] == citation.quote
    assert len({citation.quote for citation in answer.nearest}) == len(answer.nearest) <= 3
    assert archive.ask(QUESTION, writer="extractive").nearest == ()


def test_a_filter_that_leaves_nothing_abstains_and_says_so(archive: rag.Archive) -> None:
    answer = archive.ask(QUESTION, filters=rag.Filters(outlets=("Nobody",)))
    assert answer.abstained
    assert "filters" in answer.text


def test_evidence_keeps_to_the_filters(archive: rag.Archive) -> None:
    answer = archive.ask(QUESTION, filters=rag.Filters(outlets=("Field Weekly",)))
    assert {hit.outlet for hit in answer.evidence} == {"Field Weekly"}
    assert "12.5" not in answer.text


# -- checking ---------------------------------------------------------------------------------------------------------


def test_an_invented_number_is_struck_and_the_rest_stands(archive: rag.Archive) -> None:
    text = f"{RIGHT} [1]. {INVENTED} [1]."
    with serving(*(text[i : i + 3] for i in range(0, len(text), 3))) as served:
        events = list(archive.stream(QUESTION, writer=served.writer))
    in_order(events)
    assert "".join(event.text for event in events if isinstance(event, Delta)) == text
    answer = events[-1].answer  # type: ignore[union-attr]
    right, invented = answer.sentences
    assert (right.text, right.verdict) == (RIGHT + ".", Verdict.SUPPORTED)
    assert invented.verdict is Verdict.UNSUPPORTED
    assert "99" in invented.reason
    assert invented.citations == ()
    assert "99" not in answer.text
    assert "12.5 million" in answer.text
    assert not answer.abstained
    assert answer.model == served.writer
    [citation] = answer.citations
    assert "12.5 million crowns" in citation.quote
    bound(archive, answer)


def test_a_sentence_is_checked_while_the_next_is_being_written(archive: rag.Archive) -> None:
    with serving(f"{RIGHT} [1]. ", "And then ", "it went on [1].", wait_after=2) as served:
        events = archive.stream(QUESTION, writer=served.writer)
        seen = [next(events) for _ in range(4)]
        assert [type(event) for event in seen[:2]] == [Evidence, Delta]
        assert any(isinstance(event, Checked) for event in seen)
        served.go_on.set()
        in_order([*seen, *events])


def test_if_nothing_stands_it_is_an_abstention(archive: rag.Archive) -> None:
    with serving(f"{INVENTED} [1].") as served:
        answer = archive.ask(QUESTION, writer=served.writer)
    assert answer.abstained
    assert "did not stand up to checking" in answer.text
    assert "99" not in answer.text
    assert [s.verdict for s in answer.sentences] == [Verdict.UNSUPPORTED]
    assert answer.citations == ()


def test_a_refusal_is_an_abstention(archive: rag.Archive) -> None:
    with serving("The archive does ", "not say.") as served:
        answer = archive.ask(QUESTION, writer=served.writer)
    assert answer.abstained
    assert answer.sentences == ()
    assert "checking" not in answer.text


def test_a_changed_quotation_is_struck(archive: rag.Archive) -> None:
    question = "What did Tove Brandt say of the repairs of the Weir Bridge?"
    with serving("“It cannot wait another decade,” said Tove Brandt [1].") as served:
        answer = archive.ask(question, writer=served.writer)
    assert answer.sentences[0].verdict is Verdict.UNSUPPORTED
    assert "decade" not in answer.text
    with serving("“It cannot wait another winter,” said Tove Brandt [1].") as served:
        assert "another winter" in archive.ask(question, writer=served.writer).text


@pytest.mark.parametrize("marks", ["", " [7]", " [0]", " [999999]"])
def test_marks_that_lead_nowhere_cite_nothing_wrong(archive: rag.Archive, marks: str) -> None:
    with serving(f"{RIGHT}{marks}.") as served:
        answer = archive.ask(QUESTION, writer=served.writer)
    bound(archive, answer)
    for citation in answer.citations:
        assert "12.5 million" in citation.quote


def test_a_writer_in_a_loop_is_told_once(archive: rag.Archive) -> None:
    with serving(*[f"{RIGHT} [1]. "] * 5) as served:
        answer = archive.ask(QUESTION, writer=served.writer)
    assert len(answer.sentences) == 1
    assert answer.text.count("12.5") == 1


# -- writers that fail ------------------------------------------------------------------------------------------------


def test_a_writer_that_cannot_be_reached_is_replaced_and_told(archive: rag.Archive) -> None:
    events = list(archive.stream(QUESTION, writer=NOBODY))
    in_order(events)
    answer = events[-1].answer  # type: ignore[union-attr]
    assert answer.model == "extractive"
    [notice] = answer.notices
    assert NOBODY in notice
    assert "refused" in notice
    assert "word for word" in notice
    assert "12.5 million" in answer.text
    bound(archive, answer)


def test_a_writer_that_breaks_off_keeps_what_stands(archive: rag.Archive) -> None:
    with serving(f"{RIGHT} [1]. ", "Then the", break_off=True) as served:
        answer = archive.ask(QUESTION, writer=served.writer)
    assert answer.model == served.writer
    assert "12.5 million" in answer.text
    assert "incomplete" in answer.notices[0]


def test_a_writer_that_breaks_off_with_nothing_right_is_replaced(archive: rag.Archive) -> None:
    with serving(f"{INVENTED} [1]. ", "Then the", break_off=True) as served:
        events = list(archive.stream(QUESTION, writer=served.writer))
    answer = events[-1].answer  # type: ignore[union-attr]
    assert answer.model == "extractive"
    assert "12.5 million" in answer.text
    assert all("99" not in sentence.text for sentence in answer.sentences)


def test_closing_the_stream_stops_the_writer(archive: rag.Archive) -> None:
    with serving("The repairs ", "never end", wait_after=1) as served:
        events = archive.stream(QUESTION, writer=served.writer)
        assert isinstance(next(events), Evidence)
        assert isinstance(next(events), Delta)
        events.close()  # type: ignore[attr-defined]
        assert served.hung_up.wait(10)
    assert "12.5" in archive.ask(QUESTION).text


# -- follow-ups -------------------------------------------------------------------------------------------------------


def test_a_follow_up_is_understood_with_the_question_before(archive: rag.Archive) -> None:
    follow_up = "And what does that cost?"
    assert archive.ask(follow_up).evidence[0].title == "Weir Bridge to be repaired"
    first = archive.ask("How many tonnes of apples did farmers bring in near Ortmund?")
    for history in ([first], [(first.question, first.text)]):
        answer = archive.ask(follow_up, history=history)
        assert answer.question == follow_up
        assert answer.evidence[0].title == "Apple harvest grows"


def test_a_question_of_its_own_ignores_the_history(archive: rag.Archive) -> None:
    question = "How many tonnes of apples did farmers near Ortmund bring in?"
    plain = archive.ask(question)
    assert "310" in plain.text
    assert archive.ask(question, history=[(QUESTION, "…")]).text == plain.text


# -- the real thing ---------------------------------------------------------------------------------------------------


@pytest.mark.models
@pytest.mark.parametrize(
    ("question", "number"),
    [
        ("How many jobs will be lost when the Brinkmann Cannery closes?", "340"),
        ("By how many votes did the transport committee decide to close Tidemill Bridge?", "6-3"),
        ("In what year was the Tidemill Bridge opened?", "1931"),
    ],
)
def test_the_default_writer_on_the_corpus(corpus_archive: rag.Archive, question: str, number: str) -> None:
    answer = corpus_archive.ask(question)
    assert answer.model == rag.Settings().writer
    assert answer.notices == ()
    assert not answer.abstained
    assert number in answer.text
    assert any(number in citation.quote for citation in answer.citations)
    bound(corpus_archive, answer)


# -- other values -----------------------------------------------------------------------------------------------------


def test_another_value_in_another_article_is_put_beside_the_answer(archive: rag.Archive, tmp_path: Path) -> None:
    (tmp_path / "later.md").write_text(
        "---\ntitle: Weir Bridge dearer\noutlet: Field Weekly\npublished: 2024-05-02\n---\n"
        "It rained all week. The repairs of the Weir Bridge will cost 14.1 million crowns.\n",
        "utf-8",
    )
    archive.ingest(tmp_path / "later.md")
    with serving("The repairs of the Weir Bridge will cost 12.5 million crowns [1].") as served:
        answer = archive.ask(QUESTION, writer=served.writer)
    first, other = answer.sentences
    assert first.verdict is other.verdict is Verdict.SUPPORTED
    assert other.text.startswith("Another value, from Field Weekly of 2 May 2024: “")
    assert "14.1 million" in other.text
    bound(archive, answer)


# -- what the judge is not sure of -------------------------------------------------------------------------------------


class Hesitant:
    """A judge that lets everything pass, but is not sure of it; its model is asked whether words answer."""

    name = "hesitant"

    def __init__(self, margin: float | Exception, sure: float = 0.6) -> None:
        self.margin = margin
        self.sure = sure
        self.asked: list[str] = []
        self.answers_seen: list[str] = []

    def judge(self, claim: str, evidence: Sequence[Cited]) -> Judgement:
        return Judgement(Verdict.SUPPORTED, "stated", self.sure)

    def judge_all(self, pairs: Sequence[tuple[str, Sequence[Cited]]]) -> list[Judgement]:
        return [self.judge(*pair) for pair in pairs]

    def answer_margin(self, question: str, answer: str) -> float:
        self.asked.append(answer)
        if isinstance(self.margin, Exception):
            raise self.margin
        return self.margin

    def answers(self, question: str, answer: str) -> Judgement:
        self.answers_seen.append(answer)
        return Judgement(Verdict.UNSUPPORTED, "it answers something else")


QUOTED = "“The repairs will cost 12.5 million crowns.”"


def told(archive: rag.Archive, judge: Hesitant, *written: str, question: str = QUESTION) -> rag.Answer:
    archive.__dict__["_judge"] = judge
    with serving(*written) as served:
        answer = archive.ask(question, writer=served.writer)
    bound(archive, answer)
    return answer


@pytest.fixture
def evens(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the judge's model says decides alone: a margin is a log-odds."""
    line = calibration.Line(0.0, {"margin": 1.0}, 0.5)
    monkeypatch.setattr(quoting, "_shipped", lambda: (line, calibration.Line(-9.0, {}, 0.5)))


@pytest.mark.usefixtures("evens")
def test_what_is_in_doubt_is_quoted_if_the_quotation_may_well_answer(archive: rag.Archive) -> None:
    judge = Hesitant(-0.5)  # 0.38: enough for what the writer has told, too little for what it has not
    first, quoted = told(archive, judge, f"{RIGHT} in all [1].").sentences
    assert first.verdict is Verdict.UNSUPPORTED
    assert "not sure enough" in first.reason
    assert (quoted.text, quoted.verdict) == (QUOTED, Verdict.SUPPORTED)
    assert judge.asked == [QUOTED]
    assert judge.answers_seen == []  # what is quoted has been weighed already


@pytest.mark.usefixtures("evens")
def test_what_is_in_doubt_and_answers_something_else_is_not_quoted(archive: rag.Archive) -> None:
    judge = Hesitant(-3.0)
    answer = told(archive, judge, f"{RIGHT} in all [1].")
    assert answer.abstained
    assert [sentence.verdict for sentence in answer.sentences] == [Verdict.UNSUPPORTED]
    assert judge.asked == [QUOTED]  # once; what else is near lacks what the question insists on
    assert answer.nearest


@pytest.mark.usefixtures("evens")
@pytest.mark.parametrize(("margin", "given"), [(0.5, True), (-0.5, False)])
def test_where_nothing_that_was_written_stands_only_words_that_very_likely_answer_are_quoted(
    archive: rag.Archive, margin: float, given: bool
) -> None:
    answer = told(archive, Hesitant(margin), "They will cost 77 million crowns, said the harbour master [1].")
    assert answer.abstained is not given
    assert [s.text for s in answer.sentences if s.verdict is Verdict.SUPPORTED] == ([QUOTED] if given else [])
    if given:
        assert answer.sentences[-1].reason == "the article's own words, since what was written does not stand"


@pytest.mark.parametrize(("error", "given"), [(SettingsError("no model"), True), (ModelError("it broke"), False)])
def test_without_a_model_to_ask_the_odds_decide_and_of_one_that_fails_nothing_is_quoted(
    archive: rag.Archive, monkeypatch: pytest.MonkeyPatch, error: Exception, given: bool
) -> None:
    monkeypatch.setattr(
        quoting, "_shipped", lambda: (calibration.Line(9.0, {"margin": 1.0}, 0.5), calibration.Line(9.0, {}, 0.5))
    )
    assert told(archive, Hesitant(error), f"{RIGHT} in all [1].").abstained is not given


@pytest.mark.usefixtures("evens")
def test_what_could_not_be_checked_is_no_reason_to_quote(archive: rag.Archive) -> None:
    judge = Hesitant(9.0)
    judge.judge = lambda claim, evidence: Judgement(Verdict.UNCHECKED, "gone")  # type: ignore[method-assign]
    assert told(archive, judge, f"{RIGHT} in all [1].").abstained
    assert judge.asked == []


@pytest.mark.usefixtures("evens")
def test_a_writer_that_does_not_find_it_is_believed(archive: rag.Archive) -> None:
    judge = Hesitant(9.0)
    assert told(archive, judge, "The archive does not say.").abstained
    assert judge.asked == []


@pytest.mark.usefixtures("evens")
def test_what_is_told_for_certain_and_is_no_answer_is_struck(archive: rag.Archive) -> None:
    judge = Hesitant(-3.0, sure=0.9)
    answer = told(archive, judge, f"{RIGHT} [1].")
    assert answer.abstained
    assert judge.answers_seen == [f"{RIGHT}."]
    assert answer.sentences[0].reason == "it answers something else"


@pytest.mark.usefixtures("evens")
def test_what_is_told_more_firmly_than_it_was_said_is_quoted_and_answers_if_what_was_written_does(
    opened: Opener, tmp_path: Path
) -> None:
    text = "The council of Ortmund met. The repairs of the Weir Bridge are expected to cost 12.5 million crowns."
    write_article(tmp_path / "a" / "bridge.md", text, title="Weir Bridge", outlet="Ortmund Post")
    archive = opened()
    archive.ingest(tmp_path / "a")
    judge = Hesitant(-9.0, sure=0.9)
    answer = told(archive, judge, "The repairs of the Weir Bridge cost 12.5 million crowns [1].")
    assert answer.abstained  # since the judge's model says so of the words that were written
    assert judge.answers_seen == ["The repairs of the Weir Bridge cost 12.5 million crowns."]
    assert [sentence.text for sentence in answer.sentences][1:] == [
        "“The repairs of the Weir Bridge are expected to cost 12.5 million crowns.”"
    ]


@pytest.mark.usefixtures("evens")
def test_a_quotation_that_answers_is_no_excuse_for_what_is_told_beside_it(archive: rag.Archive) -> None:
    judge = Hesitant(-0.5)

    def judged(claim: str, evidence: Sequence[Cited]) -> Judgement:
        return Judgement(Verdict.SUPPORTED, "stated", 0.6 if "in all" in claim else 0.9)

    judge.judge = judged  # type: ignore[method-assign]
    answer = told(archive, judge, f"The Weir Bridge will be repaired [1]. {RIGHT} in all [1].")
    standing = [sentence.text for sentence in answer.sentences if sentence.verdict is Verdict.SUPPORTED]
    assert judge.answers_seen == ["The Weir Bridge will be repaired."]
    assert standing == [QUOTED]
