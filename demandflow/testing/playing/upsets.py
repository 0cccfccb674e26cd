"""What happens to the storage, or to who has it open."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from typing import Any
from unittest.mock import patch

from demandflow.application import DemandFlow
from demandflow.errors import DemandFlowError, StorageError
from demandflow.projections.tables import PROJECTIONS
from demandflow.store.backends import is_postgres
from demandflow.testing.environments import Environment
from demandflow.testing.model.losses import missing, without_end
from demandflow.testing.model.policies import Policies
from demandflow.testing.model.world import World
from demandflow.testing.operations import Ask, Upset
from demandflow.testing.playing.carrying import carried
from demandflow.testing.playing.commanding import same_answer
from demandflow.testing.playing.losing import OTHERWISE, acknowledge, half_made, lose_more, losing, open_otherwise
from demandflow.testing.playing.places import Place

MOST_OPENERS = 3
ELSEWHERE = (Ask("board"), Ask("figures"), Ask("figures_by", ("place",)))


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
            half_made(self.opened, self._place)

    def _carry(self, upset: Upset, flow: DemandFlow) -> None:
        """The log is exported and loaded, or backed up; there it is the same."""
        for other in carried(self.opened, self._place, self.world) if self.environment.file and self.world.log else ():
            same_answer("all_events() elsewhere", list(other.all_events()), self.world.log)
            for question in ELSEWHERE:
                self._ask(question, other)

    def _lose_rows(self, upset: Upset, flow: DemandFlow) -> None:
        """Rows are lost from a copy of the log: which, is counted from its end; a 0 says that nobody had it open."""
        places, whole = {int(number) for number in upset.with_what.split()}, len(self.world.log)
        lost = sorted(whole + 1 - place for place in places if 0 < place <= whole)
        if not self.environment.file or not lost:
            return
        with losing(self.opened, self._place, lost, closed=0 in places) as (other, copy):
            acknowledge(other, missing(self.world, lost), len(lost), self.world)
            if lost == list(range(lost[0], whole + 1)):
                all_of_it, self.world = self.world, without_end(self.world, len(lost))
                try:
                    for question in ELSEWHERE:
                        self._ask(question, other)
                finally:
                    self.world = all_of_it
            lose_more(other, copy, lost, self.world)

    def _race_of_pages(self, upset: Upset, flow: DemandFlow) -> None:
        """Somebody else takes in the same page in between."""
        others = [other for other in self.flows if other is not flow]
        if not others:
            return
        page = flow._log.page

        def read(*given: Any) -> Any:
            found = page(*given)
            if flow._log.__dict__.pop("page", None) is not None:
                others[0].figures()
            return found

        flow._log.page = read  # type: ignore[method-assign, assignment]
        try:
            flow.figures()
        finally:
            flow._log.__dict__.pop("page", None)


def _name(module: Any) -> str:
    name: str = module.__name__.rpartition(".")[2]
    return "board" if name == "rows" else name
