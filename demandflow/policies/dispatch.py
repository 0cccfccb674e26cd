"""Dispatch: what was accepted is contracted out by place and category."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from demandflow.domain.demand import Demand
from demandflow.domain.fact import Fact
from demandflow.domain.facts import ContractedOut, HandedBack, Notified
from demandflow.domain.values import Category, Place, Role
from demandflow.domain.workflow import Workflow
from demandflow.errors import InvalidValue, brief
from demandflow.inputs.texts import name_of
from demandflow.policies.parameters import check_name, several
from demandflow.policies.policy import PolicyContext, Reaction, Timer, as_cause
from demandflow.policies.turns import may_record

NO_OWNER = "no owner: "


@dataclass(frozen=True)
class Handler:
    """A unit that handles demands of a place and all below it (None: everywhere), of categories and all below them.

    Without categories it handles everything there, as a district does. A unit may be listed several times.
    Raises InvalidValue.
    """

    name: str
    place: str | None = None
    categories: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", name_of(self.name, "unit's name"))
        if self.place is not None:
            object.__setattr__(self, "place", Place(self.place))
        categories = tuple(map(Category, several("unit's categories", self.categories, str)))
        object.__setattr__(self, "categories", categories)

    def fits(self, demand: Demand) -> tuple[int, int] | None:
        """How many names of the demand's place and category the unit shares; None if it does not handle the demand."""
        depth = 0
        if self.place is not None:
            if demand.place is None or not demand.place.within(self.place):
                return None
            depth = Place(self.place).depth
        if not self.categories:
            return depth, 0
        category = demand.category
        depths = [Category(name).depth for name in self.categories if category is not None and category.within(name)]
        return (depth, max(depths)) if depths else None


@dataclass(frozen=True)
class Dispatch:
    """What waits to be contracted out goes to the unit that handles it; a dispatcher who is faster wins.

    The deepest place decides, then the deepest category, then who has less in hand, then the name. Nobody gets what
    they audited, evaluated or once handed back: a dispatcher may decide so, if the rules let that be. What no unit
    handles goes to who is `responsible` for its place at that moment (a function of a place and a moment, such as one
    that asks the directory of places), else to the `fallback`. Where nobody is left, nothing is contracted out and the
    dispatcher is told (`no_owner`); it is contracted out all the same once there is somebody. Raises InvalidValue.
    """

    units: tuple[Handler, ...] = ()
    fallback: str | None = None
    name: str = "dispatch"
    on: bool = True
    responsible: Callable[[Place, datetime], Iterable[str]] | None = None
    records: ClassVar[tuple[type[Fact], ...]] = (ContractedOut, Notified)

    def __post_init__(self) -> None:
        check_name(self.name, self.on)
        object.__setattr__(self, "units", several("units", self.units, Handler))
        if self.fallback is not None:
            object.__setattr__(self, "fallback", name_of(self.fallback, "fallback"))
        if self.responsible is not None and not callable(self.responsible):
            raise InvalidValue("responsible", f"must be a function or None, got {brief(self.responsible)}")
        if not self.units and self.fallback is None and self.responsible is None:
            problem = f"must be at least one Handler, or a fallback, or responsible=…, got {brief(self.units)}"
            raise InvalidValue("units", problem)

    def timers(self, demand: Demand, workflow: Workflow) -> Iterable[Timer]:
        """At once, wherever a policy may contract out, for the contract and, apart from it, for the notice.

        Again when its place or its category is another one.
        """
        if self.on and demand.open and demand.since is not None and may_record(workflow, demand, ContractedOut):
            cause = f"round {demand.round}, after {len(demand.contracts)} contracts: {_what(demand)}"
            yield Timer(demand.since, as_cause(cause))
            if may_record(workflow, demand, Notified):
                yield Timer(demand.since, as_cause(f"{NO_OWNER}{cause}"))

    def then(self, timer: Timer, demand: Demand, context: PolicyContext) -> Iterable[Reaction]:
        """The contract, if somebody is there to take it; or the notice, if nobody is."""
        if timer not in self.timers(demand, context.workflow(demand)):
            return
        chosen = self._chosen(demand, context)
        if timer.cause.startswith(NO_OWNER):
            if chosen is None:
                what = f"nobody is there to see to {_what(demand)}"
                yield Reaction(Notified(to=Role.DISPATCHER, kind="no_owner", what=what))
        elif chosen is not None:
            # the lead again is for the rules to judge: they may want a reason that only a person has
            yield Reaction(ContractedOut(contractor=chosen, reason=None if chosen == demand.lead else _what(demand)))

    def _chosen(self, demand: Demand, context: PolicyContext) -> str | None:
        excluded = {*demand.auditors, *demand.evaluators, *returned_by(demand)}
        fitting = [(unit.fits(demand), unit.name) for unit in self.units if unit.name not in excluded]
        best = max((fits for fits, _ in fitting if fits is not None), default=None)
        names = {name for fits, name in fitting if best is not None and fits == best}
        if not names and self.responsible is not None and demand.place is not None:
            names = {*self.responsible(demand.place, context.now)} - excluded
        if names:
            return min(names, key=lambda name: (context.load(name), name))
        return None if self.fallback in excluded else self.fallback


def _what(demand: Demand) -> str:
    return f"{demand.category or 'no category'} at {demand.place or 'no place'}"


def returned_by(demand: Demand) -> Iterator[str]:
    """Who handed the demand back, in any round."""
    for version, fact in demand.facts_by_version.items():
        if issubclass(fact, HandedBack):
            held = [name for given, name in demand.contracts if given < version]
            yield from held[-1:]
