"""What hooks are given of the notices, also where a receiver fails or a giver dies."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

from demandflow.application import DemandFlow
from demandflow.automation.notices import Notice
from demandflow.errors import InvalidValue
from demandflow.testing.differs import Differs
from demandflow.testing.model.notices import notices, plain
from demandflow.testing.model.world import World
from demandflow.testing.operations import DIE, RunPolicies

MINUTE = timedelta(minutes=1)


class Hooks:
    """The hooks of a world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.given: dict[str, int] = {}
        """Up to where in the log each hook was given its notices."""
        self.held: dict[str, tuple[DemandFlow, datetime]] = {}
        """Who died while giving a hook its notices, and until when they count as alive."""

    def give(self, operation: RunPolicies, flow: DemandFlow) -> None:
        """Give the notices that the hook was not given; maybe the receiver fails at one of them, or the giver dies."""
        hook, begin, now = operation.hook, operation.begin, self.world.clock.now
        got, notify = receiver(operation.number)
        answer: Any
        with patch.object(flow._deliveries, "end", str) if operation.what == DIE else nullcontext():
            try:
                answer = flow.deliver_notices(notify, hook=hook, after=begin)
            except (ConnectionError, InvalidValue) as error:
                answer = type(error)
        want, said = self.gives(operation, flow, now)
        if (got, answer) != (want, said):
            raise Differs(f"deliver_notices(hook={hook!r}, after={begin})", (answer, got), (said, want))

    def gives(self, operation: RunPolicies, flow: DemandFlow, now: datetime) -> tuple[list[Any], Any]:
        """What is given, and what is answered or raised."""
        hook, begin = operation.hook, operation.begin
        if begin is not None and begin > len(self.world.log):
            return [], InvalidValue
        holder, until = self.held.get(hook, (flow, now))
        if holder is not flow and now < until:
            return [], 0
        due = notices(self.world, self.given.get(hook, 0) if begin is None else begin)
        fails = 0 < operation.number <= len(due)
        given = due[: operation.number - 1] if fails else due
        self.given[hook] = due[operation.number - 1][0] - 1 if fails else len(self.world.log)
        self.held.pop(hook, None)
        if operation.what == DIE:
            self.held[hook] = flow, now + MINUTE
        return [notice for _, notice in given], ConnectionError if fails else len(given)


def receiver(fails: int) -> tuple[list[Any], Callable[[Notice], None]]:
    """Who is given notices, and what they got; at this one they fail, at none for 0."""
    got: list[Any] = []

    def notify(notice: Notice) -> None:
        if len(got) + 1 == fails:
            raise ConnectionError("not now")
        got.append(plain(notice))

    return got, notify
