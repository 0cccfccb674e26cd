"""Rounds in which all processes are killed, each at a moment of its own, and what is looked at afterwards."""

from __future__ import annotations

import multiprocessing
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from datetime import timedelta
from multiprocessing.connection import Connection
from operator import add
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

from demandflow import DemandFlow, Event
from demandflow.automation import deliveries
from demandflow.facts import ContractedOut, Notified
from tests.crash.processes import POLICIES, PROCESSES, TOLD, Diary, acknowledged

LONGEST, STARTED = 0.6, 60
"""Within how many seconds of work each process is killed; for how many its start is waited for."""
FORK = multiprocessing.get_context("fork")


@dataclass
class Tally:
    """What came of the rounds."""

    rounds: int = 0
    kills: int = 0
    acknowledged: int = 0
    lost: int = 0
    doubled: int = 0
    events: int = 0
    reactions: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(*map(add, astuple(self), astuple(other)))

    def __str__(self) -> str:
        return " | ".join(str(number) for number in astuple(self))


class Wrong(AssertionError):
    """What was found after a round that must not be."""


def killed(url: str, folder: Path, number: int) -> int:
    """Start all processes on the log, and kill each of them at a moment by lot; how many were."""
    dice, started = Random(number), []
    for nth, process in enumerate(PROCESSES):
        path = folder / f"diary-{number}-{nth}"
        path.touch()
        one = FORK.Process(target=process, args=(url, path, 1000 * number + nth))
        one.start()
        started.append((one, path))
    deadline = time.monotonic() + STARTED
    while not all(path.stat().st_size for _, path in started):
        if time.monotonic() > deadline or any(one.exitcode is not None for one, _ in started):
            raise Wrong(f"round {number}: a process did not start")
        time.sleep(0.005)
    began = time.monotonic()
    moments = sorted((dice.uniform(0, LONGEST), one) for one, _ in started)
    for moment, one in moments:
        time.sleep(max(0.0, began + moment - time.monotonic()))
        if one.exitcode is not None:
            raise Wrong(f"round {number}: a process ended by itself, with {one.exitcode}")
        one.kill()
    for one, _ in started:
        one.join()
    return len(started)


def looked_at(url: str, folder: Path) -> Tally:
    """What the log and the tables say now. Raises Wrong for anything that must not be."""
    diary = Diary(folder / "diary")
    with DemandFlow.open(url, create=False, policies=POLICIES) as flow:
        if not (verified := flow.verify()).ok:
            raise Wrong(str(verified))
        time.sleep(deliveries.LEASE.total_seconds())  # who was giving the notices counts as dead then
        flow.run_policies(notify=lambda notice: diary.write(TOLD, notice.demand.hex))
        if again := flow.run_policies().reacted:
            raise Wrong(f"policies reacted once more: {again}")
        if flow.parked() or flow.parked_events():
            raise Wrong(f"parked: {flow.parked()} {flow.parked_events()}")
        before = _asked(flow)
        flow.rebuild()
        if _asked(flow) != before:
            raise Wrong("tables made again answer otherwise")
        events = list(flow.all_events())
        if not flow.figures().adds_up:
            raise Wrong(f"figures do not add up: {flow.figures()}")
    told = acknowledged(folder.glob("diary*"))[2]
    tally = counted([event for event in events if str(event.meta.command_id).startswith("desk-")], folder)
    tally.events, tally.reactions = len(events), _reactions(events)
    if missed := {event.demand for event in events} - told:
        raise Wrong(f"{len(missed)} demands of which no notice was told")
    return tally


def counted(events: Sequence[Event], folder: Path) -> Tally:
    """What was acknowledged, by the diaries of a folder, held against what was recorded. Raises Wrong."""
    done, asked, _ = acknowledged(folder.glob("diary*"))
    times = Counter(str(event.meta.command_id) for event in events)
    if unknown := times.keys() - asked:
        raise Wrong(f"nobody sent {sorted(unknown)}")
    where = {str(event.meta.command_id): event.demand for event in events}
    lost = sum(where.get(command) != demand for command, demand in done.items())
    doubled = sum(number > 1 for number in times.values())
    return Tally(0, 0, len(done), lost, doubled, len(events))


def _asked(flow: DemandFlow) -> tuple[Any, ...]:
    return flow.figures(), flow.figures_by("place"), flow.board(limit=1000), flow.work_list(contractor="north")


def _reactions(events: list[Event]) -> int:
    """How many reactions there are. Raises Wrong unless each demand was welcomed once, and contracted out once."""
    welcomed = Counter(event.demand for event in events if isinstance(event.fact, Notified))
    given = Counter(event.demand for event in events if isinstance(event.fact, ContractedOut))
    if {event.demand for event in events} != welcomed.keys() or {*welcomed.values(), *given.values()} - {1}:
        raise Wrong(f"policies reacted more or less than once: {welcomed} {given}")
    return welcomed.total() + given.total()


# with the lease of every day each round would take a minute
@patch.object(deliveries, "LEASE", timedelta(seconds=0.3))
def rounds(make: Callable[[Path, int], str], folder: Path, number: int, first: int, *, of_one_log: int = 20) -> Tally:
    """So many rounds; after some a new log is begun. `make` says where the log of a folder is. Raises Wrong."""
    tally, url, place, here = Tally(), "", folder, Tally()
    for nth in range(number):
        if nth % of_one_log == 0:
            place = folder / str(nth)
            place.mkdir()
            url = make(place, nth)
            tally, here = tally + here, Tally()
            _apart(_begin, url)
        tally.kills += killed(url, place, first + nth)
        tally.rounds += 1
        here = _apart(looked_at, url, place)
        if here.lost or here.doubled:
            raise Wrong(f"round {first + nth}: {here}")
    return tally + here


def _begin(url: str) -> None:
    DemandFlow.open(url, policies=POLICIES).close()


def _apart(work: Callable[..., Any], *given: Any) -> Any:
    """What the work returns, done in a process of its own, so that those that are forked later find nothing open."""
    ours, theirs = FORK.Pipe()
    one = FORK.Process(target=_answer, args=(theirs, work, given))
    one.start()
    theirs.close()
    answer = ours.recv()
    one.join()
    if isinstance(answer, BaseException):
        raise answer
    return answer


def _answer(to: Connection, work: Callable[..., Any], given: tuple[Any, ...]) -> None:
    try:
        to.send(work(*given))
    except BaseException as error:
        to.send(Wrong(f"{type(error).__name__}: {error}"))
