"""Office files, mails and subtitles through the whole of it: taken in, found, asked, cited by page and time."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag import Done, console
from tests.conftest import Opener
from tests.readers.samples import docx, mail, pdf, xlsx


def test_every_format_is_found_and_a_citation_names_its_page(
    opened: Opener, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    dredging = "The dredging of the harbour will cost 12.5 million crowns."
    (folder / "report.pdf").write_bytes(pdf([["The council met in the old library."], [], [dredging]]))
    (folder / "note.docx").write_bytes(docx(["The ferry to Sundby will stop in October."]))
    rows = [["Headline", "Body"], ["Apples", "Farmers brought in 310 tonnes of apples."]]
    (folder / "rows.xlsx").write_bytes(xlsx({"News": rows}))
    message = mail("The chair of the inquiry is Tove Brandt.", Subject="Inquiry", From="ida@shoreline.example")
    message.add_attachment(b"PK", maintype="application", subtype="x-7z-compressed", filename="all.7z")
    (folder / "mail.eml").write_bytes(message.as_bytes())
    talk = "WEBVTT\n\n00:01:05.000 --> 00:01:08.000\nThe lighthouse was painted green.\n"
    (folder / "talk.vtt").write_text(talk, "utf-8")

    archive = opened()
    report = archive.ingest(folder)
    reasons = [reason for _, reason in report.failed]
    assert (report.added, reasons) == (5, ["no reader for the attachment all.7z (application/x-7z-compressed)"])
    again = archive.ingest(folder)
    assert (again.unchanged, again.failed) == (5, report.failed)

    answer = archive.ask("What will the dredging of the harbour cost?")
    (citation,) = answer.citations
    assert citation.page == 3
    assert archive.article(citation.article_id).page_at(citation.start) == 3
    assert answer.to_dict()["citations"][0]["page"] == 3
    console.show_stream(iter([Done(answer)]))
    assert "page 3" in capsys.readouterr().out
    assert archive.ask("When will the ferry to Sundby stop?").citations[0].page is None
    lighthouse = archive.search("What colour was the lighthouse painted?", 1)[0]
    assert archive.article(lighthouse.article_id).time_at(lighthouse.start) == 65
