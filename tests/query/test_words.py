"""Words of a question as the index and the ranking compare them."""

from __future__ import annotations

import pytest

from rag.query import terms


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Norby's school", ["norby's", "school"]),
        ("Norby’s school", ["norby’s", "school"]),
        ("O'Neill didn't", ["o", "neill", "didn't"]),
        ("cafe\u0301 noir", ["café", "noir"]),
    ],
)
def test_apostrophes_and_accents(text: str, expected: list[str]) -> None:
    assert terms(text) == expected
