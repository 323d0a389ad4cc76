"""A writer's trial: one word of it, and what is wrong in words."""

from __future__ import annotations

import pytest

import rag
from rag.errors import SettingsError, UnknownModel, WriterFailed
from tests.llms.servers import model_server


def test_a_server_that_answers_is_timed() -> None:
    with model_server() as server:
        seconds = rag.try_writer(f"openai:http://127.0.0.1:{server.server_port}/v1#fine", 10.0)
        assert 0 < seconds < 10
        (asked,) = server.seen  # type: ignore[attr-defined]
    assert asked["max_tokens"] <= 16


@pytest.mark.parametrize(
    ("model", "timeout", "words"), [("missing", 10.0, "not found"), ("sick", 10.0, "memory"), ("slow", 1.0, "1 second")]
)
def test_what_is_wrong_with_a_server_is_said(model: str, timeout: float, words: str) -> None:
    with (
        model_server() as server,
        pytest.raises(WriterFailed, match=words) as error,
    ):
        rag.try_writer(f"openai:http://127.0.0.1:{server.server_port}/v1#{model}", timeout)
    assert error.value.hint


def test_nobody_there_and_names_that_are_none() -> None:
    with pytest.raises(WriterFailed, match="cannot be reached"):
        rag.try_writer("openai:http://127.0.0.1:9/v1#m", 5.0)
    with pytest.raises(SettingsError):
        rag.try_writer("openai:", 5.0)
    with pytest.raises(UnknownModel):
        rag.try_writer("nobody:knows", 5.0)
