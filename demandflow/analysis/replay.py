"""What if: a recorded log, judged by the rules of another workflow, without writing anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from demandflow.domain.decide import decide
from demandflow.domain.demand import Demand
from demandflow.domain.events import Event, Stamp
from demandflow.domain.evolve import evolve
from demandflow.domain.facts import Merged, MovedOver, UnknownFact, Unmerged
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
        return Counter((one.move, one.kind) for one in self.refused)

    def __str__(self) -> str:
        concerned = len({one.demand for one in self.refused})
        lines = [
            f"{self.workflow} on {self.demands} demands with {self.steps} steps: "
            f"{len(self.refused)} steps of {concerned} demands refused, {len(self.led_elsewhere)} led elsewhere"
            + (f", {self.unjudged} not judged (their facts are unknown here)" if self.unjudged else "")
        ]
        lines += [f"  {number:>6} × {move}: {kind}" for (move, kind), number in self.by_reason.most_common()]
        for what, found in (("refused", self.refused), ("elsewhere", self.led_elsewhere)):
            lines += [f"  {what}: {one}" for one in found[:SHOWN]]
            if len(found) > SHOWN:
                lines.append(f"  … and {len(found) - SHOWN} more {what}")
        return "\n".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """The same as data."""
        steps = {
            what: [{**one.__dict__, "demand": str(one.demand), "at": one.at.isoformat()} for one in found]
            for what, found in (("refused", self.refused), ("led_elsewhere", self.led_elsewhere))
        }
        counts = {"demands": self.demands, "steps": self.steps, "unjudged": self.unjudged}
        return {"workflow": self.workflow, "sound": self.sound, **counts, **steps}


@dataclass
class _Replay:
    """Judges one step after the other, in the order of recording."""

    workflow: Workflow
    of: frozenset[str] | None
    demands: dict[UUID, Demand] = field(default_factory=dict)
    judged: set[UUID] = field(default_factory=set)
    others: Counter[str] = field(default_factory=Counter)
    refused: list[Judgement] = field(default_factory=list)
    led_elsewhere: list[Judgement] = field(default_factory=list)
    steps: int = 0
    unjudged: int = 0

    def judge_next(self, event: Event) -> None:
        """Judge the step from where the demand stood in truth, whatever was refused before."""
        before = self.demands.get(event.demand, Demand(event.demand))
        self.demands[event.demand] = evolve(before, event)
        on = event.meta.workflow
        ours = on in self.of if self.of is not None else on.rpartition("@")[0] == self.workflow.name
        if not ours:
            self.others[on] += 1
        elif isinstance(event.fact, MovedOver):
            self.judged.add(event.demand)
        elif isinstance(event.fact, UnknownFact):
            self.unjudged += 1
        else:
            self.judged.add(event.demand)
            self.steps += 1
            self._judge(before, event)

    def _judge(self, before: Demand, event: Event) -> None:
        fact, meta, stamp = event.fact, event.meta, event.stamp
        into = fact.into if isinstance(fact, Merged) else before.merged_into if isinstance(fact, Unmerged) else None
        other = self.demands.get(into) if into is not None else None
        try:
            anew = decide(self.workflow, before, Proposal(stamp.move, fact, meta.actor, meta.happened, other)).stamp
        except Exception as reason:  # a community's rule may raise what it likes
            kind = listed(reason.rules) if isinstance(reason, RuleBroken) else type(reason).__name__
            self.refused.append(_judgement(before, event, str(reason), kind))
            return
        if differences := _differences(stamp, anew):
            self.led_elsewhere.append(_judgement(before, event, differences, "elsewhere"))


def replay_check(flow: Any, workflow: Workflow, *, of: str | Iterable[str] | None = None) -> Replayed:
    """What this workflow would have made of every recorded step: which it refuses, and which it leads elsewhere.

    `flow` is an open DemandFlow, or events in the order of their recording. Judged are demands on any version of the
    same name, or on the workflows `of` (`name@version`). Each step is judged from where its demand stood in truth, so
    that one refusal does not bring about others. Nothing is written. Raises InvalidValue if the log has demands, but
    none of these, and for what is no flow, no event or no workflow's name.
    """
    if not isinstance(workflow, Workflow):
        raise InvalidValue("workflow", f"must be a Workflow, got {brief(workflow)}")
    chosen = _chosen(of)
    replay = _Replay(workflow, chosen)
    for event in _events(flow):
        replay.judge_next(event)
    if replay.others and not replay.judged and not replay.unjudged:
        wanted = listed(sorted(chosen)) if chosen is not None else f"any version of {workflow.name}"
        there = listed(sorted(replay.others))
        raise InvalidValue("of", f"the log has no demand on {wanted} (there are demands on {there})")
    return Replayed(
        workflow.key,
        len(replay.judged),
        replay.steps,
        tuple(replay.refused),
        tuple(replay.led_elsewhere),
        replay.unjudged,
    )


def _events(flow: Any) -> Iterator[Event]:
    """The events of an open DemandFlow, or those that are given."""
    events = flow.all_events() if hasattr(flow, "all_events") else flow
    if isinstance(events, str | bytes) or not isinstance(events, Iterable):
        raise InvalidValue("flow", f"must be an open DemandFlow or events in their order, got {brief(flow)}")
    for event in events:
        if not isinstance(event, Event):
            raise InvalidValue("flow", f"must give events, got {brief(event)}")
        yield event


def _chosen(of: Any) -> frozenset[str] | None:
    """The workflows whose demands are judged; None for any version of the same name."""
    if of is None:
        return None
    names = [of] if isinstance(of, str) else list(of) if isinstance(of, Iterable) else []
    if not names or not all(isinstance(name, str) for name in names):
        raise InvalidValue("of", f"must be name@version, or several, got {brief(of)}")
    return frozenset(names)


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
    return "; ".join(f"{what} {now} instead of {was}" for what, was, now in pairs if was != now)
