"""What would have been: a recorded log under other clocks and other policies. Nothing is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from demandflow.analysis.data import as_data
from demandflow.analysis.rejudged import RejudgedDemands
from demandflow.analysis.rerun import Acted, Rerun
from demandflow.domain.clocks.states import CLOCK_STATUSES, ClockState
from demandflow.domain.events import Event
from demandflow.domain.workflow import Workflow
from demandflow.errors import InvalidValue, listed
from demandflow.inputs.moments import moment
from demandflow.policies.policy import Policy

NONE, OVERDUE = "none", "overdue"
STATUSES = (NONE, *CLOCK_STATUSES, OVERDUE)


@dataclass(frozen=True)
class Otherwise:
    """A clock of a demand that would have another status: what it was, what it would be, and both due moments."""

    demand: UUID
    clock: str
    was: str
    would_be: str
    was_due: datetime | None
    would_be_due: datetime | None


@dataclass(frozen=True)
class WhatIf:
    """What would have been different, judged at a moment.

    `was` and `would_be` count, for each clock, the demands by status (none, running, paused, met, missed, stopped, and
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
        """The demands for which this clock would have another status."""
        return tuple(other for other in self.otherwise if other.clock == clock)

    def as_dict(self) -> dict[str, Any]:
        """All of it, as JSON takes it."""
        data: dict[str, Any] = as_data(self)
        return data

    def __str__(self) -> str:
        lines = [f"as of {self.until:%Y-%m-%d %H:%M} UTC, was → would have been"]
        for clock, was in self.was.items():
            now = self.would_be[clock]
            statuses = [
                f"{name} {was[name]}" + (f" → {now[name]}" if was[name] != now[name] else "") for name in STATUSES
            ]
            lines.append(f"  clock {clock}: {', '.join(statuses)}")
        for policy, acted in self.policies.items():
            kinds = sorted({*acted.was, *acted.would_be})
            acts = [f"{kind} {acted.was[kind]} → {acted.would_be[kind]}" for kind in kinds]
            lines.append(f"  policy {policy}: {listed(acts, 'nothing')}")
        lines += [f"  given to {contractor}: {was} → {now}" for contractor, (was, now) in self.load.items()]
        return "\n".join([*lines, *(f"  raised: {error}" for error in self.raised)])


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
    or on those of `of` (`name@version`), for as long as they are: where a demand moves to another, its clocks stop.
    The states of demands and what people did stay as they were; policies are asked again, at the moments at which
    something was due: notices and escalations as they would have come, and work as it would have been given. Without
    policies, what they did in the log stays. `until` is the moment of judging (else the last of the log); what was
    recorded later is left out. Raises InvalidValue.
    """
    limit = None if until is None else moment(until, "until")
    demands = RejudgedDemands(workflow, of, ask_policies=bool(policies))
    rerun, last, later = Rerun(demands, policies), None, set[UUID]()
    for event in events:
        recorded = event.meta.recorded
        if limit is not None and (recorded > limit or event.demand in later):
            later.add(event.demand)
            continue
        rerun.add(event)
        last = recorded if last is None else max(last, recorded)
    if last is None or not demands.judged:
        by_then = f" by {limit:%Y-%m-%d %H:%M} UTC" if later and limit is not None else ""
        raise InvalidValue("log", f"no demand in it is on {workflow.name}{by_then}; say which: of=('name@version',)")
    rerun.ask_until(limit or last)
    return _result(demands, rerun, limit or last)


def _result(demands: RejudgedDemands, rerun: Rerun, until: datetime) -> WhatIf:
    names = {clock.name for clock in demands.workflow.clocks}
    names |= {clock.clock for demand in demands.judged for clock in demands.was[demand].clocks}
    counts = {name: (Counter[str](), Counter[str]()) for name in sorted(names)}
    otherwise = []
    for demand in demands.judged:
        for name, (was, would_be) in counts.items():
            before, after = demands.was[demand].clock(name), demands.would_be[demand].clock(name)
            statuses, others = _statuses(before, until), _statuses(after, until)
            was.update(statuses)
            would_be.update(others)
            if statuses != others:
                dues = (None if before is None else before.due, None if after is None else after.due)
                otherwise.append(Otherwise(demand, name, statuses[-1], others[-1], *dues))
    acted = (
        rerun.acted
        if demands.ask_policies
        else {policy: Acted(acts.was, acts.was) for policy, acts in rerun.acted.items()}
    )
    given = rerun.given
    return WhatIf(
        until,
        {name: {status: was[status] for status in STATUSES} for name, (was, _) in counts.items()},
        {name: {status: would_be[status] for status in STATUSES} for name, (_, would_be) in counts.items()},
        tuple(otherwise),
        dict(sorted(acted.items())),
        {name: (given.was[name], given.would_be[name]) for name in sorted({*given.was, *given.would_be})},
        tuple(rerun.raised),
    )


def _statuses(clock: ClockState | None, until: datetime) -> tuple[str, ...]:
    """The status of a clock at this moment; one that is overdue by then has two."""
    if clock is None:
        return (NONE,)
    overdue = clock.can_be_overdue and clock.due is not None and clock.due < until
    return (clock.status, OVERDUE) if overdue else (clock.status,)
