"""The rule book by example: for each rule, what it refuses. Each must fail when the rule is taken out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from demandflow import Actor, FeedbackMethod, Grade, Refusal, Role, RoleNotAllowed, RuleBroken, Workflow
from demandflow.domain.demand import as_if
from demandflow.facts import (
    ContractedOut,
    Corrected,
    Evaluated,
    Extended,
    ExtensionAsked,
    FedBack,
    Merged,
    Registered,
    Sorted,
    Suspended,
    Withdrawn,
)
from tests.stories import ANONYMOUS, CLERK, OPEN_OTHER, RESIDENT, T0, A, B, told
from tests.unit.rules.scenes import ALL, SCENES, Scene, scenes

STRANGER = Actor("stranger", Role.RESIDENT)
OTHER_TEAM = Actor("he", Role.CONTRACTOR, "another team")
MINE = {"representative": "wang"}
WRITTEN_DOWN = Evaluated(resolved=True, grade=Grade.SATISFIED, written_by="chen")


ALSO_HANDLED = {"representative": "daughter", "workers": frozenset({"daughter"})}
SHARER = {"shared_with": ("stranger",)}
SATISFIED = Corrected(event=7, reason="typo", grade=Grade.SATISFIED)


@dataclass(frozen=True)
class Example:
    """Played otherwise, the scene is refused by the rule."""

    rule: str
    scene: Scene
    otherwise: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.rule}--{self.scene}"

    def check(self, workflow: Workflow) -> None:
        """Raises AssertionError unless the rule refuses it."""
        try:
            self.scene.play(workflow, **self.otherwise)
        except RuleBroken as refusal:
            assert self.rule in refusal.rules, f"{self.rule} did not object"
            assert str(refusal).startswith(f"cannot {self.scene.move}: "), str(refusal)
        else:
            raise AssertionError(f"{self.rule} did not object")


def each(rule: str, *steps: str, **otherwise: Any) -> Iterator[Example]:
    """The same example in each scene of these steps."""
    return (Example(rule, scene, otherwise) for scene in scenes(*steps))


def from_state(state: str, *steps: str) -> Iterator[Scene]:
    """The scenes of these steps whose steps before lead to the state."""
    return (scene for scene in scenes(*steps) if _stands(scene) == state)


def _stands(scene: Scene) -> str:
    return told(scene.before).state


CLOSING_BY_CLERK = [scene for scene in scenes("miss_callback", "end_notice") if scene.leads_to == "closed"]
HANDLED = {"workers": frozenset({"chen", "wang", "li", "zhao", "张三", "repair team"})}
AUDITED = {"auditors": frozenset({"chen", "sun", "li", "wang", "zhao"})}
SHARED = {"shared_with": ("wang", "zhao")}
DAUGHTER = Actor("daughter", Role.RESIDENT)
WROTE = {"representative": "daughter", "clerks": frozenset({"daughter"})}
HE_DID_IT = Corrected(event=3, reason="it was another", contractor="张三")

EXAMPLES: list[Example] = [
    # times
    *(
        Example("times_do_not_run_backwards", scene, {"earlier": 2 + scene.days_later})
        for scene in SCENES
        if scene.move not in ("register", "correct")
    ),
    *each("times_do_not_run_backwards", "merge", other=as_if(OPEN_OTHER, last=T0.replace(year=2026))),
    # who may act for whom
    *each("nobody_registers_in_anothers_name", "register", by=STRANGER),
    *each(
        "a_representative_represents_somebody",
        "register",
        fact=Registered(**{**ANONYMOUS.__dict__, "representative": "daughter"}),
    ),
    *each("a_resident_acts_for_their_own_demand", "withdraw", "reopen", "appeal", by=STRANGER),
    *each("a_resident_acts_for_their_own_demand", "withdraw", "reopen", "appeal", by=STRANGER, demand=SHARER),
    *each("a_resident_acts_for_their_own_demand", "withdraw", demand={"resident": None}, by=RESIDENT),
    *each("a_resident_acts_for_a_demand_they_share", "give_details", "evaluate", "note", by=STRANGER),
    *each("a_resident_acts_for_a_demand_they_share", "evaluate", demand={"resident": None}),
    *each("a_clerk_withdraws_on_the_residents_word", "withdraw", by=CLERK, fact=Withdrawn()),
    *each("a_clerk_withdraws_on_the_residents_word", "withdraw", by=CLERK, fact=Withdrawn(asked_by="sister")),
    *each("a_clerk_withdraws_on_the_residents_word", "withdraw", by=CLERK, demand={"resident": None}),
    *each(
        *("a_clerk_withdraws_on_the_residents_word", "withdraw"),
        by=CLERK,
        fact=Withdrawn(asked_by="li"),
        demand={"representative": "li"},
    ),
    *each(
        *("who_registered_or_told_does_not_speak_for_the_resident", "give_details", "evaluate", "withdraw"),
        by=DAUGHTER,
        demand=WROTE,
    ),
    *each(
        *("who_registered_or_told_does_not_speak_for_the_resident", "reopen", "appeal"),
        by=DAUGHTER,
        demand=WROTE,
    ),
    *each("a_contractor_acts_on_their_own_work", "take_on", "hand_back", "ask_extension", by=OTHER_TEAM),
    *each("a_contractor_acts_on_their_own_work", "suspend", "resume", by=OTHER_TEAM),
    *(
        Example("a_contractor_acts_on_their_own_work", scene, {"by": OTHER_TEAM})
        for state in ("in_hand", "suspended")
        for scene in from_state(state, "report", "ask_details")
    ),
    *(
        Example("it_passed_the_audit", s, {"demand": {"audited": False}})
        for s in from_state("taken_over", "contract_out")
    ),
    # who handled it
    *each("nobody_audits_their_own_work", "accept", demand=HANDLED),
    *each("nobody_ends_their_own_work", "refuse", "merge", "miss_callback", "end_notice", demand=HANDLED),
    *each("nobody_ends_their_own_work", "withdraw", by=CLERK, demand=HANDLED, fact=Withdrawn(asked_by="张三")),
    *each("nobody_ends_their_own_work", "withdraw", by=DAUGHTER, demand=ALSO_HANDLED),
    *each("nobody_evaluates_their_own_work", "evaluate", demand=HANDLED),
    *each("nobody_evaluates_their_own_work", "evaluate", fact=WRITTEN_DOWN, demand={"workers": frozenset({"chen"})}),
    *each("nobody_extends_their_own_work", "extend", demand=HANDLED),
    *(
        Example("nobody_corrects_the_verdict_on_their_own_work", scene, {"demand": HANDLED})
        for scene in scenes("correct_the_grade")
    ),
    *(
        Example("nobody_corrects_who_did_their_own_work", scene, {"fact": HE_DID_IT, **otherwise})
        for scene in from_state("closed", "correct")
        for otherwise in ({"demand": HANDLED}, {"by": Actor("张三", Role.AUDITOR)})
    ),
    # who asked for it
    *each("nobody_audits_their_own_demand", "accept", demand={"resident": "wang"}),
    *(Example("nobody_audits_their_own_demand", s, {"demand": MINE}) for s in from_state("registered", "refuse")),
    *each("nobody_audits_their_own_demand", "refuse", demand={"resident": "wang", "representative": "zhao"}),
    *each("nobody_audits_a_demand_they_share", "accept", "refuse", demand=SHARED),
    *each("nobody_audits_a_demand_they_share", "accept", demand={"joined": ((B, "wang"),)}),
    # who audited or evaluated it
    *each("the_auditor_is_not_the_contractor", "contract_out", "recall", fact=ContractedOut(contractor="wang")),
    *each(
        *("the_auditor_is_not_the_contractor", "contract_out", "recall"),
        fact=ContractedOut(contractor="a team", co_handlers=("he", "wang")),
    ),
    *(
        Example(
            "the_auditor_is_not_the_contractor",
            scene,
            {"fact": Corrected(event=3, reason="it was another", contractor="wang")},
        )
        for scene in from_state("closed", "correct")
    ),
    *each("the_auditor_does_not_do_the_work", "answer", "report", demand=AUDITED),
    *each(
        *(
            "who_judged_it_does_not_act_for_the_contractor",
            "take_on",
            "hand_back",
            "ask_extension",
            "suspend",
            "resume",
        ),
        demand=AUDITED,
    ),
    *(
        Example("who_judged_it_does_not_act_for_the_contractor", scene, {"demand": judged})
        for scene in from_state("in_hand", "ask_details", "suspend", "report")
        for judged in (AUDITED, {"evaluators": frozenset({"chen"})})
    ),
    *(
        Example("who_judged_it_does_not_act_for_the_contractor", s, {"demand": {**AUDITED, "contractor": who}})
        for state, step, who in (
            ("registered", "ask_details", "wang"),
            ("suspended", "report", "chen"),
            ("taken_over", "report", "sun"),
        )
        for s in from_state(state, step)
    ),
    *each(
        *("the_evaluator_is_not_the_contractor", "contract_out", "recall"),
        fact=ContractedOut(contractor="a team", co_handlers=("he", "张三")),
        demand={"evaluators": frozenset({"张三"})},
    ),
    *(
        Example("the_evaluator_is_not_the_contractor", scene, {"fact": HE_DID_IT})
        for scene in from_state("closed", "correct")
    ),
    *(
        Example("an_evaluation_is_corrected_by_two", scene, otherwise)
        for scene in scenes("correct_the_grade")
        for otherwise in (
            {"fact": SATISFIED},
            {"fact": SATISFIED.model_copy(update={"confirmed_by": "wang"})},
            {"fact": SATISFIED.model_copy(update={"confirmed_by": "li"})},
            {"by": Actor("li", Role.SUPERVISOR)},
        )
    ),
    # asking and telling
    *each("the_anonymous_cannot_be_asked", "ask_details", "miss_callback", demand={"resident": None}),
    *each(
        "the_anonymous_are_told_by_public_notice",
        "feed_back",
        demand={"resident": None},
        fact=FedBack(way=FeedbackMethod.CALL),
    ),
    *each("only_the_anonymous_are_closed_by_notice", "end_notice", demand={"resident": "张三"}),
    *each("the_resident_was_told", "evaluate", demand={"told_at": None}),
    *(Example("the_resident_was_told", scene, {"demand": {"told_at": None}}) for scene in CLOSING_BY_CLERK),
    *each("the_notice_period_is_over", "end_notice", earlier=2),
    *each("callbacks_are_spread", "miss_callback", demand={"missed_at": T0.replace(year=2026)}),
    # sorting, answering, contracting
    *each("sorting_sets_something", "sort", fact=Sorted()),
    *each("only_a_first_round_is_answered_at_once", "answer", demand={"round": 2}),
    *(
        Example("the_same_contractor_again_needs_a_reason", scene, {"fact": ContractedOut(contractor="repair team")})
        for scene in [*from_state("handed_back", "contract_out"), *scenes("recall")]
    ),
    *each("an_extension_asks_for_later", "ask_extension", fact=ExtensionAsked(until=T0, reason="why not")),
    *each("an_extension_asks_for_later", "extend", fact=Extended(due=T0)),
    *each("an_extension_asks_for_later", "extend", demand={"due": T0.replace(year=2027)}),
    *each("an_extension_is_granted_when_asked", "extend", demand={"extension_asked": None}),
    *each("a_suspension_has_a_review_date", "suspend", fact=Suspended(reason="frost")),
    *each("a_suspension_has_a_review_date", "suspend", fact=Suspended(reason="frost", review=T0)),
    # merging
    *each("the_merge_target_is_open", "merge", other=as_if(OPEN_OTHER, ended_as="closed")),
    *each("the_merge_target_is_open", "merge", other=None),
    *each("a_demand_is_not_merged_into_itself", "merge", fact=Merged(into=A), other=OPEN_OTHER),
    *each("those_taken_in_are_let_go_first", "withdraw", "refuse", demand={"took_in": (B,)}),
    # coming back
    *each("the_reopening_window_is_open", "reopen", "appeal", earlier=-31),
    # correcting
    *each(
        "a_correction_names_an_earlier_event", "correct", fact=Corrected(event=99, reason="typo", grade=Grade.SATISFIED)
    ),
    *each(
        "a_correction_names_an_earlier_event", "correct", fact=Corrected(event=0, reason="typo", grade=Grade.SATISFIED)
    ),
    *each("a_correction_replaces_what_the_event_says", "correct", fact=Corrected(event=1, reason="typo")),
    *each(
        *("a_correction_replaces_what_the_event_says", "correct"),
        fact=Corrected(event=1, reason="typo", grade=Grade.SATISFIED),
    ),
]


def check_scene(scene: Scene, workflow: Workflow) -> None:
    """The scene is admitted, leads where it should and means what it should."""
    stamp = scene.play(workflow)
    assert (stamp.state, stamp.means or ()) == (scene.leads_to, scene.means)


def check_roles(scene: Scene, workflow: Workflow) -> None:
    """Everybody who may not make the move is told so; those who may, are not."""
    for role in ALL:
        try:
            scene.play(workflow, by=Actor("somebody", role))
        except RoleNotAllowed:
            assert role not in scene.who, f"{role} must be allowed to {scene.move}"
        except RuleBroken:
            assert role in scene.who, f"{role} must not be allowed to {scene.move}"
        else:
            assert role in scene.who, f"{role} must not be allowed to {scene.move}"


def who_notices(workflow: Workflow, moves: Sequence[str] = ()) -> Iterator[str]:
    """The scenes and examples that fail on this workflow, those of these moves first."""
    checks = [(example.scene, str(example), example.check) for example in EXAMPLES]
    for scene in SCENES:
        checks += [(scene, f"{check.__name__} {scene}", partial(check, scene)) for check in (check_scene, check_roles)]
    for _, name, check in sorted(checks, key=lambda one: one[0].move not in moves):
        try:
            check(workflow)
        except (AssertionError, Refusal):
            yield name
