"""Playing histories: those that are given, and others by lot."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from random import Random

from demandflow.application import DemandFlow
from demandflow.domain.facts import Merged, Registered
from demandflow.domain.workflow import Workflow
from demandflow.errors import InvalidValue, brief, listed
from demandflow.testing.drawing import Drawing, Given, Untold
from demandflow.testing.environments import PLAIN, Environment, any_environment
from demandflow.testing.law import Played
from demandflow.testing.model.table import Unanswered
from demandflow.testing.model.world import Step
from demandflow.testing.operations import Ask, Batch, History, Operation, RunPolicies, Upset, steps_of
from demandflow.testing.player import Player
from demandflow.testing.themes import POLICIES
from demandflow.testing.upsets import UPSETS

OPERATIONS = ("Step", "Batch", "Ask", "RunPolicies", "Upset")


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
    workflows=…, clock=…, new_id=…)`, with `zone`, `keep` and `policies` where the environment has them, and must give
    an empty log. Raises InvalidValue for a move that the workflow does not have, or a demand that was never registered.
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
    """Play so many operations, drawn one after the other, and ask a few questions at the end."""
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
            at_the_end = len(operations) >= number
            try:
                operation = drawing.asking.question(dice.randrange(6)) if at_the_end else drawing.operation()
            except Unanswered as error:
                raise Untold(History(workflow, tuple(operations)), str(error)) from error
            if operation is None:
                end -= 1
                continue
            operations.append(operation)
            if not _goes_on(played, operation):
                break
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
    registered = set[int]()
    for number, one in enumerate(history.operations, start=1):
        if not isinstance(one, Step | Batch | Ask | RunPolicies | Upset):
            raise InvalidValue("operations", f"{number} must be a {listed(OPERATIONS)}, got {brief(one)}")
        if isinstance(one, Upset) and one.what not in UPSETS:
            raise InvalidValue("operations", f"{number}: {brief(one.what)} is unknown (possible: {listed(UPSETS)})")
        for step in steps_of(one):
            if not (isinstance(one, Batch) and one.migrates):
                _check_step(history.workflow, number, step, registered)


def _check_step(workflow: Workflow, number: int, step: Step, registered: set[int]) -> None:
    names = dict.fromkeys(move.name for move in workflow.moves)
    if step.move not in names:
        near = get_close_matches(step.move, names, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else f" (it has {listed(names)})"
        raise InvalidValue("operations", f"step {number}: {workflow.key} has no move {step.move!r}{hint}")
    if isinstance(step.fact, Registered):
        start = workflow.move_of(type(step.fact), "")
        if step.move != start:
            raise InvalidValue("operations", f"step {number}: {type(step.fact).__name__} is registered by {start!r}")
        registered.add(step.demand)
    elif isinstance(step.fact, Merged) and step.fact.into.int not in registered:
        raise InvalidValue("operations", f"step {number}: demand {step.fact.into} was not registered before")
    elif step.demand not in registered:
        raise InvalidValue("operations", f"step {number} is of demand {step.demand}, which no step before registers")
