"""The standard workflow as it was first published. Logs began on it, so it is never edited: see closed_loop.py."""

from __future__ import annotations

from collections.abc import Sequence

from demandflow.domain.clocks.clock import Clock
from demandflow.domain.facts import (
    Accepted,
    CallbackMissed,
    ContractedOut,
    Corrected,
    DetailsAsked,
    DetailsGiven,
    Escalated,
    Evaluated,
    Extended,
    ExtensionAsked,
    FedBack,
    HandedBack,
    LetGo,
    Merged,
    MovedOver,
    Noted,
    NoticeEnded,
    Notified,
    Refused,
    Registered,
    Reopened,
    Reported,
    Resumed,
    Sorted,
    Stepped,
    Suspended,
    TakenOn,
    TookIn,
    Unmerged,
    Withdrawn,
)
from demandflow.domain.moves import ANYWHERE, BACK, START, STAY, WHILE_OPEN, Move
from demandflow.domain.rules.book import (
    a_contractor_acts_on_their_own_work,
    a_correction_names_an_earlier_event,
    a_correction_replaces_what_the_event_says,
    a_demand_is_not_merged_into_itself,
    a_representative_represents_somebody,
    a_resident_acts_for_their_own_demand,
    a_suspension_has_a_review_date,
    an_extension_asks_for_later,
    an_extension_is_granted_when_asked,
    callbacks_are_spread,
    it_hangs_on_the_wall,
    it_has_not_passed_the_audit,
    it_passed_the_audit,
    it_was_the_last_call,
    nobody_audits_their_own_demand,
    nobody_audits_their_own_work,
    nobody_corrects_the_verdict_on_their_own_work,
    nobody_evaluates_their_own_work,
    nobody_registers_in_anothers_name,
    only_a_first_round_is_answered_at_once,
    only_the_anonymous_are_closed_by_notice,
    sorting_sets_something,
    the_anonymous_are_told_by_public_notice,
    the_anonymous_cannot_be_asked,
    the_auditor_does_not_do_the_work,
    the_auditor_is_not_the_contractor,
    the_bound_is_reached,
    the_evaluator_is_not_the_contractor,
    the_merge_target_is_open,
    the_notice_period_is_over,
    the_reopening_window_is_open,
    the_resident_was_told,
    the_same_contractor_again_needs_a_reason,
    the_supervisor_had_it_or_the_resident_calls_it_resolved,
    those_taken_in_are_let_go_first,
    times_do_not_run_backwards,
)
from demandflow.domain.standard.closed_loop import (
    ALL_ROLES,
    AUDITOR,
    CLERK,
    CONTRACTOR,
    DISPATCHER,
    DISPATCHING,
    POLICY,
    RESIDENT,
    STATES,
    SUPERVISOR,
    WITHDRAWABLE,
    check_numbers,
)
from demandflow.domain.workflow import Workflow

in_order = times_do_not_run_backwards
theirs = a_resident_acts_for_their_own_demand
own_work = a_contractor_acts_on_their_own_work
REGISTERING = (nobody_registers_in_anothers_name, a_representative_represents_somebody)
AUDITING = (in_order, nobody_audits_their_own_work, nobody_audits_their_own_demand)
WORKING = (in_order, own_work)
DOING = (*WORKING, the_auditor_does_not_do_the_work)
CONTRACTING = (in_order, the_auditor_is_not_the_contractor)
CONTRACTING_AGAIN = (*CONTRACTING, the_same_contractor_again_needs_a_reason)
EVALUATING = (in_order, theirs, nobody_evaluates_their_own_work, the_resident_was_told)
MERGING = (in_order, the_merge_target_is_open, a_demand_is_not_merged_into_itself)
ASKING = (in_order, the_anonymous_cannot_be_asked)
CORRECTING = (
    a_correction_names_an_earlier_event,
    a_correction_replaces_what_the_event_says,
    the_auditor_is_not_the_contractor,
    the_evaluator_is_not_the_contractor,
    nobody_corrects_the_verdict_on_their_own_work,
)


def closed_loop_1(
    name: str = "closed-loop",
    version: int = 1,
    *,
    bound: int = 3,
    missed_callbacks: int = 3,
    callback_hours: int | None = None,
    notice_days: int = 7,
    reopening_days: int = 30,
    clocks: Sequence[Clock] = (),
) -> Workflow:
    """The closed loop as first published, with a community's own numbers, for logs that began on it.

    `bound` is the greatest number of rounds before the supervisor takes over; after `missed_callbacks` calls in
    vain (`callback_hours` apart, if given), or `notice_days` of public notice, a demand is closed as silent; an ended
    demand can be taken up again for `reopening_days`. Days are of 24 hours. `clocks` are its deadlines (see
    standard_clocks). Raises InvalidValue for a number below 1.
    """
    check_numbers(
        bound=bound,
        missed_callbacks=missed_callbacks,
        callback_hours=1 if callback_hours is None else callback_hours,
        notice_days=notice_days,
        reopening_days=reopening_days,
    )
    at_the_bound, last_call = the_bound_is_reached(bound), it_was_the_last_call(missed_callbacks)
    resolved = the_supervisor_had_it_or_the_resident_calls_it_resolved
    returning = (in_order, theirs, the_reopening_window_is_open(reopening_days))
    notice_over = the_notice_period_is_over(notice_days)
    noticed = (in_order, only_the_anonymous_are_closed_by_notice, notice_over, the_resident_was_told)
    spread = () if callback_hours is None else (callbacks_are_spread(callback_hours),)
    # fmt: off
    moves = (
        # name, what happened, from, to, by whom
        Move("register", Registered, START, "registered", (RESIDENT, CLERK), rules=REGISTERING),

        # registration and audit
        Move("sort", Sorted, "registered", STAY, AUDITOR, rules=(in_order, sorting_sets_something)),
        Move("ask_details", DetailsAsked, "registered", "details_asked", (CLERK, AUDITOR), rules=ASKING),
        Move("give_details", DetailsGiven, "details_asked", BACK, (RESIDENT, CLERK), rules=(in_order, theirs)),
        Move("no_answer", Stepped, "details_asked", BACK, CLERK, rules=(in_order,)),
        Move("accept", Accepted, "registered", "accepted", AUDITOR, means="accepted", rules=AUDITING),
        Move("refuse", Refused, "registered", "refused", AUDITOR, rules=(*AUDITING, those_taken_in_are_let_go_first)),
        Move("answer", Reported, "registered", "reported", (CLERK, AUDITOR), means="reported",
             rules=(in_order, only_a_first_round_is_answered_at_once)),

        # contracting
        Move("contract_out", ContractedOut, "accepted", "contracted_out", DISPATCHING,
             means="contracted_out", rules=CONTRACTING),
        Move("contract_out", ContractedOut, "handed_back", "contracted_out", DISPATCHING,
             means="contracted_out", rules=CONTRACTING_AGAIN),
        Move("contract_out", ContractedOut, "taken_over", "contracted_out", SUPERVISOR,
             means="contracted_out", rules=(*CONTRACTING, it_passed_the_audit)),
        Move("recall", ContractedOut, ("contracted_out", "in_hand"), "contracted_out", DISPATCHER,
             means="contracted_out", rules=CONTRACTING_AGAIN),
        Move("take_on", TakenOn, "contracted_out", "in_hand", CONTRACTOR, means="taken_on", rules=DOING),
        Move("hand_back", HandedBack, ("contracted_out", "in_hand"), "handed_back", CONTRACTOR,
             means="handed_back", rules=WORKING),
        Move("refuse", Refused, "handed_back", "refused", DISPATCHER,
             rules=(in_order, those_taken_in_are_let_go_first)),

        # the work
        Move("ask_details", DetailsAsked, "in_hand", "details_asked", CONTRACTOR, rules=(*ASKING, own_work)),
        Move("ask_extension", ExtensionAsked, "in_hand", STAY, CONTRACTOR,
             rules=(*WORKING, an_extension_asks_for_later)),
        Move("extend", Extended, "in_hand", STAY, DISPATCHER, means="extended",
             rules=(in_order, an_extension_is_granted_when_asked, an_extension_asks_for_later)),
        Move("suspend", Suspended, "in_hand", "suspended", (CONTRACTOR, DISPATCHER), means="suspended",
             rules=(*WORKING, a_suspension_has_a_review_date)),
        Move("resume", Resumed, "suspended", BACK, (CONTRACTOR, DISPATCHER), rules=WORKING),
        Move("report", Reported, ("in_hand", "suspended"), "reported", CONTRACTOR, means="reported", rules=DOING),
        Move("report", Reported, "taken_over", "reported", SUPERVISOR, means="reported",
             rules=(in_order, the_auditor_does_not_do_the_work)),

        # feedback: a notice on the wall tells, but does not ask
        Move("feed_back", FedBack, "reported", "fed_back", CLERK, when=it_hangs_on_the_wall,
             means="told", rules=(in_order,)),
        Move("feed_back", FedBack, "reported", "fed_back", CLERK,
             means=("told", "asked"), rules=(in_order, the_anonymous_are_told_by_public_notice)),

        # evaluation: the resident has the last word
        Move("evaluate", Evaluated, "fed_back", "closed", RESIDENT, when=resolved,
             means="evaluated", rules=EVALUATING),
        Move("evaluate", Evaluated, "fed_back", "taken_over", RESIDENT, when=at_the_bound,
             means=("evaluated", "taken_over"), rules=EVALUATING),
        Move("evaluate", Evaluated, "fed_back", "registered", RESIDENT, when=it_has_not_passed_the_audit,
             means=("evaluated", "reworked"), rules=EVALUATING),
        Move("evaluate", Evaluated, "fed_back", "accepted", RESIDENT,
             means=("evaluated", "reworked"), rules=EVALUATING),
        Move("miss_callback", CallbackMissed, "fed_back", "closed", CLERK, when=last_call,
             means="callback_missed", rules=(*ASKING, the_resident_was_told, *spread), silent=True),
        Move("miss_callback", CallbackMissed, "fed_back", STAY, CLERK,
             means="callback_missed", rules=(*ASKING, *spread)),
        Move("end_notice", NoticeEnded, "fed_back", "closed", (CLERK, POLICY), rules=noticed, silent=True),

        # the other ends, and coming back
        Move("withdraw", Withdrawn, WITHDRAWABLE, "withdrawn", RESIDENT,
             rules=(in_order, theirs, those_taken_in_are_let_go_first)),
        Move("merge", Merged, ("registered", "accepted"), "merged", (AUDITOR, DISPATCHER), rules=MERGING),
        Move("take_in", TookIn, WHILE_OPEN, STAY, (AUDITOR, DISPATCHER), rules=(in_order,)),
        Move("unmerge", Unmerged, "merged", BACK, (AUDITOR, DISPATCHER), means="unmerged", rules=(in_order,)),
        Move("let_go", LetGo, ANYWHERE, STAY, (AUDITOR, DISPATCHER), rules=(in_order,)),
        Move("reopen", Reopened, ("closed", "withdrawn"), "registered", RESIDENT, when=it_has_not_passed_the_audit,
             means="reopened", rules=returning),
        Move("reopen", Reopened, ("closed", "withdrawn"), "accepted", RESIDENT, means="reopened", rules=returning),
        Move("appeal", Reopened, "refused", "registered", RESIDENT, means="reopened", rules=returning),

        # everywhere
        Move("escalate", Escalated, WHILE_OPEN, STAY, (SUPERVISOR, POLICY), means="escalated", rules=(in_order,)),
        Move("correct", Corrected, ANYWHERE, STAY, (AUDITOR, SUPERVISOR), means="corrected", rules=CORRECTING),
        Move("move_over", MovedOver, WHILE_OPEN, STAY, SUPERVISOR, rules=(in_order,)),
        Move("notify", Notified, ANYWHERE, STAY, (POLICY, SUPERVISOR), rules=(in_order,)),
        Move("note", Noted, ANYWHERE, STAY, ALL_ROLES, rules=(in_order, theirs)),
    )
    # fmt: on
    return Workflow(name, version, STATES, moves, clocks=clocks)


CLOSED_LOOP_1 = closed_loop_1()
