"""How results are printed."""

from __future__ import annotations

from eval.table import rendered


def test_plain_figures_are_a_line_each() -> None:
    assert rendered({"articles": 3, "ratio": 2.0, "unknown": None}) == (
        f"{'articles':32} 3\n{'ratio':32} 2.000\n{'unknown':32} –\n"
    )


def test_a_mapping_is_a_block_under_its_name() -> None:
    assert rendered({"tokens": {"ours": 241}}) == f"\ntokens\n{'  ours':32} 241\n"


def test_a_mapping_of_mappings_is_an_aligned_table() -> None:
    assert rendered({"n": 2, "figures": {"ours": {"hits": 0.5, "from": [0.25, 1.0]}, "b": {"hits": 12.0}}}) == (
        f"{'n':32} 2\n"
        "\n"
        "figures\n"
        "          hits            from\n"
        "  ours   0.500  0.250 to 1.000\n"
        "  b     12.000               –\n"
    )


def test_what_is_nested_deeper_is_a_table_for_each_name() -> None:
    assert rendered({"by type": {"ours": {"number": {"hits": 1.0}}, "stock": {"number": {"hits": 0.0}}}}) == (
        "\nby type\n"
        "\nby type: ours\n"
        "           hits\n"
        "  number  1.000\n"
        "\nby type: stock\n"
        "           hits\n"
        "  number  0.000\n"
    )
