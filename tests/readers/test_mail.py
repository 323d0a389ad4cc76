"""E-mails and mailboxes: headers, bodies, attachments, and mails that mean harm."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from email.message import EmailMessage
from pathlib import Path

import pytest

from rag.errors import ReadError
from rag.readers import Context
from rag.types import Article
from tests.readers import failure, items, one
from tests.readers.samples import docx, mail, mbox, pdf, sample_mail

NESTED = b"--x\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"


def written(folder: Path, message: EmailMessage | bytes, suffix: str = ".eml") -> Path:
    path = folder / f"a{suffix}"
    path.write_bytes(message if isinstance(message, bytes) else message.as_bytes())
    return path


def raw(body: str, *headers: str) -> bytes:
    return "\r\n".join(["From: ida@shoreline.example", *headers, "", body]).encode()


def test_headers(tmp_path: Path) -> None:
    message = sample_mail()
    message["Archived-At"] = "<https://list.example/1>"
    message["Content-Language"] = "en-GB"
    found = one(written(tmp_path, message))
    assert (found.title, found.byline, found.outlet) == ("Harbour lights go out", "Ida Moen", None)
    assert found.published == datetime(2025, 5, 6, 7, 8, 9, tzinfo=timezone(timedelta(hours=2)))
    assert (found.url, found.language) == ("https://list.example/1", "en")
    assert found.text == "The harbour lights went out on Monday.\n\nNobody could say why."


@pytest.mark.parametrize(
    ("date", "moment"),
    [
        ("Tue, 06 May 2025 07:08:09 -0000", datetime(2025, 5, 6, 7, 8, 9, tzinfo=UTC)),
        ("Tue, 6 May 2025 07:08:09 +0000 (UTC)", datetime(2025, 5, 6, 7, 8, 9, tzinfo=UTC)),
        ("Tue, 6 May 2025 07:08:09 IST", None),  # India, Ireland or Israel
        ("yesterday", None),
    ],
)
def test_dates(date: str, moment: datetime | None, tmp_path: Path) -> None:
    message = raw("Words.", f"Date: {date}")
    assert one(written(tmp_path, message), Context("Europe/Oslo")).published == moment


def test_headers_in_other_alphabets_and_over_lines(tmp_path: Path) -> None:
    found = one(written(tmp_path, raw("Words.", "Subject: =?utf-8?b?0J/QvtGA0YI=?=", " =?iso-8859-1?q?_caf=E9?=")))
    assert (found.title, found.byline) == ("Порт café", "ida@shoreline.example")


def test_plain_text_comes_before_html_and_html_before_nothing(tmp_path: Path) -> None:
    both = mail("The plain words.", From="ida@shoreline.example")
    both.add_alternative("<title>T</title><p>The other words.</p>", subtype="html")
    assert one(written(tmp_path, both)).text == "The plain words."
    html = EmailMessage()
    html["From"] = "ida@shoreline.example"
    html.set_content("<head><title>T</title><style>p{}</style></head><p>The <b>other</b> words.</p>", subtype="html")
    assert one(written(tmp_path, html)).text == "The other words."


def test_a_body_in_the_encoding_that_it_declares(tmp_path: Path) -> None:
    kind = 'Content-Type: text/plain; charset="{}"\r\nContent-Transfer-Encoding: quoted-printable'
    assert one(written(tmp_path, raw("caf=E9 words", kind.format("iso-8859-1")))).text == "café words"
    assert one(written(tmp_path, raw("caf=C3=A9 words", kind.format("no-such")))).text == "café words"


def test_text_that_was_wrapped_for_sending_is_whole_again(tmp_path: Path) -> None:
    kind = "Content-Type: text/plain; format=flowed"
    text = "The harbour lights \r\nwent out.\r\n\r\n From here on it was dark.\r\n-- \r\nIda"
    assert one(written(tmp_path, raw(text, kind))).text == (
        "The harbour lights went out.\n\nFrom here on it was dark.\n-- \nIda"
    )


def test_attachments_are_articles_of_their_own(tmp_path: Path) -> None:
    message = sample_mail()
    message.add_attachment(docx(["Out of Word."]), maintype="application", subtype="x", filename="r.docx")
    message.add_attachment(pdf([["Out of a PDF."]]), maintype="application", subtype="pdf", filename="scan.pdf")
    message.add_attachment("text,title\nOne.,A\n,B\n", subtype="csv", filename="rows.csv")
    message.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="lamp.png")
    message.add_attachment(b"PK", maintype="application", subtype="zip", filename="all.7z")
    message.add_attachment(mail("The inner words.", Subject="Fwd", From="per@shoreline.example"))
    odd = b"filename*=utf-8''scan%0A%20of%09it.pdf"
    path = written(tmp_path, message.as_bytes().replace(b'filename="scan.pdf"', odd))
    found = items(path)
    articles = [(a.source.removeprefix(str(path)), a.title, a.text) for a in found if isinstance(a, Article)]
    assert articles[1:] == [
        ("#1", "Harbour lights go out", "Out of Word."),
        ("#2", "scan of it.pdf", "Out of a PDF."),
        ("#3#2", "A", "One."),
        ("#5", "Fwd", "The inner words."),
    ]
    errors = {e.path.removeprefix(str(path)): e.message for e in found if isinstance(e, ReadError)}
    assert list(errors) == ["#3#3", "#4"]
    assert errors["#4"] == "no reader for the attachment all.7z (application/zip)"
    assert len({a.id for a in found if isinstance(a, Article)}) == len(articles)


def test_attachments_of_a_signed_message(tmp_path: Path) -> None:
    inner = sample_mail()
    inner.add_attachment(b"Inside.", maintype="text", subtype="plain", filename="n.txt")
    signed = EmailMessage()
    signed["From"] = "ida@shoreline.example"
    signed["Content-Type"] = "multipart/signed"
    for part in (inner, mail("sig")):
        signed.attach(part)
    texts = [item.text for item in items(written(tmp_path, signed)) if isinstance(item, Article)]
    assert "Inside." in texts
    assert texts[0].startswith("The harbour lights")


def test_messages_within_messages_end_somewhere(tmp_path: Path) -> None:
    message = mail("0 deep", From="ida@shoreline.example")
    for depth in range(1, 12):
        outer = mail(f"{depth} out", From="ida@shoreline.example")
        outer.add_attachment(message)
        message = outer
    *articles, error = items(written(tmp_path, message))
    assert len(articles) == 5
    assert isinstance(error, ReadError)
    assert error.message == "messages within messages, more than 4 deep"


@pytest.mark.parametrize(
    "data",
    [
        b"Lights out\n\nWords that are no mail.",
        raw("", "Subject: nothing in it"),
        raw("--x", 'Content-Type: multipart/mixed; boundary="x"'),
        b"From: a\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n" + NESTED * 300,
    ],
    ids=["no mail", "no words", "no parts", "nested"],
)
def test_what_is_no_mail_or_has_no_words(data: bytes, tmp_path: Path) -> None:
    assert failure(written(tmp_path, data)).message


def test_mailboxes(tmp_path: Path) -> None:
    quoting = mail("Lights out.\n\nFrom here on it was dark.\n", Subject="B", From="per@shoreline.example")
    path = written(tmp_path, mbox(sample_mail(), mail("", From="empty@shoreline.example"), quoting), ".mbox")
    before = path.read_bytes()
    first, empty, last = items(path)
    assert isinstance(first, Article)
    assert (first.source, first.title) == (f"{path}#1", "Harbour lights go out")
    assert isinstance(empty, ReadError)
    assert (empty.path, empty.message) == (f"{path}#2", "no text in it")
    assert isinstance(last, Article)
    assert last.text == "Lights out.\n\nFrom here on it was dark."
    assert path.read_bytes() == before
    assert failure(written(tmp_path, b"\nLights out\n", ".mbox")).message.startswith("not a mailbox")
