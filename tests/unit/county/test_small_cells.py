"""Small numbers are hidden, and nobody can work one out from what is shown: against all tables that look the same."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from demandflow.county import HIDDEN, PublicTable, public_places, public_table
from demandflow.domain.values import Place
from demandflow.errors import InvalidValue
from tests.profiles import examples

Parts = Mapping[str, tuple[Any, ...]]
"""What each number in the table is the sum of."""
many = settings(max_examples=examples(600))


def look_alikes(counts: Mapping[Any, int], parts: Parts, hidden: Collection[str]) -> Iterator[dict[str, int]]:
    """All tables that show the same numbers, where what is hidden is at least 1: by trying them all."""
    sums = {name: sum(counts[part] for part in summed) for name, summed in parts.items()}
    unknown = [name for name, summed in parts.items() if len(summed) == 1 and name in hidden]
    cells = [*{parts[name][0]: name for name in unknown}]
    shown = [summed for name, summed in parts.items() if name not in hidden]
    left = [sum(counts[part] for part in summed if part in cells) for summed in shown]

    def tried(number: int, values: dict[Any, int], left: list[int]) -> Iterator[dict[Any, int]]:
        if number == len(cells):
            if not any(left):
                yield dict(values)
            return
        cell = cells[number]
        within = [index for index, summed in enumerate(shown) if cell in summed]
        for value in range(1, min(left[index] for index in within) + 1):
            rest = [amount - value if index in within else amount for index, amount in enumerate(left)]
            yield from tried(number + 1, values | {cell: value}, rest)

    for values in tried(0, dict(counts), left):
        found = {name: sum(values[part] for part in summed) for name, summed in parts.items()}
        assert all(found[name] == sums[name] for name in parts if name not in hidden)
        yield found


def derivable(counts: Mapping[Any, int], parts: Parts, hidden: Collection[str]) -> set[str]:
    """What is hidden, but can be one number only."""
    possible: dict[str, set[int]] = {name: set() for name in hidden}
    for found in look_alikes(counts, parts, hidden):
        for name in hidden:
            possible[name].add(found[name])
        if all(len(numbers) > 1 for numbers in possible.values()):
            break
    assert all(possible.values())
    return {name for name, numbers in possible.items() if len(numbers) == 1}


def holds(table: PublicTable, counts: Mapping[Any, int], parts: Parts, total: str, under: int) -> None:
    """Whether the table shows what is true, hides what is small, and lets nothing be worked out or hidden in vain."""
    values = {name: sum(counts[part] for part in summed) for name, summed in parts.items()}
    small = {name for name, value in values.items() if 0 < value < under}
    if not table.shown:
        event("not shown")
        most = {name for name, value in values.items() if value and name != total}
        assert total in small or derivable(counts, parts, most) & small
        assert table.rows == ()
        return
    cells = {
        f"{row}|{column}": cell for row, line in table.rows for column, cell in zip(table.columns, line, strict=True)
    }
    assert cells.keys() == parts.keys()
    hidden = {name for name, cell in cells.items() if cell is HIDDEN}
    event("hidden" if hidden else "nothing is small")
    assert {name: cell for name, cell in cells.items() if cell is not HIDDEN} == {
        name: value for name, value in values.items() if name not in hidden
    }
    assert small <= hidden
    assert all(values[name] for name in hidden)
    assert total not in hidden
    assert not derivable(counts, parts, hidden)
    for name in hidden - small:
        assert derivable(counts, parts, hidden - {name}), f"{name} is hidden in vain"
    assert (table.note is not None) == bool(hidden)


@st.composite
def tables(draw: st.DrawFn) -> dict[tuple[str, str], int]:
    """Up to three rows and columns with at most 14 in all: so few that all tables like it can be tried."""
    rows, columns = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    left, counts = 14, {}
    for row in range(rows):
        for column in range(columns):
            counts[f"r{row}", f"c{column}"] = count = min(left, draw(st.sampled_from((0, 0, 1, 1, 1, 2, 2, 3, 4, 5))))
            left -= count
    return counts


def parts_of(counts: Mapping[tuple[str, str], int]) -> dict[str, tuple[Any, ...]]:
    rows, columns = ({key[side]: None for key in counts} for side in (0, 1))
    return {
        f"{row}|{column}": tuple(key for key in counts if row in (key[0], "all") and column in (key[1], "all"))
        for row in (*rows, "all")
        for column in (*columns, "all")
    }


@many
@given(tables(), st.integers(1, 4))
def test_nothing_hidden_in_a_table_can_be_worked_out(counts: dict[tuple[str, str], int], under: int) -> None:
    holds(public_table(counts, under=under), counts, parts_of(counts), "all|all", under)


@st.composite
def trees(draw: st.DrawFn) -> dict[str, int]:
    """Up to seven places of a small tree, each with what was counted there."""
    places = st.sampled_from(("f", "f/a", "f/b", "f/a/1", "f/a/2", "f/b/1", "f/b/2", "f/b/3", "e", "e/a", "e/a/1"))
    left, counts = 14, {}
    for place in draw(st.lists(places, max_size=7, unique=True)):
        counts[place] = count = min(left, draw(st.sampled_from((0, 1, 1, 2, 2, 3, 4, 5))))
        left -= count
    return counts


def parts_of_places(counts: Mapping[str, int]) -> dict[str, tuple[Any, ...]]:
    known = {Place(place).level(depth) for place in counts for depth in range(1, Place(place).depth + 1)}
    parts = {f"{place}|number": tuple(name for name in counts if Place(name).within(place)) for place in known}
    inner = [place for place in counts if any(other != place and other.within(place) for other in known)]
    parts |= {f"{place} itself|number": (place,) for place in inner}
    return {**parts, "all|number": tuple(counts)}


@many
@given(trees(), st.integers(1, 4))
def test_nothing_hidden_in_a_tree_of_places_can_be_worked_out(counts: dict[str, int], under: int) -> None:
    holds(public_places(counts, under=under), counts, parts_of_places(counts), "all|number", under)


def square(*lines: str) -> dict[tuple[str, str], int]:
    return {
        (f"r{row}", f"c{column}"): int(number)
        for row, line in enumerate(lines)
        for column, number in enumerate(line.split())
    }


@pytest.mark.parametrize(
    "lines",
    [
        ("0 1 1", "0 1 1", "0 0 0"),  # two are hidden in each line, and yet each must be 1
        ("1 1 0", "0 1 1", "1 0 1"),
        ("1",),
    ],
)
def test_a_table_in_which_the_small_cannot_be_kept_is_not_shown(lines: tuple[str, ...]) -> None:
    table = public_table(square(*lines), under=2)
    assert not table.shown
    assert table.as_markdown() == "The table is not shown: numbers from 1 to 1 could be worked out from its sums.\n"


def test_a_table_in_markdown() -> None:
    counts = {("g|1", "law"): 3, ("g|1", "care"): 20, ("g2", "law"): 40, ("g2", "care"): 9, ("g3", "law"): 0}
    assert public_table(counts, under=5).as_markdown() == (
        "|  | law | care | all |\n"
        "| --- | ---: | ---: | ---: |\n"
        "| g\\|1 | · | · | 23 |\n"
        "| g2 | · | · | 49 |\n"
        "| g3 | 0 | 0 | 0 |\n"
        "| all | 43 | 29 | 72 |\n"
        "\n"
        "·: at least 1; not shown because it, or a number that would follow from it, is under 5.\n"
    )
    assert public_table({("g", "law"): 5}).as_markdown() == (
        "|  | law | all |\n| --- | ---: | ---: |\n| g | 5 | 5 |\n| all | 5 | 5 |\n"
    )


def test_a_small_place_is_hidden_with_the_smallest_beside_it() -> None:
    counts = {"f/c1/g1": 2, "f/c1/g2": 30, "f/c1/g3": 8, "f/c2": 50, "f/c1": 7}
    assert public_places(counts).rows == (
        ("f", (97,)),
        ("f/c1", (47,)),
        ("f/c1 itself", (HIDDEN,)),
        ("f/c1/g1", (HIDDEN,)),
        ("f/c1/g2", (30,)),
        ("f/c1/g3", (8,)),
        ("f/c2", (50,)),
        ("all", (97,)),
    )


def test_what_is_hidden_is_marked_alike_whether_it_is_small_or_protects() -> None:
    assert {str(cell) for _, line in public_places({"f/1": 1, "f/2": 90, "f/3": 80}).rows for cell in line} == {
        *("·", "90", "171"),
    }


def test_counts_of_one_name_in_two_spellings_are_one() -> None:
    assert public_table({("é", "x"): 3, ("e\u0301", "x"): 4}).rows == (("é", (7, 7)), ("all", (7, 7)))
    assert public_places({"é": 3, "e\u0301": 4}).rows == (("é", (7,)), ("all", (7,)))


@pytest.mark.parametrize(
    ("counts", "under", "says"),
    [
        ({("a", "b"): -1}, 5, "number of \\('a', 'b'\\): must be a whole number from 0"),
        ({("a", "b"): 1.5}, 5, "number of"),
        ({"a": 1}, 5, "counts: must be by \\(row, column\\), got 'a'"),
        ([1], 5, "counts: must be a mapping"),
        ({("a", "b"): 1}, 0, "under: must be a whole number from 1"),
        ({("a", ""): 1}, 5, "column: '' is empty"),
    ],
)
def test_what_is_wrong_is_said(counts: Any, under: int, says: str) -> None:
    with pytest.raises(InvalidValue, match=f"^{says}"):
        public_table(counts, under=under)
