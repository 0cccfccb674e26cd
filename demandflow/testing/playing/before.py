"""A log as it was written before: by earlier classes of its facts, and with what an earlier release kept beside it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from typing import Any
from uuid import UUID

from demandflow.application import DemandFlow
from demandflow.domain.demand import as_if
from demandflow.domain.events import Event
from demandflow.domain.fact import Earlier, written
from demandflow.domain.facts import STANDARD_FACTS, Corrected
from demandflow.store.mapper import FactMapper
from demandflow.testing.model.notices import notices, plain
from demandflow.testing.model.world import World
from demandflow.testing.playing.agreeing import same_answer
from demandflow.testing.playing.places import Place

Fields = dict[str, Any]
WRITTEN = "UPDATE stored_events SET topic = ?, state = ? WHERE rowid = ?"
DELIVERED = (
    "DROP TABLE demandflow_delivered",
    """CREATE TABLE demandflow_delivered (hook TEXT NOT NULL, log TEXT NOT NULL, last INTEGER NOT NULL,
        holder TEXT NOT NULL, until TEXT NOT NULL, PRIMARY KEY (hook, log))""",
)
TOLD = "INSERT INTO demandflow_delivered SELECT ?, id, ?, '', '' FROM demandflow_log"


def as_before(events: Iterable[Event]) -> list[Event]:
    """The events, each as an earlier class of its fact stored it, with corrections of that in its fields.

    What makes today's fields of those of before is asked to make these of today's: where it exchanges names, it does.
    """
    told: list[Event] = []
    stored: dict[tuple[UUID, int], tuple[Fields, Callable[[Fields], Fields]]] = {}
    for event in events:
        fact, earlier = event.fact, event.earlier
        for topic, todays in vars(type(fact)).get("EARLIER", {}).items():
            with suppress(Exception):  # a community's function may raise anything
                was, now = todays(written(fact)), written(fact)
                if todays(dict(was)) == now:
                    stored[event.demand, event.version], earlier = (was, todays), Earlier(topic, was)
        if isinstance(fact, Corrected) and fact.own and (of := stored.get((event.demand, fact.event))):
            (was, todays), now = of, dict(fact.own)
            with suppress(Exception):
                own = todays(dict(now))
                if todays({**was, **own}) == {**todays(dict(was)), **now}:
                    fact = type(fact)(**{**fact.__dict__, "own": own})
                    stored[event.demand, fact.event] = {**was, **own}, todays
        told.append(as_if(event, fact=fact, earlier=earlier))
    return told


def fill(copy: Place, place: Place, world: World) -> None:
    """Put the rows of a log in this place, as they were written before."""
    copy.fill(place)
    rows = []
    for position, (event, before) in enumerate(zip(world.log, as_before(world.log), strict=True), 1):
        if before != event:
            _, _, topic, state = FactMapper([*STANDARD_FACTS, type(before.fact)]).row(before)
            if before.earlier is not None:
                topic, fields = before.earlier
                state = json.dumps({**json.loads(state), "fact": fields}).encode()
            rows.append((topic, state, position))
    copy.run(WRITTEN, rows)


def told_before(opened: Callable[..., DemandFlow], place: Place, world: World) -> None:
    """Hooks are given what comes after the notice that an earlier release noted in its own table."""
    positions = [position for position, _ in notices(world)]
    if not positions:
        return
    with closing(place.other()) as copy:
        with opened(copy.url, policies=()):
            copy.fill(place)
        for statement in DELIVERED:
            copy.run(statement)
        copy.run(TOLD, [("notices", last := positions[len(positions) // 2])])
        got: list[Any] = []
        with opened(copy.url, policies=()) as flow:
            flow.deliver_notices(lambda notice: got.append(plain(notice)))
        same_answer("deliver_notices() after an earlier release", got, [one for _, one in notices(world, last)])
