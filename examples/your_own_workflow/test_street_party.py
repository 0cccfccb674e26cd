"""The property tests of a town's own workflow: run them with `pytest examples/your_own_workflow`."""

from __future__ import annotations

from hypothesis import settings
from street_party import STREET_PARTY, Advised, PartyPlanned, nobody_decides_on_their_own_party

from demandflow import Actor, RuleBroken
from demandflow.facts import Reported
from demandflow.testing import Played, a, as_state_machine, as_test_case, check, given, step

TestEveryLaw = as_test_case(STREET_PARTY, max_examples=5)  # more by night
TestAnySequence = as_state_machine(STREET_PARTY).TestCase
TestAnySequence.settings = settings(max_examples=5, stateful_step_count=20, deadline=None)
BIG = a(PartyPlanned, resident="Anna", guests=90)
ADVISED = [step(Advised(office=office, objects=False), move=f"{office} advice") for office in ("fire", "road")]


def big_parties_are_advised_on_twice(played: Played) -> None:
    """No decision on a big party before both offices have spoken."""
    for demand in played.demands:
        moves = [event.stamp.move for event in played.recorded(demand)]
        if played.flow.demand(demand).attributes["guests"] > 20 and "decide" in moves:
            spoke = {"fire advice", "road advice"} & set(moves[: moves.index("decide")])
            assert len(spoke) == 2, f"only {spoke or 'nobody'} spoke"


def test_nobody_gets_round_our_own_rules() -> None:
    rule = {"decide": nobody_decides_on_their_own_party}
    check(STREET_PARTY, rules=rule, also=[big_parties_are_advised_on_twice], max_examples=10)  # more by night


def test_a_clerk_who_lives_there_does_not_decide() -> None:
    anna = Actor("Anna", "clerk")
    party = given(BIG, *ADVISED, workflow=STREET_PARTY)
    party.when(Reported(resolved=True, words="have fun"), by=anna).refused(RuleBroken, match="Anna asked for this")
    party.when(Reported(resolved=True, words="have fun")).then(Reported(resolved=True, words="have fun"))
