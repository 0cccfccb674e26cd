"""Checking a workflow against the laws, and reporting the shortest history that breaks one."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any
from unittest import TestCase

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy

from demandflow.application import DemandFlow
from demandflow.domain.fact import Fact
from demandflow.domain.workflow import Workflow
from demandflow.errors import InvalidValue, brief
from demandflow.testing.copying import as_test, name_of_test
from demandflow.testing.histories import STEPS, History, Untold, thrown
from demandflow.testing.law import Law
from demandflow.testing.laws import Own, Rules, laws
from demandflow.testing.machine import Tally
from demandflow.testing.playing import play
from demandflow.testing.shrinking import smallest
from demandflow.testing.telling import story

Facts = Mapping[type[Fact], SearchStrategy[Any]]


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
    """A history breaks a law: what Hypothesis makes smaller."""

    def __init__(self, history: History, law: Law, error: Exception) -> None:
        super().__init__(history, law, error)
        self.history, self.law, self.error = history, law, error


@dataclass
class Checked:
    """How much was tried: histories, steps, each move accepted and refused, and the seconds that each law took."""

    workflow: Workflow
    histories: int = 0
    steps: int = 0
    tally: Tally = field(default_factory=Tally)
    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))

    def __str__(self) -> str:
        lines = [f"{self.workflow.key}: {self.histories} histories with {self.steps} steps; no law was broken"]
        each = 1000 / max(self.histories, 1)
        lines += [f"{seconds * each:>8.2f} ms a history: {name}" for name, seconds in self.seconds.items()]
        return "\n".join([*lines, self.tally.table(self.workflow)])


def check(
    workflow: Workflow,
    *,
    rules: Rules = (),
    also: Own = (),
    max_examples: int = 200,
    max_steps: int = STEPS,
    facts: Facts | None = None,
    open: Callable[..., DemandFlow] = DemandFlow.open,  # noqa: A002
) -> Checked:
    """Play random histories of the workflow on a real DemandFlow, and hold every law against each.

    `rules` and `also` are rules and laws of your own (see laws()), `facts` strategies for fact classes of your own
    where samples by type will not do. How examples are drawn follows the Hypothesis profile in force. Raises LawBroken
    with the shortest history found, or InvalidValue.
    """
    _check_numbers(max_examples=max_examples, max_steps=max_steps)
    kept = laws(workflow, rules=rules, also=also)
    done = Checked(workflow)

    @_settings(max_examples)
    @given(thrown(workflow, facts or {}, max_steps))
    def every_law_holds(history: History) -> None:
        hold(history, kept, done, open)

    _run(every_law_holds, open)
    return done


def as_test_case(
    workflow: Workflow,
    *,
    rules: Rules = (),
    also: Own = (),
    max_examples: int = 50,
    max_steps: int = STEPS,
    facts: Facts | None = None,
    open: Callable[..., DemandFlow] = DemandFlow.open,  # noqa: A002
) -> type[TestCase]:
    """A test case for pytest or unittest with one test for each law; the arguments are those of check()."""
    _check_numbers(max_examples=max_examples, max_steps=max_steps)
    tests: dict[str, Callable[[TestCase], None]] = {}
    for one in laws(workflow, rules=rules, also=also):
        name = name_of_test(one)
        several = sum(known == name or known.startswith(f"{name}__") for known in tests)
        tests[f"{name}__{several + 1}" if several else name] = _test_of(
            workflow, one, max_examples, max_steps, facts, open
        )
    name = "".join(word.title() for word in re.split(r"[^0-9A-Za-z]+", workflow.name)) or "Workflow"
    return type(f"{name}Laws", (TestCase,), tests)


def hold(
    history: History,
    kept: Iterable[Law],
    done: Checked,
    open: Callable[..., DemandFlow] = DemandFlow.open,  # noqa: A002
) -> None:
    """Play the history and hold the laws against it. Raises Broken for the first that does not hold."""
    began = perf_counter()
    with play(history.workflow, history.steps, open=open) as played:
        done.seconds["playing"] += perf_counter() - began
        played.history = history
        for one in played.done:
            done.tally.count(one)
        for one_law in kept:
            began = perf_counter()
            try:
                answer: object = one_law.holds(played)  # type: ignore[func-returns-value]
            except InvalidValue as wrong:
                if wrong.what.startswith(("rule ", "law ")):
                    raise
                raise Broken(history, one_law, wrong) from wrong
            except Exception as error:
                raise Broken(history, one_law, error) from error
            if answer is not None:
                problem = (
                    f"must raise AssertionError where it is broken and return nothing; it returned {brief(answer)}"
                )
                raise InvalidValue(f"law {one_law.name!r}", problem)
            done.seconds[one_law.name] += perf_counter() - began
    done.histories += 1
    done.steps += len(history.steps)


def report(broken: Broken, open: Callable[..., DemandFlow] = DemandFlow.open) -> LawBroken:  # noqa: A002
    """The smallest history that breaks the law, as a story and as a test."""
    law, problem = broken.law, _said(broken.error)

    def breaks(history: History) -> bool:
        nonlocal problem
        try:
            hold(history, (law,), Checked(history.workflow), open)
        except Broken as again:
            if type(again.error) is not type(broken.error):
                return False  # a law that crashes is not the law that was broken
            problem = _said(again.error)
            return True
        except Exception:  # a history that cannot be told breaks nothing
            return False
        return False

    history = smallest(broken.history, breaks)
    name = _variable(history.workflow)
    told = story(history, history.told())
    return LawBroken(history.workflow.key, law.name, law.says, problem, told, as_test(history, law, name))


def _variable(workflow: Workflow) -> str:
    name = re.sub(r"\W+", "_", workflow.name).upper()
    return name if name.isidentifier() else f"WORKFLOW_{name}"


def _said(error: Exception) -> str:
    return str(error) if isinstance(error, AssertionError) else f"{type(error).__name__}: {error}"


def _check_numbers(**numbers: object) -> None:
    for what, number in numbers.items():
        if isinstance(number, bool) or not isinstance(number, int) or number < 1:
            raise InvalidValue(what, f"must be a whole number from 1, got {brief(number)}")


def _settings(max_examples: int) -> settings:
    return settings(
        max_examples=max_examples,
        deadline=None,
        database=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        # histories are made smaller by us, step by step: much faster, and to the end
        phases=(Phase.explicit, Phase.generate),
    )


def _run(test: Callable[[], None], open: Callable[..., DemandFlow] = DemandFlow.open) -> None:  # noqa: A002
    try:
        test()
    except Broken as broken:
        # what Hypothesis adds says less than the report does
        raise report(broken, open) from None
    except Untold as untold:
        raise _unanswered(untold) from None


def _unanswered(untold: Untold) -> LawBroken:
    """The report of a workflow whose own rule or condition raises: how far the history came."""
    history = untold.history
    told = story(history, history.told()) or "nothing had happened yet"
    name = "rules and conditions answer"
    return LawBroken(history.workflow.key, name, ANSWER, untold.problem, told, "")


def _test_of(
    workflow: Workflow,
    law: Law,
    max_examples: int,
    max_steps: int,
    facts: Facts | None,
    open: Callable[..., DemandFlow],  # noqa: A002
) -> Callable[[TestCase], None]:
    def test(self: TestCase) -> None:
        @_settings(max_examples)
        @given(thrown(workflow, facts or {}, max_steps))
        def the_law_holds(history: History) -> None:
            hold(history, (law,), Checked(workflow), open)

        _run(the_law_holds, open)

    test.__doc__ = f"{law.name}: {law.says}"
    return test
