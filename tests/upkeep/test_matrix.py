"""docs/durability.md names tests; a row whose test has gone would promise what nothing holds."""

from __future__ import annotations

import re

from tests.conftest import PROJECT


def test_every_row_of_the_matrix_has_its_test() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", (PROJECT / "docs/durability.md").read_text("utf-8"))
    assert len(named) > 20
    for path, name in named:
        assert f"def {name}(" in (PROJECT / path).read_text("utf-8"), f"{path}::{name}"
