"""What is taken from around cited words: the names that they use in part, and the one quarter, nothing else."""

from __future__ import annotations

import pytest

from rag.judges import Cited
from rag.judges.literal import missing
from rag.judges.surroundings import known

PASSAGE = "Ostrella Foods will close the cannery. Ostrella spoke to three buyers, one of them Norby Fish."


def test_a_full_name_that_the_words_use_in_part_is_known() -> None:
    cited = Cited("Ostrella spoke to three buyers.", "Cannery to close", passage=PASSAGE)
    assert "Ostrella Foods" in known(cited).splitlines()
    assert "Norby Fish" not in known(cited)
    assert missing("Ostrella Foods spoke to three buyers.", [cited]) is None
    assert missing("Norby Fish spoke to three buyers.", [cited]) is not None


@pytest.mark.parametrize(
    ("passage", "held"),
    [
        ("It was a good third quarter. In the three months 400 boats were sold.", True),
        ("The third quarter beat the second quarter. In the three months 400 boats were sold.", False),
        ("In the three months 400 boats were sold.", False),
    ],
)
def test_the_quarter_is_known_only_where_there_is_one(passage: str, held: bool) -> None:
    cited = Cited("In the three months 400 boats were sold.", passage=passage)
    assert (missing("It sold 400 boats in the third quarter.", [cited]) is None) == held


def test_a_month_named_alone_is_a_date() -> None:
    cited = Cited("September brought a recall of 117,000 cars.")
    assert missing("In September 117,000 cars were recalled.", [cited]) is None
    assert missing("In October 117,000 cars were recalled.", [cited]) is not None


def test_a_part_that_two_names_share_tells_neither() -> None:
    passage = "Skerra Line has 74 employees. Skerra Link sells tickets. Elke Marsh and Nadia Marsh disagreed."
    cited = Cited("Skerra employs 74 people, said Marsh.", passage=passage)
    assert missing("Skerra Link employs 74 people.", [cited]) is not None
    assert missing("Skerra employs 74 people, said Nadia Marsh.", [cited]) is not None


def test_a_full_name_of_which_the_words_have_the_last_is_known() -> None:
    cited = Cited("Halvard promised an audit.", passage="Rune Halvard won. Halvard promised an audit.")
    assert missing("Rune Halvard promised an audit.", [cited]) is None
    assert missing("Sigrid Halvard promised an audit.", [cited]) is not None
