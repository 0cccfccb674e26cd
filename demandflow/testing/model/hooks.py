"""What hooks are given of the notices, also where a receiver fails or a giver dies."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from demandflow.errors import InvalidValue
from demandflow.testing.model.notices import notices
from demandflow.testing.model.world import World
from demandflow.testing.operations import DIE, RunPolicies

MINUTE = timedelta(minutes=1)


class Hooks:
    """The hooks of a world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.given: dict[str, int] = {}
        """Up to where in the log each hook was given its notices."""
        self.held: dict[str, tuple[object, datetime]] = {}
        """Who died while giving a hook its notices, and until when they count as alive."""

    def gives(self, operation: RunPolicies, giver: object, now: datetime) -> tuple[list[Any], Any]:
        """What is given, and what is answered or raised."""
        hook, begin = operation.hook, operation.begin
        if begin is not None and begin > len(self.world.log):
            return [], InvalidValue
        holder, until = self.held.get(hook, (giver, now))
        if holder is not giver and now < until:
            return [], 0
        due = notices(self.world, self.given.get(hook, 0) if begin is None else begin)
        fails = 0 < operation.number <= len(due)
        given = due[: operation.number - 1] if fails else due
        self.given[hook] = due[operation.number - 1][0] - 1 if fails else len(self.world.log)
        self.held.pop(hook, None)
        if operation.what == DIE:
            self.held[hook] = giver, now + MINUTE
        return [notice for _, notice in given], ConnectionError if fails else len(given)
