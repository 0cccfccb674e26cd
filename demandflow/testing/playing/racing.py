"""Somebody else writes between reading and recording: another who has the log open, or other threads of this one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import islice
from time import perf_counter, sleep
from typing import Any
from uuid import UUID

from demandflow.application import DemandFlow
from demandflow.domain.demand import Demand
from demandflow.domain.events import Event
from demandflow.domain.facts import Noted
from demandflow.domain.values import Actor
from demandflow.errors import StaleDemand
from demandflow.store.statements import Row
from demandflow.testing.differs import Differs
from demandflow.testing.model.step import NO_TIME, Step
from demandflow.testing.model.world import World
from demandflow.testing.operations import BATCH, UNRECORDED, Batch
from demandflow.testing.people import BOSS
from demandflow.testing.playing.agreeing import well_said

MEANWHILE, SOMEBODY_ELSE = "meanwhile", "somebody else"
PATIENCE = 0.02
"""So many seconds a thread has to come to where it records; else the next comes after it."""


@contextmanager
def race(step: Step, flow: DemandFlow, others: Sequence[DemandFlow], world: World) -> Iterator[Step]:
    """Somebody else writes to the demand before the step is recorded within, if the step is possible and that is."""
    step, written = _overtaken(step, flow, others, world)
    if written is not None:
        _before_recording(flow, written)
    try:
        yield step
    finally:
        _stop_racing(flow)


def _overtaken(
    step: Step, flow: DemandFlow, others: Sequence[DemandFlow], world: World
) -> tuple[Step, Callable[[], object] | None]:
    """The step, with no time before it, and what somebody else then writes, if anything."""
    it = world.id_of(step)
    world.clock.now += step.after
    step = replace(step, after=NO_TIME)
    writer = getattr(flow._log._recorder, "_writer", None) if world.environment.file else None
    alone = not (others or writer) or it not in world.streams or step.late or step.seen is not None
    # what came before is answered from what is recorded: nothing is written that somebody else could write before
    if alone or (expected := world.expected(step)).error is not None or expected.again or step.of is not None:
        return step, None
    kind = type(world.streams[it])
    note = Step(step.demand, "note", Noted(text=MEANWHILE), BOSS)
    if kind is not Demand:  # the same is done by somebody else
        note = Step(step.demand, step.move, step.fact, Actor(SOMEBODY_ELSE, step.by.role))
    if world.expected(note).error is not None:
        return step, None
    elsewhere = (replace(note, demand=world.number_of(one.id)) for one in world.streams.values() if type(one) is kind)
    also = () if others else (one for one in elsewhere if world.id_of(one) != it)
    theirs, ids = list[Callable[[], object]](), list[UUID]()
    for one in (note, *islice(also, 1)):
        if world.expected(one).error is None:
            world.tell(one)
            ids.append(world.id_of(one))
            theirs.append(partial((*others, flow)[0].act, ids[-1], one.move, one.fact, of=kind, by=one.by))

    def written() -> None:
        if others:
            theirs[0]()
        else:
            for one in ids:  # what is kept of them may be older, so that they would try twice, in another order
                flow.stream(kind, one)
            together(writer, theirs)

    return step, written


def raced(batch: Batch, world: World) -> tuple[Batch, Step | None]:
    """What somebody else could write to one of its demands before it is recorded; and the batch, to be given then."""
    if not batch.raced or batch.way in UNRECORDED:
        return batch, None
    saved, first = world.saved(), batch.steps[0]
    for step in batch.given(world):
        if step.way not in UNRECORDED:
            world.tell(step)
    changed, spent = {event.demand for event in world.log[len(saved[0]) :]}, world.clock.now - saved[-1]
    world.restore(saved)
    if batch.way != BATCH:  # it is tried again, after what was written
        spent, batch = first.after, replace(batch, steps=(replace(first, after=NO_TIME), *batch.steps[1:]))
    numbers = map(world.number_of, sorted(changed & world.demands.keys()))
    notes = (Step(number, "note", Noted(text=MEANWHILE), BOSS, after=spent) for number in numbers)
    return batch, next((note for note in notes if world.expected(note).error is None), None)


@contextmanager
def written_before(note: Step | None, refused: bool, flow: DemandFlow, other: DemandFlow, it: UUID) -> Iterator[None]:
    """The other records the note before the flow records what is given within: that is refused then, or tried again."""
    if note is not None:
        _before_recording(flow, partial(other.act, it, note.move, note.fact, by=note.by))
    try:
        yield
    except StaleDemand as error:
        if not refused:
            raise
        well_said("a batch overtaken", error)
    else:
        if refused:
            raise Differs("a batch overtaken", "it is recorded", "StaleDemand")
    finally:
        _stop_racing(flow)


def _before_recording(flow: DemandFlow, do: Callable[[], object]) -> None:
    """Do this once, before the flow records something."""
    record = flow._log.record

    def recorded(events: Sequence[Event], rows: Sequence[Row]) -> None:
        _stop_racing(flow)
        do()
        record(events, rows)

    flow._log.record = recorded  # type: ignore[method-assign]


def _stop_racing(flow: DemandFlow) -> None:
    """Nobody writes before the flow records something, if nobody has yet."""
    flow._log.__dict__.pop("record", None)


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
