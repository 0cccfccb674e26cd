"""The streams of a history: all that was accepted, in one list; how anything stood at any time is read off it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from demandflow.domain.clocks.clock import Limit
from demandflow.domain.demand import Demand, as_if
from demandflow.domain.events import Event, Stamp
from demandflow.domain.fact import Fact
from demandflow.domain.facts import Corrected, Evaluated, Noted, Registered
from demandflow.domain.moves import START, Move
from demandflow.domain.stream import Stream
from demandflow.domain.workflow import Workflow
from demandflow.testing.beside import beside
from demandflow.testing.clock import FrozenClock
from demandflow.testing.environments import PLAIN, Environment
from demandflow.testing.model.kinds import stream_of
from demandflow.testing.model.meanings import grade_means, score_means
from demandflow.testing.model.naming import id_of_the_beginning
from demandflow.testing.model.picture import as_right, picture
from demandflow.testing.model.shared import moments_of
from demandflow.testing.model.step import Step, demand_id
from demandflow.testing.model.table import Table

OTHER_LIMIT = Limit("2 working days")
Until = date | datetime | str | None
"""The end of a day in the community's zone, or a moment; None for now."""


class Streams:
    """All that happened, and how every demand stood, at any time.

    Beside the streams of the workflow there may be some of another kind.
    """

    def __init__(self, workflow: Workflow, environment: Environment = PLAIN) -> None:
        self.environment = environment
        self.workflow, self.zone = workflow, ZoneInfo(self.environment.zone)
        self.twin = twin_of(workflow, named_anew=environment.lot % 3 == 1)
        self.beside = beside(workflow)
        self.workflows = {one.key: one for one in (workflow, self.twin, self.beside)}
        self.table, other = (
            Table(*both, self.workflows) for both in ((workflow, self.twin), (self.beside, self.beside))
        )
        self.tables = {workflow.key: self.table, self.twin.key: self.table, self.beside.key: other}
        self._starts = _starts(self.workflows.values())
        facts = {move.fact for flow in self.of_demands.values() for move in flow.moves}
        self.own_dimensions = sorted({name for fact in facts for name in fact.DIMENSIONS})
        """The own fields that facts of the workflows declare as dimensions."""
        self.clock = FrozenClock(environment.start)
        self.log: list[Event] = []
        self.events: dict[UUID, tuple[Event, ...]] = {}
        self.streams: dict[UUID, Any] = {}
        self.demands: dict[UUID, Demand] = {}
        """Those of the streams that are demands, as they are at the moment."""
        self.numbers: dict[int, UUID] = {}
        """What steps mean by a number, where its id follows from how it began."""
        self.policies: Any = None
        """What the policies have parked, given and found nothing to say to, if there are any."""
        self.missing = 0
        """How many events are lost, and known to be."""
        self.parked: list[UUID] = []
        """The demands of the events that wait, since one of them cannot be read."""
        self._kept: dict[tuple[Any, ...], Any] = {}

    def record(self, events: Sequence[Event]) -> None:
        """These events happened."""
        for event in events:
            it, before = event.demand, self.streams.get(event.demand)
            kinds = {flow.of.KIND: flow.of for flow in self.workflows.values()}
            kind = kinds[event.stamp.kind] if before is None else type(before)
            self.log.append(event)
            self.events[it] = (*self.events.get(it, ()), event)
            self.streams[it] = stream_of(self.events[it], kind, before)
            self._look_for_demands()

    def _look_for_demands(self) -> None:
        self.demands = {it: one for it, one in self.streams.items() if isinstance(one, Demand)}

    # what there is

    @property
    def own(self) -> dict[UUID, Any]:
        """Those of the streams that are of the workflow's kind."""
        return {it: one for it, one in self.streams.items() if isinstance(one, self.workflow.of)}

    @property
    def of_demands(self) -> dict[str, Workflow]:
        """Those of the workflows that are for demands."""
        return {key: flow for key, flow in self.workflows.items() if flow.of is Demand}

    def starting(self, step: Step) -> type[Stream] | None:
        """The kind of what begins by the step; None if something goes on."""
        if isinstance(step.fact, Registered):
            return Demand
        kind, only = self._starts.get((step.move, type(step.fact)), (None, True))
        goes_on = not only and self.numbers.get(step.demand, demand_id(step.demand)) in self.streams
        return None if goes_on else kind

    def id_of(self, step: Step) -> UUID:
        """The id of what the step means by its number."""
        if (kind := self.starting(step)) is None:
            return self.numbers.get(step.demand, demand_id(step.demand))
        named = id_of_the_beginning(self.environment.tenant, step.fact, kind, step.command)
        return demand_id(step.demand) if named is None else named

    def number_of(self, it: UUID) -> int:
        """The number by which steps mean this stream."""
        return next((number for number, one in sorted(self.numbers.items()) if one == it), it.int)

    def before(self, step: Step) -> Any:
        """What the step is tried with, as it is now: nothing happened to it yet, if it begins."""
        it = self.id_of(step)
        return self.streams.get(it) or (self.starting(step) or self.workflow.of)(it)

    def _on(self, step: Step, before: Any) -> str:
        """The workflow that it is on, or on which it begins."""
        flows = [flow for flow in self.workflows.values() if isinstance(before, flow.of)]
        begun = (flow.key for flow in flows for move in flow.moves if _begins(move) and move.fact is type(step.fact))
        return str(before.workflow or step.on or next(begun, flows[0].key))

    def after(self, demand: UUID, version: int) -> Any:
        """The demand as it was after this event."""
        now = self.streams[demand]
        return now if version == now.version else stream_of(self.events[demand][:version], type(now))

    def rezone(self, zone: str) -> None:
        """The community is somewhere else from now on."""
        self.zone = ZoneInfo(zone)

    def saved(self) -> tuple[Any, ...]:
        """All of it as it is now, for restore()."""
        return list(self.log), dict(self.events), dict(self.streams), dict(self.numbers), self.clock.now

    def restore(self, saved: tuple[Any, ...]) -> None:
        """Go back to what was saved."""
        self.log, self.clock.now = list(saved[0]), saved[4]
        self.events, self.streams, self.numbers = (dict(one) for one in saved[1:4])
        self._look_for_demands()
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


def _begins(move: Move) -> bool:
    return move.from_ is START


def _starts(workflows: Iterable[Workflow]) -> dict[tuple[str, type[Fact]], tuple[type[Stream], bool]]:
    """The kind of what begins by a move with such a fact, and whether the move leads from nowhere else."""
    found: dict[tuple[str, type[Fact]], tuple[type[Stream], bool]] = {}
    for flow in workflows:
        for move in filter(_begins, flow.moves):
            only = all(_begins(other) for other in flow.moves if other.name == move.name)
            found.setdefault((move.name, move.fact), (flow.of, only))
    return found


def _stamp_as_right(events: Sequence[Event], event: Event) -> Stamp:
    means = {"grade_means": grade_means(events, event)}
    if isinstance(event.fact, Evaluated):
        return as_if(event.stamp, **means, score_means=score_means(events, event) or None)
    return as_if(event.stamp, **means)


@lru_cache(maxsize=64)
def twin_of(workflow: Workflow, named_anew: bool = False) -> Workflow:
    """The same workflow in its next version, so that demands have somewhere to move over to; or another, by its name.

    Its clocks give another time, and the last of them goes by another name: what runs there stops. So does what runs
    under a name that is now that of a clock in other states: the first and the last but one have changed names.
    """
    names = [clock.name for clock in workflow.clocks]
    if len(names) > 2:
        names[0], names[-2] = names[-2], names[0]
    names[-1:] = [f"{name} anew" for name in names[-1:]]
    named = zip(workflow.clocks, names, strict=True)
    clocks = [replace(clock, name=name, limits=(OTHER_LIMIT,)) for clock, name in named]
    name = f"{workflow.name}-anew" if named_anew else workflow.name
    return replace(workflow, name=name, version=workflow.version + 1, clocks=tuple(clocks))
