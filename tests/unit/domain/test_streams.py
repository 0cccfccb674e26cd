"""A demand is one kind of stream: another goes by the same table, deciding, handler and log, and is no demand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from demandflow import CLOSED_LOOP, START, STAY, Actor, DemandFlow, Event, Move, Proposal, Stage, State, Workflow
from demandflow.analysis import diff
from demandflow.application import published
from demandflow.domain.decide import decide
from demandflow.domain.demand import Demand
from demandflow.domain.evolve import evolve
from demandflow.domain.facts import STANDARD_FACTS
from demandflow.domain.stream import Change, Stream
from demandflow.domain.versions.declared import declared
from demandflow.facts import Fact
from demandflow.recording.ids import derived_id
from demandflow.store.mapper import FactMapper
from demandflow.testing import FrozenClock
from tests.stories import CLERK, T0, A, Story


class Planned(Fact):
    TOPIC: ClassVar[str] = "activity.planned"
    title: str


class Joined(Fact):
    TOPIC: ClassVar[str] = "activity.joined"
    who: str


class Activity(Stream, frozen=True):
    """An outing with its participants."""

    KIND: ClassVar[str | None] = "activity"
    participants: tuple[str, ...] = ()

    def changes(self, event: Event, change: Change) -> None:
        if isinstance(event.fact, Joined):
            change["participants"] = (*self.participants, event.fact.who)


def there_is_room(activity: Any, _: Proposal[Joined]) -> str | None:
    return "it is full" if len(activity.participants) == 2 else None


ORGANISER = Actor("li", "organiser")
OUTINGS = Workflow(
    "outings",
    1,
    states=[State("planned", Stage.FEEDBACK, owner="organiser"), State("over", Stage.ENDED, ended_as="closed")],
    moves=[
        Move("plan", Planned, START, "planned", by="organiser"),
        Move("join", Joined, "planned", STAY, by="organiser", rules=(there_is_room,)),
        Move("end", Joined, "planned", "over", by="organiser"),
    ],
    of=Activity,
)
PLANNED = Planned(title="to the lake")


def outing(*who: str) -> tuple[Activity, list[Event]]:
    activity, events = Activity(A), list[Event]()
    for move, fact in (("plan", PLANNED), *(("join", Joined(who=one)) for one in who)):
        events.append(decide(OUTINGS, activity, Proposal(move, fact, ORGANISER, T0)))
        activity = evolve(activity, events[-1], Activity)
    return activity, events


def test_another_kind_is_decided_and_folded_by_its_own_fields() -> None:
    activity, events = outing("a", "b")
    assert activity.participants == ("a", "b")
    assert (activity.state, activity.version, activity.last) == ("planned", 3, T0)
    folded: Activity | None = None
    for event in events:
        folded = evolve(folded, event, Activity)
    assert folded == activity
    assert [move.name for move in OUTINGS.possible(activity)] == ["end"]


def test_the_kind_is_stamped_and_that_of_a_demand_is_not_written() -> None:
    mapper = FactMapper([*STANDARD_FACTS, Planned, Joined])
    for event, kind in ((outing("a")[1][1], "activity"), (Story().tell("register").events[0], None)):
        *_, state = mapper.row(event)
        assert event.stamp.kind == kind
        assert (b'"kind"' in state) is (kind is not None)
        assert mapper.to_domain_event(mapper.to_stored_event(event)) == event


def test_ids_of_two_kinds_are_two_though_their_names_are_one() -> None:
    assert derived_id("town", "forum", "7") != derived_id("town", "forum", "7", kind="activity")
    assert derived_id("town", "forum", "7", kind="activity") != derived_id("town", "forum", "7", "activity")


def test_what_is_no_demand_is_neither_counted_nor_on_the_board_nor_asked_about() -> None:
    with DemandFlow.open("memory:", workflows=(*published(), OUTINGS), clock=FrozenClock()) as flow:
        flow._log.append(outing("a", "b")[1])
        lamp = flow.register("dark", channel="hotline", place="fufeng", by=CLERK)
        assert flow.figures().count("received") == 1
        assert [row.demand for row in flow.board().rows] == [lamp.id]
        assert flow.next_moment() is None
        flow.rebuild()
        assert flow.figures().count("received") == 1
        assert not flow.parked_events()
    assert isinstance(lamp, Demand)


def test_a_log_knows_of_which_kind_a_workflow_is_and_a_comparison_says_so() -> None:
    other = replace(CLOSED_LOOP, name="outings")
    assert '"of":"activity"' in declared(OUTINGS)
    assert '"of"' not in declared(other)
    assert "it is of another kind of stream: demand instead of activity" in str(diff(OUTINGS, other))
