"""What answers are worth, from their records alone: figures with 95% intervals, with checking and without it.

An answerable question is answered right (all key facts stand in the answer), partly (some), beside the point (none),
or refused. A question that the articles do not answer is refused, which is right, or answered although it should not
be. A key fact stands in a text if one of its forms does, as whole words, without regard to case and to the commas and
spaces that group digits. So "right" does not see what else an answer says: for that sentences are labelled by hand.

With checking off the reader would have got every sentence that the writer wrote, struck ones too.

The interval of a share is Wilson's, which keeps its width at none of n and all of n. It takes every case as
independent of the others; sentences of one answer are not quite. That of mean key-fact recall is the bootstrap's,
which has no width where all questions have the same.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from math import sqrt
from typing import Any

from eval.asked import Answered, Label
from eval.intervals import bootstrap_mean
from rag.errors import SettingsError
from rag.types import Verdict

RIGHT, PARTLY, BESIDE, REFUSED = "right", "partly", "no key fact", "refused"
WRONGLY, RIGHTLY = "answered although not answerable", "rightly refused"
_Z = 1.959964  # standard normal quantile of 97.5%
_MARKS = re.compile(r"\s*\[\d+\]")
_GROUPED = re.compile(r"(?<![\d.,])\d{1,3}(?:[, ]\d{3})+(?!\d)")
_SAME_MARKS = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "\u2011": "-", "−": "-"})


def said(answer: Mapping[str, Any], *, checking: bool = True) -> str | None:
    """What a reader gets of an answer, without citation marks; None for an abstention."""
    if checking:
        return None if answer["abstained"] else _MARKS.sub("", answer["text"])
    return " ".join(sentence["text"] for sentence in answer["sentences"]) or None


def holds(text: str, forms: Sequence[str]) -> bool:
    """Whether one of the forms stands in the text: "38" neither in "380" nor in "38.4", "4,500" in "4 500"."""
    plain = _plain(text)
    return any(re.search(rf"(?<!\w)(?<!\d[.,]){re.escape(_plain(form))}(?!\w)(?![.,]\d)", plain) for form in forms)


def _plain(text: str) -> str:
    text = " ".join(text.translate(_SAME_MARKS).casefold().split())  # no-break and thin spaces too
    return _GROUPED.sub(lambda number: re.sub(r"[, ]", "", number.group()), text)


def recall(answered: Answered, *, checking: bool = True) -> float:
    """Share of the key facts of an answerable question that stand in its answer; an abstention has none."""
    text = said(answered.answer, checking=checking)
    facts = answered.asked.key_facts
    return sum(holds(text, forms) for forms in facts) / len(facts) if text else 0.0


def outcome(answered: Answered, *, checking: bool = True) -> str:
    """Which of the outcomes named above a question has."""
    refused = said(answered.answer, checking=checking) is None
    if not answered.asked.answerable:
        return RIGHTLY if refused else WRONGLY
    share = recall(answered, checking=checking)
    return REFUSED if refused else RIGHT if share == 1 else PARTLY if share else BESIDE


def rate(count: int, of: int, *, per: int = 1) -> dict[str, Any]:
    """A row of a table: `count` of `of`, their ratio times `per`, and its 95% interval; None where `of` is 0."""
    name = "rate" if per == 1 else f"per {per}"
    low, high = wilson(count, of) if of else (None, None)
    interval = None if low is None or high is None else [per * low, per * high]
    return {"count": count, "of": of, name: per * count / of if of else None, "95% interval": interval}


def wilson(count: int, of: int) -> tuple[float, float]:
    """Wilson's 95% score interval of count / of, without continuity correction (Newcombe 1998, method 3)."""
    p, square = count / of, _Z**2
    middle = (2 * count + square) / (2 * (of + square))
    half = _Z * sqrt(square + 4 * count * (1 - p)) / (2 * (of + square))
    return max(0.0, middle - half), min(1.0, middle + half)


def figures(answered: Sequence[Answered]) -> dict[str, Any]:
    """All tables that need no labels."""
    sentences = [sentence for each in answered for sentence in each.answer["sentences"]]
    verdicts = Counter(sentence["verdict"] for sentence in sentences)
    written = len(sentences)
    return {
        "questions": len(answered),
        "writer replaced by another": sum(each.answer["model"] != each.settings["writer"] for each in answered),
        "as shown": _rates(answered, checking=True),
        "with checking off": _rates(answered, checking=False),
        "sentences": {
            "standing": rate(written - verdicts[Verdict.UNSUPPORTED], written),
            "struck": rate(verdicts[Verdict.UNSUPPORTED], written),
            "unchecked, and standing": rate(verdicts[Verdict.UNCHECKED], written),
        },
        "seconds": {
            "to evidence": _spread(answered, "retrieve"),
            "to first word": _spread(answered, "first_token"),
            "to end": _spread(answered, "total"),
        },
        "by type of question": {
            kind: _counts([each for each in answered if each.asked.type == kind])
            for kind in sorted({each.asked.type for each in answered})
        },
    }


def _rates(answered: Sequence[Answered], *, checking: bool) -> dict[str, dict[str, Any]]:
    found = Counter(outcome(each, checking=checking) for each in answered)
    shown = sum(said(each.answer, checking=checking) is not None for each in answered)
    answerable = [each for each in answered if each.asked.answerable]
    return {
        "answered": rate(shown, len(answered)),
        "abstained": rate(len(answered) - shown, len(answered)),
        "right, of answerable": rate(found[RIGHT], len(answerable)),
        "partly, of answerable": rate(found[PARTLY], len(answerable)),
        "no key fact, of answerable": rate(found[BESIDE], len(answerable)),
        "refused although answerable": rate(found[REFUSED], len(answerable)),
        WRONGLY: rate(found[WRONGLY], len(answered) - len(answerable)),
        "key-fact recall": _mean_recall(answerable, checking=checking),
    }


def _mean_recall(answerable: Sequence[Answered], *, checking: bool = True) -> dict[str, Any]:
    shares = [recall(each, checking=checking) for each in answerable]
    if not shares:
        return {"of": 0, "rate": None, "95% interval": None}
    return {"of": len(shares), "rate": sum(shares) / len(shares), "95% interval": list(bootstrap_mean(shares))}


def _counts(answered: Sequence[Answered]) -> dict[str, Any]:
    found = Counter(map(outcome, answered))
    recalled = _mean_recall([each for each in answered if each.asked.answerable])
    names = (RIGHT, PARTLY, BESIDE, REFUSED, RIGHTLY, WRONGLY)
    return {
        "questions": len(answered),
        **{name: found[name] for name in names},
        "key-fact recall": recalled["rate"],
        "its 95% interval": recalled["95% interval"],
    }


def _spread(answered: Sequence[Answered], name: str) -> dict[str, float | None]:
    import numpy as np

    seconds = [s for each in answered if (s := each.answer["timings"][name]) is not None]
    if not seconds:
        return {"p50": None, "p95": None}
    p50, p95 = np.quantile(seconds, [0.5, 0.95])
    return {"p50": float(p50), "p95": float(p95)}


def labelled(answered: Sequence[Answered], labels: Sequence[Label]) -> dict[str, Any]:
    """Figures of sentences that a person labelled, per 100 sentences; unclear ones are counted and left out.

    Raises SettingsError for a label of a question or sentence that is not there, or of another text.
    """
    written = {(each.asked.id, i): s for each in answered for i, s in enumerate(each.answer["sentences"])}
    for label in labels:
        sentence = written.get((label.id, label.sentence))
        if sentence is None or label.text not in (None, sentence["text"]):
            raise SettingsError(
                f"the label of sentence {label.sentence} of {label.id!r} is of no such sentence",
                hint="Labels belong to the records that they were made for.",
            )
    clear = [(label.label == "stated", written[label.id, label.sentence]) for label in labels]
    clear = [pair for pair, label in zip(clear, labels) if label.label != "unclear"]
    count = _counter(clear)
    return {
        "sentences labelled": len(labels),
        "of them unclear, left out": len(labels) - len(clear),
        "sentences without a label": len(written) - len(labels),
        "wrong shown as supported, of standing": rate(count(False, True), count(None, True), per=100),
        "struck although right, of stated": rate(count(True, False), count(True, None), per=100),
        "wrong with checking off, of written": rate(count(False, None), len(clear), per=100),
    }


def _counter(clear: Sequence[tuple[bool, Mapping[str, Any]]]) -> Callable[[bool | None, bool | None], int]:
    """Counts sentences by whether they are stated and whether they stand; None is either."""
    found = Counter((stated, sentence["verdict"] != Verdict.UNSUPPORTED) for stated, sentence in clear)

    def count(stated: bool | None, stands: bool | None) -> int:
        return sum(n for (a, b), n in found.items() if stated in (None, a) and stands in (None, b))

    return count
