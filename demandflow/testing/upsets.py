"""What happens to the storage, or to who has it open."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from typing import Any
from unittest.mock import patch

from demandflow.application import DemandFlow
from demandflow.errors import DemandFlowError
from demandflow.projections.tables import PROJECTIONS
from demandflow.testing.environments import Environment
from demandflow.testing.model.policies import Policies
from demandflow.testing.model.world import World
from demandflow.testing.operations import Upset

MOST_OPENERS = 3


UPSETS = {
    "reopen": "_reopen",
    "another opens it": "_open_another",
    "rebuild": "_rebuild",
    "rezone": "_rezone",
    "a page breaks": "_break_a_page",
    "pages race": "_race_of_pages",
}
"""What can happen, and who lets it happen."""


class Upsets:
    """Lets it happen, to those who have the log open."""

    environment: Environment
    world: World
    model: Policies | None
    flows: list[DemandFlow]

    def opened(self) -> DemandFlow:
        """A flow of the log, as the environment has it."""
        raise NotImplementedError

    def upset(self, upset: Upset, flow: DemandFlow) -> None:
        """Let this happen."""
        getattr(self, UPSETS[upset.what])(upset, flow)

    def _reopen(self, upset: Upset, flow: DemandFlow) -> None:
        """The flow is closed and opened again."""
        if self.environment.file:
            flow.close()
            self.flows[self.flows.index(flow)] = self.opened()

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
        """The community moves to another zone; whoever else has the log open opens it anew."""
        if self.model is not None:
            return
        flow.rezone(upset.with_what)
        self.world.rezone(upset.with_what)
        for number, other in enumerate(self.flows):
            if other is not flow:
                other.close()
                self.flows[number] = self.opened()

    def _break_a_page(self, upset: Upset, flow: DemandFlow) -> None:
        """The writing of a table fails once, before or after its rows."""
        table, when = upset.with_what.split()
        module = next(one for one in PROJECTIONS if _name(one) == table)
        write, broken = module.write, list[bool]()

        def failing(*given: Any) -> None:
            if when == "after" and not broken:
                write(*given)
            if not broken:
                broken.append(True)
                raise sqlite3.OperationalError("disk I/O error")
            write(*given)

        with patch.object(module, "write", failing), suppress(DemandFlowError):
            flow.figures()

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
