"""The policies that a log is opened with: whether they can act, and what sets one setup apart from another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import lru_cache
from hashlib import sha256
from typing import Any

from demandflow.domain.demand import Demand
from demandflow.domain.fact import Fact
from demandflow.domain.values import Role
from demandflow.domain.versions.workflows import of_demands
from demandflow.domain.workflow import Workflow
from demandflow.errors import Defect, InvalidValue, brief, listed
from demandflow.policies.parameters import check_name
from demandflow.policies.policy import Policy

SHIPPED = 1
"""To be raised when a shipped policy asks for something else with the same parameters: agendas are then made again."""
PARTS = ("name", "on", "records", "timers", "then")


def checked(policies: Any, workflows: Mapping[str, Workflow]) -> tuple[Policy, ...]:
    """The policies, if each can act under each workflow of demands: they are asked about nothing else. InvalidValue."""
    if not isinstance(policies, list | tuple):
        raise InvalidValue("policies", f"must be several, for instance (Reminders(),), got {brief(policies)}")
    for policy in policies:
        _check_parts(policy)
    for name, times in Counter(policy.name for policy in policies).items():
        if times > 1:
            raise InvalidValue("policies", f"{times} are named {name!r}; give each a name of its own")
    theirs = of_demands(workflows).values() if policies else ()
    for policy in policies:
        if policy.on:
            for workflow in theirs:
                _check_moves(policy, workflow)
            if callable(check := getattr(policy, "check", None)):
                check(theirs)
    return tuple(policies)


def unwatched_clocks(policies: Sequence[Policy], workflows: Iterable[Workflow]) -> Iterator[tuple[str, Defect]]:
    """The clocks that no policy watches, where one watches others; each with the name and version of its workflow.

    A policy that watches clocks says so by a method `watches(clock)`; where none does, nobody need.
    """
    watching = [asks for one in policies if one.on and callable(asks := getattr(one, "watches", None))]
    for workflow in workflows:
        clocks = [clock.name for clock in workflow.clocks if workflow.of is Demand]
        watched = {name for name in clocks if any(watches(name) for watches in watching)}
        for name in clocks if watched else ():
            if name not in watched:
                says = f"no policy watches the clock {name!r}, and some watch {listed(sorted(watched))}"
                remedy = "add a step for it to Reminders, or say in a policy of your own that it watches(clock)"
                yield workflow.key, Defect("unwatched", says, remedy)


def setup_of(policies: Sequence[Policy], workflows: Mapping[str, Workflow]) -> str:
    """A digest that changes with the policies and the workflows: an agenda is good for one setup only."""
    asking = [described(policy) for policy in policies if policy.on]
    # where nothing is asked, no workflow need be built to say so
    under = [_under(key, workflows[key]) if asking else key for key in sorted(workflows)]
    return sha256(repr((SHIPPED, asking, under)).encode()).hexdigest()[:32]


@lru_cache(maxsize=16)
def _under(key: str, workflow: Workflow) -> Any:
    return described((key, workflow.states, workflow.moves, workflow.clocks))


def described(value: Any) -> Any:
    """What a value is made of: the same in every process, whatever the order of sets and the places in memory."""
    if isinstance(value, Enum) or value is None or isinstance(value, str | int | float | bytes):
        return repr(value)
    if isinstance(value, frozenset | set):
        return sorted(map(repr, map(described, value)))
    if isinstance(value, Mapping):
        return sorted((repr(described(key)), described(part)) for key, part in value.items())
    if isinstance(value, list | tuple):
        return [described(part) for part in value]
    kind = f"{type(value).__module__}.{type(value).__qualname__}"
    if is_dataclass(value) and not isinstance(value, type):
        return [kind, *(described(getattr(value, field.name)) for field in fields(value))]
    if isinstance(value, type) or callable(value):
        made_with = described(getattr(value, "made_with", None))
        return [getattr(value, "__module__", ""), getattr(value, "__qualname__", kind), made_with]
    return [kind, described(vars(value))] if hasattr(value, "__dict__") else [kind, str(value)]


def _check_parts(policy: Any) -> None:
    missing = [part for part in PARTS if not hasattr(policy, part)]
    if isinstance(policy, type) or missing:
        made = f"make one of it: {policy.__name__}(…)" if isinstance(policy, type) else f"it has no {missing[0]}"
        raise InvalidValue("policies", f"{brief(policy)} is no policy; {made} (a policy has {', '.join(PARTS)})")
    check_name(policy.name, policy.on)
    facts = policy.records if isinstance(policy.records, list | tuple) else (None,)
    if not all(isinstance(fact, type) and issubclass(fact, Fact) for fact in facts):
        problem = f"records is a tuple of classes of facts, got {brief(policy.records)}"
        raise InvalidValue(f"policy {policy.name}", problem)


def _check_moves(policy: Policy, workflow: Workflow) -> None:
    for fact in policy.records:
        if not any(workflow.may_record(state.name, fact, Role.POLICY) for state in workflow.states):
            problem = f"policy {policy.name} records {fact.__name__}, which no move of {workflow.key} lets it do"
            word = getattr(fact, "TOPIC", "").rpartition(".")[2]
            remedy = f"add one, for instance Move({word!r}, {fact.__name__}, …, by=Role.POLICY)"
            raise InvalidValue("policies", f"{problem}; {remedy}, or switch the policy off (on=False)")
