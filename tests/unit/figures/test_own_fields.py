"""Own fields on the board: what facts of a community's own classes say is shown and found; so are letters of texts."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from demandflow import START, STAY, Actor, Channel, DemandFlow, InvalidValue, Move, Stage, State, Workflow
from demandflow.domain.fact import as_json
from demandflow.domain.values import Moment, Place
from demandflow.facts import Fact, Registered, Stepped
from demandflow.projections.board.own import beginning, lines_of, written
from demandflow.testing import FrozenClock
from tests.stories import DAY, T0

CLERK = Actor("Li", "clerk")


class BinsAsked(Registered):
    """Somebody asked for bins."""

    TOPIC: ClassVar[str] = "waste.bins_asked"
    bins: int
    colour: str | None = None


class Weighed(Fact):
    """The bins were weighed."""

    TOPIC: ClassVar[str] = "waste.weighed"
    kilos: float
    heavy: bool
    at: Moment | None = None
    seals: frozenset[str] = frozenset()


WASTE = Workflow(
    "waste",
    1,
    (State("asked", Stage.CONTRACTING, owner="clerk"), State("emptied", Stage.ENDED, ended_as="closed")),
    (
        Move("ask", BinsAsked, START, "asked", by="clerk"),
        Move("weigh", Weighed, "asked", STAY, by="clerk"),
        Move("empty", Stepped, "asked", "emptied", by="clerk"),
    ),
    tells_nobody=True,
)


@pytest.fixture
def waste(tmp_path: Path, clock: FrozenClock) -> Iterator[DemandFlow]:
    """Three demands: two that were weighed, one of them twice."""
    with DemandFlow.open(f"sqlite:///{tmp_path}/waste.db", workflows=[WASTE], clock=clock, zone="UTC") as flow:
        for text, bins, colour in (
            ("Straße 3", 3, "green"),
            ("路灯下的垃圾桶", 3, None),
            ("STRASSE 1", 1, 'd\'é\n"x"'),
        ):
            where: dict[str, Any] = {"channel": Channel.COUNTER, "place": Place("f/c1")}
            flow.start(BinsAsked(text=text, **where, bins=bins, colour=colour), by=CLERK)
        first, _, last = flow.board().rows
        flow.act(first.demand, "weigh", Weighed(kilos=40, heavy=True, seals=frozenset("cab"), at=T0), by=CLERK)
        flow.act(last.demand, "weigh", Weighed(kilos=7.5, heavy=False), by=CLERK)
        clock.advance(days=2)
        flow.act(last.demand, "weigh", Weighed(kilos=8, heavy=False), by=CLERK)
        yield flow


def texts(flow: DemandFlow, **asked: Any) -> list[str]:
    page = flow.board(**asked, total=True)
    assert page.total == len(page.rows)
    return [row.text for row in page.rows]


def test_rows_show_what_own_facts_said_the_later_over_the_earlier(waste: DemandFlow) -> None:
    first, second, last = waste.board().rows
    assert first.own == {
        **{"bins": 3, "colour": "green", "kilos": 40, "heavy": True, "seals": ["a", "b", "c"]},
        "at": T0.isoformat().replace("+00:00", "Z"),
    }
    assert second.own == {"bins": 3}
    assert last.own["kilos"] == 8
    assert waste.board(as_of=T0 + DAY).rows[2].own["kilos"] == 7.5
    with pytest.raises(TypeError):
        first.own["bins"] = 4  # type: ignore[index]
    first.own["seals"].append("d")
    assert first.own["seals"] == ["a", "b", "c"], "what somebody does with it stays theirs"


@pytest.mark.parametrize(
    ("own", "found"),
    [
        ({}, [0, 1, 2]),
        ({"bins": 3}, [0, 1]),
        ({"bins": 3.0}, [0, 1]),
        ({"bins": "3"}, []),
        ({"bins": 1}, [2]),
        ({"bins": True}, []),
        ({"bins": 31}, []),
        ({"kilos": 40}, [0]),
        ({"kilos": 8}, [2]),
        ({"kilos": 7.5}, []),
        ({"kilos": None}, [1]),
        ({"heavy": True}, [0]),
        ({"heavy": 1}, []),
        ({"heavy": False, "bins": 1}, [2]),
        ({"heavy": False, "bins": 3}, []),
        ({"colour": "green"}, [0]),
        ({"colour": " green\r\n"}, [0]),
        ({"colour": "Green"}, []),
        ({"colour": 'd\'e\u0301\n"x"'}, [2]),
        ({"colour": None}, [1]),
        ({"at": "2026-03-02T09:00:00Z"}, []),
    ],
)
def test_the_board_finds_what_own_fields_say(waste: DemandFlow, own: dict[str, Any], found: list[int]) -> None:
    every = texts(waste)
    assert texts(waste, own=own) == [every[at] for at in found]
    assert texts(waste, own=own, open=True, place="f", as_of=T0 + 9 * DAY) == [every[at] for at in found]


def test_own_fields_are_asked_as_they_were(waste: DemandFlow) -> None:
    assert texts(waste, own={"kilos": 7.5}, as_of=T0 + DAY) == ["STRASSE 1"]
    assert texts(waste, own={"kilos": 8}, known_on=T0 + DAY) == []


@pytest.mark.parametrize("letters", ["straße", "STRASSE", "ss", " Strasse\n"])
def test_the_board_finds_letters_whether_capital_or_small(waste: DemandFlow, letters: str) -> None:
    assert texts(waste, text=letters) == ["Straße 3", "STRASSE 1"]
    assert texts(waste, text=letters, own={"bins": 3}, as_of=T0 + DAY) == ["Straße 3"]


def test_the_board_finds_chinese_and_only_whole_searches(waste: DemandFlow) -> None:
    assert texts(waste, text="路灯") == texts(waste, text="垃圾") == ["路灯下的垃圾桶"]
    assert texts(waste, text="灯路") == texts(waste, text="%") == texts(waste, text="_") == []
    page = waste.board(text="s", limit=1, sort="received", descending=True)
    assert [row.text for row in page.rows] == ["STRASSE 1"]
    assert [row.text for row in waste.board(text="s", after=page.next, descending=True).rows] == ["Straße 3"]


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ({"text": ""}, "has no letters to look for"),
        ({"text": " \n"}, "has no letters to look for"),
        ({"text": "a\x00"}, "control character"),
        ({"text": "\ud800"}, "control character"),
        ({"text": 3}, "must be a text"),
        ({"own": "bins"}, "must be fields with their values"),
        ({"own": {"bin": 3}}, "no fact has the field 'bin' .possible: at, bins, colour, heavy, kilos, seals."),
        ({"own": {"text": "x"}}, "no fact has the field 'text'"),
        ({"own": {3: 3}}, "no fact has the field 3"),
        ({"own": {"bins": [3]}}, "bins must be a text, a number, True, False or None"),
        ({"own": {"bins": date(2026, 3, 2)}}, "bins must be a text"),
        ({"own": {"bins": float("nan")}}, "bins must be a text"),
        ({"own": {"bins": 10**5000}}, "bins must be a text"),
        ({"own": {"colour": "\ud800"}}, "control character"),
    ],
)
def test_what_cannot_be_asked_is_refused(waste: DemandFlow, asked: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidValue, match=problem):
        waste.board(**asked)


def test_a_rebuild_keeps_own_fields_and_rows_can_be_copied(waste: DemandFlow) -> None:
    rows = waste.board().rows
    waste.rebuild()
    assert waste.board().rows == rows
    assert {*rows} == {*pickle.loads(pickle.dumps(rows))} == {*copy.deepcopy(rows)}
    assert json.loads(asdict(rows[1])["own_json"]) == {"bins": 3}


def test_a_reader_who_does_not_know_the_classes_writes_the_same_rows(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/waste.db"
    asked = BinsAsked(text="x", channel=Channel.COUNTER, place=Place("f/c1"), bins=3)
    with DemandFlow.open(url, workflows=[WASTE]) as flow, DemandFlow.open(url) as stranger:
        demand = flow.start(asked, by=CLERK).id
        flow.act(
            demand,
            "weigh",
            Weighed(kilos=7, heavy=False, at=datetime(2024, 1, 26, 8, tzinfo=UTC), seals=frozenset("a")),
            by=CLERK,
        )
        rows = stranger.board().rows
        assert stranger.demand(demand).attributes["kilos"] == 7
        assert rows[0].own == {"bins": 3, "kilos": 7, "heavy": False, "at": "2024-01-26T08:00:00Z", "seals": ["a"]}
        assert flow.board(own={"kilos": 7.0}).rows == rows
        flow.rebuild()
        assert flow.board().rows == rows


class Size(Enum):
    SMALL = "small"


class Odd:
    def __repr__(self) -> str:
        raise RuntimeError("no words for it")


@pytest.mark.parametrize(
    ("value", "json_value"),
    [
        (Size.SMALL, "small"),
        (Place("f/c1"), "f/c1"),
        (Decimal("3.50"), "3.50"),
        (3.0, 3),
        (0.5, 0.5),
        ((1, 2), [1, 2]),
        (datetime(2026, 3, 2, 9, tzinfo=UTC), "2026-03-02T09:00:00Z"),
        (date(2026, 3, 2), "2026-03-02"),
        ({3: "x"}, {"3": "x"}),
        (Odd(), "a Odd that cannot be shown"),
        (b"\xff", "b'\\xff'"),
    ],
)
def test_a_field_is_what_json_has_for_it(value: object, json_value: object) -> None:
    assert as_json(value) == json_value
    assert type(as_json(value)) is type(json_value)


NAMES = st.sampled_from(("a", "b", "ab", "größe"))
SCALARS = (
    st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["C"]), max_size=5)
) | st.sampled_from(('\n"b":1\n', '"b":1', "1", "true", "\n"))
VALUES = SCALARS | st.lists(SCALARS, max_size=2) | st.dictionaries(NAMES, SCALARS, max_size=2)


@given(st.dictionaries(NAMES, VALUES, min_size=1), NAMES, SCALARS)
@example({"a": {"b": 1}}, "b", 1)
@example({"a": '\n"b":1\n'}, "b", 1)
def test_a_line_is_found_exactly_if_the_field_says_so(own: dict[str, Any], name: str, wanted: Any) -> None:
    text = written(own)
    assert json.loads(text) == own
    assert (beginning(name) in text) == (name in own)
    for value in (wanted, *(one for one in own.values() if not isinstance(one, list | dict))):
        said = own.get(name)
        alike = isinstance(said, bool) == isinstance(value, bool) and said == value
        assert (lines_of(name, as_json(value))[0] in text) == alike
