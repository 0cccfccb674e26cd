"""Checking a workflow against the laws, and reporting the shortest history that breaks one."""

from __future__ import annotations

import re
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from random import Random
from time import perf_counter
from typing import Any
from unittest import TestCase

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from demandflow.application import DemandFlow
from demandflow.domain.fact import Fact
from demandflow.domain.workflow import Workflow
from demandflow.errors import Defect, InvalidValue, WorkflowAdvice, brief
from demandflow.testing.copying import as_test, name_of_test
from demandflow.testing.differs import Differs
from demandflow.testing.drawing.drawing import HISTORIES, LOT, OF_A_TEST_CASE, STEPS, Untold
from demandflow.testing.drawing.misses import Given
from demandflow.testing.laws.idle import Idle
from demandflow.testing.laws.laws import Own, Rules, laws
from demandflow.testing.operations import Ask, History
from demandflow.testing.playing.law import Law, Played
from demandflow.testing.playing.playing import by_lot, play
from demandflow.testing.playing.smaller import smallest
from demandflow.testing.tally import Tally
from demandflow.testing.telling import story

Facts = Mapping[type[Fact], SearchStrategy[Any]]
OF_FIVE = 2
"""What is seldom held is held against so many of five histories."""
ANSWER = "A rule returns its objection or None, a condition True or False, whatever the demand and the proposal."


class LawBroken(AssertionError):
    """A law does not hold for a workflow: what went wrong, the shortest history that shows it, and a test of it."""

    def __init__(self, workflow: str, law: str, says: str, problem: str, story: str, test: str) -> None:
        super().__init__(workflow, law, says, problem, story, test)
        self.workflow, self.law, self.says, self.problem = workflow, law, says, problem
        self.story, self.test = story, test

    def __str__(self) -> str:
        test = f"\n\nThe same as a test:\n\n{self.test}\n" if self.test else ""
        return (
            f"{self.workflow} breaks a law: {self.law}\n"
            f"  The law: {self.says}\n"
            f"  What is wrong: {self.problem}\n\n"
            f"The shortest history found that shows it:\n\n{self.story}{test}"
        )


class Broken(AssertionError):
    """A history breaks a law."""

    def __init__(self, history: History, law: Law, error: Exception) -> None:
        super().__init__(history, law, error)
        self.history, self.law, self.error = history, law, error


@dataclass
class Checked:
    """How much was tried: histories, steps, questions, each move accepted and refused, and the seconds of each law.

    `advice` names moves that were never made, and that nobody can make with any demand.
    """

    workflow: Workflow
    histories: int = 0
    steps: int = 0
    questions: int = 0
    tally: Tally = field(default_factory=Tally)
    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    advice: tuple[Defect, ...] = ()
    idle: Idle | None = field(default=None, repr=False)

    def __str__(self) -> str:
        much = f"{self.histories} histories with {self.steps} steps and {self.questions} questions"
        lines = [f"{self.workflow.key}: {much}; no law was broken"]
        each = 1000 / max(self.histories, 1)
        lines += [f"{seconds * each:>8.2f} ms a history: {name}" for name, seconds in self.seconds.items()]
        return "\n".join([*lines, self.tally.table(self.workflow), *map(str, self.advice)])


def check(
    workflow: Workflow,
    *,
    rules: Rules = (),
    also: Own = (),
    max_examples: int = HISTORIES,
    max_steps: int = STEPS,
    facts: Facts | None = None,
    open: Callable[..., DemandFlow] = DemandFlow.open,  # noqa: A002
) -> Checked:
    """Play random histories of the workflow on a real DemandFlow, and hold every law against each.

    `rules` and `also` are rules and laws of your own (see laws()), `facts` strategies for fact classes of your own
    where samples by type will not do. How examples are drawn follows the Hypothesis profile in force. Raises LawBroken
    with the shortest history found, or InvalidValue; warns (WorkflowAdvice) of moves that nobody can make.
    """
    _check_numbers(max_examples=max_examples, max_steps=max_steps)
    kept = laws(workflow, rules=rules, also=also)
    done = Checked(workflow, idle=(idle := Idle(workflow)))

    def hold_all(lot: int, drawn: Given) -> None:
        hold_by_lot(lot, workflow, drawn, max_steps, kept, done, open)

    _by_many_lots(hold_all, max_examples, facts or {}, open)
    done.advice = tuple(idle.advice())
    for advice in done.advice:
        warnings.warn(WorkflowAdvice(workflow.key, advice), stacklevel=2)
    return done


def as_test_case(
    workflow: Workflow,
    *,
    rules: Rules = (),
    also: Own = (),
    max_examples: int = OF_A_TEST_CASE,
    max_steps: int = STEPS,
    facts: Facts | None = None,
    open: Callable[..., DemandFlow] = DemandFlow.open,  # noqa: A002
) -> type[TestCase]:
    """A test case for pytest or unittest with one test for each law; the arguments are those of check().

    The first test that runs plays the histories, and holds all laws against them.
    """
    _check_numbers(max_examples=max_examples, max_steps=max_steps)
    kept = laws(workflow, rules=rules, also=also)
    broken = cache(partial(_broken_laws, workflow, kept, max_examples, max_steps, facts or {}, open))
    tests: dict[str, Callable[[TestCase], None]] = {}
    for one in kept:
        name = name_of_test(one)
        several = sum(known == name or known.startswith(f"{name}__") for known in tests)
        tests[f"{name}__{several + 1}" if several else name] = _test_of(one, broken, open)
    name = "".join(word.title() for word in re.split(r"[^0-9A-Za-z]+", workflow.name)) or "Workflow"
    return type(f"{name}Laws", (TestCase,), tests)


def hold(played: Played, kept: Iterable[Law], done: Checked) -> None:
    """Hold the laws against what was played. Raises Broken for the first that does not hold."""
    for step in played.done:
        done.tally.count(step)
    if done.idle is not None:
        done.idle.note(played)
    for law in kept:
        began = perf_counter()
        try:
            answer: object = law.holds(played)  # type: ignore[func-returns-value]
        except InvalidValue as wrong:
            if wrong.what.startswith(("rule ", "law ")):
                raise
            raise Broken(played.history, law, wrong) from wrong
        except Exception as error:
            raise Broken(played.history, law, error) from error
        if answer is not None:
            problem = f"must raise AssertionError where it is broken and return nothing; it returned {brief(answer)}"
            raise InvalidValue(f"law {law.name!r}", problem)
        done.seconds[law.name] += perf_counter() - began
    done.histories += 1
    done.steps += len(played.history.steps)
    done.questions += sum(isinstance(one, Ask) for one in played.history.operations)


def hold_by_lot(
    lot: int,
    workflow: Workflow,
    drawn: Given,
    max_steps: int,
    kept: Iterable[Law],
    done: Checked,
    open: Callable[..., DemandFlow] = DemandFlow.open,  # noqa: A002
) -> None:
    """Play a history by this lot and hold the laws against it, some of them by lot as well. Raises Broken."""
    began = perf_counter()
    with by_lot(workflow, Random(lot), drawn, max_steps, open) as played:  # noqa: S311
        done.seconds["playing"] += perf_counter() - began
        all_laws = played.history.environment.lot % 5 < OF_FIVE
        hold(played, [law for law in kept if all_laws or not law.seldom], done)


def report(broken: Broken, open: Callable[..., DemandFlow] = DemandFlow.open) -> LawBroken:  # noqa: A002
    """The smallest history that breaks the law, as a story and as a test."""
    law, problem = broken.law, _said(broken.error)

    def breaks(history: History) -> bool:
        nonlocal problem
        try:
            with play(history.workflow, history.operations, history.environment, open=open) as played:
                played.history = history
                hold(played, (law,), Checked(history.workflow))
        except Broken as again:
            if _kind(again.error) != _kind(broken.error):
                return False  # a law that crashes is not the law that was broken, and another question another matter
            problem = _said(again.error)
            return True
        except Exception:  # a history that cannot be played breaks nothing
            return False
        return False

    history = smallest(broken.history, breaks)
    test = as_test(history, law, _variable(history.workflow))
    return LawBroken(history.workflow.key, law.name, law.says, problem, story(history), test)


def _kind(error: Exception) -> tuple[object, ...]:
    """What may not change while a history is made smaller: the kind of error, and what was asked or done."""
    said = error.what.partition("(")[0].partition(" of demand")[0] if isinstance(error, Differs) else ""
    return type(error), said


def _variable(workflow: Workflow) -> str:
    name = re.sub(r"\W+", "_", workflow.name).upper()
    return name if name.isidentifier() else f"WORKFLOW_{name}"


def _said(error: Exception) -> str:
    return str(error) if isinstance(error, AssertionError) else f"{type(error).__name__}: {error}"


def _check_numbers(**numbers: object) -> None:
    for what, number in numbers.items():
        if isinstance(number, bool) or not isinstance(number, int) or number < 1:
            raise InvalidValue(what, f"must be a whole number from 1, got {brief(number)}")


def _by_many_lots(
    play_by: Callable[[int, Given], None],
    max_examples: int,
    facts: Facts,
    open: Callable[..., DemandFlow],  # noqa: A002
) -> None:
    """Play so many histories by lot. Raises LawBroken."""

    @settings(
        max_examples=max_examples,
        deadline=None,
        database=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        # histories are made smaller by us, step by step: much faster, and to the end
        phases=(Phase.explicit, Phase.generate),
    )
    @given(st.data(), LOT)
    def many(data: st.DataObject, lot: int) -> None:
        play_by(lot, {kind: partial(data.draw, strategy) for kind, strategy in facts.items()})

    try:
        many()
    except Broken as broken:
        # what Hypothesis adds says less than the report does
        raise report(broken, open) from None
    except Untold as untold:
        key, told = untold.history.workflow.key, story(untold.history) or "nothing had happened yet"
        raise LawBroken(key, "rules and conditions answer", ANSWER, untold.problem, told, "") from None


def _broken_laws(
    workflow: Workflow,
    kept: Sequence[Law],
    max_examples: int,
    max_steps: int,
    facts: Facts,
    open: Callable[..., DemandFlow],  # noqa: A002
) -> dict[str, Broken]:
    """The laws that do not hold, each with the first history that breaks it."""
    found: dict[str, Broken] = {}

    def note(lot: int, drawn: Given) -> None:
        with by_lot(workflow, Random(lot), drawn, max_steps, open) as played:  # noqa: S311
            for law in (law for law in kept if law.name not in found):
                try:
                    hold(played, (law,), Checked(workflow))
                except Broken as broken:
                    found[law.name] = broken

    _by_many_lots(note, max_examples, facts, open)
    return found


def _test_of(
    law: Law,
    broken: Callable[[], dict[str, Broken]],
    open: Callable[..., DemandFlow],  # noqa: A002
) -> Callable[[TestCase], None]:
    def test(self: TestCase) -> None:
        if law.name in broken():
            raise report(broken()[law.name], open)

    test.__doc__ = f"{law.name}: {law.says}"
    return test
