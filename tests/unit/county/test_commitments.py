"""Commitments: kept, late or broken is told by when they were claimed, and by those they were made to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given as given_any
from hypothesis import strategies as st

from demandflow import Actor, DemandFlow, Grade, InvalidValue, MoveNotAllowed, RoleNotAllowed, RuleBroken, rules
from demandflow.domain.county.people.commitments import (
    COMMITMENT,
    Judged,
    Progressed,
    Promised,
    commitment,
    it_is_given_to_who_promised,
    nobody_audits_their_own_promise,
    only_who_promised,
    the_date_has_passed,
)
from demandflow.facts import ContractedOut, Corrected, Refused, Reported, Stepped, Withdrawn
from demandflow.testing import FrozenClock, Played, a, check, given, step
from tests.profiles import examples

BEGAN, DAY = FrozenClock().now, timedelta(days=1)
DATE = BEGAN + 10 * DAY
ANNA, AUDITOR, ZHANG = Actor("Anna", "resident"), Actor("chen", "auditor"), Actor("Zhang", "contractor")
PROMISED = a(Promised, resident="Anna", promiser="Zhang", measure="lamps mended", target=12, due=DATE)
PUBLISHED = (PROMISED, step(ContractedOut(contractor="Zhang"), by=AUDITOR))
CLAIM = step(Reported(resolved=True, words="all twelve"), by=ZHANG)
YES = Judged(resolved=True, grade=Grade.SATISFIED)
NO = Judged(resolved=False, grade=Grade.DISSATISFIED)
NOT_YET = Judged(resolved=False, grade=Grade.DISSATISFIED, due=DATE)
DATES = st.sampled_from([BEGAN + days * DAY for days in (10, 60, 400)])
PROMISERS = st.sampled_from(("水电队", "水电队", "legal aid"))
FACTS: dict[Any, Any] = {
    Promised: st.builds(
        partial(a, Promised),
        promiser=PROMISERS,
        resident=st.sampled_from(("张三", "zhao")),
        shared_with=st.none() | st.just(("Zoë",)),
        due=DATES,
    ),
    ContractedOut: st.builds(ContractedOut, contractor=PROMISERS),
    Reported: st.sampled_from((CLAIM.fact, CLAIM.fact, a(Reported, resolved=False))),
    Judged: st.just(YES) | st.just(NO) | DATES.map(lambda date: a(Judged, resolved=False, due=date)),
}
"""What fits together more often than what the kit makes up: of those who act in its histories, for near dates."""


def how_it_ended_is_told_by_the_claim(played: Played) -> None:
    """Kept was claimed by the date, late after it, whenever it was confirmed; nothing lapses before the date."""
    for demand in played.demands:
        events = played.recorded(demand)
        date, claimed, last = events[0].fact.due, None, BEGAN  # type: ignore[attr-defined]
        for event in events:
            last = max(last, event.meta.happened)
            state = event.stamp.state
            if event.stamp.move == "claim":
                claimed = last
            elif event.stamp.move == "confirm" and state in ("kept", "late"):
                assert claimed is not None
                assert (claimed <= date) == (state == "kept"), f"{state}, claimed {claimed}, by {date}"
            elif event.stamp.move == "confirm" and state == "published":
                assert last < date, "published again though no time was left"
            elif event.stamp.move == "lapse":
                assert last > date, f"lapsed {last}, by {date}"


def the_date_stays(played: Played) -> None:
    """Whatever happens, the clock of the promise is due on the date that was promised."""
    for demand in played.demands:
        clocks = [
            one for event in played.recorded(demand) for one in event.stamp.clocks or () if one.clock == "promise"
        ]
        assert {one.due for one in clocks} == {played.recorded(demand)[0].fact.due}  # type: ignore[attr-defined]


def nobody_judges_their_own_promise(played: Played) -> None:
    """Who promised neither publishes nor confirms it, and those it was made to do not claim it."""
    for demand in played.demands:
        now = played.flow.demand(demand)
        for event in played.recorded(demand):
            theirs = event.meta.actor.speaks_for(now.attributes["promiser"])
            assert event.stamp.move not in ("publish", "confirm") or not theirs
            assert event.stamp.move not in ("claim", "progress", "withdraw") or theirs
            assert event.stamp.move != "claim" or event.meta.actor.id not in now.residents


LAWS = [how_it_ended_is_told_by_the_claim, the_date_stays, nobody_judges_their_own_promise]
RULES: dict[str, Any] = {
    "confirm": rules.nobody_evaluates_their_own_work,
    "publish": [it_is_given_to_who_promised, nobody_audits_their_own_promise],
    "lapse": the_date_has_passed,
    "progress": only_who_promised,
}


@pytest.mark.long
def test_commitments_keep_all_laws() -> None:
    assert check(COMMITMENT, rules=RULES, also=LAWS, facts=FACTS, max_examples=examples(4)).advice == ()


@given_any(
    claimed=st.integers(-5, 5).map(lambda hours: DATE + timedelta(hours=hours)),
    confirmed=st.integers(0, 40 * 24).map(lambda hours: timedelta(hours=hours)),
)
def test_kept_or_late_is_told_by_the_claim_and_not_by_the_confirmation(claimed: datetime, confirmed: timedelta) -> None:
    with DemandFlow.open("memory:", workflows=(COMMITMENT,), clock=(clock := FrozenClock())) as flow:
        demand = flow.start(PROMISED, by=ZHANG).id
        flow.act(demand, "publish", ContractedOut(contractor="Zhang"), by=AUDITOR)
        clock.now = claimed
        flow.act(demand, "claim", a(Reported, resolved=True), by=ZHANG)
        clock.now += confirmed
        assert not flow.board(overdue=True).rows or confirmed > 29 * DAY, "only the confirmation can be overdue"
        ended = flow.act(demand, "confirm", YES, by=ANNA)
        in_time = claimed <= DATE
        assert (ended.state, ended.ended_as) == ("kept" if in_time else "late", "closed")
        promise = flow.figures().clock("promise")
        assert (promise.met, promise.missed) == ((1, 0) if in_time else (0, 1))


def test_a_promise_is_checked_published_worked_on_claimed_and_confirmed() -> None:
    half = Progressed(done=6, evidence="photos of six")
    story = given(*PUBLISHED, step(half, by=ZHANG), CLAIM, workflow=COMMITMENT)
    kept = story.when(YES, by=ANNA, after=60 * DAY).then(YES).demand
    assert (kept.state, kept.ended_as, kept.round) == ("kept", "closed", 1)
    assert {"promiser": "Zhang", "target": 12, "done": 6}.items() <= kept.attributes.items()


def test_late_is_what_was_claimed_after_its_date() -> None:
    late = given(*PUBLISHED, workflow=COMMITMENT).when(CLAIM.fact, by=ZHANG, after=11 * DAY).when(YES, by=ANNA).demand
    assert (late.state, late.ended_as) == ("late", "closed")
    given(*PUBLISHED, workflow=COMMITMENT).when(CLAIM.fact, by=ZHANG, after=11 * DAY).when(NO, by=ANNA).then(NO)


def test_not_confirmed_while_time_is_left_it_can_be_made_good_until_its_date() -> None:
    claimed = given(*PUBLISHED, CLAIM, workflow=COMMITMENT)
    claimed.when(NO, by=ANNA).refused(RuleBroken, match="until 2025-03-11 08:00 UTC; say so")
    later = Judged(resolved=False, grade=Grade.DISSATISFIED, due=DATE + DAY)
    claimed.when(later, by=ANNA).refused(RuleBroken, match="can be made good until")
    claimed.when(Judged(resolved=True, grade=Grade.SATISFIED, due=DATE), by=ANNA).refused(RuleBroken, match="not moved")
    again = claimed.when(NOT_YET, by=ANNA).then(NOT_YET)
    assert (again.demand.state, again.demand.round, again.demand.next_due) == ("published", 2, DATE)
    assert again.when(CLAIM.fact, by=ZHANG).when(YES, by=ANNA).demand.state == "kept"


def test_not_confirmed_it_is_broken_once_no_time_is_left_or_it_was_claimed_too_often() -> None:
    claimed = given(*PUBLISHED, CLAIM, workflow=COMMITMENT)
    assert claimed.when(NO, by=ANNA, after=10 * DAY).demand.state == "broken"
    not_yet = step(NOT_YET, by=ANNA)
    third = given(*PUBLISHED, CLAIM, not_yet, CLAIM, not_yet, CLAIM, workflow=COMMITMENT)
    broken = third.when(NO, by=ANNA).demand
    assert (broken.state, broken.ended_as, broken.round) == ("broken", "closed", 3)
    assert given(*PUBLISHED, CLAIM, workflow=commitment("c", claims=1)).when(NO, by=ANNA).demand.state == "broken"


def test_what_is_not_claimed_lapses_once_its_date_has_passed() -> None:
    published = given(*PUBLISHED, workflow=COMMITMENT)
    early = timedelta(days=10) - timedelta(minutes=2)
    published.when(a(Stepped), move="lapse", after=early).refused(
        RuleBroken, match="can be kept until 2025-03-11 08:00"
    )
    policy = Actor("lapsing", "policy")
    lapsed = published.when(a(Stepped), move="lapse", by=policy, after=early + timedelta(microseconds=1)).demand
    assert (lapsed.state, lapsed.clock("promise").status) == ("broken", "missed")
    given(*PUBLISHED, CLAIM, workflow=COMMITMENT).when(a(Stepped), move="lapse", after=11 * DAY).refused(MoveNotAllowed)


def test_what_is_done_with_a_promise_is_recorded_by_these_words() -> None:
    words = "promise publish refuse progress claim withdraw confirm lapse correct escalate note notify move_over"
    assert {move.name for move in COMMITMENT.moves} == set(words.split())


def test_it_is_withdrawn_with_a_reason_and_in_time() -> None:
    published = given(*PUBLISHED, workflow=COMMITMENT)
    why = Withdrawn(reason="the lamps are the power company's")
    for promise in (given(PROMISED, workflow=COMMITMENT), published):
        promise.when(Withdrawn(), by=ZHANG).refused(RuleBroken, match="say why")
        promise.when(why, by=Actor("Wei", "contractor")).refused(RuleBroken, match="does not speak for Zhang")
    published.when(why, by=ZHANG, after=11 * DAY).refused(RuleBroken, match="cannot be withdrawn")
    assert published.when(why, by=ZHANG).demand.ended_as == "withdrawn"
    assert given(PROMISED, workflow=COMMITMENT).when(why, by=ZHANG, after=11 * DAY).demand.state == "withdrawn"


def test_nobody_checks_publishes_claims_or_confirms_what_is_not_theirs_to() -> None:
    promised, published = given(PROMISED, workflow=COMMITMENT), given(*PUBLISHED, workflow=COMMITMENT)
    promise = ContractedOut(contractor="Zhang")
    promised.when(promise, by=Actor("Zhang", "auditor")).refused(RuleBroken, match="cannot also check it")
    promised.when(a(Refused), by=Actor("li", "auditor", "Zhang")).refused(RuleBroken, match="cannot also check it")
    promised.when(ContractedOut(contractor="Wei")).refused(RuleBroken, match="the promise of Zhang")
    promised.when(ContractedOut(contractor="Zhang", co_handlers=("Wei",))).refused(RuleBroken, match="nobody else")
    promised.when(ContractedOut(contractor="Zhang", due=DATE + DAY)).refused(RuleBroken, match="not moved")
    promised.when(promise, after=11 * DAY).refused(RuleBroken, match="which has passed")
    published.when(a(Progressed), by=Actor("Wei", "contractor")).refused(RuleBroken)
    published.when(a(Progressed), by=Actor("sun", "grid_administrator")).refused(RoleNotAllowed)
    published.when(Reported(resolved=False, words="half"), by=ZHANG).refused(RuleBroken, match="a claim says")
    published.when(a(Corrected, event=2, contractor="Wei")).refused(RuleBroken, match="the promise of Zhang")
    published.when(a(Corrected, event=1, own={"promiser": "Wei"})).refused(RuleBroken, match="the promise of Zhang")
    assert published.when(a(Corrected, event=1, own={"target": 3})).demand.attributes["target"] == 3
    claimed = given(*PUBLISHED, CLAIM, workflow=COMMITMENT)
    claimed.when(YES, by=Actor("Zhang", "resident")).refused(RuleBroken)
    claimed.when(YES, by=Actor("Zoë", "resident")).refused(RuleBroken, match="neither asked for this nor shares it")


def test_those_it_was_promised_to_do_not_claim_it_for_the_team() -> None:
    team = a(Promised, resident="Anna", promiser="team", due=DATE)
    published = given(team, ContractedOut(contractor="team"), workflow=COMMITMENT)
    anna = Actor("Anna", "contractor", "team")
    published.when(CLAIM.fact, by=anna).refused(RuleBroken, match="Anna is to say whether it was done")


def test_a_promise_is_made_to_somebody_else_for_a_day_to_come() -> None:
    nothing = given(workflow=COMMITMENT)
    made = partial(a, Promised, promiser="Zhang")
    nothing.when(made(due=DATE), by=ZHANG).refused(RuleBroken, match="say to whom")
    nothing.when(made(due=DATE, resident="Zhang"), by=ZHANG).refused(RuleBroken, match="to themselves")
    nothing.when(made(due=DATE, resident="Anna", shared_with=("Zhang",))).refused(RuleBroken, match="to themselves")
    nothing.when(made(due=DATE, resident="Anna"), by=Actor("Wei", "contractor")).refused(RuleBroken, match="for Zhang")
    nothing.when(made(due=BEGAN, resident="Anna"), by=ZHANG).refused(RuleBroken, match="which has passed")
    clerk = Actor("sun", "grid_administrator")
    assert nothing.when(made(due=DATE, resident="Anna"), by=clerk).demand.state == "registered"


@given_any(st.integers())
def test_what_is_promised_can_be_measured(number: int) -> None:
    for kind, field, least in ((Promised, "target", 1), (Progressed, "done", 0)):
        said: dict[str, Any] = {field: number, **({"due": DATE} if kind is Promised else {})}
        if number >= least:
            assert getattr(a(kind, **said), field) == number
        else:
            with pytest.raises(InvalidValue, match=field):
                a(kind, **said)


def test_it_reads_aloud_and_is_drawn() -> None:
    assert "confirm → `kept` or `late` or `broken` or `published` (resident)" in COMMITMENT.table()
    assert COMMITMENT.mermaid().startswith("stateDiagram-v2")
    assert COMMITMENT.advice == ()
    assert DATE.tzinfo is UTC
    assert "extended" not in COMMITMENT.meanings
