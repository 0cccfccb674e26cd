"""Running the policies and giving hooks their notices: a flow does it, and what came of it is what the model says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import nullcontext, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Event
from typing import Any
from unittest.mock import patch
from uuid import UUID

from demandflow.application import DemandFlow
from demandflow.automation import follower
from demandflow.automation.notices import Notice
from demandflow.automation.runner import PolicyRun
from demandflow.errors import InvalidValue
from demandflow.testing.differs import Differs
from demandflow.testing.model.asked import Fails
from demandflow.testing.model.notices import plain
from demandflow.testing.model.policies import Policies, next_moment, parked, shown_parked
from demandflow.testing.operations import DIE, DROP, FOLLOW, RETRY, RUN, RunPolicies
from demandflow.testing.playing.agreeing import same_answer
from demandflow.testing.playing.following import until_it_waits

OFTEN, SELDOM, AT_LEAST = timedelta(seconds=5), timedelta(days=1), timedelta(milliseconds=50)
"""How often a follower is to look, and how long it waits at least."""


def run_policies(operation: RunPolicies, flow: DemandFlow, model: Policies) -> None:
    """The flow does this with its policies, and the model as well. Raises Differs where they do not do the same."""
    model.world.clock.now += operation.after
    if operation.what in (RUN, FOLLOW):
        (_run_once if operation.what == RUN else _follow)(operation, flow, model)
        ask_policies(flow, model, model.world.demands)
        same_answer("next_moment()", flow.next_moment(), next_moment(model.world))
    elif operation.what in (RETRY, DROP):
        _retry_or_drop(operation, flow, model)
    else:
        _deliver(operation, flow, model)
    there = flow.parked()
    if shown_parked(there) != (want := parked(model.world)):
        raise Differs(f"parked() after {operation.what}", there, want)
    model.known |= {(one.policy, one.demand, one.cause): one for one in there}


def ask_policies(flow: DemandFlow, model: Policies, demands: Iterable[UUID]) -> None:
    """Each policy, asked about each of these demands, says when it wants to act and what it then would do."""
    model.begin_pass()
    for it in (one for one in demands if one in model.world.demands):
        demand = flow.demand(it)
        for policy in model.policies:
            with suppress(Fails):
                want = {(wake.at, wake.cause): wake for wake in model.wakes(policy, it)}
                timers = list(policy.timers(demand, model.workflow(demand)))
                if sorted(found := [(timer.at, timer.cause) for timer in timers]) != sorted(want):
                    raise Differs(f"{policy.name}.timers(demand {it.int})", found, list(want))
                for timer in timers:
                    facts = want[timer.at, timer.cause].facts(model.now)
                    proposed = tuple(one.fact for one in policy.then(timer, demand, model))
                    if proposed != facts:
                        raise Differs(f"{policy.name}.then({timer.cause!r}, demand {it.int})", proposed, facts)


def _run_once(operation: RunPolicies, flow: DemandFlow, model: Policies) -> None:
    now = model.world.clock.now
    due = None if operation.ago is None else now - operation.ago
    _compare_run(flow.run_policies(due), due or now, model)


def _follow(operation: RunPolicies, flow: DemandFlow, model: Policies) -> None:
    """They are run and the notices given, until it would wait."""
    every, now = (OFTEN, SELDOM)[operation.number % 2], model.world.clock.now
    got, notify = _receiver(operation.number)
    told = list[Any]()
    with until_it_waits(follower) as waited:
        number = follower.follow(flow, Event(), every=every, notify=notify, tell=told.append)
    ran = next((one for one in told if isinstance(one, PolicyRun)), PolicyRun(now, (), ()))
    _compare_run(ran, now, model)
    due, (want, said) = next_moment(model.world), model.hooks.gives(replace(operation, begin=None), flow, now)
    pause = every if due is None or due - now > every else max(due - now, AT_LEAST)
    found = (number, got, waited, [type(one) for one in told])
    told_of = [PolicyRun] * bool(ran.reacted or ran.parked) + [ConnectionError] * (said is ConnectionError)
    same_answer("follow()", found, (len(ran.reacted), want, [pause.total_seconds()], told_of))


def _compare_run(ran: PolicyRun, due: datetime, model: Policies) -> None:
    """What a run did. Raises Differs."""
    reacted, newly_parked = model.reacted(due)
    found = [(one.policy, one.demand, one.cause, one.facts) for one in ran.reacted]
    counts = Counter(policy for policy, *_ in reacted)
    counted = ", ".join(f"{policy} {counts[policy]}" for policy in sorted(counts)) or "none"
    said = f"{due:%Y-%m-%d %H:%M} UTC: {counted}; {len(newly_parked)} parked"
    if found != reacted or ran.now != due or str(ran) != said:
        raise Differs(f"run_policies({due})", (str(ran), found), (said, reacted))
    if (failed := shown_parked(ran.parked)) != newly_parked:
        raise Differs(f"run_policies({due}) parks", ran.parked if len(failed) < 4 else failed, newly_parked)


def _retry_or_drop(operation: RunPolicies, flow: DemandFlow, model: Policies) -> None:
    """What is or was parked is tried again, or dropped and stays so."""
    keys = [key for key in model.known if operation.what == RETRY or key in model.parked]
    keys = keys[-operation.number :][:1] if operation.number else keys
    meant = [model.known[key] for key in keys]
    if operation.what == RETRY:
        flow.retry_parked(meant)
        model.retry(keys)
    else:
        flow.drop_parked(meant)
        model.drop(keys)


def _deliver(operation: RunPolicies, flow: DemandFlow, model: Policies) -> None:
    """Give the notices that the hook was not given; maybe the receiver fails at one of them, or the giver dies."""
    hook, begin, now = operation.hook, operation.begin, model.world.clock.now
    got, notify = _receiver(operation.number)
    answer: Any
    with patch.object(flow._deliveries, "end", str) if operation.what == DIE else nullcontext():
        try:
            answer = flow.deliver_notices(notify, hook=hook, after=begin)
        except (ConnectionError, InvalidValue) as error:
            answer = type(error)
    want, said = model.hooks.gives(operation, flow, now)
    same_answer(f"deliver_notices(hook={hook!r}, after={begin})", (answer, got), (said, want))


def _receiver(fails: int) -> tuple[list[Any], Callable[[Notice], None]]:
    """Who is given notices, and what they got; at this one they fail, at none for 0."""
    got: list[Any] = []

    def notify(notice: Notice) -> None:
        if len(got) + 1 == fails:
            raise ConnectionError("not now")
        got.append(plain(notice))

    return got, notify
