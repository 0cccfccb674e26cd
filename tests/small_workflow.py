"""A small workflow of another kind: with facts and clocks of its own, and ways back that have conditions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, ClassVar

from demandflow import (
    ANYWHERE,
    BACK,
    CLOSED_LOOP,
    START,
    STAY,
    WHILE_OPEN,
    Calendar,
    Clock,
    Days,
    Demand,
    Limit,
    Move,
    Proposal,
    Stage,
    State,
    Workflow,
)
from demandflow.domain.rules.book import the_bound_is_reached
from demandflow.domain.standard.grades import GradeScale, ScaleGrade
from demandflow.domain.values import Moment
from demandflow.facts import (
    Corrected,
    Evaluated,
    Extended,
    Fact,
    MovedOver,
    Registered,
    Reopened,
    Reported,
    Sorted,
    Stepped,
    Withdrawn,
)


class Measured(Fact):
    """Somebody went there and measured it."""

    TOPIC: ClassVar[str] = "yard.measured"
    DIMENSIONS: ClassVar[tuple[str, ...]] = ("metres", "remark")
    metres: int
    remark: str | None = None
    due: Moment | None = None


class ReportedWithCost(Reported):
    """What was done, and what it cost."""

    TOPIC: ClassVar[str] = "yard.reported_with_cost"
    DIMENSIONS: ClassVar[tuple[str, ...]] = ("cost",)
    cost: int


def at_which_counter(was: dict[str, Any]) -> dict[str, Any]:
    """What was the window is the counter today, and the other way round, so that the kit can say it as before."""
    names = {"window": "counter", "counter": "window"}
    return {names.get(name, name): value for name, value in was.items()}


class Settled(Reported):
    """What was done, and where."""

    TOPIC: ClassVar[str] = "desk.settled"
    VERSION: ClassVar[int] = 2
    EARLIER: ClassVar[Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]]] = {"desk.settled": at_which_counter}
    DIMENSIONS: ClassVar[tuple[str, ...]] = ("counter",)
    counter: int


HOURS = Calendar.of(
    "yard", zone="Europe/Berlin", hours="Mon-Sat 08:00-12:00 13:00-16:00", days=Days([2025], closed=[date(2025, 3, 4)])
)
CLOCKS = (
    Clock(
        "look", ("open", "waiting"), (Limit("1 hour", urgency="urgent"), "1 working day"), HOURS, restarts="taken_on"
    ),
    Clock(
        "work",
        ("open", "waiting"),
        (Limit("8 working hours", category="culture"), Limit("8 calendar days", category="civil_affairs"), "2 hours"),
        HOURS,
        paused_in="resting",
        extensible=True,
    ),
    Clock("unknown", ("open", "waiting"), "300 working days", HOURS, paused_in="resting"),  # into a year nobody knows
    Clock("answer", "done", "1 calendar day", HOURS),
    Clock("award", "done", Limit("3 full working days", category="culture", urgency="urgent"), HOURS),
)


def it_was_measured_before(demand: Demand, proposal: Proposal[Any]) -> bool:
    """Waking up leads back once something is known."""
    return "metres" in demand.attributes


def yard() -> Workflow:
    """Work in the yard: measured, left to rest, reported with its cost, evaluated."""
    return Workflow(
        "yard",
        1,
        (
            State("open", Stage.CONTRACTING, owner="warden"),
            State("waiting", Stage.FEEDBACK, owner="warden"),
            State("resting", Stage.FEEDBACK, owner="warden"),
            State("done", Stage.EVALUATION, owner="resident"),
            State("over", Stage.ENDED, ended_as="closed"),
            State("dropped", Stage.ENDED, ended_as="withdrawn"),
        ),
        (
            Move("file", Registered, START, "open", by=("resident", "warden")),
            Move("measure", Measured, ("open", "waiting", "resting"), STAY, by="warden"),
            Move("extend", Extended, ("open", "waiting"), STAY, by="warden", means="extended"),
            Move("sort", Sorted, ("open", "waiting"), STAY, by="warden"),
            Move("take_over", Stepped, "open", "waiting", by="warden", when=the_bound_is_reached(4)),
            Move("take_over", Stepped, "open", "waiting", by="warden", means="taken_over"),
            Move("wait", Stepped, "open", "waiting", by="warden", means="taken_on"),
            Move("rest", Stepped, ("open", "waiting"), "resting", by="warden", means="suspended"),
            Move("wake", Stepped, "resting", BACK, by="warden", when=it_was_measured_before),
            Move("wake", Stepped, "resting", "open", by="warden"),
            Move("finish", ReportedWithCost, ("open", "waiting", "resting"), "done", by="warden", means="reported"),
            Move("drop", Withdrawn, ("open", "waiting"), "dropped", by="resident"),
            Move("evaluate", Evaluated, "done", "over", by="resident", means=("evaluated", "told")),
            Move("reopen", Reopened, "over", "open", by="resident", means="reopened"),
            Move("correct", Corrected, ANYWHERE, STAY, by="warden", means="corrected"),
            Move("move_over", MovedOver, WHILE_OPEN, STAY, by="warden"),
        ),
        clocks=CLOCKS,
    )


SMILEYS = GradeScale(
    [ScaleGrade("😀", 1, True), ScaleGrade("😐", 0.5), ScaleGrade("dissatisfied", 0)],  # type: ignore[arg-type]
    scores=["speed", "态度"],  # type: ignore[arg-type]
)


def desk(settled: type[Fact] = Reported) -> Workflow:
    """What is settled at the desk, often on the day on which it was due, and graded by a scale of its own."""
    states = (State("asked", Stage.FEEDBACK, owner="clerk"), State("settled", Stage.ENDED, ended_as="closed"))
    moves = (
        Move("ask", Registered, START, "asked", by="clerk"),
        Move("settle", settled, "asked", "settled", by="clerk", means="reported", silent=True),
        Move("press a smiley", Evaluated, "settled", STAY, by="resident", means="evaluated"),
        Move("correct", Corrected, "settled", STAY, by="clerk", means="corrected"),
    )
    return Workflow("desk", 1, states, moves, grades=SMILEYS)


def queue() -> Workflow:
    """What may be due before its clock runs, so that an extension moves both."""
    states = (
        State("queued", Stage.CONTRACTING, owner="clerk"),
        State("called", Stage.FEEDBACK, owner="clerk"),
        State("served", Stage.ENDED, ended_as="closed"),
    )
    moves = (
        Move("queue", Registered, START, "queued", by="clerk"),
        Move("call", Stepped, "queued", "called", by="clerk", means="taken_on"),
        Move("extend", Extended, "called", STAY, by="clerk", means="extended"),
        Move("serve", Reported, "called", "served", by="clerk", means="reported"),
        Move("move_over", MovedOver, WHILE_OPEN, STAY, by="clerk"),
        Move("hand_over", MovedOver, "queued", STAY, by="resident"),
    )
    clocks = (Clock("wait", "queued", "1 hour", HOURS), Clock("serve", "called", "2 hours", HOURS, extensible=True))
    return Workflow("queue", 1, states, moves, tells_nobody=True, clocks=clocks)


def workflows() -> tuple[Workflow, ...]:
    """What the laws are held against: the closed loop, a small one with clocks, and two very small ones."""
    return CLOSED_LOOP, yard(), desk(Settled), queue()
