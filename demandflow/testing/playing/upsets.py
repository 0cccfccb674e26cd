"""What happens to the storage, or to who has it open."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from typing import Any
from unittest.mock import patch

from demandflow.application import DemandFlow
from demandflow.domain.fact import stored_topic
from demandflow.errors import DemandFlowError, StorageError
from demandflow.projections.tables import PROJECTIONS
from demandflow.store.backends import is_postgres
from demandflow.testing.environments import Environment
from demandflow.testing.model.losses import missing, waiting, without
from demandflow.testing.model.notices import notices
from demandflow.testing.model.policies import Policies
from demandflow.testing.model.world import World
from demandflow.testing.operations import Ask, Upset
from demandflow.testing.playing.agreeing import same_answer
from demandflow.testing.playing.carrying import carried
from demandflow.testing.playing.losing import (
    OTHERWISE,
    acknowledge,
    half_made,
    lose_more,
    losing,
    open_otherwise,
    verified,
)
from demandflow.testing.playing.no_logs import no_logs
from demandflow.testing.playing.places import FILE, Place

MOST_OPENERS = 3
WAITS = "waits for an earlier event of this demand that is parked"
SPOIL = "UPDATE stored_events SET state = substr(state, 2) WHERE rowid = ?"
"""The row at a position has lost its first letter."""

UPSETS = {
    "reopen": "_reopen",
    "all reopen": "_reopen_all",
    "another opens it": "_open_another",
    "rebuild": "_rebuild",
    "rezone": "_rezone",
    "a page breaks": "_break_a_page",
    "pages race": "_race_of_pages",
    "opened otherwise": "_open_otherwise",
    "carried elsewhere": "_carry",
    "rows are lost": "_lose_rows",
    "a row cannot be read": "_spoil",
}
"""What can happen, and who lets it happen."""


class Upsets:
    """Lets it happen, to those who have the log open."""

    environment: Environment
    world: World
    model: Policies | None
    flows: list[DemandFlow]
    url: str
    _place: Place

    def opened(self, url: str | None = None, **said: Any) -> DemandFlow:
        """A flow of the log (or another), as the environment has it or as it is said."""
        raise NotImplementedError

    def _ask(self, ask: Ask, flow: DemandFlow) -> None:
        raise NotImplementedError

    def upset(self, upset: Upset, flow: DemandFlow) -> None:
        """Let this happen."""
        getattr(self, UPSETS[upset.what])(upset, flow)

    def _reopen(self, upset: Upset, flow: DemandFlow) -> None:
        """The flow is closed and opened again."""
        if self.environment.file:
            flow.close()
            self.flows[self.flows.index(flow)] = self.opened()

    def _reopen_all(self, upset: Upset, flow: DemandFlow) -> None:
        """Nobody has the log open; then all do again, with a policy that has become another."""
        for one in self.flows if self.environment.file else ():
            one.close()
        if self.environment.file:
            if self.model is not None:
                self.model.changed()
            self.flows = [self.opened() for _ in self.flows]

    def _open_another(self, upset: Upset, flow: DemandFlow) -> None:
        """Somebody else opens the log, too."""
        if self.environment.file and len(self.flows) < MOST_OPENERS:
            self.flows.append(self.opened())

    def _rebuild(self, upset: Upset, flow: DemandFlow) -> None:
        """The tables are made anew."""
        flow.rebuild()
        if self.model is not None:
            self.model.rebuilt()

    def _rezone(self, upset: Upset, flow: DemandFlow) -> None:
        """The community moves to another zone, for everybody who has the log open; not where policies are run."""
        if self.model is None:
            flow.rezone(upset.with_what)
            self.world.rezone(upset.with_what)

    def _break_a_page(self, upset: Upset, flow: DemandFlow) -> None:
        """The writing of a table fails once, before or after its rows."""
        table, when = upset.with_what.split()
        module = next(one for one in PROJECTIONS if _name(one) == table)
        write, broken = module.write, list[bool]()
        failure = StorageError if is_postgres(self.url) else sqlite3.OperationalError

        def failing(*given: Any) -> None:
            if when == "after" and not broken:
                write(*given)
            if not broken:
                broken.append(True)
                raise failure("disk I/O error")
            write(*given)

        with patch.object(module, "write", failing), suppress(DemandFlowError):
            flow.figures()

    def _open_otherwise(self, upset: Upset, flow: DemandFlow) -> None:
        """Somebody opens the log with other arguments, one after the other."""
        for what in OTHERWISE if self.environment.file else ():
            open_otherwise(self.opened, self._place, what, self.world)
        if self.environment.file and self.world.log:
            half_made(self.opened, self._place, self.world)
        if self.url.startswith(FILE):
            no_logs(self.opened)

    def _carry(self, upset: Upset, flow: DemandFlow) -> None:
        """The log is exported and loaded, or backed up; there it is the same."""
        for other in carried(self.opened, self._place, self.world) if self.environment.file and self.world.log else ():
            self._ask_elsewhere(other, self.world)

    def _lose_rows(self, upset: Upset, flow: DemandFlow) -> None:
        """Rows are lost from a copy of the log: which, is counted from its end; a 0 says that nobody had it open."""
        places, whole = {int(number) for number in upset.with_what.split()}, len(self.world.log)
        lost = sorted(whole + 1 - place for place in places if 0 < place <= whole)
        if not self.environment.file or not lost:
            return
        with losing(self.opened, self._place, self.world, lost, closed=0 in places) as (other, copy):
            acknowledge(other, copy, missing(self.world, lost), lost, self.world)
            if lost == list(range(lost[0], whole + 1)):
                self._ask_elsewhere(other, without(self.world, lost))
            verified(other, copy)
            lose_more(other, copy, lost, self.world)

    def _spoil(self, upset: Upset, flow: DemandFlow) -> None:
        """A row of a copy cannot be read, counted from the end; the rest of its demand waits until it is mended."""
        at, log = len(self.world.log) + 1 - int(upset.with_what), self.world.log
        if not self.environment.file or at < 1:
            return
        with closing(self._place.other()) as copy, self.opened(copy.url, policies=()) as other:
            copy.fill(self._place)
            copy.run(SPOIL, [(at,)])
            gone = waiting(self.world, at)
            found = [
                (one.position, one.demand, one.reason.partition(" cannot be read: ")[0])
                for one in other.parked_events()
            ]
            given = _given(other)
            same_answer("deliver_notices()", given, [one["id"] for n, one in notices(self.world) if n != at])
            why = [stored_topic(type(log[at - 1].fact)), *[WAITS] * (len(gone) - 1)]
            parked = [(one, log[one - 1].demand, said) for one, said in zip(gone, why, strict=True)]
            same_answer("parked_events()", found, parked)
            same_answer("parked_events(), also by notices", [one.position for one in other.parked_events()], gone)
            self._ask_elsewhere(other, without(self.world, gone, parked=True))
            seen = other.verify()
            same_answer("verify()", (seen.events, len(seen.unreadable), seen.ok), (len(log), 1, False))
            copy.run("DELETE FROM stored_events")
            copy.fill(self._place)
            left = {name for one in other.retry_parked_events() for name in one.left_out_of}
            same_answer("retry_parked_events(), but for notices", left - {"notices to notices"}, set())
            late = [one["id"] for n, one in notices(self.world) if n == at]
            same_answer("deliver_notices() once more", _given(other), late)
            same_answer("parked_events() afterwards", other.parked_events(), ())
            self._ask_elsewhere(other, self.world)

    def _ask_elsewhere(self, flow: DemandFlow, world: World) -> None:
        """Ask where the world is so."""
        here, self.world = self.world, world
        ways: tuple[dict[str, object], ...] = ({}, {"as_of": world.day(world.clock.now)})
        by = [Ask("figures_by", (name,), how) for name in ("place", *world.own_dimensions[:1]) for how in ways]
        try:
            for question in (*by, Ask("board"), Ask("figures")):
                self._ask(question, flow)
        finally:
            self.world = here

    def _race_of_pages(self, upset: Upset, flow: DemandFlow) -> None:
        """Somebody else takes in the next page of the log as well, between its reading here and its writing."""
        tables = flow._projector

        def overtaken(*given: Any) -> Any:
            tables.__dict__.pop("worked_out", None)  # once, however often it was to happen
            effect = tables.worked_out(*given)
            if (other := next((other for other in self.flows if other is not flow), None)) is not None:
                other.figures()
            return effect

        tables.worked_out = overtaken  # type: ignore[method-assign, assignment]


def _name(module: Any) -> str:
    name: str = module.__name__.rpartition(".")[2]
    return "board" if name == "rows" else name


def _given(flow: DemandFlow) -> list[str]:
    """The ids of the notices that somebody is given who takes all."""
    given = list[str]()
    flow.deliver_notices(lambda notice: given.append(notice.id))
    return given
