"""The kit, used as a community would use it, on workflows that have little in common."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from demandflow import CLOSED_LOOP, START, Demand, Move, Proposal, Stage, State, Workflow, rules
from demandflow.facts import Registered, Reported
from demandflow.testing import LawBroken, Played, as_state_machine, as_test_case, check
from tests.laws.long_runs import no_contracting_without_audit
from tests.profiles import examples
from tests.unit.figures.real import example

pytestmark = pytest.mark.long


def a_report_says_more_than_done(demand: Demand, proposal: Proposal[Reported]) -> str | None:
    """People want to know what was done."""
    return "say what was done" if proposal.fact.words == "ok" else None


ENQUIRY = Workflow(
    "enquiry",
    version=1,
    states=[State("asked", Stage.FEEDBACK, owner="clerk"), State("answered", Stage.ENDED, ended_as="closed")],
    moves=[
        Move("ask", Registered, START, "asked", by=("resident", "clerk")),
        Move("answer", Reported, "asked", "answered", by="clerk", means="reported",
             rules=(rules.times_do_not_run_backwards, a_report_says_more_than_done)),
    ],
    tells_nobody=True,
)  # fmt: skip

TestEnquiry = as_test_case(ENQUIRY, rules={"answer": a_report_says_more_than_done}, max_examples=examples(10))


def test_the_closed_loop_keeps_every_law_and_its_own_rules() -> None:
    kept: Any = {
        "accepted": [rules.nobody_audits_their_own_demand, rules.nobody_audits_their_own_work],
        "evaluated": rules.nobody_evaluates_their_own_work,
        "contracted_out": rules.the_auditor_is_not_the_contractor,
    }
    done = check(CLOSED_LOOP, rules=kept, also=[no_contracting_without_audit], max_examples=examples(40))
    assert done.steps > 5 * examples(40)


def test_a_law_that_does_not_hold_for_an_enquiry_is_told_in_two_lines() -> None:
    def somebody_else_answers(played: Played) -> None:
        """Who asks does not answer."""
        for demand in played.demands:
            who = [event.meta.actor.id for event in played.recorded(demand)]
            assert len(who) == len(set(who)), f"{who[0]} answered their own question"

    with pytest.raises(LawBroken, match="somebody else answers") as caught:
        check(ENQUIRY, also=[somebody_else_answers])
    assert caught.value.story.count("\n") == 1


def test_the_receipt_phase_of_a_permit_keeps_every_law(data: Path) -> None:
    receipt = example("replay_receipt")
    cases = receipt.cases_of(data / "receipt" / "receipt.csv")
    workflow = receipt.workflow_of(case.activities for case in cases)
    done = check(workflow, max_examples=10)
    assert done.histories == 10
    machine = as_state_machine(workflow)
    run_state_machine_as_test(machine, settings=settings(max_examples=2, stateful_step_count=15, deadline=None))
