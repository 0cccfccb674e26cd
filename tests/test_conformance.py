"""A log recorded elsewhere is held against a workflow: what fits costs nothing, and each deviation costs one."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demandflow import (
    BACK,
    CLOSED_LOOP,
    START,
    STAY,
    WHILE_OPEN,
    InvalidValue,
    Move,
    Noted,
    Registered,
    Reopened,
    Stage,
    State,
    Stepped,
    Workflow,
)
from demandflow.domain.moves import sources
from demandflow.workbench.alignment import Automaton
from demandflow.workbench.conformance import Conformance, conformance
from tests.real import example

T0 = datetime(2025, 3, 1, 8, tzinfo=UTC)
SMALL = Workflow(
    "small",
    version=1,
    states=[
        State("desk", Stage.AUDIT, owner="clerk"),
        State("work", Stage.FEEDBACK, owner="clerk"),
        State("paused", Stage.FEEDBACK, owner="clerk"),
        State("done", Stage.ENDED, ended_as="closed"),
    ],
    moves=[
        Move("register", Registered, START, "desk", by="clerk"),
        Move("start", Stepped, "desk", "work", by="clerk"),
        Move("pause", Stepped, ("desk", "work"), "paused", by="clerk"),
        Move("go_on", Stepped, "paused", BACK, by="clerk"),
        Move("try", Stepped, "work", "desk", by="clerk", when=lambda demand, proposal: demand.round > 1),
        Move("try", Stepped, "work", STAY, by="clerk"),
        Move("close", Stepped, "work", "done", by="clerk"),
        Move("reopen", Reopened, "done", "desk", by="clerk", means="reopened"),
        Move("note", Noted, WHILE_OPEN, STAY, by="clerk"),
    ],
)

RECEIPT = example("replay_receipt")
ASSIGN, CLOSE, NOTHING_YET = RECEIPT.ASSIGN, RECEIPT.CLOSE, RECEIPT.NOTHING_YET
NAMES = tuple(dict.fromkeys(move.name for move in SMALL.moves))
HIDDEN = st.sets(st.sampled_from(NAMES), max_size=2)
Where = tuple[str, str]


def log_of(*histories: Sequence[str]) -> list[tuple[str, str, datetime]]:
    """One case per history, an hour between two steps."""
    return [
        (f"case {number}", activity, T0 + timedelta(hours=hour))
        for number, history in enumerate(histories, 1)
        for hour, activity in enumerate(history)
    ]


def ways_on(workflow: Workflow, where: Where) -> list[tuple[str, Where]]:
    """The moves from here, and where they lead: written apart from the engine, (state, where it came from)."""
    state, came_from = where
    found = []
    for move in workflow.moves:
        goal = state if move.to is STAY else came_from if move.to is BACK else str(move.to)
        if state in sources(move, workflow.states) and goal:
            found.append((move.name, (goal, came_from if goal == state else state)))
    return found


@st.composite
def walks(draw: st.DrawFn, workflow: Workflow) -> tuple[str, ...]:
    """A history of declared steps."""
    where, history = ("", ""), []
    for choice in draw(st.lists(st.integers(0, 10_000), min_size=1, max_size=12)):
        ways = ways_on(workflow, where)
        name, where = ways[choice % len(ways)]
        history.append(name)
    return tuple(history)


def can_be_read(workflow: Workflow, history: Iterable[str], hidden: set[str], complete: bool) -> bool:
    """Whether a history is a way through the workflow, as sets of places."""

    def with_unseen(places: set[Where]) -> set[Where]:
        while new := {goal for at in places for name, goal in ways_on(workflow, at) if name in hidden} - places:
            places |= new
        return places

    places = with_unseen({("", "")})
    for activity in history:
        places = with_unseen({goal for at in places for name, goal in ways_on(workflow, at) if name == activity})
    ended = {state.name for state in workflow.states if state.ended_as is not None}
    return any(state in ended for state, _ in places) if complete else bool(places)


def fewest_edits(history: tuple[str, ...], hidden: set[str], complete: bool, most: int) -> tuple[int, int] | None:
    """The fewest activities to take out or put in until it can be read, found by trying all; None beyond `most`.

    And how many of its own it can keep then: the longest that can be read lost least.
    """
    seen = {history}
    for cost in range(most + 1):
        if can := [len(one) for one in seen if can_be_read(SMALL, one, hidden, complete)]:
            return cost, len(history) - (len(history) + cost - max(can)) // 2
        out = {(*one[:at], *one[at + 1 :]) for one in seen for at in range(len(one))}
        seen = out | {(*one[:at], name, *one[at:]) for one in seen for at in range(len(one) + 1) for name in NAMES}
    return None


def cost_of(history: Sequence[str], workflow: Workflow = SMALL, **how: Any) -> int:
    return conformance(log_of(history), workflow, **how).cost


@pytest.mark.parametrize("workflow", [CLOSED_LOOP, SMALL], ids=lambda one: one.name)
@given(st.data())
def test_what_walked_the_workflow_fits_it(workflow: Workflow, data: st.DataObject) -> None:
    histories = data.draw(st.lists(walks(workflow), min_size=1, max_size=4))
    found = conformance(log_of(*histories), workflow)
    assert found.deviations == ()
    assert found.fitness == 1
    assert (found.cases, found.fitting_cases) == (len(histories), len(histories))
    assert found.steps == found.fitting_steps == sum(map(len, histories))


@pytest.mark.parametrize("workflow", [CLOSED_LOOP, SMALL], ids=lambda one: one.name)
@given(st.data())
def test_one_step_too_many_or_too_few_costs_at_most_one_and_a_swap_two(workflow: Workflow, data: st.DataObject) -> None:
    history = data.draw(walks(workflow))
    names = st.sampled_from([move.name for move in workflow.moves])
    at = data.draw(st.integers(0, len(history) - 1))
    inserted = (*history[:at], data.draw(names), *history[at:])
    assert 0 <= cost_of(inserted, workflow) <= 1
    if len(history) > 1:
        assert 0 <= cost_of((*history[:at], *history[at + 1 :]), workflow) <= 1
        assert 0 <= cost_of((*history[:at], *history[at : at + 2][::-1], *history[at + 2 :]), workflow) <= 2


@given(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map(tuple), HIDDEN, st.booleans())
def test_the_cost_is_the_fewest_edits_and_most_steps_are_kept(
    history: tuple[str, ...], hidden: set[str], complete: bool
) -> None:
    found = conformance(log_of(history), SMALL, hidden=hidden, complete=complete)
    fewest = fewest_edits(history, hidden, complete, most=2)
    assert (found.cost, found.fitting_steps) == fewest if fewest is not None else found.cost > 2


@given(st.lists(st.sampled_from(NAMES), min_size=1, max_size=9).map(tuple), HIDDEN, st.booleans())
def test_each_case_mends_itself_by_what_its_deviations_say(
    history: tuple[str, ...], hidden: set[str], complete: bool
) -> None:
    """Without what does not fit and with what is missing, a history is a way through the workflow."""
    found = conformance(log_of(history), SMALL, hidden=hidden, complete=complete)
    mended: list[str] = []
    for number, activity in enumerate((*history, ""), 1):
        here = [one for one in found.deviations if one.step == number]
        mended += [one.activity for one in here if one.kind == "missing"]
        if all(one.kind == "missing" for one in here):
            mended.append(activity)
    mended = [activity for activity in mended if activity]
    assert can_be_read(SMALL, mended, hidden, complete)
    assert found.ended == can_be_read(SMALL, mended, hidden, complete=True)
    assert 0 <= found.fitness <= 1
    assert found.fitting_steps >= len(history) - found.cost
    if found.deviations:
        before = history[: found.deviations[0].step - 1]
        assert can_be_read(SMALL, before, hidden, complete=False), "what comes before the first deviation fits"


@given(st.lists(st.lists(st.sampled_from(NAMES), min_size=1, max_size=5), min_size=1, max_size=5), st.randoms())
def test_the_order_of_the_rows_does_not_matter(histories: list[list[str]], random: Any) -> None:
    log = log_of(*histories)
    shuffled = list(log)
    random.shuffle(shuffled)
    assert conformance(log, SMALL) == conformance(iter(shuffled), SMALL)


@given(st.lists(st.lists(st.sampled_from(NAMES), min_size=1, max_size=6), min_size=2, max_size=5))
def test_what_a_log_comes_to_is_the_sum_of_its_cases(histories: list[list[str]]) -> None:
    whole = conformance(log_of(*histories), SMALL)
    parts = [conformance(log_of(history), SMALL) for history in histories]
    for count in ("cases", "steps", "fitting_cases", "fitting_steps", "ended", "worst", "cost"):
        assert getattr(whole, count) == sum(getattr(part, count) for part in parts), count
    assert whole.by_deviation == sum((part.by_deviation for part in parts), Counter())


def test_steps_of_one_moment_keep_the_order_of_the_log() -> None:
    assert conformance([("1", "register", 5), ("1", "start", 5), ("1", "close", 5)], SMALL).cost == 0
    assert conformance([("1", "start", 5), ("1", "register", 5), ("1", "close", 5)], SMALL).cost == 2


def only(found: Conformance) -> tuple[object, ...]:
    (one,) = found.deviations
    return one.kind, one.step, one.activity, one.where


def test_a_deviation_says_which_step_where_and_what_was_possible() -> None:
    found = conformance(log_of(["register", "start", "register"]), SMALL)
    assert only(found) == ("not possible", 3, "register", "work")
    assert found.deviations[0].time == T0 + timedelta(hours=2)
    assert found.deviations[0].possible == ("pause", "try", "close", "note")
    assert found.of("case 1") == found.deviations
    assert found.of("case 2") == ()
    assert str(found.deviations[0]) == (
        "case case 1, step 3: register is not possible in work (possible: pause, try, close, note)"
    )


def test_a_move_that_is_missing_is_named() -> None:
    assert only(conformance(log_of(["register", "close"]), SMALL)) == ("missing", 2, "start", "desk")
    assert only(conformance(log_of(["register", "start"]), SMALL, complete=True)) == ("missing", 3, "close", "work")


def test_what_is_possible_but_leads_away_is_out_of_place() -> None:
    found = conformance(log_of(["register", "start", "close", "try", "try"]), SMALL)
    assert only(found) == ("out of place", 3, "close", "work")
    assert "close is possible in work, but not before what follows it" in str(found)


def test_of_two_readings_the_one_that_deviates_late_is_told() -> None:
    found = conformance(log_of(["reopen", "note"]), SMALL)
    assert [(one.step, one.kind) for one in found.deviations] == [(1, "not possible"), (2, "missing")]
    assert only(conformance(log_of(["register", "accept", "sort"]), CLOSED_LOOP)) == (
        ("not possible", 3, "sort", "accepted")
    )


def test_back_leads_only_to_where_it_came_from() -> None:
    assert cost_of(["register", "pause", "go_on", "start", "pause", "go_on", "close"]) == 0
    assert cost_of(["register", "pause", "go_on", "close"]) == 1


def test_an_activity_that_stands_for_no_move_is_unknown_not_an_error() -> None:
    log = log_of(["Eingang", "Kaffee", "Beginn"])
    found = conformance(log, SMALL, moves={"Eingang": "register", "Beginn": "start"})
    assert only(found) == ("unknown activity", 2, "Kaffee", "desk")
    assert (found.fitting_steps, found.fitting_cases) == (2, 0)
    assert conformance(log_of(["x"]), SMALL).fitness == Fraction(3, 4)


def test_moves_that_a_log_does_not_show_cost_nothing() -> None:
    log = log_of(["start", "try"], ["pause"])
    assert conformance(log, SMALL).cost == 2
    found = conformance(log, SMALL, hidden=["register"])
    assert (found.cost, found.ended) == (0, 0)
    assert conformance(log, SMALL, hidden=["register", "close"]).ended == 1


def test_fitness_holds_the_cost_against_the_worst() -> None:
    """3 steps, 3 on the shortest way, 1 deviation; then a case of 2 steps that fits."""
    assert conformance(log_of(["register", "start", "register"]), SMALL).fitness == 1 - Fraction(1, 3 + 3)
    found = conformance(log_of(["register", "start", "register"], ["register", "start"]), SMALL)
    assert found.fitness == 1 - Fraction(1, 3 + 3 + 2 + 3)
    assert (found.fitting_steps, found.steps, found.fitting_cases) == (4, 5, 1)


def test_a_summary_names_the_most_frequent_deviations() -> None:
    histories = [["register", "start", "register"]] * 2 + [["register", "close"], ["register", "start"]]
    assert str(conformance(log_of(*histories), SMALL)) == (
        "1 of 4 cases fit small@1, 8 of 10 steps; fitness 0.8636\n"
        "  2 × register is not possible in work\n"
        "  1 × missing: start in desk"
    )
    many = str(conformance(log_of(*([f"x{number}"] for number in range(7))), SMALL))
    assert many.endswith("  1 × unknown activity: x4 in no state yet\n  and 2 of 2 other kinds")


def test_cases_with_one_history_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[object] = []

    class Counting(Automaton):
        def align(self, history: Sequence[str | None], *, complete: bool = False) -> Any:
            read.append(history)
            return super().align(history, complete=complete)

    monkeypatch.setattr(sys.modules["demandflow.workbench.conformance"], "Automaton", Counting)
    conformance(log_of(["register"], ["register"], ["register", "start"]), SMALL)
    assert read == [(), ("register",), ("register", "start")]


@pytest.mark.parametrize(
    ("log", "how", "says"),
    [
        ([], {}, "log: is empty; give at least one (case, activity, time)"),
        ("abc", {}, "log: must give (case, activity, time), got 'abc'"),
        (7, {}, "log: must give (case, activity, time), got 7"),
        ([("a", "register")], {}, "log, row 1: must be (case, activity, time), got ('a', 'register')"),
        (["abc"], {}, "log, row 1: must be (case, activity, time), got 'abc'"),
        ([(1, "register", 1)], {}, "log, row 1: its case must be a text, got 1"),
        ([("a", "", 1)], {}, "log, row 1: its activity must be a text, got ''"),
        ([("a", "register", None)], {}, "log, case a: None is no time; give a moment, a date or a number"),
        ([("a", "register", float("nan"))], {}, "log, case a: nan is no time"),
        ([("a", "register", 1), ("a", "start", "2")], {}, "log, case a: its times cannot be put in order"),
        (log_of(["x"]), {"moves": {"x": "nap"}}, "moves: 'x' stands for 'nap', which small@1 has not (its moves: reg"),
        (log_of(["x"]), {"moves": ["x"]}, "moves: must say which move each activity stands for, got ['x']"),
        (log_of(["x"]), {"hidden": ["nap"]}, "hidden: small@1 has no move 'nap' (its moves: register, start"),
        (log_of(["x"]), {"hidden": "close"}, "hidden: must be the names of moves, got 'close'"),
        (log_of(["x"]), {"workflow": "small"}, "workflow: must be a Workflow, got 'small'"),
    ],
)
def test_bad_input_is_told_in_words(log: Any, how: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidValue) as error:
        conformance(log, **{"workflow": SMALL, **how})
    assert str(error.value).startswith(says)


def test_half_of_a_real_log_is_held_against_the_other_half(data: Path) -> None:
    """A state is what was done last, so a case fits if and only if all pairs of neighbours were seen before.

    The first deviation is at the first pair not seen or before it, never after it: no reading gets past that pair
    without one. Leaving out a step takes away at most two such pairs and putting one in at most one, so there are at
    least half as many deviations as such pairs.
    """
    cases = RECEIPT.cases_of(data / "receipt" / "receipt.csv")
    learned, held = cases[::2], cases[1::2]
    workflow = RECEIPT.workflow_of(case.activities for case in learned)
    log = [(case.id, row["concept:name"], datetime.fromisoformat(row["time:timestamp"])) for case in held
           for row in case.rows]  # fmt: skip
    names = {move.name for move in workflow.moves}
    moves = {activity: f"do {activity}" for _, activity, _ in log if f"do {activity}" in names}
    found = conformance(log, workflow, moves=moves, hidden=["receive", ASSIGN, CLOSE])
    seen = {pair for case in learned for pair in pairwise((NOTHING_YET, *case.activities))}
    fitting = 0
    for case in held:
        new = [at for at, pair in enumerate(pairwise((NOTHING_YET, *case.activities)), 1) if pair not in seen]
        deviations = found.of(case.id)
        assert bool(new) == bool(deviations), case.id
        assert len(new) / 2 <= len(deviations) <= len(case.activities)
        if new:
            assert deviations[0].step <= new[0], case.id
        fitting += not new
    assert (found.cases, found.fitting_cases, found.steps) == (717, fitting, len(log))
    assert (fitting, found.ended, found.cost, found.worst) == (703, 717, 25, 4298)
    print(found)
