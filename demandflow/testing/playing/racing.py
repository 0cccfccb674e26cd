"""Somebody else writes between reading and recording: another who has the log open, or other threads of this one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import islice
from time import perf_counter, sleep
from typing import Any
from uuid import UUID

from demandflow.application import DemandFlow
from demandflow.domain.demand import Demand
from demandflow.domain.facts import Noted
from demandflow.domain.values import Actor
from demandflow.testing.model.step import NO_TIME, Step
from demandflow.testing.model.world import World
from demandflow.testing.people import BOSS

MEANWHILE, SOMEBODY_ELSE = "meanwhile", "somebody else"
PATIENCE = 0.02
"""So many seconds a thread has to come to where it records; else the next comes after it."""


def race(step: Step, flow: DemandFlow, others: Sequence[DemandFlow], world: World) -> Step:
    """Somebody else writes to the demand before the step is recorded, if the step is possible and that is."""
    it = world.id_of(step)
    world.clock.now += step.after
    step = replace(step, after=NO_TIME)
    writer = getattr(flow._log._recorder, "_writer", None) if world.environment.file else None
    alone = not (others or writer) or it not in world.streams or step.late or step.seen is not None
    # what came before is answered from what is recorded: nothing is written that somebody else could write before
    if alone or (expected := world.expected(step)).error is not None or expected.again or step.of is not None:
        return step
    kind = type(world.streams[it])
    note = Step(step.demand, "note", Noted(text=MEANWHILE), BOSS)
    if kind is not Demand:  # the same is done by somebody else
        note = Step(step.demand, step.move, step.fact, Actor(SOMEBODY_ELSE, step.by.role))
    if world.expected(note).error is not None:
        return step
    elsewhere = (replace(note, demand=world.number_of(one.id)) for one in world.streams.values() if type(one) is kind)
    also = () if others else (one for one in elsewhere if world.id_of(one) != it)
    theirs, ids = list[Callable[[], object]](), list[UUID]()
    for one in (note, *islice(also, 1)):
        if world.expected(one).error is None:
            world.tell(one)
            ids.append(world.id_of(one))
            theirs.append(partial((*others, flow)[0].act, ids[-1], one.move, one.fact, of=kind, by=one.by))
    append = flow._log.append

    def appended(*given: Any, **more: Any) -> Any:
        del flow._log.append
        if others:
            theirs[0]()
        else:
            for one in ids:  # what is kept of them may be older, so that they would try twice, in another order
                flow.stream(kind, one)
            together(writer, theirs)
        return append(*given, **more)

    flow._log.append = appended  # type: ignore[method-assign]
    return step


def together(writer: Any, doing: Sequence[Callable[[], object]]) -> None:
    """Do this in several threads: each waits where it records, and one of them records for all."""
    done: list[Future[object]] = []
    with ThreadPoolExecutor(len(doing)) as threads:
        with writer.lock:
            while len(done) < len(doing) and len(writer._waiting) == len(done):
                done.append(threads.submit(doing[len(done)]))
                until = perf_counter() + PATIENCE
                while len(writer._waiting) < len(done) and perf_counter() < until:
                    sleep(0)
        for one in done:
            one.result()
    for do in doing[len(done) :]:
        do()
