"""What is done in a history: pure data, of which any part can be left out and the rest still judged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from demandflow.domain.fact import Fact
from demandflow.domain.facts import Merged, MovedOver
from demandflow.domain.moves import sources
from demandflow.domain.workflow import Workflow
from demandflow.testing.environments import PLAIN, Environment
from demandflow.testing.model.step import NO_TIME, Expected, Step, demand_id
from demandflow.testing.model.world import World

ACT, METHOD, DRAFTED, WOULD, INTERRUPTED, RACED, ENTERED = WAYS = (
    "act",  # act(), or start()
    "method",  # the method of that name
    "drafted",  # register_draft(), of what keep_draft() keeps
    "would",  # would(), would_start()
    "interrupted",  # the command is interrupted before it is recorded
    "raced",  # somebody else writes to the demand between reading and recording
    "entered",  # said to have happened then, outside a batch that may enter anything
)
"""How a step is given."""
BATCH, BROKEN, MANY, TRIED, MIGRATED, MIGRATION_TRIED = TOGETHER = (
    "batch",  # batch()
    "broken",  # batch(), broken off at its end
    "many",  # act_many(), register_many()
    "tried",  # try_many()
    "migrated",  # migrate_all(): the first step, of every open demand on the workflow that it is `on`
    "migration tried",  # migrate_all(dry_run=True)
)
"""How several steps are given."""
BY_MIGRATING = "move_over"
"""The move that is tried where the workflow has none."""
UNRECORDED = frozenset({WOULD, INTERRUPTED, BROKEN, TRIED, MIGRATION_TRIED})
"""Ways in which nothing is recorded."""


RUN, FOLLOW, RETRY, DROP, GIVE, DIE = LEFT = (
    "run",
    "follow",  # follow(), until it waits for the first time
    "retry",  # retry_parked()
    "drop",  # drop_parked()
    "give",  # deliver_notices()
    "die",  # the process is killed while it gives them, or right after
)
"""What is done with the policies."""


@dataclass(frozen=True)
class Ask:
    """A question: a public method and its arguments. `refused` names the error where it cannot be asked so.

    `about` are the words by which the error may say what is wrong. `after` is how long after what was before it.
    """

    method: str
    args: tuple[Any, ...] = ()
    keywords: Mapping[str, Any] = field(default_factory=dict)
    refused: str | None = None
    opener: int = 0
    after: timedelta = NO_TIME
    about: tuple[str, ...] = ()


@dataclass(frozen=True)
class Batch:
    """Several steps as one; with `backdating`, what they enter may have happened at any time.

    If it is `raced`, somebody else, if anybody, writes to one of its demands before it is recorded.
    """

    steps: tuple[Step, ...]
    way: str = BATCH
    backdating: bool = False
    opener: int = 0
    raced: bool = False

    @property
    def migrates(self) -> bool:
        """Whether its first step is made with all open demands of a workflow."""
        return self.way in (MIGRATED, MIGRATION_TRIED)

    def registers(self, world: World) -> bool:
        """Whether its items are demands to register, or other streams to begin; there is no dry run of that."""
        return self.way == MANY and world.starting(self.steps[0]) is not None

    def given(self, world: World) -> Iterator[Step]:
        """The steps that can be given, as the world is by then; items are given at once, all of one kind."""
        steps = tuple(everywhere(world, self.steps[0])) if self.migrates else self.steps
        items, registers = self.way not in (BATCH, BROKEN), self.registers(world)
        for number, step in enumerate(steps):
            if items and (world.starting(step) is not None) != registers:
                continue
            way = ACT if items or step.way == ENTERED else step.way
            if (step.late or step.way == ENTERED) and (items or not self.backdating):
                way = ENTERED
            after = NO_TIME if items and number else step.after
            if possible(world, step):
                yield replace(step, way=way, after=after)


def everywhere(world: World, step: Step) -> Iterator[Step]:
    """The step with each open demand on the workflow that it is `on`, in the order of their receipt."""
    there = [one for one in world.demands.values() if one.workflow == step.on and one.ended_as is None]
    for demand in sorted(there, key=lambda one: (one.received, one.id)):
        name = moving_over(world.workflow, demand.state, step.by.role)
        yield Step(world.number_of(demand.id), name, step.fact, step.by, step.after, step.late, step.way)


def moving_over(workflow: Workflow, state: str, role: str) -> str:
    """The move by which a demand in this state comes to this workflow: the first for this role, or for any."""
    here = [move for move in workflow.moves if move.fact is MovedOver and state in sources(move, workflow.states)]
    here.sort(key=lambda move: role not in move.roles)
    return here[0].name if here else BY_MIGRATING


def possible(world: World, step: Step) -> bool:
    """Whether the step can be tried: of a demand that is there, or is not yet, and others that are."""
    it, begins = world.id_of(step), world.starting(step) is not None
    into = step.fact.into if isinstance(step.fact, Merged) else None
    again = begins and it != demand_id(step.demand)
    return (again or begins != (it in world.streams)) and (into is None or into in world.streams)


@dataclass(frozen=True)
class RunPolicies:
    """The policies are run, by the clock or as of so long ago; or something is done with what they left.

    `what` is one of LEFT. `number` says which of the reactions that were ever parked (or still are, to be dropped) is
    meant, counted from the last, 0 all of them; or at which notice the giving breaks off, 0 at none. `after` is how
    long after what was before it. `begin` is the position after which the hook is to be given its notices, if that is
    said.
    """

    ago: timedelta | None = None
    opener: int = 0
    what: str = RUN
    number: int = 0
    after: timedelta = NO_TIME
    hook: str = "notices"
    begin: int | None = None


@dataclass(frozen=True)
class Upset:
    """Something happens to the storage or to who has it open (see UPSETS); `with_what` says which table or rows."""

    what: str
    with_what: str = ""
    opener: int = 0


Operation = Step | Batch | Ask | RunPolicies | Upset


def steps_of(operation: Operation) -> tuple[Step, ...]:
    """The steps that are tried by it."""
    return operation.steps if isinstance(operation, Batch) else (operation,) if isinstance(operation, Step) else ()


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
        return tuple(step for one in self.operations for step in steps_of(one))

    def told(self) -> tuple[Expected, ...]:
        """Each step with what had to come of it."""
        world = World(self.workflow, self.environment)
        return tuple(world.tell(step) for step in self.steps)
