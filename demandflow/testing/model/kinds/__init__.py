"""How a stream of each kind looks after its events: each of our kinds has a naive twin; your own says so itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from demandflow.domain.county.grid.directory import Directory
from demandflow.domain.county.grid.rounds import Round
from demandflow.domain.county.people.activities import Activity
from demandflow.domain.county.people.home_reports import HomeReport
from demandflow.domain.county.people.teams import Team
from demandflow.domain.county.people.volunteers import Volunteer
from demandflow.domain.county.services.items import Item
from demandflow.domain.demand import Demand
from demandflow.domain.events import Event
from demandflow.domain.stream import Stream
from demandflow.domain.values import Actor
from demandflow.testing.beside import Tree
from demandflow.testing.model.kinds.activities import activity
from demandflow.testing.model.kinds.directories import directory
from demandflow.testing.model.kinds.home_reports import home_report
from demandflow.testing.model.kinds.items import item
from demandflow.testing.model.kinds.rounds import round_walked
from demandflow.testing.model.kinds.teams import team
from demandflow.testing.model.kinds.trees import tree
from demandflow.testing.model.kinds.volunteers import volunteer
from demandflow.testing.model.picture import demand_of
from demandflow.testing.model.shared import moments_of, shared
from demandflow.testing.model.table import Unanswered

Told = tuple[Any, datetime, Actor]
"""A fact, when it took effect, and by whom."""
KINDS: Mapping[type[Stream], Callable[[Sequence[Told]], dict[str, Any]]] = {
    Activity: activity,
    Directory: directory,
    HomeReport: home_report,
    Item: item,
    Round: round_walked,
    Team: team,
    Tree: tree,
    Volunteer: volunteer,
}
"""The fields that a kind has of its own, read off all that was told of such a stream."""
ALWAYS = ("version", "workflow", "last", "recorded", "facts")
"""What a change of your own kind can look at, besides what is otherwise."""


def stream_of(events: Sequence[Event], kind: type[Stream], before: Any = None) -> Any:
    """The stream of this kind after these events; `before` is the one before the last of them, if that is known."""
    if kind is Demand:
        return demand_of(events)
    facts = [event.fact for event in events]
    fields, stamp = shared(events, facts), events[-1].stamp
    if kind in KINDS:
        actors = (event.meta.actor for event in events)
        return kind(**fields, **KINDS[kind]([*zip(facts, moments_of(events), actors, strict=True)]), stamp=stamp)
    if before is None:
        before = stream_of(events[:-1], kind) if len(events) > 1 else kind(events[0].demand)
    return kind(**fields, **_own(before, events, fields), stamp=stamp)


def _own(before: Any, events: Sequence[Event], fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of your own kind, as its own changes() says: it is yours, like a rule."""
    names = [name for name in before.__struct_fields__ if name not in Stream.__struct_fields__]
    change = {name: value for name, value in fields.items() if name in ALWAYS or value != getattr(before, name)}
    change["stamp"] = events[-1].stamp
    if events[-1].stamp.state != before.stamp.state:
        change |= {name: fields[name] for name in ("came_from", "since")}
    if before.changes is not None:
        try:
            before.changes(events[-1], change)
        except Exception as error:
            kind, fact = type(before).__name__, type(events[-1].fact).__name__
            raise Unanswered(f"changes of {kind}, by {fact}, raised {type(error).__name__}: {error}") from error
    return {name: change.get(name, getattr(before, name)) for name in names}
