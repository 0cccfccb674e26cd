"""What is asked of the directories of places: who is responsible where, and figures by the places of another day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from functools import cache
from typing import Any, Unpack

from demandflow.county.moments import moment_of
from demandflow.county.streams_asked import StreamsAsked
from demandflow.domain.county.grid.directory import Directory
from demandflow.domain.county.grid.places import Closed
from demandflow.domain.moves import Proposal, Rule
from demandflow.domain.values import Place
from demandflow.errors import DemandNotFound, InvalidValue, RuleBroken, brief, listed
from demandflow.projections.figures.by import FiguresBy
from demandflow.projections.figures.figures import Figures
from demandflow.recording.command import How

DEEPEST = 16
"""As deep as a place can be."""


def directories(flow: StreamsAsked) -> Callable[[str], tuple[Directory, ...]]:
    """As they are now: a function that gives the directories about a place, that of the nearest place above it first.

    Each is read once, however many places are asked about.
    """

    @cache
    def known_by(root: str) -> tuple[Directory, ...]:
        try:
            return (flow.stream(Directory, flow.id_of_stream(Directory, root)),)
        except DemandNotFound:
            return ()

    def about(place: str) -> tuple[Directory, ...]:
        path = Place.asked(place) if place else None
        roots = () if path is None else (path.level(depth) for depth in range(path.depth, 0, -1))
        return tuple(directory for root in roots for directory in known_by(root))

    return about


def directory_of(flow: StreamsAsked, place: str) -> Directory | None:
    """The directory that knows most about this place; None if no place above it has one."""
    return next(iter(directories(flow)(place)), None)


def responsible(flow: StreamsAsked, place: str, on: date | datetime | str | None = None) -> tuple[str, ...]:
    """Who was responsible for the place at a moment (or at the end of a day; without `on`: who is now)."""
    at = moment_of(flow, on)
    everybody = (directory.responsible(place, at) for directory in directories(flow)(place))
    return next((names for names in everybody if names), ())


def close_place(flow: StreamsAsked, place: str, demands_go_to: str | None = None, **how: Unpack[How]) -> Directory:
    """Close a place, and say where its open demands go.

    What is registered there at the same moment, or later, lies where they go, or else in the place above. Raises
    RuleBroken if there are some and nothing is said, and InvalidValue for a place that no directory is about.
    """
    directory = directory_of(flow, place)
    if directory is None:
        raise InvalidValue("place", f"no directory is about {brief(place)}; found one first")
    now = flow.now()
    lying_here = (
        part.count("open") or 0
        for path, part in flow.figures_by("place", level=DEEPEST).items()
        if path and any(Place.asked(lies).within(place) for lies in directory.now(path, now))
    )
    if (open_here := sum(lying_here)) and demands_go_to is None:
        objection = f"demands are open at {place} ({open_here}): say where they go (demands_go_to=…)"
        raise RuleBroken("close_place", (("its_open_demands_go_somewhere", objection),))
    to = None if demands_go_to is None else Place(demands_go_to)
    return flow.act(directory.id, "close_place", Closed(place=Place(place), demands_go_to=to), of=Directory, **how)


def restated(
    flow: StreamsAsked,
    figures: FiguresBy[str],
    on: date | datetime | str | None = None,
    level: int = DEEPEST,
) -> FiguresBy[str]:
    """Figures by place, restated to the places of a day, cut at a level; together they are what they were.

    What was recorded at a place that became several stands under all of them (`f/c/g1a or f/c/g1b`). Figures by deep
    places can be attributed best: `flow.figures_by("place", level=16)`.
    """
    at, about = moment_of(flow, on), directories(flow)
    parts: dict[str, dict[str, Figures]] = {}
    for place, part in figures.items():
        known = about(place)
        lies = known[0].now(place, at) if known else (place,)
        name = " or ".join(sorted({"/".join(path.split("/")[:level]) for path in lies}))
        parts.setdefault(name, {})[place] = part
    pooled = {name: replace(replace(figures, parts=these).total, name=name) for name, these in sorted(parts.items())}
    return replace(figures, parts=pooled)


def known_places(directory_of: Callable[[Place], Directory | None]) -> Rule:
    """The rule for a move whose fact names a place (a registration, a sorting): the directory must know it.

    It takes a function, since a workflow is there before the log is opened with it:
    `known_places(lambda place: directory_of(flow, place))`. Without this rule a demand at any place is accepted; then
    unknown_places() lists those that no directory knows.
    """

    def the_place_is_known(demand: Any, proposal: Proposal[Any]) -> str | None:
        """What is asked for lies at a place that is there."""
        place = proposal.fact.place
        if place is None:
            return None
        if (directory := directory_of(place)) is None:
            return f"no directory knows {place}"
        if directory.there(place, proposal.at):
            return None
        if directory.entry(place) is None:
            return f"the directory of {directory.county} does not know {place}; open it, or name the place above it"
        return f"{place} is not there; say where it is now: {listed(directory.now(place, proposal.at))}"

    return the_place_is_known


def unknown_places(flow: StreamsAsked) -> dict[str, int]:
    """The places of demands that no directory ever knew, each with how many demands were received there."""
    about, figures = directories(flow), flow.figures_by("place", level=DEEPEST)
    return {
        place: part.count("received") or 0
        for place, part in figures.items()
        if place and not any(directory.entry(place) for directory in about(place))
    }


def administrators(flow: Callable[[], StreamsAsked]) -> Callable[[Place, datetime], tuple[str, ...]]:
    """Who is responsible for a place, as the policy Dispatch asks it.

    It takes a function, since policies are there before the log is opened with them:
    `Dispatch(responsible=administrators(lambda: flow))`.
    """
    return lambda place, at: responsible(flow(), place, at)
