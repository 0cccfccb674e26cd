"""What is done in a history: pure data, of which any part can be left out and the rest still judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from demandflow.domain.fact import Fact
from demandflow.domain.workflow import Workflow
from demandflow.testing.environments import PLAIN, Environment
from demandflow.testing.model.world import NO_TIME, Expected, Step, World

ACT, METHOD, BATCH, BROKEN, MANY, TRIED, WOULD, INTERRUPTED, RACED, ENTERED = WAYS = (
    "act",  # act(), or start()
    "method",  # the method of that name
    "batch",  # within a batch
    "broken",  # within a batch that is broken off
    "many",  # act_many(), register_many()
    "tried",  # try_many()
    "would",  # would(), would_start()
    "interrupted",  # the command is interrupted before it is recorded
    "raced",  # somebody else writes to the demand between reading and recording
    "entered",  # said to have happened then, without the right to enter what is long past
)
"""How a step is given."""
RECORDED = frozenset({ACT, METHOD, BATCH, MANY, RACED, ENTERED})


RUN, RETRY, DROP, GIVE = LEFT = (
    "run",
    "retry",  # retry_parked()
    "drop",  # drop_parked()
    "give",  # deliver_notices()
)
"""What is done with the policies."""


@dataclass(frozen=True)
class Ask:
    """A question: a public method and its arguments. `refused` names the error where it cannot be asked so.

    `after` is how long after what was before it.
    """

    method: str
    args: tuple[Any, ...] = ()
    keywords: Mapping[str, Any] = field(default_factory=dict)
    refused: str | None = None
    opener: int = 0
    after: timedelta = NO_TIME


@dataclass(frozen=True)
class RunPolicies:
    """The policies are run, by the clock or as of so long ago; or something is done with what they left.

    `what` is one of LEFT. `number` says which of the parked reactions is meant, 0 all of them; or at which notice the
    giving breaks off, 0 at none. `after` is how long after what was before it.
    """

    ago: timedelta | None = None
    opener: int = 0
    what: str = RUN
    number: int = 0
    after: timedelta = NO_TIME
    hook: str = "notices"


@dataclass(frozen=True)
class Upset:
    """Something happens to the storage or to who has it open (see UPSETS); `with_what` says which table or zone."""

    what: str
    with_what: str = ""
    opener: int = 0


Operation = Step | Ask | RunPolicies | Upset


@dataclass(frozen=True)
class History:
    """What was done with the demands of a workflow, and where.

    `own_facts` are the classes of facts for which strategies were given, since samples by type will not do.
    """

    workflow: Workflow
    operations: tuple[Operation, ...]
    environment: Environment = PLAIN
    own_facts: frozenset[type[Fact]] = frozenset()

    @property
    def steps(self) -> tuple[Step, ...]:
        """What people tried with the demands."""
        return tuple(one for one in self.operations if isinstance(one, Step))

    def told(self) -> tuple[Expected, ...]:
        """Each step with what had to come of it."""
        world = World(self.workflow, self.environment.zone, self.environment.start)
        return tuple(world.tell(step) for step in self.steps)
