"""What would have been: a recorded log under other clocks and other policies. Nothing is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from demandflow.analysis.judged_anew import JudgedAnew
from demandflow.analysis.rerun import Rerun
from demandflow.domain.clocks.states import CLOCK_STATUSES, RUNNING
from demandflow.domain.demand import Demand
from demandflow.domain.events import Event
from demandflow.domain.workflow import Workflow
from demandflow.errors import InvalidValue, brief, listed
from demandflow.inputs.moments import moment
from demandflow.policies.policy import Policy

NONE = "none"
STANDS = (NONE, *CLOCK_STATUSES)


@dataclass(frozen=True)
class Otherwise:
    """A clock of a demand that would have stood otherwise: was, would have been, and both due moments."""

    demand: UUID
    clock: str
    was: str
    would_be: str
    was_due: datetime | None
    would_be_due: datetime | None


@dataclass(frozen=True)
class Acted:
    """What a policy recorded, and what it would have proposed, by kind of fact."""

    was: Mapping[str, int]
    would_be: Mapping[str, int]


@dataclass(frozen=True)
class WhatIf:
    """What would have been different, judged at a moment.

    `was` and `would_be` count, for each clock, how demands stand (none, running, paused, met, missed, stopped, and
    overdue: the running ones that are); `load` counts, for each contractor, how often work was given, and would be.
    """

    until: datetime
    was: Mapping[str, Mapping[str, int]]
    would_be: Mapping[str, Mapping[str, int]]
    otherwise: tuple[Otherwise, ...]
    policies: Mapping[str, Acted]
    load: Mapping[str, tuple[int, int]]
    raised: tuple[str, ...]

    def of(self, clock: str) -> tuple[Otherwise, ...]:
        """The demands for which this clock would have stood otherwise."""
        return tuple(one for one in self.otherwise if one.clock == clock)

    def as_dict(self) -> dict[str, Any]:
        """All of it, as JSON takes it."""
        told = asdict(self)
        told["until"] = self.until.isoformat()
        told["otherwise"] = [
            {name: str(value) if isinstance(value, UUID | datetime) else value for name, value in asdict(one).items()}
            for one in self.otherwise
        ]
        return told

    def __str__(self) -> str:
        lines = [f"as of {self.until:%Y-%m-%d %H:%M} UTC, was → would have been"]
        for clock in sorted({*self.was, *self.would_be}):
            pairs = [
                (status, self.was.get(clock, {}).get(status, 0), self.would_be.get(clock, {}).get(status, 0))
                for status in (*STANDS, "overdue")
            ]
            said = [f"{status} {was} → {now}" if was != now else f"{status} {was}" for status, was, now in pairs]
            lines.append(f"  clock {clock}: {', '.join(said)}")
        for name, acted in self.policies.items():
            kinds = sorted({*acted.was, *acted.would_be})
            said = [f"{kind} {acted.was.get(kind, 0)} → {acted.would_be.get(kind, 0)}" for kind in kinds]
            lines.append(f"  policy {name}: {listed(said, 'nothing')}")
        for contractor, (was, now) in self.load.items():
            lines.append(f"  given to {contractor}: {was} → {now}")
        return "\n".join([*lines, *(f"  raised: {one}" for one in self.raised)])


def what_if(
    events: Iterable[Event],
    workflow: Workflow,
    policies: Sequence[Policy] = (),
    *,
    until: datetime | None = None,
    of: Iterable[str] | None = None,
) -> WhatIf:
    """What of a log would have been different under the clocks of this workflow and under these policies.

    `events` are all of a log, in the order of recording; judged are the demands on any version of the workflow's name,
    or on those of `of` (`name@version`), for as long as they are: when one moves over to another, its clocks stop.
    Where a demand stands and what people did stays as it was; what policies did is proposed anew, at the moments at
    which it was due: notices and escalations as they would have come, and work as it would have been given. Without
    policies, what they did in the log stays. `until` is the moment of judging (else the last of the log); what was
    recorded later is not seen. Raises InvalidValue.
    """
    if not isinstance(workflow, Workflow):
        raise InvalidValue("workflow", f"must be a Workflow, got {brief(workflow)}")
    asked = None if until is None else moment(until, "until")
    judged = JudgedAnew(workflow, of, anew=bool(policies))
    rerun, last, later = Rerun(judged, policies), None, set[UUID]()
    for event in events:
        recorded = event.meta.recorded
        if asked is not None and (recorded > asked or event.demand in later):
            later.add(event.demand)
            continue
        rerun.see(event)
        last = recorded if last is None else max(last, recorded)
    if last is None or not judged.judged:
        by_then = f" by {asked:%Y-%m-%d %H:%M} UTC" if later and asked is not None else ""
        raise InvalidValue("log", f"no demand in it is on {workflow.name}{by_then}; say which: of=('name@version',)")
    at = last if asked is None else asked
    rerun.ask_until(at)
    return _told(judged, rerun, at)


def _told(judged: JudgedAnew, rerun: Rerun, until: datetime) -> WhatIf:
    """What it came to."""
    otherwise = []
    counts: tuple[dict[str, Counter[str]], dict[str, Counter[str]]] = {}, {}
    names = {clock.name for clock in judged.workflow.clocks}
    names |= {one.clock for demand in judged.judged for one in judged.was[demand].clocks}
    for demand in judged.judged:
        was, would = judged.was[demand], judged.would(demand)
        for name in sorted(names):
            stood = [_stands(one, name, until) for one in (was, would)]
            for side, (status, overdue, _) in zip(counts, stood, strict=True):
                count = side.setdefault(name, Counter())
                count[status] += 1
                count["overdue"] += overdue
            if stood[0][:2] != stood[1][:2]:
                (was_said, was_due), (now_said, now_due) = ((_said(*one[:2]), one[2]) for one in stood)
                otherwise.append(Otherwise(demand, name, was_said, now_said, was_due, now_due))
    acted = sorted(rerun.acted.items())
    policies = {name: Acted(dict(was), dict(would if judged.anew else was)) for name, (was, would) in acted}
    given_was, given_would = rerun.given
    load = {one: (given_was[one], given_would[one]) for one in sorted({*given_was, *given_would})}
    every = (*STANDS, "overdue")
    told = [{name: {one: count[one] for one in every} for name, count in side.items()} for side in counts]
    return WhatIf(until, told[0], told[1], tuple(otherwise), policies, load, tuple(rerun.raised))


def _stands(demand: Demand, name: str, until: datetime) -> tuple[str, bool, datetime | None]:
    """How the clock stands, whether it is overdue by then, and when it is due."""
    clock = demand.clock(name)
    if clock is None:
        return NONE, False, None
    late = clock.status == RUNNING or clock.paused_too_late
    overdue = late and clock.due is not None and clock.due < until
    return clock.status, overdue, clock.due


def _said(status: str, overdue: bool) -> str:
    return "overdue" if overdue else status
