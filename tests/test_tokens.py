"""Counting with cl100k_base, offline and without a trace in the environment."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import tiktoken
from hypothesis import given, settings
from hypothesis import strategies as st

from rag import tokens

_OFFLINE = """
import os, socket

def refuse(*args, **kwargs):
    raise AssertionError("the network was asked")

socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
before = dict(os.environ)
from rag import tokens
assert tokens.count("tiktoken is great!") == 6
assert tokens.counts(["hello world", ""]) == [2, 0]
assert dict(os.environ) == before, "the environment changed"
"""


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("", 0),
        ("hello world", 2),
        ("tiktoken is great!", 6),
        ("antidisestablishmentarianism", 6),
        ("2 + 2 = 4", 7),
        ("お誕生日おめでとう", 9),
    ],
)
def test_known_counts(text: str, number: int) -> None:
    assert tokens.count(text) == number


@given(st.text(max_size=400))
@settings(deadline=None, max_examples=200)
def test_counts_as_tiktoken_does(text: str) -> None:
    number = tokens.count(text)  # first, so that the encoding is loaded from the installed file
    assert number == len(tiktoken.get_encoding("cl100k_base").encode_ordinary(text))
    assert tokens.counts([text, text]) == [number, number]


def test_special_tokens_are_ordinary_text() -> None:
    assert tokens.count("<|endoftext|>") > 1


def test_long_text_is_a_few_off_at_most() -> None:
    text = "The council voted 7–5 on Tuesday, and 3.5 million crowns went to the harbour. " * 500
    number = tokens.count(text)
    exact = len(tiktoken.get_encoding("cl100k_base").encode_ordinary(text))
    assert exact <= number <= exact + 3 * (len(text) // 4000)


@pytest.mark.parametrize("given_folder", [True, False])
def test_offline_whatever_the_cache_folder_is(tmp_path: Path, given_folder: bool) -> None:
    environ = {k: v for k, v in os.environ.items() if k not in ("TIKTOKEN_CACHE_DIR", "DATA_GYM_CACHE_DIR")}
    environ["TMPDIR"] = str(tmp_path)
    if given_folder:
        environ["TIKTOKEN_CACHE_DIR"] = str(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", _OFFLINE],
        cwd=Path(__file__).parents[1], env=environ, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.iterdir()) == []


def test_threads_agree() -> None:
    tokens._encoding.cache_clear()
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(tokens.count, ["tiktoken is great!"] * 40)) == {6}
