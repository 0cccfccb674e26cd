"""The ways through a workflow: all of them, the shortest of them, and whether an answer is owed at their end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demandflow import BACK, START, STAY, Move, Stage, State
from demandflow.domain.checks.paths import Spot, Step, closure, first_way, leaving, step_from, steps_of, walk
from demandflow.facts import Evaluated, Noted, Registered, Reported, Stepped

Arrow = tuple[int, str, int]
PLACES = st.integers(0, 7)
ARROWS = st.lists(st.tuples(PLACES, st.sampled_from("abc"), PLACES), max_size=20)


def distances(begin: int, arrows: list[Arrow]) -> dict[int, int]:
    """How many steps each place is away: found by lengthening ways until nothing new comes."""
    found = {begin: 0}
    for _ in range(8):
        for before, _, after in arrows:
            if before in found:
                found[after] = min(found.get(after, 99), found[before] + 1)
    return found


@given(ARROWS, PLACES, PLACES)
def test_a_first_way_is_a_way_and_none_is_shorter(arrows: list[Arrow], begin: int, end: int) -> None:
    way = first_way(begin, arrows, lambda place: place == end)
    if end not in distances(begin, arrows):
        assert way is None
        return
    assert way is not None
    assert len(way) == distances(begin, arrows)[end]
    places = {begin}
    for step in way:
        places = {after for before, by, after in arrows if before in places and by == step}
    assert end in places


@given(ARROWS, st.sets(PLACES))
def test_what_is_reached_is_reached_along_the_arrows_and_nothing_is_forgotten(
    arrows: list[Arrow], begin: set[int]
) -> None:
    reached = closure(begin, [(before, after) for before, _, after in arrows])
    assert reached == {place for one in begin for place in distances(one, arrows)}


@given(ARROWS, PLACES)
def test_a_walk_takes_every_arrow_once_and_the_nearest_first(arrows: list[Arrow], begin: int) -> None:
    found = walk([begin], lambda place: [(by, after) for before, by, after in arrows if before == place])
    away = distances(begin, arrows)
    assert sorted(found) == sorted(arrow for arrow in arrows if arrow[0] in away)
    assert [away[before] for before, _, _ in found] == sorted(away[before] for before, _, _ in found)


OPEN, WAITING = State("open", Stage.CONTRACTING, owner="clerk"), State("waiting", Stage.FEEDBACK, owner="clerk")
DONE = State("done", Stage.ENDED, ended_as="closed")
FILE = Move("file", Registered, START, "open", by="clerk")
REPORT = Move("report", Reported, "open", "waiting", by="clerk", means="reported")
WAKE = Move("wake", Stepped, "waiting", BACK, by="clerk")
NOTE = Move("note", Noted, ("open", "waiting"), STAY, by="clerk")
ASK = Move("ask", Stepped, "waiting", STAY, by="clerk", means="asked")
JUDGE = Move("judge", Evaluated, "waiting", "done", by="clerk", means="evaluated")


@pytest.mark.parametrize(
    ("spot", "move", "after"),
    [
        (Spot(""), FILE, Spot("open", "", False)),
        (Spot("open", ""), REPORT, Spot("waiting", "open", True)),
        (Spot("waiting", "open", True), NOTE, Spot("waiting", "open", True)),
        (Spot("waiting", "open", True), WAKE, Spot("open", "waiting", True)),
        (Spot("waiting", "open", True), ASK, Spot("waiting", "open", False)),
        (Spot("waiting", "open", True), JUDGE, Spot("done", "waiting", False)),
        (Spot("waiting", "open", False), WAKE, Spot("open", "waiting", False)),
        (Spot("open", "waiting", True), Move("again", Stepped, "open", "open", "clerk", means="reworked"),
         Spot("open", "waiting", False)),
        (Spot("open", "", True), Move("close", Reported, "open", "done", "clerk", means=("reported", "asked")),
         Spot("done", "open", False)),
    ],
)  # fmt: skip
def test_an_answer_is_owed_from_the_report_until_somebody_asks_or_a_round_begins(
    spot: Spot, move: Move, after: Spot
) -> None:
    assert step_from(spot, 5, move) == Step(5, spot, after)


def test_nothing_leads_back_to_where_there_was_nothing() -> None:
    assert step_from(Spot("waiting", ""), 0, WAKE) is None


def test_the_steps_of_a_workflow_are_all_that_can_be_made_the_nearest_to_the_start_first() -> None:
    states, moves = (OPEN, WAITING, DONE), (FILE, REPORT, WAKE, JUDGE)
    assert leaving(states, moves) == {"": [0], "open": [1], "waiting": [2, 3], "done": []}
    told = [(moves[step.move].name, step.before.state, step.after.state) for step in steps_of(states, moves)]
    assert told == [
        ("file", "", "open"),
        ("report", "open", "waiting"),
        ("wake", "waiting", "open"),
        ("judge", "waiting", "done"),
        ("report", "open", "waiting"),  # from where it was led back, with an answer owed
    ]
