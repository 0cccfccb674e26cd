"""A page of the board as CSV: own fields are columns of their own, and no text is a formula."""

from __future__ import annotations

import csv
import io
from typing import Any, ClassVar
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from demandflow import START, STAY, Actor, Channel, DemandFlow, Move, Stage, State, Workflow
from demandflow.domain.values import Place
from demandflow.facts import Fact, Registered, Stepped
from demandflow.projections.sheets import csv_of
from demandflow.testing import FrozenClock

CLERK = Actor("Li", "clerk")


class Asked(Registered):
    """Somebody asked for rooms."""

    TOPIC: ClassVar[str] = "rooms.asked"
    rooms: int | None = None
    notes: dict[str, str] | None = None


class Seen(Fact):
    """Somebody looked at them."""

    TOPIC: ClassVar[str] = "rooms.seen"
    grade: str
    rent: float
    quiet: bool = False
    who: tuple[str, ...] = ()


ROOMS = Workflow(
    "rooms",
    1,
    (State("asked", Stage.CONTRACTING, owner="clerk"), State("given", Stage.ENDED, ended_as="closed")),
    (
        Move("ask", Asked, START, "asked", by="clerk"),
        Move("see", Seen, "asked", STAY, by="clerk"),
        Move("give", Stepped, "asked", "given", by="clerk"),
    ),
    tells_nobody=True,
)


def filled(flow: DemandFlow) -> None:
    where: dict[str, Any] = {"channel": Channel.COUNTER, "place": Place("f/c1")}
    flow.start(Asked(text='=HYPERLINK("x")', **where, rooms=4, notes={"a": "安静的房间", "b": "-"}), by=CLERK)
    second = flow.start(Asked(text="two\nrooms, „nice“", **where, resident="@Anna"), by=CLERK).id
    flow.act(second, "see", Seen(grade="+1", rent=-7.5, who=("Wei", "王芳")), by=CLERK)


def test_a_page_is_a_table(clock: FrozenClock) -> None:
    ids = iter(UUID(int=number) for number in (1, 2))
    with DemandFlow.open("memory:", workflows=[ROOMS], clock=clock, new_id=lambda: next(ids)) as flow:
        assert flow.board().as_csv().split(",")[:3] == ["demand", "version", "workflow"]
        filled(flow)
        head, first, second = csv.reader(io.StringIO(flow.board().as_csv()))
        rows = [dict(zip(head, row, strict=True)) for row in (first, second)]
        assert head[-6:] == ["own grade", "notes", "quiet", "rent", "rooms", "who"]
        assert rows[0]["demand"] == str(UUID(int=1))
        assert rows[0]["received"] == "2025-03-01T08:00:00+00:00"
        assert [row["text"] for row in rows] == ['\'=HYPERLINK("x")', "two\nrooms, „nice“"]
        assert (rows[0]["rooms"], rows[0]["notes"]) == ("4", '{"a": "安静的房间", "b": "-"}')
        assert (rows[1]["resident"], rows[1]["own grade"], rows[1]["rent"]) == ("'@Anna", "'+1", "-7.5")
        assert (rows[1]["quiet"], rows[1]["who"], rows[1]["rooms"]) == ("false", '["Wei", "王芳"]', "")
        assert (rows[0]["escalated"], rows[0]["co_handlers"], rows[0]["due"]) == ("false", "", "")


def test_texts_of_own_fields_are_found_wherever_they_are(clock: FrozenClock) -> None:
    with DemandFlow.open("memory:", workflows=[ROOMS], clock=clock) as flow:
        filled(flow)

        def found(letters: str) -> list[str]:
            return [row.text[:3] for row in flow.board(text=letters).rows]

        assert found("安静") == found("的房") == ["=HY"], "in a mapping"
        assert found("王芳") == found("WEI") == ["two"], "among several"
        assert found("王芳安") == found("Wei王芳") == found("nice“+1") == [], "not from one text to the next"
        assert found("4") == found("who") == found("false") == [], "neither numbers nor names of fields"
        assert [row.text[:3] for row in flow.board(text="安静", as_of=clock.now).rows] == ["=HY"]


CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\r"), max_size=5) | st.integers()


@given(st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=3))
def test_no_cell_is_a_formula_and_none_is_lost(rows: list[list[Any]]) -> None:
    read = [*csv.reader(io.StringIO(csv_of(("=a", "b"), rows)))]
    assert read[0] == ["'=a", "b"]
    for row, cells in zip(rows, read[1:], strict=True):
        for cell, text in zip(row, cells, strict=True):
            assert text in (str(cell), f"'{cell}")
            assert not isinstance(cell, str) or text[:1] not in tuple("=+-@\t\r")
