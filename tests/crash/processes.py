"""The processes that are killed: desks that record, a screen that asks, a service that lets the policies act."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import ClassVar
from uuid import UUID

from demandflow import Actor, Channel, Demand, DemandFlow, FeedbackMethod, Grade, Refusal, Role, StorageBusy, Workflow
from demandflow.automation import Notice
from demandflow.facts import Fact, Notified
from demandflow.policies import Dispatch, Handler, Policy, Reaction, Timer
from demandflow.policies.policy import PolicyContext

CLERK, AUDITOR, ANNA = Actor("Li", Role.GRID_ADMINISTRATOR), Actor("Wang", Role.AUDITOR), Actor("Anna", Role.RESIDENT)
PLACES = ("fufeng/c1", "fufeng/c2")
UNITS = (Handler("north", PLACES[0]), Handler("south", PLACES[1]))


@dataclass(frozen=True)
class Welcome:
    """Tells the resident once that their demand was received."""

    name: ClassVar[str] = "welcome"
    on: ClassVar[bool] = True
    records: ClassVar[tuple[type[Fact], ...]] = (Notified,)

    def timers(self, demand: Demand, workflow: Workflow) -> Iterator[Timer]:
        if demand.received is not None:
            yield Timer(demand.received, "received")

    def then(self, timer: Timer, demand: Demand, context: PolicyContext) -> Iterable[Reaction]:
        return (Reaction(Notified(to="resident", kind="welcome", what="received")),)


POLICIES: tuple[Policy, ...] = (Welcome(), Dispatch(UNITS))
ASKED, DONE, TOLD = "asked", "done", "told"
"""The words that processes write: of a command before it is sent, and after it was acknowledged; of a notice."""


class Diary:
    """A file to which one process writes, a line at a time; what was written stays when the process is killed."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab", buffering=0)

    def write(self, *words: object) -> None:
        """A line of these words."""
        self._file.write(f"{' '.join(map(str, words))}\n".encode())

    @staticmethod
    def lines(path: Path) -> Iterator[list[str]]:
        """The words of each whole line."""
        for line in path.read_text(encoding="utf-8").split("\n")[:-1]:
            yield line.split()


def desk(url: str, path: Path, number: int) -> None:
    """Register demands and take whatever is open a step further, for ever; some commands are sent twice."""
    dice, diary, sent = Random(number), Diary(path), 0
    with DemandFlow.open(url, create=False, policies=POLICIES) as flow:
        diary.write("here")
        while True:
            sent += 1
            command = f"desk-{number}-{sent}"
            step = _step(flow, dice, command)
            diary.write(ASKED, command)
            for _ in range(dice.choice((1, 1, 2))):
                with suppress(Refusal, StorageBusy):  # a step that somebody else took
                    demand = step()
                    diary.write(DONE, command, demand.id.hex)


def _step(flow: DemandFlow, dice: Random, command: str) -> Callable[[], Demand]:
    rows = flow.board(open=True, sort="received", limit=20).rows
    if len(rows) < 5 or not dice.randrange(4):
        place, channel = dice.choice(PLACES), dice.choice((Channel.HOTLINE, Channel.COUNTER))
        return lambda: flow.register("a lamp", channel=channel, place=place, by=CLERK, command_id=command)
    row = dice.choice(rows)
    worker = Actor(row.contractor or "north", Role.CONTRACTOR)
    steps: dict[str, Callable[[], Demand]] = {
        "registered": lambda: flow.accept(row.demand, by=AUDITOR, command_id=command),
        "contracted_out": lambda: flow.take_on(row.demand, by=worker, command_id=command),
        "in_hand": lambda: flow.report(row.demand, "mended", by=worker, command_id=command),
        "reported": lambda: flow.feed_back(row.demand, FeedbackMethod.CALL, by=CLERK, command_id=command),
        "fed_back": lambda: flow.evaluate(
            row.demand, resolved=True, grade=Grade.SATISFIED, by=ANNA, command_id=command
        ),
    }
    note = lambda: flow.note(row.demand, "still here", by=CLERK, command_id=command)  # noqa: E731
    return steps.get(row.state, note) if dice.randrange(4) else note


def screen(url: str, path: Path, number: int) -> None:
    """Ask for the board and the figures, for ever; sometimes make all tables again."""
    dice, diary = Random(number), Diary(path)
    with DemandFlow.open(url, create=False, policies=POLICIES) as flow:
        diary.write("here")
        while True:
            with suppress(StorageBusy):
                flow.board()
                flow.figures()
                if not dice.randrange(20):
                    flow.rebuild()


def service(url: str, path: Path, number: int) -> None:
    """Let the policies act, and tell their notices, for ever."""
    diary = Diary(path)

    def tell(notice: Notice) -> None:
        diary.write(TOLD, notice.demand.hex)

    with DemandFlow.open(url, create=False, policies=POLICIES) as flow:
        diary.write("here")
        while True:
            with suppress(StorageBusy):
                flow.run_policies(notify=tell)
            time.sleep(0.005)


Process = Callable[[str, Path, int], None]
PROCESSES: tuple[Process, ...] = (desk, desk, screen, service, service)


def acknowledged(diaries: Iterable[Path]) -> tuple[dict[str, UUID], set[str], set[UUID]]:
    """Each command that was acknowledged, with its demand; those that were sent; the demands of notices told."""
    done, asked, told = dict[str, UUID](), set[str](), set[UUID]()
    for diary in diaries:
        for word, *rest in Diary.lines(diary):
            if word == DONE:
                done[rest[0]] = UUID(rest[1])
            elif word == ASKED:
                asked.add(rest[0])
            elif word == TOLD:
                told.add(UUID(rest[0]))
    return done, asked, told
