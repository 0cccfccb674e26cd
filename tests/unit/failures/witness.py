"""Somebody who works on while the storage fails, and says afterwards whether all that was acknowledged is there."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from typing import Any

from demandflow import Actor, DemandFlow, Role, StorageError
from demandflow.analysis.verifying import verify
from demandflow.errors import StorageUnreachable

CLERK = Actor("Li", Role.GRID_ADMINISTRATOR)
PLACED: Any = {"channel": "hotline", "place": "fufeng/nanguan", "by": CLERK}
LONG = "the lamp at the gate is broken; " * 60
STEPS = ("register", "register", "note", "figures", "board", "fails", "is well")
Trouble = Callable[[DemandFlow], AbstractContextManager[object]]
"""What makes the storage of a DemandFlow fail, for a while."""


class Witness:
    """Records and asks; keeps what was acknowledged, what may be recorded, and what the errors said."""

    def __init__(self, flow: DemandFlow) -> None:
        self.flow, self.sent = flow, 0
        self.done, self.unsure, self.errors = list[str](), list[str](), list[StorageError]()
        self.first = flow.register("the first", command_id="first", **PLACED).id
        self.done.append("first")

    def does(self, step: str) -> StorageError | None:
        """Take a step; the error, if there is one. Any other exception goes on."""
        command = f"command {self.sent}"
        try:
            if step == "register":
                self.sent += 1
                self.flow.register(LONG, command_id=command, **PLACED)
                self.done.append(command)
            elif step == "note":
                self.sent += 1
                self.flow.note(self.first, LONG, by=CLERK, command_id=command)
                self.done.append(command)
            elif step == "figures":
                assert self.flow.figures().adds_up
            else:
                assert self.flow.board(limit=1).rows
        except StorageError as error:
            self.errors.append(error)
            if isinstance(error, StorageUnreachable) and step in ("register", "note"):
                self.unsure.append(command)
            return error
        return None

    def lives(self, steps: Sequence[str], trouble: Trouble, says: str) -> None:
        """Take these steps; each is done, or refused in these words. In the end all is well."""
        with ExitStack() as troubles:
            for step in steps:
                if step in ("fails", "is well"):
                    troubles.close()
                    if step == "fails":
                        troubles.enter_context(trouble(self.flow))
                elif (error := self.does(step)) is not None:
                    assert re.search(says, str(error)), error
        self.goes_on()

    def goes_on(self) -> None:
        """The same DemandFlow records again; what was acknowledged is there once, nothing else is, and all adds up."""
        assert self.does("register") is None
        recorded = [str(event.meta.command_id) for event in self.flow.all_events()]
        assert len(recorded) == len({*recorded})
        assert {*self.done} <= {*recorded} <= {*self.done, *self.unsure}
        assert self.flow.figures().count("received") == len({event.demand for event in self.flow.all_events()})
        verified = verify(self.flow)
        assert verified.ok, str(verified)
