"""The world of a history: all that was accepted, in one list; how anything stood at any time is read off it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from unicodedata import normalize
from uuid import UUID
from zoneinfo import ZoneInfo

from demandflow.domain.clocks.clock import Limit
from demandflow.domain.demand import Demand, as_if
from demandflow.domain.events import Event, Meta, Stamp
from demandflow.domain.facts import OTHER_SIDES, Corrected, Evaluated, Merged, MovedOver, Noted, Registered, Unmerged
from demandflow.domain.moves import Move, Proposal
from demandflow.domain.values import Role
from demandflow.domain.workflow import Workflow
from demandflow.testing.clock import FrozenClock
from demandflow.testing.environments import PLAIN, Environment
from demandflow.testing.model.meanings import grade_means, score_means
from demandflow.testing.model.picture import as_right, demand_of, moments_of, picture
from demandflow.testing.model.step import ENTERED, Expected, Step, demand_id
from demandflow.testing.model.table import Table

OTHER_LIMIT = Limit("2 working days")
ALLOWED_SKEW = timedelta(minutes=5)
"""So far clocks may differ."""
Until = date | datetime | str | None
"""The end of a day in the community's zone, or a moment; None for now."""


class World:
    """What was tried and what came of it, by the declared moves alone; and how every demand stood, at any time."""

    def __init__(self, workflow: Workflow, environment: Environment = PLAIN) -> None:
        self.environment = environment
        self.workflow, self.twin, self.zone = workflow, twin_of(workflow), ZoneInfo(self.environment.zone)
        self.workflows = {one.key: one for one in (workflow, self.twin)}
        self.table = Table(workflow, self.twin)
        self.clock = FrozenClock(environment.start)
        self.log: list[Event] = []
        self.events: dict[UUID, tuple[Event, ...]] = {}
        self.demands: dict[UUID, Demand] = {}
        self.policies: Any = None
        """What the policies have parked, given and found nothing to say to, if there are any."""
        self.missing = 0
        """How many events are lost, and known to be."""
        self._kept: dict[tuple[Any, ...], Any] = {}

    # what is tried

    def tell(self, step: Step) -> Expected:
        """What must come of the step; if it is to be recorded, it has happened afterwards."""
        self.clock.now += step.after
        expected = self.expected(step)
        self.record(expected.events)
        return expected

    def record(self, events: Sequence[Event]) -> None:
        """These events happened."""
        for event in events:
            self.log.append(event)
            self.events[event.demand] = (*self.events.get(event.demand, ()), event)
            self.demands[event.demand] = demand_of(self.events[event.demand])

    def expected(self, step: Step) -> Expected:
        """What must come of the step, were it tried now."""
        it = demand_id(step.demand)
        before = self.demands.get(it, Demand(it))
        proposal = self.proposal(step, before)
        found = self._judged(step, before, proposal)
        if isinstance(found, int):
            return Expected(step, proposal, before, None, (), found)
        if isinstance(found, str):
            return Expected(step, proposal, before, found)
        moves_to = step.fact.workflow if isinstance(step.fact, MovedOver) else None
        on = moves_to or before.workflow or step.on or self.workflow.key
        retrospect = True if proposal.at < self.clock.now - ALLOWED_SKEW else None
        command = None if step.command is None else normalize("NFC", step.command)
        why = (step.correlation, step.causation)
        meta = Meta(step.by, proposal.at, self.clock.now, on, command, *why, retrospect)
        events = [self.table.event(before, found, proposal, meta, self.events.get(it, ()))]
        if proposal.other is not None:
            side = self.table.side_of(proposal, before)
            other = self.table.move_of_side(proposal, before)
            there = as_if(meta, workflow=proposal.other.workflow, command_id=None, correlation=None, causation=None)
            events.append(self.table.event(proposal.other, other, side, there, self.events[proposal.other.id]))
        return Expected(step, proposal, before, None, tuple(events))

    def is_possible(self, step: Step) -> bool:
        """Whether the step would be accepted now."""
        it = demand_id(step.demand)
        before = self.demands.get(it, Demand(it))
        return not isinstance(self._judged(step, before, self.proposal(step, before)), str)

    def _judged(self, step: Step, before: Demand, proposal: Proposal[Any]) -> Move | str | int:
        """The move that must be taken, the error, or the version that the same command led to."""
        if isinstance(step.fact, OTHER_SIDES):
            return "InvalidValue"
        if (earlier := self._earlier(step)) is not None:
            return self._conflict(step, proposal, earlier) or earlier.version
        if self._poses_as_a_policy(step):
            return "InvalidValue"
        if (step.late or step.way == ENTERED) and (wrong := self._wrong_moment(step, proposal, before)) is not None:
            return wrong
        if isinstance(step.fact, MovedOver) and (error := self.table.unmoved(before, step.fact)) is not None:
            return error
        if step.seen is not None and before.version and step.seen > before.version:
            return "InvalidValue"
        if (then := self.outdated(step, before)) is not None:
            found = self.table.alone(then, as_if(proposal, at=max(proposal.at, then.last or proposal.at)))
            return found if isinstance(found, str) else "StaleDemand"
        return self.table.expected(before, proposal)

    def _earlier(self, step: Step) -> Event | None:
        """What the same command, or the same reference, of before led to; ids of commands have one spelling."""
        events = self.events.get(demand_id(step.demand), ())
        if isinstance(step.fact, Registered):
            return events[0] if events and step.fact.source is not None else None
        command = normalize("NFC", step.command or "")
        return next((event for event in events if event.meta.command_id == command), None)

    def _conflict(self, step: Step, proposal: Proposal[Any], earlier: Event) -> str | None:
        """The error where it is not quite the same command."""
        workflow = self.workflows[earlier.meta.workflow]
        moves = [move for move in workflow.moves if move.name == step.move]
        made = (earlier.meta.actor, earlier.stamp.move)
        if (step.by, step.move) != made and not any(step.by.role in move.roles for move in moves):
            return "RoleNotAllowed"
        if isinstance(step.fact, Registered):  # somebody else may say it again who might have registered it
            as_they = as_if(proposal, fact=earlier.fact, at=earlier.meta.happened)
            same = not isinstance(self.table.expected(Demand(earlier.demand), as_they), str)
            same = same and step.on in (None, workflow.key)
        else:
            same = (step.by, step.move) == made
        same_moment = not (step.late or step.way == ENTERED) or proposal.at == earlier.meta.happened
        return None if same and proposal.fact == earlier.fact and same_moment else "CommandConflict"

    def after(self, demand: UUID, version: int) -> Demand:
        """The demand as it was after this event."""
        return (
            self.demands[demand]
            if version == self.demands[demand].version
            else demand_of(self.events[demand][:version])
        )

    def rezone(self, zone: str) -> None:
        """The community is somewhere else from now on."""
        self.zone = ZoneInfo(zone)

    def _poses_as_a_policy(self, step: Step) -> bool:
        """Whether somebody acts under the name of a policy that is run here; the commands of reactions begin so."""
        names = () if self.policies is None else self.policies.names
        return step.by.role == "policy" and step.by.id in names and not (step.command or "").startswith("~")

    def _wrong_moment(self, step: Step, proposal: Proposal[Any], before: Demand) -> str | None:
        """The error where it is yet to come; or is long past, and was entered without the right to backdate."""
        now, last = self.clock.now, [one.last for one in (before, proposal.other) if one is not None and one.last]
        if proposal.at > max(now + ALLOWED_SKEW, *last, now):
            return "InvalidValue"
        may = step.way != ENTERED or step.by.role in self.environment.backdating
        return None if may or now - proposal.at <= self.environment.late_entry else "BackdatingNotAllowed"

    def outdated(self, step: Step, before: Demand) -> Demand | None:
        """The demand as the step's author saw it, if that is no longer so."""
        if step.seen is None or not before.version:
            return None
        then = demand_of(self.events[before.id][: min(step.seen, before.version)])
        seen, now = ((one.state, one.contractor, one.round) for one in (then, before))
        return None if seen == now else then

    def proposal(self, step: Step, before: Demand) -> Proposal[Any]:
        """The step as the engine must propose it."""
        fact = step.fact
        alone = isinstance(fact, Registered) and fact.resident is None and fact.representative is None
        if alone and step.by.role == Role.RESIDENT:
            fact = fact.model_copy(update={"resident": step.by.id})
        into = fact.into if isinstance(fact, Merged) else before.merged_into if isinstance(fact, Unmerged) else None
        other = None if into is None else self.demands[into]
        last = [self.clock.now, *(one.last for one in (before, other) if one is not None and one.last is not None)]
        at = self.clock.now - step.late if step.late or step.way == ENTERED else max(last)
        return Proposal(step.move, fact, step.by, at, other)

    def saved(self) -> tuple[Any, ...]:
        """All of it as it is now, for restore()."""
        return list(self.log), dict(self.events), dict(self.demands), self.clock.now

    def restore(self, saved: tuple[Any, ...]) -> None:
        """Go back to what was saved."""
        self.log, self.events, self.demands, self.clock.now = list(saved[0]), dict(saved[1]), dict(saved[2]), saved[3]
        kept, events = self._kept.items(), self.events
        # what is kept is of a demand and of its first so many events
        self._kept = {key: it for key, it in kept if key[2] <= len(events.get(key[1], ()))}

    # how it stood

    def day(self, at: datetime) -> date:
        """The day of a moment where the community is."""
        return at.astimezone(self.zone).date()

    def by(self, at: datetime, until: Until) -> bool:
        """Whether it was so by then."""
        if isinstance(until, str):
            until = date.fromisoformat(until)
        return until is None or (at <= until if isinstance(until, datetime) else self.day(at) <= until)

    def known(self, demand: UUID, until: Until = None) -> int:
        """How many events of the demand were known by then: what is recorded after another became known after it."""
        events = self.events[demand]
        return sum(self.by(self.recorded(demand, n), until) for n in range(1, len(events) + 1))

    def so_far(self, demand: UUID, known: int, until: Until = None) -> int:
        """How many of the events that are known had happened by then."""
        return sum(self.by(at, until) for at in moments_of(self.events[demand][:known]))

    def recorded(self, demand: UUID, number: int) -> datetime:
        """When the first so many events of the demand were known."""
        return max(event.meta.recorded for event in self.events[demand][:number])

    def right(self, demand: UUID, known: int) -> tuple[Event, ...]:
        """The events that were known, each as it should have been recorded; a correction corrects nothing more."""
        key = ("right", demand, known)
        if key not in self._kept:
            events = self.events[demand][:known]
            stamps = [_stamp_as_right(events, event) for event in events]
            facts = [Noted(text="…") if isinstance(fact, Corrected) else fact for fact in as_right(events)]
            parts = zip(events, facts, stamps, strict=True)
            self._kept[key] = tuple(as_if(event, fact=fact, stamp=stamp) for event, fact, stamp in parts)
        return self._kept[key]  # type: ignore[no-any-return]

    def seen(self, demand: UUID, known: int, number: int) -> dict[str, Any] | None:
        """The picture of the demand after its first so many events, by those that are known; None before the first."""
        key = ("seen", demand, known, number)
        if key not in self._kept:
            self._kept[key] = picture(self.right(demand, known)[:number]) if number else None
        return self._kept[key]  # type: ignore[no-any-return]

    def then(self, demand: UUID, as_of: Until = None, known_on: Until = None) -> dict[str, Any] | None:
        """The picture of the demand at a point in time; None if it was not received by then."""
        known = self.known(demand, known_on)
        return self.seen(demand, known, self.so_far(demand, known, as_of))


def _stamp_as_right(events: Sequence[Event], event: Event) -> Stamp:
    means = {"grade_means": grade_means(events, event)}
    if isinstance(event.fact, Evaluated):
        return as_if(event.stamp, **means, score_means=score_means(events, event) or None)
    return as_if(event.stamp, **means)


@lru_cache(maxsize=64)
def twin_of(workflow: Workflow) -> Workflow:
    """The same workflow in its next version, so that demands have somewhere to move over to.

    Its clocks give another time, and the last of them goes by another name: what runs there stops. So does what runs
    under a name that is now that of a clock in other states: the first and the last but one have changed names.
    """
    names = [clock.name for clock in workflow.clocks]
    if len(names) > 2:
        names[0], names[-2] = names[-2], names[0]
    names[-1:] = [f"{name} anew" for name in names[-1:]]
    named = zip(workflow.clocks, names, strict=True)
    clocks = [replace(clock, name=name, limits=(OTHER_LIMIT,)) for clock, name in named]
    return replace(workflow, version=workflow.version + 1, clocks=tuple(clocks))
