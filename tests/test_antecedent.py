"""Whom "he" means in cited words."""

from __future__ import annotations

import pytest

from rag.judges import Cited
from rag.judges.antecedent import PASSAGES, somebody_else

HOLM = "Petra Holm has just returned from the Nordic Fair. "
FALK = "Falk said she drove 800 kilometres."
DROVE = "In two weeks she drove 800 kilometres on foreign roads."


@pytest.mark.parametrize(
    ("claim", "quote", "passage", "other"),
    [
        ("Ida Falk drove 800 kilometres on foreign roads.", DROVE, HOLM + DROVE, True),
        ("Petra Holm drove 800 kilometres on foreign roads.", DROVE, HOLM + DROVE, False),
        ("Holm drove 800 kilometres on foreign roads.", DROVE, HOLM + DROVE, False),
        ("Ida Falk drove 800 kilometres on foreign roads.", HOLM + DROVE, HOLM + DROVE, True),
        ("Ida Falk drove 800 kilometres on foreign roads.", DROVE, "It was a long summer. " + DROVE, False),
        ("Ida Falk drove 800 kilometres on foreign roads.", DROVE, f"{HOLM}\n\n{DROVE}", True),
        ("Petra Holm drove 800 kilometres on foreign roads.", DROVE, f"{HOLM}\n\n{DROVE}", False),
        ("Ida Falk drove 800 kilometres on foreign roads.", DROVE, f"It rained on Norby Hill.\n\n{DROVE}", False),
        ("Ida Falk drove 800 kilometres on foreign roads.", DROVE, f"{HOLM}{PASSAGES}{DROVE}", False),
        ("Ida Falk drove 800 kilometres.", FALK, HOLM + FALK, False),
        ("Ida Falk drove 800 kilometres.", "The bus drove far.", HOLM + "The bus drove far.", False),
    ],
)
def test_somebody_else(claim: str, quote: str, passage: str, other: bool) -> None:
    found = somebody_else(claim, Cited(quote, title="Ida Falk on tour", passage=passage))
    assert (found is not None) == other
