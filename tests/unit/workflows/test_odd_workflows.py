"""The kit does not blame valid workflows, however odd: their facts, roles, beginnings, merges and zones."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from functools import partial
from typing import Annotated, Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test
from pydantic import BaseModel, Field

from demandflow import (
    ANYWHERE,
    BACK,
    START,
    STAY,
    WHILE_OPEN,
    Demand,
    InvalidValue,
    InvalidWorkflow,
    Move,
    Proposal,
    Stage,
    State,
    Workflow,
)
from demandflow.facts import Fact, LetGo, Merged, Noted, Registered, Stepped, TookIn, Unmerged
from demandflow.testing import (
    History,
    Law,
    LawBroken,
    as_state_machine,
    as_test_case,
    check,
    histories,
    law,
    no_way_round,
    play,
)
from demandflow.testing.checking import Broken, Checked, hold
from demandflow.testing.copying import as_test
from tests.profiles import examples

pytestmark = pytest.mark.long

OPEN, ASIDE = State("open", Stage.AUDIT, owner="clerk"), State("aside", Stage.AUDIT, owner="clerk")
DONE, MERGED = State("done", Stage.ENDED, ended_as="closed"), State("merged", Stage.ENDED, ended_as="merged")
FILE, END = Move("file", Registered, START, "open", "clerk"), Move("end", Stepped, "open", "done", "clerk")


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Spot(BaseModel):
    east: int
    north: int


class Filed(Registered):
    TOPIC: ClassVar[str] = "odd.filed"
    workflow: str | None = None


class Measured(Fact):
    TOPIC: ClassVar[str] = "odd.measured"
    colour: Colour
    day: date
    price: Decimal
    kilos: Annotated[int, Field(ge=20, le=30)]
    took: timedelta | None = None
    tags: tuple[str, ...] = ()
    note: str = "plain"


class Named(Fact):
    """Its fields have names of ours, and mean something else."""

    TOPIC: ClassVar[str] = "odd.named"
    contractor: int
    resident: bool
    workflow: str
    until: bool


class Seen(Fact):
    TOPIC: ClassVar[str] = "odd.seen"
    spot: Spot


class Coded(Fact):
    TOPIC: ClassVar[str] = "odd.coded"
    code: Annotated[str, Field(pattern=r"^[A-Z]{3}-\\d{4}$")]


def small(*moves: Move, states: tuple[State, ...] = (OPEN, DONE)) -> Workflow:
    return Workflow("odd", 1, states, (FILE, END, *moves))


def see(kind: type[Fact]) -> Workflow:
    return small(Move("see", kind, "open", STAY, "clerk"))


@pytest.mark.parametrize("kind", [Measured, Named])
def test_facts_of_ones_own_are_made_by_their_types(kind: type[Fact]) -> None:
    assert check(see(kind), max_examples=examples(15)).tally.accepted["see"]


def test_facts_of_which_no_sample_is_known_are_asked_for_and_taken() -> None:
    for kind in (Seen, Coded):
        with pytest.raises(InvalidValue, match=f"give facts={{{kind.__name__}: …}}"):
            check(see(kind), max_examples=examples(15))
    spots = st.builds(Spot, east=st.integers(0, 9), north=st.integers(0, 9))
    done = check(see(Seen), facts={Seen: st.builds(Seen, spot=spots)}, max_examples=examples(30))
    assert done.tally.accepted["see"]


def test_each_step_draws_a_fact_of_its_own() -> None:
    found: set[int] = set()

    @settings(max_examples=30, deadline=None)
    @given(histories(see(Measured), facts={Measured: facts_of_kilos()}))
    def many(history: History) -> None:
        kilos = {step.fact.kilos for step in history.steps if isinstance(step.fact, Measured)}
        found.add(len(kilos))

    many()
    assert max(found) > 1


def facts_of_kilos() -> Any:
    whole = st.integers(20, 30)
    return whole.map(lambda kilos: Measured(colour=Colour.RED, day=date(2025, 1, 1), price=Decimal(1), kilos=kilos))


def test_a_way_back_from_where_demands_may_begin() -> None:
    fetch = Move("fetch", Filed, START, "aside", "boss")
    lay, back = Move("lay", Noted, "open", "aside", "clerk"), Move("back", Stepped, "aside", BACK, "clerk")
    odd = small(
        fetch, lay, back, Move("finish", Stepped, "aside", "done", ("clerk", "boss")), states=(OPEN, ASIDE, DONE)
    )
    assert check(odd, max_examples=examples(30)).steps > 3 * examples(30)


def test_a_workflow_of_beginnings_only() -> None:
    begins = Workflow("begins", 1, (DONE,), (Move("file", Registered, START, "done", "clerk"),))
    assert check(begins, max_examples=5).steps >= 5
    run_state_machine_as_test(
        as_state_machine(begins), settings=settings(max_examples=3, stateful_step_count=10, deadline=None)
    )


def only_after_a_year(demand: Demand, proposal: Proposal[Any]) -> str | None:
    """Nothing is taken apart soon."""
    return "only after a year" if demand.since and proposal.at < demand.since + timedelta(days=365) else None


def merging(**unmerge: Any) -> Workflow:
    took = unmerge.pop("took", STAY)
    return small(
        Move("merge", Merged, "open", "merged", "clerk"),
        Move("take in", TookIn, "open", took, "clerk"),
        Move("let go", LetGo, ANYWHERE, STAY, "clerk"),
        Move("unmerge", Unmerged, "merged", BACK, "clerk", **{"means": "unmerged", **unmerge}),
        Move("aside", Stepped, "aside", "open", "clerk"),
        Move("go", Noted, "open", "aside", "clerk"),
        Move("note", Noted, WHILE_OPEN, STAY, "clerk"),
        states=(OPEN, ASIDE, DONE, MERGED),
    )


@pytest.mark.parametrize("odd", [{"rules": (only_after_a_year,)}, {"means": "reopened"}, {"took": "aside"}, {}])
def test_merges_that_are_undone_in_their_own_way(odd: Any) -> None:
    done = check(merging(**odd), max_examples=examples(30))
    assert done.tally.accepted["merge"] or "rules" in odd, "only a rule that waits for a year leaves it to chance"


def forbid(demand: Demand, proposal: Proposal[Any]) -> str | None:
    """什么都不许。"""
    return "no"


def allow(demand: Demand, proposal: Proposal[Any]) -> str | None:
    """什么都可以。"""
    return None


def test_no_law_is_lost_because_another_has_a_like_name() -> None:
    case = as_test_case(
        see(Noted), rules={"see": allow, "end": allow, "file": allow}, also=[law(nothing_is_red), nothing_is_red]
    )
    names = [name for name in vars(case) if name.startswith("test_")]
    assert sum("可以" in name for name in names) == 3
    assert sum(name.startswith("test_nothing_is_red") for name in names) == 2
    docs = [vars(case)[name].__doc__ for name in names]
    assert all(": " in doc and "0x" not in doc for doc in docs)
    both = as_test_case(see(Noted), rules={"see": allow, "end": forbid}, max_examples=15)
    with pytest.raises(LawBroken):
        both("test_no_way_round_不许_at_end").debug()


forbid.__name__, allow.__name__ = "不许", "可以"


def nothing_is_red(played: Any) -> None:
    """Red is forbidden."""
    facts = [event.fact for demand in played.demands for event in played.recorded(demand)]
    assert not any(getattr(fact, "colour", None) is Colour.RED for fact in facts), "red"


@law
def decorated(played: Any) -> None:
    """A law that was made at once."""
    nothing_is_red(played)


@pytest.mark.parametrize(
    "broken", [law(nothing_is_red), decorated, no_way_round(forbid, Measured), no_way_round(forbid, "see")]
)
def test_a_copied_test_breaks_the_same_law(broken: Law) -> None:
    tried = []

    @settings(max_examples=30, deadline=None)
    @given(histories(see(Measured)))
    def copies(history: History) -> None:
        try:
            with play(history.workflow, history.operations) as played:
                hold(played, (broken,), Checked(history.workflow))
        except Broken:
            names: dict[str, Any] = {"ODD": history.workflow}
            exec(as_test(history, broken, "ODD"), names)
            test = next(value for name, value in names.items() if name.startswith("test_"))
            with pytest.raises(AssertionError):
                test()
            tried.append(history)

    copies()
    assert tried


def test_what_cannot_be_imported_is_asked_for() -> None:
    history = History(see(Noted), ())
    for own in (law(lambda played: None), no_way_round(partial(allow))):
        text = as_test(history, own, "ODD")
        assert "# put your own" in text
        compile(text, "copied", "exec")


class Forgetful(Fact):
    TOPIC: ClassVar[str] = "odd.forgetful"
    note: str | None = "plain"


def test_a_field_that_reads_back_as_something_else_is_told_when_built() -> None:
    with pytest.raises(InvalidWorkflow, match="its note may be None"):
        see(Forgetful)
