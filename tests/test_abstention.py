"""The words nearest to a question without an answer: the likeliest first, none twice, none called wrong elsewhere."""

from __future__ import annotations

import numpy as np

from rag.abstention import abstention, nearest
from rag.likely import Likely
from rag.types import Filters, Hit

CORRECTED = ("Repairs began in May.", "The estimate rose by 64 percent.")
CORRECTING = (
    "We are sorry.",
    "The article said that the estimate rose by 64 percent.",
    "The correct figure is 46 percent.",
)
LINKS = {"old": ["new"]}


def hit(article: str, *sentences: str, title: str | None = "A headline") -> Hit:
    ends = np.cumsum([len(sentence) + 1 for sentence in sentences]).tolist()
    spans = tuple((end - len(sentence) - 1, end - 1) for end, sentence in zip(ends, sentences, strict=True))
    text = " ".join(sentences)
    return Hit(1, 0.5, f"{article}.1.0", article, 0, len(text), text, spans, title=title)


def quotes(*found: tuple[Hit, list[float]], links: dict[str, list[str]] | None = None) -> list[str]:
    likely = Likely([one for one, _ in found], [np.array(odds) for _, odds in found])
    return [citation.quote for citation in nearest(likely, links or {})]


def test_the_likeliest_come_first_and_three_are_enough() -> None:
    one, other = hit("a", "One.", "Two.", "Three."), hit("b", "Four.", "Five.")
    assert quotes((one, [-1.0, 0.5, -2.0]), (other, [0.0, -2.5])) == ["Two.", "Four.", "One."]


def test_what_is_unlikely_is_left_out_unless_it_is_all_there_is() -> None:
    one = hit("a", "One.", "Two.", "Three.")
    assert quotes((one, [-9.0, -8.0, -9.5])) == ["Two."]
    assert quotes((one, [-9.0, -2.0, -2.9])) == ["Two.", "Three."]
    assert quotes() == []


def test_words_that_two_articles_print_are_given_once() -> None:
    assert quotes((hit("a", "One."), [0.0]), (hit("b", "One.", "Two."), [-0.5, -1.0])) == ["One.", "Two."]


def test_a_number_that_is_put_right_is_given_with_the_correction_whichever_is_likelier() -> None:
    old, new = hit("old", *CORRECTED), hit("new", *CORRECTING)
    right = " ".join(CORRECTING[1:])
    for odds in ([-0.5, -1.0, -1.5], [-2.5, 0.5, 0.0], [-2.5, 0.0, 0.5]):
        found = quotes((old, [-2.9, 0.2]), (new, odds), links=LINKS)
        assert right in found or CORRECTING[2] in found
        assert CORRECTED[1] not in found
        assert CORRECTING[1] not in found
        assert len([quote for quote in found if "46 percent" in quote]) == 1


def test_the_articles_are_named_by_their_headlines_and_never_by_their_words() -> None:
    likely = Likely([hit("a", "It cost 12 crowns."), hit("b", "Two.", title=None)], [np.array([1.0]), np.array([0.0])])
    text = abstention(nearest(likely, {}), Filters(), 2, ())
    assert "Nearest coverage: “A headline”; an article without a headline." in text
    assert "12" not in text
    assert "Two" not in text
