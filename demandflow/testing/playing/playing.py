"""Playing histories: those that are given, and others by lot."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from random import Random
from typing import get_args

from demandflow.application import DemandFlow
from demandflow.domain.facts import Merged
from demandflow.domain.workflow import Workflow
from demandflow.errors import InvalidValue, brief, listed
from demandflow.testing.drawing.drawing import Drawing, Untold
from demandflow.testing.drawing.misses import Given
from demandflow.testing.drawing.themes import POLICIES
from demandflow.testing.environments import PLAIN, Environment, any_environment
from demandflow.testing.model.step import Step
from demandflow.testing.model.table import Unanswered
from demandflow.testing.model.world import World
from demandflow.testing.operations import (
    LEFT,
    TOGETHER,
    WAYS,
    Ask,
    Batch,
    History,
    Operation,
    RunPolicies,
    Upset,
    steps_of,
)
from demandflow.testing.playing.law import Played
from demandflow.testing.playing.player import Player
from demandflow.testing.playing.upsets import UPSETS

KNOWN: Mapping[type, Collection[str]] = {Step: WAYS, Batch: TOGETHER, RunPolicies: LEFT, Upset: UPSETS}
"""What may be said of each kind of operation."""
OPERATIONS = tuple(kind.__name__ for kind in get_args(Operation))


@contextmanager
def play(
    workflow: Workflow,
    operations: Iterable[Operation],
    environment: Environment = PLAIN,
    *,
    open: Callable[..., DemandFlow] = DemandFlow.open,  # noqa: A002
    url: str | None = None,
) -> Iterator[Played]:
    """Play this on a new DemandFlow and beside it on the model; the flow is closed at the end of the `with` block.

    Where they differ, `difference` says so, and nothing more is played. `open` is called as `DemandFlow.open(url,
    workflows=…, clock=…, new_id=…)`, with what else the environment has (`zone`, `keep`, `policies`, `tenant`,
    `backdating`, `late_entry`), first for an empty log, later for the same or for a copy of it. Raises InvalidValue for
    a move that the workflow does not have, or a demand that was never registered.
    """
    history = History(workflow, tuple(operations), environment)
    _check(history)
    player = Player(workflow, environment, open=open, url=url)
    try:
        played = Played(history, player)
        for operation in history.operations:
            if not _goes_on(played, operation):
                break
        yield played
    finally:
        player.close()


@contextmanager
def by_lot(
    workflow: Workflow,
    dice: Random,
    given: Given,
    most: int,
    open: Callable[..., DemandFlow] = DemandFlow.open,  # noqa: A002
) -> Iterator[Played]:
    """Play about so many operations after the prelude of the theme, drawn one by one, and ask questions at the end."""
    environment = any_environment(dice)
    player = Player(workflow, environment, open=open)
    operations: list[Operation] = []
    played = Played(History(workflow, (), environment, frozenset(given)), player)
    try:
        drawing = Drawing(player.world, dice, given, environment)
        about_policies = drawing.theme.about == POLICIES
        number = (dice.choice((most if about_policies else most // 3, most, most)) or 1) + drawing.prelude
        end = number + drawing.theme.questions
        while len(operations) < end:
            at_the_end, before = len(operations) >= number, tuple(operations)
            try:
                operation = drawing.asking.question(dice.randrange(6)) if at_the_end else drawing.operation()
                if operation is None:
                    end -= 1
                    continue
                operations.append(operation)
                if not _goes_on(played, operation):
                    break
            except Unanswered as error:
                raise Untold(History(workflow, before, environment, frozenset(given)), str(error)) from error
        played.history = History(workflow, tuple(operations), environment, frozenset(given))
        yield played
    finally:
        player.close()


def _goes_on(played: Played, operation: Operation) -> bool:
    """Whether demandflow and the model agree on this, too."""
    try:
        played.player.do(operation)
    except AssertionError as difference:
        played.difference = difference
    return played.difference is None


def _check(history: History) -> None:
    """Raise InvalidValue for what could never be done: on no demand, or by no move of the workflow."""
    registered, world = set[int](), World(history.workflow, history.environment)
    for number, one in enumerate(history.operations, start=1):
        if not isinstance(one, Operation):
            raise InvalidValue("operations", f"{number} must be a {listed(OPERATIONS)}, got {brief(one)}")
        if isinstance(one, Batch) and not one.steps:
            raise InvalidValue("operations", f"{number} is a Batch without steps")
        for part in (one, *(one.steps if isinstance(one, Batch) else ())):
            said = part.what if isinstance(part, RunPolicies | Upset) else getattr(part, "way", None)
            if not isinstance(part, Ask) and said not in KNOWN[type(part)]:
                possible = listed(KNOWN[type(part)])
                raise InvalidValue("operations", f"{number}: {brief(said)} is unknown (possible: {possible})")
        for step in steps_of(one):
            if not (isinstance(one, Batch) and one.migrates):
                _check_step(world, number, step, registered)


def _check_step(world: World, number: int, step: Step, registered: set[int]) -> None:
    workflow = world.workflow
    names = dict.fromkeys(move.name for flow in (workflow, world.beside) for move in flow.moves)
    if step.move not in names:
        near = get_close_matches(step.move, names, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else f" (it has {listed(names)})"
        raise InvalidValue("operations", f"step {number}: {workflow.key} has no move {step.move!r}{hint}")
    if (kind := world.starting(step)) is not None:
        flows = [flow for flow in world.workflows.values() if flow.of is kind]
        start = next((name for flow in flows if (name := flow.move_of(type(step.fact), ""))), None)
        if step.move != start:
            raise InvalidValue("operations", f"step {number}: {type(step.fact).__name__} is registered by {start!r}")
        registered |= {step.demand, world.id_of(step).int}
    elif isinstance(step.fact, Merged) and step.fact.into.int not in registered:
        raise InvalidValue("operations", f"step {number}: demand {step.fact.into} was not registered before")
    elif step.demand not in registered:
        raise InvalidValue("operations", f"step {number} is of demand {step.demand}, which no step before registers")
