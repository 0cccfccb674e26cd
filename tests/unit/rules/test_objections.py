"""What each rule says when it objects, word by word (golden_objections.txt), and where exactly it begins to object."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from demandflow import CLOSED_LOOP, Actor, Grade, Proposal, Role, RuleBroken, rules
from demandflow.domain.demand import as_if
from demandflow.domain.rules.parameters import numbered
from demandflow.errors import InvalidValue
from demandflow.facts import Corrected, Evaluated, Extended, ExtensionAsked, Merged, Suspended
from tests.stories import DAY, OPEN_OTHER, T0, TEAM, Story, told
from tests.unit.rules.rule_book import EXAMPLES

GOLDEN = Path(__file__).parent / "golden_objections.txt"
MINUTE = timedelta(minutes=1)


def spoken() -> dict[str, list[str]]:
    """What each rule says in its examples, each sentence once."""
    said: dict[str, list[str]] = {}
    for example in EXAMPLES:
        with pytest.raises(RuleBroken) as refused:
            example.scene.play(CLOSED_LOOP, **example.otherwise)
        for rule, sentence in refused.value.objections:
            if sentence not in said.setdefault(rule, []):
                said[rule].append(sentence)
    return said


def written() -> str:
    return "\n\n".join("\n".join((rule, *(f"  {one}" for one in told))) for rule, told in sorted(spoken().items()))


def test_the_rules_object_in_these_words() -> None:
    assert written() == GOLDEN.read_text(encoding="utf-8").strip()


def objection(rule: Any, demand: Any, move: str, fact: Any, by: Actor, at: Any = T0) -> str | None:
    return rule(demand, Proposal(move, fact, by, at, OPEN_OTHER if isinstance(fact, Merged) else None))  # type: ignore[no-any-return]


@pytest.mark.parametrize("later", [-MINUTE, 0 * MINUTE, MINUTE])
def test_an_extension_is_later_than_the_due_moment_and_than_now(later: timedelta) -> None:
    demand = told("register accept contract_out take_on")
    for fact in (ExtensionAsked(until=T0 + 9 * DAY + later, reason="frost"), Extended(due=T0 + 9 * DAY + later)):
        said = objection(rules.an_extension_asks_for_later, demand, "extend", fact, TEAM, T0 + 9 * DAY)
        assert (said is None) == (later > 0 * MINUTE)


def test_what_went_cannot_be_corrected_and_is_named() -> None:
    demand = as_if(told("register accept contract_out take_on"), version=9, missing=((2, 3), (5, 5)))
    fact = Corrected(event=99, reason="misread", resolved=True)
    said = objection(rules.a_correction_names_an_earlier_event, demand, "correct", fact, TEAM)
    went = "without 2 to 3, which went, without 5 to 5, which went"
    assert said == f"there is no event 99; this demand has events 1 to 9, {went}"


@pytest.mark.parametrize("later", [-MINUTE, 0 * MINUTE, MINUTE])
def test_a_suspension_is_looked_at_again_after_it_began(later: timedelta) -> None:
    fact, demand = Suspended(reason="frost", review=T0 + later), told("register accept contract_out take_on")
    said = objection(rules.a_suspension_has_a_review_date, demand, "suspend", fact, TEAM)
    assert (said is None) == (later > 0 * MINUTE)


@pytest.mark.parametrize("earlier", [0 * MINUTE, MINUTE])
def test_what_takes_effect_at_the_moment_of_the_last_step_does_not_run_backwards(earlier: timedelta) -> None:
    demand = told("register accept")
    assert demand.last is not None
    said = objection(rules.times_do_not_run_backwards, demand, "merge", Merged(into=OPEN_OTHER.id), TEAM, demand.last)
    assert said is None
    said = objection(
        rules.times_do_not_run_backwards, demand, "merge", Merged(into=OPEN_OTHER.id), TEAM, demand.last - earlier
    )
    assert (said is None) == (earlier == 0 * MINUTE)


@pytest.mark.parametrize("days", [6, 7, 8])
def test_a_notice_hangs_and_a_window_is_open_to_the_very_moment(days: int) -> None:
    notified = told("register_anonymous accept contract_out take_on report notify")
    assert notified.told_at is not None
    at = notified.told_at + days * DAY
    hangs = objection(rules.the_notice_period_is_over(7), notified, "end_notice", None, TEAM, at)
    assert (hangs is None) == (days >= 7)
    withdrawn = told("register withdraw")
    assert withdrawn.ended is not None
    shut = objection(
        rules.the_reopening_window_is_open(7), withdrawn, "reopen", None, TEAM, withdrawn.ended + days * DAY
    )
    assert (shut is None) == (days <= 7)


@pytest.mark.parametrize("at", [3, 5])
def test_who_handled_it_corrects_own_fields_of_what_came_before_their_report(at: int) -> None:
    demand = told("register accept contract_out take_on report")
    fact = Corrected(event=at, reason="typo", own={"cost": 3})  # type: ignore[arg-type]
    said = objection(rules.nobody_corrects_the_verdict_on_their_own_work, demand, "correct", fact, TEAM)
    assert (said is None) == (at == 3)


@pytest.mark.parametrize("fields", [{"resolved": True}, {"grade": Grade.SATISFIED}, {"contractor": "x"}])
def test_who_handled_it_corrects_neither_word_nor_grade_of_the_evaluation_but_may_the_rest(
    fields: dict[str, Any],
) -> None:
    demand, fact = told("register accept contract_out take_on report"), Corrected(event=3, reason="typo", **fields)
    rule = rules.nobody_corrects_the_verdict_on_their_own_work
    assert (objection(rule, demand, "correct", fact, TEAM) is None) == ("contractor" in fields)
    assert objection(rule, demand, "correct", fact, Actor("sun", Role.SUPERVISOR)) is None


@pytest.mark.parametrize(
    ("by", "written_by", "objects"),
    [
        (Actor("张三", "resident"), None, None),
        (Actor("张三", "resident"), "li", None),
        (Actor("张三", "resident"), "chen", "chen handled this demand and cannot also evaluate it"),
        (Actor("chen", "resident"), None, "chen handled this demand and cannot also evaluate it"),
        (Actor("he", "resident", "repair team"), None, "he handled this demand and cannot also evaluate it"),
        (Actor("he", "resident", "repair team"), "li", "he handled this demand and cannot also evaluate it"),
        (Actor("he", "resident", "another team"), "li", None),
    ],
)
def test_neither_who_handled_it_nor_their_team_evaluates_it_or_writes_that_down(
    by: Actor, written_by: str | None, objects: str | None
) -> None:
    demand = told("register accept contract_out take_on report feed_back")
    fact = Evaluated(resolved=True, grade=Grade.SATISFIED, written_by=written_by)
    assert objection(rules.nobody_evaluates_their_own_work, demand, "evaluate", fact, by) == objects


@pytest.mark.parametrize("event", [0, 1, 2, 3])
def test_a_correction_names_one_of_the_events_from_the_first_to_the_last(event: int) -> None:
    demand, fact = told("register sort"), Corrected(event=event, reason="typo", category="x")  # type: ignore[arg-type]
    said = objection(rules.a_correction_names_an_earlier_event, demand, "correct", fact, TEAM)
    assert (said is None) == (event in (1, 2))
    assert objection(rules.a_correction_replaces_what_the_event_says, demand, "correct", fact, TEAM) is None


def test_of_what_cannot_be_corrected_nothing_can_be_replaced() -> None:
    story = Story().tell("register accept")
    fact = Corrected(event=2, reason="typo", resolved=True)
    said = objection(rules.a_correction_replaces_what_the_event_says, story.demand, "correct", fact, TEAM)
    assert said == "event 2 is Accepted: a correction can replace nothing of it"


def test_a_numbered_rule_is_made_once_for_each_number_and_says_how() -> None:
    made = []

    @numbered
    def it_is_the_last(calls: int, rounds: int = 3) -> Any:
        def it_is_the_last(demand: Any, proposal: Any) -> bool:
            return bool(demand.missed_callbacks >= calls or demand.round >= rounds)

        made.append((calls, rounds))
        return it_is_the_last

    one: Any = it_is_the_last(2)
    assert it_is_the_last(2, 3) is it_is_the_last(calls=2) is one
    assert it_is_the_last(3) is not one
    assert made == [(2, 3), (3, 3)]
    assert (one.made_by, one.made_with) == (it_is_the_last, {"calls": 2, "rounds": 3})
    assert it_is_the_last.takes == ("calls", "rounds")  # type: ignore[attr-defined]
    assert it_is_the_last(1, 10_000)(told("register"), None) is False
    for wrong in (0, 10_001, True, "3", 2.0):
        with pytest.raises(InvalidValue) as refused:
            it_is_the_last(1, wrong)  # type: ignore[arg-type]
        assert str(refused.value) == f"it_is_the_last: rounds must be a whole number from 1 to 10000, got {wrong!r}"


if __name__ == "__main__":
    GOLDEN.write_text(f"{written()}\n", encoding="utf-8")
