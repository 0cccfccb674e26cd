"""What may go wrong with a file: it is opened otherwise than it was made, or rows of it are lost."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from copy import copy
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any
from unittest.mock import patch

from demandflow.analysis.verifying import verify
from demandflow.application import DemandFlow
from demandflow.domain.fact import Fact, stored_topic, written
from demandflow.domain.facts import STANDARD_FACTS, UnknownFact
from demandflow.domain.values import Actor
from demandflow.domain.workflow import Workflow
from demandflow.errors import DemandFlowError, InvalidWorkflow
from demandflow.projections.rebuilding import Rebuilding
from demandflow.store.reader import recorded_events
from demandflow.testing.beside import SOMEBODY_ELSES
from demandflow.testing.differs import Differs
from demandflow.testing.environments import ZONES
from demandflow.testing.model.answers import QUESTIONS
from demandflow.testing.model.losses import Missing, besides, missing, printed, waiting
from demandflow.testing.model.world import World
from demandflow.testing.people import BOSS
from demandflow.testing.playing.agreeing import raised, same_answer, well_said
from demandflow.testing.playing.before import fill
from demandflow.testing.playing.places import Place


@lru_cache(maxsize=64)
def other_roles(workflow: Workflow) -> Workflow | None:
    """The workflow under the same name, but that somebody else may make its last move; None if that is none."""
    *moves, last = workflow.moves
    try:
        return replace(workflow, moves=[*moves, replace(last, by=(*last.roles, "quite another"))])
    except InvalidWorkflow:
        return None


def _changed(world: World) -> tuple[dict[str, Any], str | None]:
    """A workflow is kept once something is recorded by it."""
    if (other := other_roles(world.workflow)) is None:
        return {}, None
    wrote = any(event.meta.workflow == world.workflow.key for event in world.log)
    return {"workflows": (other, world.twin, world.beside)}, "WorkflowChanged" if wrote else None


LOSE = "DELETE FROM stored_events WHERE rowid = ?"
WRONG: Mapping[str, Any] = {
    **{"create": 2, "keep": -1, "progress": 5, "backdating": (5,), "late_entry": "a day"},
    **{"policies": 5, "workflows": (), "synchronous": "maybe", "clocks_right_until": "soon"},
}
"""What no log is opened with: by which parameter, which the error names."""


def _refused(name: str, wrong: Any, world: World) -> tuple[dict[str, Any], str | None]:
    return {name: wrong}, "InvalidValue"


OTHERWISE: Mapping[str, Callable[[World], tuple[dict[str, Any], str | None]]] = {
    "zone": lambda world: ({"zone": "Asia/Tokyo"}, "WrongZone"),
    "no zone": lambda world: ({"zone": None, "create": world.zone.key == "UTC"}, None),
    "tenant": lambda world: ({"tenant": "elsewhere"}, "WrongTenant"),
    "no tenant": lambda world: ({"tenant": None}, "WrongTenant" if world.environment.tenant else None),
    "roles": _changed,
    "no workflow": lambda world: ({"workflows": (world.twin, world.beside)}, None),
    "no facts": lambda _: ({"workflows": (SOMEBODY_ELSES,)}, None),
    "no file": lambda world: ({"create": False}, "InvalidValue"),
    **{name: partial(_refused, name, wrong) for name, wrong in WRONG.items()},
}
"""What is said of a log when it is opened, and the error, if it is refused."""


def open_otherwise(opened: Callable[..., DemandFlow], place: Place, what: str, world: World) -> None:
    """Say this of the log. Raises Differs unless it is refused as it must be, or opened as it was made."""
    said, error = OTHERWISE[what](world)
    found: str | None = None
    try:
        with opened(place.nowhere if what == "no file" else place.url, **{"policies": (), **said}) as flow:
            if flow.zone != world.zone.key:
                raise Differs(f"the zone where it is opened with {what}", flow.zone, world.zone.key)
            if what == "no workflow":
                _without_the_workflow(flow, world)
            elif what == "no facts":
                _without_own_facts(flow, world)
                kept = [(at, event.demand) for at, event in enumerate(world.log, 1) if event.stamp.kind is not None]
                parked = [(one.position, one.demand) for one in flow.stream_tables.parked()]
                same_answer("what is parked without the facts", parked, kept)
    except DemandFlowError as refused:
        found = type(refused).__name__
        well_said(f"opening it with other {what}", refused, (what,) if what in WRONG else ())
        own = {"wanted": said.get(what.removeprefix("no ")), "workflow": world.workflow.key}
        own["found"] = world.zone.key if found == "WrongZone" else world.environment.tenant
        for name, value in own.items():
            same_answer(f"{what}: {name} of the error", getattr(refused, name, value), value)
    same_answer(f"opening it with other {what}", found, error)


def _without_the_workflow(flow: DemandFlow, world: World) -> None:
    """What its demands may do next is not known; what was counted of them is."""
    for it, demand in world.streams.items():
        want = "UnknownWorkflow" if demand.workflow == world.workflow.key else None
        same_answer("possible_moves() without the workflow", raised(partial(flow.possible_moves, it)), want)
    left = copy(world)
    left.workflows = {one.key: one for one in (world.twin, world.beside)}
    figures = QUESTIONS["figures"]
    same_answer("figures() without the workflow", figures.shown(flow.figures()), figures.answer(left))


def _without_own_facts(flow: DemandFlow, world: World) -> None:
    """What extends a standard fact is read as that; the rest is kept. What is taken in so is read by all."""
    flow.figures()
    for it in world.demands:
        facts = [event.fact for event in flow.events(it)]
        found = [(type(fact), {**(fact.__pydantic_extra__ or {}), **fact.__dict__}) for fact in facts]
        same_answer("events() without own facts", found, [_unknown(event.fact) for event in world.events[it]])


def _unknown(fact: Fact) -> tuple[type[Fact], dict[str, Any]]:
    """The standard fact that it extends, if any, and what it says."""
    said = written(fact)
    base = next((kind for kind in type(fact).__mro__ if kind in STANDARD_FACTS), None)
    if base is None:
        return UnknownFact, {"topic": stored_topic(type(fact)), "body": json.dumps(said, ensure_ascii=False)}
    ours = {name: getattr(fact, name) for name in base.model_fields}
    return base, {**{name: value for name, value in said.items() if name not in ours}, **ours}


@contextmanager
def losing(
    opened: Callable[..., DemandFlow], place: Place, world: World, lost: list[int], *, closed: bool
) -> Iterator[tuple[DemandFlow, Place]]:
    """Rows go from a copy of the log, which somebody has open since before they were written; or who had it died."""
    with closing(place.other()) as copy:
        flow = opened(copy.url)
        try:
            fill(copy, place, world)
            flow.figures()
            if closed:
                flow._log._mark = int  # type: ignore[assignment,method-assign]
                flow.close()
            copy.run(LOSE, [(at,) for at in lost])
            if closed:
                flow = opened(copy.url)
            yield flow, copy
        finally:
            flow.close()


def acknowledge(flow: DemandFlow, copy: Place, want: list[Missing], lost: list[int], world: World) -> None:
    """Hold against the model what is said to be missing, before and after that is acknowledged."""
    found, left = flow.verify(), len(world.log) - len(lost)
    there = len({event.demand for at, event in enumerate(world.log, 1) if at not in lost})
    said = [f"{left} events of {there} demands: not whole", *(f"  {printed(hole)}" for hole in want)]
    same_answer(
        "verify()", ([_hole(hole) for hole in found.holes], str(found), found.ok), (want, "\n".join(said), False)
    )
    ends = want[-1][0] == "end"
    same_answer("figures() of a log without its end", raised(flow.figures), "HistoryIncomplete" if ends else None)
    same_answer("all_events() of what is not whole", raised(lambda: list(flow.all_events())), "HistoryIncomplete")
    if not ends:
        read = partial(recorded_events, copy.url, STANDARD_FACTS, world.environment.tenant)
        same_answer("recorded_events() of what is not whole", raised(lambda: list(read())), "HistoryIncomplete")
        flow.rebuild()
        gaps = {hole[2]: printed(hole) for hole in want if hole[0] == "positions"}
        behind = {at for gone in lost for at in waiting(world, gone)} - {*lost}
        parked = {one.position: one.reason for one in flow.parked_events()}
        same_answer("parked_events()", parked, {at: gaps.get(at, parked.get(at)) for at in (*gaps, *behind)})
    by, why = (BOSS, "burnt") if len(lost) % 2 else (Actor("li", "administrator", "办公室"), "não")
    for holes in filter(None, (found.holes,) if ends else (found.holes[:1], found.holes[1:])):
        flow.acknowledge(holes, by=by, reason=why)
    decided = [(_hole(one.hole), one.by, one.at, one.reason) for one in flow.acknowledged()]
    same_answer("acknowledged()", decided, [(one, by, world.clock.now, why) for one in want])
    known = [
        f"{printed(one)}; acknowledged by {by.id} ({by.role}) at {world.clock.now:%Y-%m-%d %H:%M}: {why}"
        for one in want
    ]
    said = [f"{left} events of {there} demands: all is there", *(f"  known: {line}" for line in known)]
    found = flow.verify()
    same_answer(
        "verify() afterwards", (found.ok, str(found), flow.figures().missing), (True, "\n".join(said), len(lost))
    )
    same_answer("all_events() that are left", len(list(flow.all_events(skip_unreadable=True))), left)


def verified(flow: DemandFlow, copy: Place) -> None:
    """What is made again from the log that is left is the same once more, until somebody changes the tables."""
    figures = f"figures: {flow.figures().identity}"
    said = [str(flow.verify()), figures, "tables: equal to a rebuild", "parked events: none", "all is well"]
    same_answer("analysis.verify()", str(verify(flow)), "\n".join(said))
    if flow.figures().count("received"):
        copy.run("UPDATE demandflow_board SET place = 'elsewhere'")
        found = verify(flow)
        same_answer("analysis.verify() of tables that were changed", found.ok, False)
        alike = re.search(r"demandflow_board .*: (\d+) rows, rebuilt \1$", str(found), re.MULTILINE)
        same_answer("the rows of the board that was changed", alike is not None, True)


def lose_more(flow: DemandFlow, copy: Place, lost: list[int], world: World) -> None:
    """Lose the event before one that is acknowledged as lost, of a demand that goes on: it alone is missing then."""
    whose = [event.demand for event in world.log]
    left = [at for at in range(1, len(whose) + 1) if at not in lost]
    for at in lost:
        of_it = [other for other in left if whose[other - 1] == whose[at - 1]]
        if of_it and of_it[0] < at < of_it[-1]:
            before = max(other for other in of_it if other < at)
            copy.run(LOSE, [(before,)])
            found = [_hole(hole) for hole in flow.verify().holes]
            same_answer("verify() once more", found, besides(missing(world, [*lost, before]), missing(world, lost)))
            return


def half_made(opened: Callable[..., DemandFlow], place: Place, world: World) -> None:
    """Whoever makes the tables of a copy dies; others go on, first those who know no fact of it; nobody begins anew."""
    go_on, done = Rebuilding.go_on, list[object]()

    def dies(*given: Any) -> bool:
        if done:
            raise _Death
        done.append(None)
        return go_on(*given)

    def begins(*_: Any, **__: Any) -> None:
        raise Differs("tables that are half made", "are made anew", "are made to their end")

    # who reads facts otherwise than those who began makes tables of their own
    versions = any(vars(move.fact).get("EARLIER") for move in world.workflow.moves)
    others: tuple[dict[str, Any], ...] = ({},) if versions else ({"workflows": (SOMEBODY_ELSES,)}, {})
    with closing(place.other()) as copy:
        with opened(copy.url, policies=()) as flow, patch.object(Rebuilding, "go_on", dies):
            fill(copy, place, world)
            with suppress(_Death):
                flow.rezone(ZONES[flow.zone == ZONES[0]])
                flow.figures()
        with patch.object(Rebuilding, "begin", begins):
            for more in others:
                with opened(copy.url, policies=(), zone=None, **more) as flow:
                    flow.figures()


class _Death(BaseException):
    """What ends a process."""


def _hole(hole: Any) -> Missing:
    return (hole.what, hole.first, hole.last, hole.demand)
