"""What is one story in nearly the same words: decided on texts alone."""

from __future__ import annotations

import random

import pytest
from datasketch import MinHashLSH

from rag import stories
from rag.stories import Print, printed, same_story, signature
from tests import story_texts as texts
from tests.conftest import CORPUS

DIGEST = f"{texts.WIRE}\n\n{texts.QUARTERS[0]}\n\n{texts.PREVIEWS[0]}"


def alike(a: str, b: str) -> bool:
    """Whether two texts are one story, whichever is looked at first."""
    assert same_story(printed(a), printed(b)) == same_story(printed(b), printed(a))
    return same_story(printed(a), printed(b))


def contained(a: str, b: str) -> float:
    """The share of the shorter text's runs that stand in the longer one."""
    one, other = printed(a).shingles, printed(b).shingles
    return len(one & other) / min(len(one), len(other))


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (texts.WIRE, texts.WIRE),
        (texts.WIRE, texts.REPRINT),
        (texts.WIRE, texts.UPDATE),
        (texts.REPRINT, texts.UPDATE),
        (texts.WIRE, f"ORTMUND, 3 June (North Wire) - {texts.REPRINT}\n\n{texts.LOCAL}"),
        (texts.WIRE, texts.WIRE.upper().replace("“", '"').replace("”", '"').replace("’", "'").replace(" - ", " – ")),
    ],
    ids=["the same", "cut", "updated", "cut and updated", "dateline and local sentence", "capitals and marks"],
)
def test_one_story(a: str, b: str) -> None:
    assert alike(a, b)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (texts.WIRE, texts.RIVAL),
        (texts.QUARTERS[0], texts.QUARTERS[1]),
        (texts.QUARTERS[1], texts.QUARTERS[2]),
        (texts.PREVIEWS[0], texts.PREVIEWS[1]),
        (texts.weather("Monday", 11, 19), texts.weather("Tuesday", 11, 19)),
        (texts.BRIEF, texts.BRIEF),
        (texts.WIRE, texts.BRIEF),
        (texts.WIRE, DIGEST),
        ("", texts.WIRE),
        ("", ""),
    ],
    ids=["rival", "quarters 1-2", "quarters 2-3", "previews", "weather", "brief", "unlike", "digest", "empty", "none"],
)
def test_two_stories(a: str, b: str) -> None:
    assert not alike(a, b)


def test_each_rule_is_what_parts_them() -> None:
    """The series would be one story but for its figures, the digest but for its length, the brief but for its own."""
    assert contained(texts.QUARTERS[1], texts.QUARTERS[2]) > stories.OF_SHORTER
    assert contained(texts.WIRE, DIGEST) == 1
    assert len(printed(texts.BRIEF).shingles) < stories.SHORTEST <= len(printed(texts.PREVIEWS[0]).shingles)
    assert 0.3 < contained(*texts.PREVIEWS) < stories.OF_SHORTER
    assert contained(texts.WIRE, texts.RIVAL) < 0.3


def test_the_reprints_of_the_corpus_and_nothing_else() -> None:
    bodies = {path.name: path.read_text("utf-8").split("---", 2)[2] for path in sorted(CORPUS.glob("2*.md"))}
    assert len(bodies) > 30
    prints = {name: printed(body) for name, body in bodies.items()}
    pairs = {(a, b) for a in prints for b in prints if a < b and same_story(prints[a], prints[b])}
    assert pairs == {
        ("2025-10-09-skerra-line-verdict.md", "2025-10-10-skerra-line-verdict-reprint.md"),
        ("2026-01-16-storm-berta-wire.md", "2026-01-17-storm-berta-reprint.md"),
        ("2026-07-09-castell-bank-approval.md", "2026-07-10-castell-bank-approval-reprint.md"),
        ("2026-07-09-skerra-line-appeal-ruling.md", "2026-07-10-skerra-line-appeal-reprint.md"),
        ("2026-09-19-old-customs-house-library.md", "2026-09-20-old-customs-house-library-reprint.md"),
    }


def test_text_without_spaces_is_compared_by_characters() -> None:
    text = (
        "奥特蒙德港务局将从八月四日起关闭水闸十一周，内港船只须在此之前离开。"
        "潜水员在五月的检查中发现下闸门有裂缝，维修费用由国家承担三分之一。"
    )
    other = (
        "孙德比图书馆周一重新开放，第一天有许多读者前来借书。馆长说，新阅览室比从前明亮得多，"
        "孩子们有了自己的房间，老人们也有了安静的座位可以读报。"
    )
    assert alike(text, text[:-12])
    assert not alike(text, other)


def test_words_keep_figures_whole() -> None:
    assert stories.words("€22.50, 1,840 books at 15:42; well-known 4G") == [
        "22.50", "1,840", "books", "at", "15:42", "well", "known", "4", "g",
    ]  # fmt: skip


# -- candidates -------------------------------------------------------------------------------------------------------


def candidates(a: Print, b: Print) -> bool:
    """Whether the signatures alone let two articles be compared."""
    one, other = signature(a), signature(b)
    assert one is not None
    assert other is not None
    return bool(set(stories.bands(one)) & set(stories.bands(other))) and not stories.hopeless(one, other)


def test_the_bands_are_those_that_the_library_chooses() -> None:
    index = MinHashLSH(threshold=0.3, num_perm=stories.PERMUTATIONS, weights=(0.2, 0.8))
    assert (index.b, index.r) == (stories.BANDS, stories.ROWS)


def test_signatures_are_always_the_same() -> None:
    """They are stored: another number here means that a migration has to make every article due again."""
    values = signature(printed(texts.WIRE))
    assert values is not None
    assert values.shape == (stories.PERMUTATIONS,)
    assert values.dtype == "<u4"
    assert stories.bands(values)[0] == 4511779789165466629


def test_a_brief_has_no_signature() -> None:
    assert signature(printed(texts.BRIEF)) is None


@pytest.mark.parametrize(("kept", "least"), [(0.5, 0.97), (0.6, 0.99), (0.8, 1.0)])
def test_what_is_cut_is_among_the_candidates(kept: float, least: float) -> None:
    chance = random.Random(4)
    found = 0
    for _ in range(200):
        tokens = [f"word{chance.randrange(5000)}" for _ in range(400)]
        whole, part = printed(" ".join(tokens)), printed(" ".join(tokens[: int(400 * kept) + 3]))
        assert same_story(whole, part)
        found += candidates(whole, part)
    assert found / 200 >= least


def test_what_shares_boilerplate_only_is_hardly_ever_read() -> None:
    chance = random.Random(5)
    boilerplate = [f"formula{i}" for i in range(60)]
    prints = [
        printed(" ".join([*(f"w{chance.randrange(10**6)}" for _ in range(340)), *boilerplate])) for _ in range(40)
    ]
    read = sum(candidates(a, b) for i, a in enumerate(prints) for b in prints[:i])
    assert read / (40 * 39 / 2) < 0.01
