"""A recorded log, judged by the rules of another workflow. Nothing is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from demandflow.analysis.choice import Choice
from demandflow.analysis.data import as_data
from demandflow.domain.decide import decide
from demandflow.domain.demand import Demand
from demandflow.domain.events import Event, Stamp
from demandflow.domain.evolve import evolve
from demandflow.domain.facts import MovedOver, UnknownFact
from demandflow.domain.merging import other_of
from demandflow.domain.moves import Proposal
from demandflow.domain.workflow import Workflow
from demandflow.errors import InvalidValue, RuleBroken, brief, listed

SHOWN = 20


@dataclass(frozen=True)
class Judgement:
    """A recorded step that the workflow would not have taken so, and why."""

    demand: UUID
    version: int
    move: str
    state: str
    by: str
    at: datetime
    reason: str
    kind: str

    def __str__(self) -> str:
        where = f"in {self.state}" if self.state else "at the start"
        return (
            f"{self.demand} step {self.version}, {self.move} {where} by {self.by} on {self.at:%Y-%m-%d}: {self.reason}"
        )


@dataclass(frozen=True)
class Replayed:
    """How a log would have fared under a workflow: which steps it refuses, and which it leads elsewhere.

    `unjudged` are facts whose class was not given to open().
    """

    workflow: str
    demands: int
    steps: int
    refused: tuple[Judgement, ...]
    led_elsewhere: tuple[Judgement, ...]
    unjudged: int = 0

    @property
    def sound(self) -> bool:
        """Nothing that was recorded would be refused."""
        return not self.refused

    @property
    def by_reason(self) -> Counter[tuple[str, str]]:
        """How many steps were refused, by move and kind of reason (the error, or the rules that object)."""
        return Counter((step.move, step.kind) for step in self.refused)

    def __str__(self) -> str:
        concerned = len({step.demand for step in self.refused})
        lines = [
            f"{self.workflow} on {self.demands} demands with {self.steps} steps: "
            f"{len(self.refused)} steps of {concerned} demands refused, {len(self.led_elsewhere)} led elsewhere"
            + (f", {self.unjudged} not judged (their facts are unknown here)" if self.unjudged else "")
        ]
        lines += [f"  {number:>6} × {move}: {kind}" for (move, kind), number in self.by_reason.most_common()]
        for what, steps in (("refused", self.refused), ("elsewhere", self.led_elsewhere)):
            lines += [f"  {what}: {step}" for step in steps[:SHOWN]]
            if len(steps) > SHOWN:
                lines.append(f"  … and {len(steps) - SHOWN} more {what}")
        return "\n".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """The same as data."""
        return {**as_data(self), "sound": self.sound}


def replay_check(flow: Any, workflow: Workflow, *, of: str | Iterable[str] | None = None) -> Replayed:
    """What this workflow would have made of every recorded step: which it refuses, and which it leads elsewhere.

    `flow` is an open DemandFlow, or events in the order of their recording. Judged are demands on any version of the
    same name, or on the workflows `of` (`name@version`). Each step is judged from where its demand really was, so that
    one refusal does not bring about others. Nothing is written. Raises InvalidValue if the log has demands, but none of
    these, and for what is no flow, no event or no workflow's name.
    """
    choice, demands = Choice(workflow, of), dict[UUID, Demand]()
    judged, others = set[UUID](), set[str]()
    refused, elsewhere, steps, unjudged = list[Judgement](), list[Judgement](), 0, 0
    for event in _events(flow):
        before = demands.get(event.demand, Demand(event.demand))
        demands[event.demand] = evolve(before, event)
        if not choice.includes(event):
            others.add(event.meta.workflow)
            continue
        if isinstance(event.fact, UnknownFact):
            unjudged += 1
            continue
        judged.add(event.demand)
        if isinstance(event.fact, MovedOver):
            continue
        steps += 1
        fact, meta, move = event.fact, event.meta, event.stamp.move
        try:
            other = other_of(before, fact, demands.get)
            stamp = decide(workflow, before, Proposal(move, fact, meta.actor, meta.happened, other)).stamp
        except Exception as error:  # a community's rule may raise what it likes
            kind = listed(error.rules) if isinstance(error, RuleBroken) else type(error).__name__
            refused.append(_judgement(before, event, str(error), kind))
        else:
            if differences := _differences(event.stamp, stamp):
                elsewhere.append(_judgement(before, event, differences, "elsewhere"))
    if others and not judged and not unjudged:
        raise InvalidValue("of", f"the log has no demand on {choice} (there are demands on {listed(sorted(others))})")
    return Replayed(workflow.key, len(judged), steps, tuple(refused), tuple(elsewhere), unjudged)


def _events(flow: Any) -> Iterator[Event]:
    """The events of an open DemandFlow, or those that are given."""
    events = flow.all_events() if hasattr(flow, "all_events") else flow
    if isinstance(events, str | bytes) or not isinstance(events, Iterable):
        raise InvalidValue("flow", f"must be an open DemandFlow or events in their order, got {brief(flow)}")
    for event in events:
        if not isinstance(event, Event):
            raise InvalidValue("flow", f"must give events, got {brief(event)}")
        yield event


def _judgement(before: Demand, event: Event, reason: str, kind: str) -> Judgement:
    meta, stamp = event.meta, event.stamp
    return Judgement(event.demand, event.version, stamp.move, before.state, meta.actor.id, meta.happened, reason, kind)


def _differences(was: Stamp, now: Stamp) -> str:
    """Where the step leads and what it means, if that is otherwise."""
    pairs = (
        ("to", was.state, now.state),
        ("ends as", was.ended_as, now.ended_as),
        ("means", listed(was.means or ()), listed(now.means or ())),
        ("round", was.round, now.round),
    )
    return "; ".join(f"{what} {after} instead of {before}" for what, before, after in pairs if before != after)
