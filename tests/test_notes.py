"""Which words make an article corrected or retracted, and which do not."""

from __future__ import annotations

import json
import unicodedata
from typing import Literal

import pytest

from rag.notes import CORRECTION, FILE, RETRACTION, corrects, printed
from rag.types import Article

TABLE: dict[str, dict[str, list[str]]] = json.loads(FILE.read_text("utf-8"))
BODY = "The council met on Monday.\n\nIt voted 7-2 for the bridge.\n\nThe mayor was away."


def kinds(text: str = BODY, title: str = "Council votes") -> list[str]:
    return [note.kind for note in printed(Article("a", text, "a.md", title))]


@pytest.mark.parametrize(
    "note",
    [
        "Correction: The vote was 7-2, not 8-1.",
        "**Correction:** The vote was 7-2, not 8-1.",
        "_Corrections and clarifications: The vote was 7-2._",
        "CORRECTION (4 March 2024): The vote was 7-2.",
        "Correction, March 4, 2024: The vote was 7-2.",
        "Clarification — the mayor was on leave.",
        "This article has been corrected: the vote was 7-2.",
        "This story was amended on 4 March 2024 to give the right vote.",
        "Editor’s note: This article has been corrected to say that the vote was 7-2.",
        "An earlier version of this article misstated the vote.",
    ],
)
@pytest.mark.parametrize("place", ["above", "below"])
def test_a_correction_is_recognised(note: str, place: str) -> None:
    assert kinds(f"{note}\n\n{BODY}" if place == "above" else f"{BODY}\n\n{note}") == [CORRECTION]


@pytest.mark.parametrize(
    "note",
    [
        "This article has been retracted because a source invented the quotations.",
        "Editor's note: This story has been withdrawn.",
        "RETRACTED: the documents were forged.",
    ],
)
def test_a_retraction_is_recognised(note: str) -> None:
    assert kinds(f"{BODY}\n\n{note}") == [RETRACTION]


@pytest.mark.parametrize(
    "title",
    ["RETRACTED: Council votes", "Retracted – Council votes", "[Retracted] Council votes", "Council votes (retracted)"],
)
def test_a_headline_that_says_retracted_is_recognised(title: str) -> None:
    assert kinds(title=title) == [RETRACTION]


@pytest.mark.parametrize("title", ["Corrected: Council votes", "CORRECTED-UPDATE 2-Council votes"])
def test_a_headline_that_says_corrected_is_recognised(title: str) -> None:
    assert kinds(title=title) == [CORRECTION]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (BODY, "Retracted statement costs minister his job"),
        (BODY, "Journal retracts study of trout"),
        (BODY, "Retraction of troops begins"),
        (BODY, "Correction: cost of the bridge"),
        (BODY, "Corrections officer is honoured"),
        (BODY, "RETRACTED CLAWS SAVE A CAT"),
        (f"{BODY}\n\n“This article has been retracted,” the journal wrote above the study.", "Study"),
        (f"{BODY}\n\nThe journal said that this article has been retracted.", "Study"),
        (f"{BODY}\n\nCorrections officers were on duty.", "Council"),
        (f"{BODY}\n\nThe paper later ran a correction: the vote was 7-2.", "Council"),
        (f"{BODY}\n\nThis article was written by two reporters.", "Council"),
    ],
)
def test_what_speaks_of_something_else_is_no_note(text: str, title: str) -> None:
    assert kinds(text, title) == []


def test_a_note_in_the_middle_of_a_long_article_belongs_to_something_else() -> None:
    long = "\n\n".join(
        [*(f"Paragraph {n} says this." for n in range(9)), "Correction: no.", *BODY.split("\n\n"), "End."]
    )
    assert kinds(long) == []


def test_the_words_are_kept_without_their_emphasis() -> None:
    (note,) = printed(Article("a", f"{BODY}\n\n*Correction: The vote was 7-2.*", "a.md"))
    assert note.text == "Correction: The vote was 7-2."


@pytest.mark.parametrize(
    "note",
    [
        "Korrektur: In einer früheren Version dieses Artikels stand, der Rat habe 8-1 gestimmt.",
        "Korrektur vom 4. März 2024: Der Rat stimmte 7-2.",
        "Richtigstellung (4. März 2024): Der Rat stimmte 7-2.",
        "In einer früheren Fassung dieses Beitrags hieß es, die Bürgermeisterin sei da gewesen.",
        "Dieser Artikel wurde am 4. März 2024 korrigiert.",
        "(Anm. d. Red.: In einer früheren Version des Artikels stand eine falsche Zahl.)",
        "Hinweis der Redaktion: Wir haben diesen Artikel korrigiert.",
        "In diesem Artikel hieß es zunächst, der Rat habe 8-1 gestimmt.",
        "Rectificatif : le conseil a voté par 7 voix contre 2.",
        "Correction du 4 mars 2024\u00a0: le conseil a voté par 7 voix contre 2.",
        "Une première version de cet article donnait un vote de 8 contre 1.",
        "Contrairement à ce qu’indiquait une première version de cet article, le maire était absent.",
        "NDLR : l’article a été corrigé pour donner le bon vote.",
        "Corrección: El consejo votó 7-2, no 8-1.",
        "Fe de errores: El consejo votó 7-2.",
        "En una versión anterior de esta noticia se decía que el alcalde estaba presente.",
        "Este artículo ha sido corregido: el consejo votó 7-2.",
        "Nota de la redacción: una versión anterior del artículo daba otra cifra.",
        "Correzione: il consiglio ha votato 7-2.",
        "Errata corrige — il sindaco era in ferie.",
        "Una versione precedente di quest’articolo riportava un voto sbagliato.",
        "Questo articolo è stato modificato il 4 marzo 2024 per correggere il voto.",
        "Rectificatie: de raad stemde 7-2.",
        "Correctie (4 maart 2024): de raad stemde 7-2.",
        "In een eerdere versie van dit artikel stond dat de burgemeester er was.",
        "Dit artikel is op 4 maart 2024 gecorrigeerd.",
        "In dit bericht stond eerder dat de raad 8-1 had gestemd.",
        "Correção: o conselho votou 7-2.",
        "Erramos: o conselho votou 7-2.",
        "Versão anterior deste texto informou que o prefeito estava presente.",
        "Esta reportagem foi atualizada em 4 de março para corrigir o placar.",
        "Rettelse: Rådet stemte 7-2.",
        "Beriktigelse 4. mars 2024: Rådet stemte 7-2.",
        "I en tidligere version af denne artikel stod der, at borgmesteren var til stede.",
        "I en tidligere versjon av saken skrev vi at ordføreren var til stede.",
        "Red.: I en tidligere udgave af artiklen stod der et forkert tal.",
        "Denne artikel er rettet den 4. marts med det rigtige tal.",
        "Rättelse 2024-03-04: Rådet röstade 7-2.",
        "I en tidigare version av den här artikeln angavs fel siffror.",
        "Redaktionell kommentar: En tidigare version av artikeln angav fel siffror.",
        "Den här artikeln har rättats.",
    ],
)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_correction_in_another_language_is_recognised(note: str, form: Literal["NFC", "NFD"]) -> None:
    note = unicodedata.normalize(form, note)
    assert kinds(f"_{note}_\n\n{BODY}") == kinds(f"{BODY}\n\n{note}") == [CORRECTION]
    (found,) = printed(Article("a", f"{BODY}\n\n{note}", "a.md"))
    assert found.text == note


@pytest.mark.parametrize(
    "note",
    [
        "Dieser Artikel wurde am 4. März zurückgezogen, weil ein Zeuge erfunden war.",
        "Cet article a été rétracté.",
        "Note de la rédaction : cet article a été retiré.",
        "Este artículo ha sido retirado por la redacción.",
        "Nota del editor: el artículo ha sido retirado.",
        "Questo articolo è stato ritirato dalla redazione.",
        "Dit artikel is teruggetrokken.",
        "Redactie: het artikel is ingetrokken.",
        "Esta reportagem foi retirada pela redação.",
        "Denne artikel er blevet trukket tilbage.",
        "Redaksjonell merknad: Saken er trukket tilbake.",
        "Den här artikeln har dragits tillbaka.",
        "Artikel zurückgezogen: Die Dokumente waren gefälscht.",
    ],
)
def test_a_retraction_in_another_language_is_recognised(note: str) -> None:
    assert kinds(f"{BODY}\n\n{note}") == [RETRACTION]


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("[Artikel zurückgezogen] Rat stimmt ab", RETRACTION),
        ("Le conseil vote (article rétracté)", RETRACTION),
        ("Artículo retirado: el consejo vota", RETRACTION),
        ("Tillbakadragen artikel: Rådet röstar", RETRACTION),
        ("Korrigiert: Rat stimmt ab", CORRECTION),
        ("Version corrigée : le conseil vote", CORRECTION),
        ("Rättad: Rådet röstar", CORRECTION),
    ],
)
def test_a_headline_in_another_language_is_recognised(title: str, kind: str) -> None:
    assert kinds(title=title) == [kind]


@pytest.mark.parametrize(
    "text",
    [
        # another's correction, or words about it
        "Die Zeitung druckte später eine Korrektur: Der Rat habe 7-2 gestimmt.",
        "In einer früheren Version des Gesetzes stand eine andere Zahl.",
        "In einer früheren Version des Artikels stand eine andere Zahl, sagt der Verlag.",
        "„Dieser Artikel wurde korrigiert“, schrieb das Blatt über den Text.",
        "« Cet article a été corrigé », écrit le journal.",
        "Une version précédente de l'article du code parlait d'amendes.",
        "I en tidigare version av artikeln i Kvällsnytt stod det något annat.",
        "En una versión anterior del proyecto se decía otra cosa.",
        # the words mean something else
        "Korrektur an den Börsen hält an.",
        "Korrektur der Prognose für 2024: Das Amt rechnet mit weniger.",
        "Cet article a été retiré du projet de loi par le Sénat.",
        "Este artículo ha sido retirado del mercado.",
        "Questo articolo è stato ritirato dal commercio.",
        "Dit artikel is ingetrokken bij de herziening van de wet.",
        "Denne saken er trukket tilbake av påtalemyndigheten.",
        "Denne artikel er rettet mod unge læsere.",
        "Rectificatif budgétaire voté lundi.",
        "Correction des copies : les professeurs protestent.",
        "Rettelsen kom dagen efter: tallet var forkert.",
        "Dieser Artikel wurde von zwei Reportern geschrieben.",
        "Hinweis: Die Sitzung beginnt um 18 Uhr.",
    ],
)
def test_what_speaks_of_something_else_in_another_language_is_no_note(text: str) -> None:
    assert kinds(f"{BODY}\n\n{text}") == kinds(f"{text}\n\n{BODY}") == []


@pytest.mark.parametrize(
    "title",
    [
        "Zurückgezogen – warum die Kandidatin aufgibt",
        "Ritirato: Rossi lascia la corsa",
        "Corrigé : l’épreuve de maths du brevet",
        "Korrektur: Kosten der Brücke",
        "Rättelsen som kom för sent",
        "Gesetz über Pacht (zurückgezogen)",
    ],
)
def test_a_headline_in_another_language_that_says_something_else_is_no_note(title: str) -> None:
    assert kinds(title=title) == []


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Korrektur", "Im Artikel „Brücke wird viel teurer“ war eine Zahl falsch."),
        ("Rectificatif : le pont", "Dans l’article « Brücke wird viel teurer », un chiffre était faux."),
        ("Rettelser og præciseringer", "I artiklen »Brücke wird viel teurer« stod et forkert tal."),
        ("Rättelse", "I artikeln ”Brücke wird viel teurer” stod fel siffra."),
        ("Correctie", "In “Brücke wird viel teurer” stond een verkeerd getal."),
    ],
)
def test_an_article_of_corrections_names_a_headline_in_any_quotation_marks(title: str, text: str) -> None:
    assert corrects(Article("a", text, "a.md", title)) == ["Brücke wird viel teurer"]
    assert corrects(Article("a", text, "a.md", "Brücke bleibt gesperrt")) == []


@pytest.mark.parametrize("language", TABLE)
def test_every_word_of_the_table_counts(language: str) -> None:
    words = {name: [w.replace(" … ", " 4/3/2024 ") for w in found] for name, found in TABLE[language].items()}
    assert words.keys() == TABLE["English"].keys()
    editor = words["editor"][0]

    def told(first: str, second: str, before: str = "") -> list[str]:
        return [f"{before}{one} {other} xyz" for one in words[first] for other in words[second]]

    corrections = [f"{label}: xyz" for label in words["labels"]] + [f"{line} xyz" for line in words["sentences"]]
    corrections += told("this", "corrected") + told("earlier", "of_this")
    corrections += told("the", "corrected", before=f"{editor}: ") + told("earlier", "of_the", before=f"{editor}: ")
    corrections += [f"{label}: {told('earlier', 'of_the')[0]}" for label in words["editor"]]
    retractions = [f"{label}: xyz" for label in words["retracted_labels"]] + told("this", "retracted")
    retractions += told("the", "withdrawn", before=f"{editor}: ")
    assert [line for line in corrections if kinds(line) != [CORRECTION]] == []
    assert [line for line in retractions if kinds(line) != [RETRACTION]] == []
    assert [w for w in words["corrected_labels"] if kinds(title=f"{w}: xyz") != [CORRECTION]] == []
    assert [w for w in words["retracted_labels"] if kinds(title=f"xyz ({w})") != [RETRACTION]] == []
