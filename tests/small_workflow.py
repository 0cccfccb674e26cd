"""A small workflow of another kind: with a fact class of its own, and ways back that have conditions."""

from __future__ import annotations

from typing import Any, ClassVar

from demandflow import (
    ANYWHERE,
    BACK,
    CLOSED_LOOP,
    START,
    STAY,
    WHILE_OPEN,
    Corrected,
    Demand,
    Evaluated,
    Fact,
    Move,
    MovedOver,
    Proposal,
    Registered,
    Reopened,
    Reported,
    Stage,
    State,
    Stepped,
    Workflow,
)
from demandflow.domain.values import Moment


class Measured(Fact):
    """Somebody went there and measured it."""

    TOPIC: ClassVar[str] = "yard.measured"
    metres: int
    remark: str | None = None
    due: Moment | None = None


class ReportedWithCost(Reported):
    """What was done, and what it cost."""

    TOPIC: ClassVar[str] = "yard.reported_with_cost"
    cost: int


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
        ),
        (
            Move("file", Registered, START, "open", by=("resident", "warden")),
            Move("measure", Measured, ("open", "waiting"), STAY, by="warden"),
            Move("wait", Stepped, "open", "waiting", by="warden", means="taken_on"),
            Move("rest", Stepped, ("open", "waiting"), "resting", by="warden", means="suspended"),
            Move("wake", Stepped, "resting", BACK, by="warden", when=it_was_measured_before),
            Move("wake", Stepped, "resting", "open", by="warden"),
            Move("finish", ReportedWithCost, ("open", "waiting"), "done", by="warden", means="reported"),
            Move("evaluate", Evaluated, "done", "over", by="resident", means=("evaluated", "told")),
            Move("reopen", Reopened, "over", "open", by="resident", means="reopened"),
            Move("correct", Corrected, ANYWHERE, STAY, by="warden", means="corrected"),
            Move("move_over", MovedOver, WHILE_OPEN, STAY, by="warden"),
        ),
    )


def workflows() -> tuple[Workflow, Workflow]:
    """What the laws are held against: the closed loop, and the small one."""
    return CLOSED_LOOP, yard()
