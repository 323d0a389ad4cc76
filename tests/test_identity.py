"""Which article is which: known by what its source calls it, wherever it has moved to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import rag
from rag.readers import base, json_records
from tests.conftest import Opener, consistent

BRIBES = {"id": 7, "title": "Mayor took bribes", "text": "The mayor of Ortmund took bribes, a clerk said."}
FERRY = {"id": 8, "title": "Ferry sails again", "text": "The ferry to Norby sails again after two weeks."}
PIER = {"id": 9, "title": "Pier is mended", "text": "The pier of Aske is mended, the harbour master said."}


def export(folder: Path, *records: dict[str, Any], name: str = "export.json") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(json.dumps(list(records)), "utf-8")
    return folder


def by_title(archive: rag.Archive) -> dict[str | None, rag.Article]:
    return {article.title: article for article in archive.articles()}


def found(archive: rag.Archive, question: str) -> set[str | None]:
    return {hit.title for hit in archive.search(question)}


def test_a_retraction_stays_with_its_story_when_another_takes_its_place(opened: Opener, tmp_path: Path) -> None:
    archive = opened()
    archive.ingest(export(tmp_path / "in", BRIBES, FERRY))
    archive.upkeep.retract(by_title(archive)["Mayor took bribes"].id, "It was another mayor.")
    report = archive.ingest(export(tmp_path / "in", PIER, BRIBES, FERRY))
    assert (report.added, report.updated, report.unchanged) == (1, 0, 2)
    assert found(archive, "Who took bribes?") == {"Ferry sails again", "Pier is mended"}
    assert all(len(archive.upkeep.versions(article.id)) == 1 for article in archive.articles())
    consistent(archive)


@pytest.mark.parametrize("name", [7, "urn:issn:1234-5679", "desk@post.example", "https://post.example/feed"])
def test_a_name_that_pieces_of_a_file_share_loses_none_of_them(opened: Opener, tmp_path: Path, name: object) -> None:
    archive = opened()
    archive.ingest(export(tmp_path / "in", *({**record, "id": name} for record in (BRIBES, FERRY, PIER))))
    assert len(by_title(archive)) == 3


def test_a_number_says_nothing_beyond_its_file(opened: Opener, tmp_path: Path) -> None:
    archive = opened()
    export(tmp_path / "in", BRIBES, PIER, name="a.json")
    archive.ingest(export(tmp_path / "in", FERRY | {"id": 7}, PIER, name="b.json"))
    assert len(list(archive.articles())) == 4


@pytest.mark.parametrize("name", ["urn:newsml:post.example:20250304:7", "tag:post.example,2025:7", "7@post.example"])
def test_a_name_made_to_be_unique_is_the_story_in_any_file(opened: Opener, tmp_path: Path, name: str) -> None:
    archive = opened()
    export(tmp_path / "in", BRIBES | {"id": name}, name="a.json")
    later = BRIBES | {"id": name, "text": "The mayor of Ortmund took no bribes, the court said."}
    report = archive.ingest(export(tmp_path / "in", later, FERRY, name="b.json"))
    assert (report.added, report.updated) == (2, 1)
    (article, other) = sorted(archive.articles(), key=lambda one: one.title or "", reverse=True)
    assert (article.text, other.title) == (later["text"], "Ferry sails again")


def test_what_has_left_its_file_goes_with_a_prune(opened: Opener, tmp_path: Path) -> None:
    archive = opened()
    archive.ingest(export(tmp_path / "in", BRIBES, FERRY, PIER))
    archive.ingest(export(tmp_path / "in", FERRY, PIER))
    assert len(by_title(archive)) == 3
    assert archive.ingest(tmp_path / "in", prune=True).removed == 1
    assert set(by_title(archive)) == {"Ferry sails again", "Pier is mended"}
    consistent(archive)


def test_an_archive_made_when_places_were_all_takes_notes_and_versions_along(
    opened: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = opened()
    monkeypatch.setattr(base, "_called", lambda guid, source, context: None)
    monkeypatch.setattr(json_records, "VERSION", json_records.VERSION - 1)
    archive.ingest(export(tmp_path / "in", FERRY | {"text": "The ferry to Norby sails again."}, BRIBES))
    archive.ingest(export(tmp_path / "in", FERRY, BRIBES))
    before = by_title(archive)
    archive.upkeep.retract(before["Mayor took bribes"].id, "It was another mayor.")
    monkeypatch.undo()
    assert archive.ingest(tmp_path / "in").added == 2
    after = by_title(archive)
    assert len(list(archive.articles())) == 2
    assert all(after[title].id != article.id for title, article in before.items())
    assert found(archive, "Who took bribes?") == {"Ferry sails again"}
    (note,) = archive.upkeep.notes(after["Mayor took bribes"].id)
    assert (note.kind, note.text) == ("retraction", "It was another mayor.")
    ferry = after["Ferry sails again"].id
    assert [version.version for version in archive.upkeep.versions(ferry)] in ([1, 2], [2, 1])
    assert archive.article(ferry, version=1).text == "The ferry to Norby sails again."
    consistent(archive)


ITEM = """<newsItem xmlns="http://iptc.org/std/nar/2006-10-01/"
guid="urn:newsml:wire.example:2025:7" version="{version}">
<itemMeta><itemClass qcode="ninat:text"/><provider><name>Coast Wire</name></provider>
<versionCreated>{time}</versionCreated><pubStatus qcode="stat:{status}"/></itemMeta>
<contentMeta><headline>Mayor took bribes</headline></contentMeta>
<contentSet><inlineXML contenttype="application/xhtml+xml"><html xmlns="http://www.w3.org/1999/xhtml"><body>
<p>The mayor of Ortmund took bribes, a clerk said.</p></body></html></inlineXML></contentSet></newsItem>"""


def test_an_agency_takes_a_story_back_in_the_same_message(opened: Opener, tmp_path: Path) -> None:
    usable = ITEM.format(version=1, time="2025-03-04T10:00:00Z", status="usable")
    canceled = ITEM.format(version=2, time="2025-03-04T12:00:00Z", status="canceled")
    folder = export(tmp_path / "in", FERRY)
    message = '<newsMessage xmlns="http://iptc.org/std/nar/2006-10-01/"><itemSet>'
    (folder / "a.xml").write_text(f"{message}{usable}{canceled}</itemSet></newsMessage>", "utf-8")
    archive = opened()
    archive.ingest(folder)
    assert found(archive, "Who took bribes?") == {"Ferry sails again"}


@pytest.mark.parametrize("names", [("a.xml", "b.xml"), ("b.xml", "a.xml")])
def test_an_agency_takes_a_story_back_in_another_file(opened: Opener, tmp_path: Path, names: tuple[str, str]) -> None:
    usable = ITEM.format(version=1, time="2025-03-04T10:00:00Z", status="usable")
    canceled = ITEM.format(version=2, time="2025-03-04T12:00:00Z", status="canceled")
    folder = export(tmp_path / "in", FERRY)
    for name, item in zip(names, (usable, canceled)):
        (folder / name).write_text(item, "utf-8")
    archive = opened()
    archive.ingest(folder)
    assert found(archive, "Who took bribes?") == {"Ferry sails again"}
    archive.ingest(folder)
    assert found(archive, "Who took bribes?") == {"Ferry sails again"}
