"""The standard workflow, as data: registration → audit → contracting-out → feedback → evaluation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

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
from demandflow.domain.moves import ANYWHERE, BACK, START, STAY, WHILE_OPEN, Move, Rule, State
from demandflow.domain.rules.book import (
    a_clerk_withdraws_on_the_residents_word,
    a_contractor_acts_on_their_own_work,
    a_correction_names_an_earlier_event,
    a_correction_replaces_what_the_event_says,
    a_demand_is_not_merged_into_itself,
    a_representative_represents_somebody,
    a_resident_acts_for_a_demand_they_share,
    a_resident_acts_for_their_own_demand,
    a_suspension_has_a_review_date,
    an_extension_asks_for_later,
    an_extension_is_granted_when_asked,
    callbacks_are_spread,
    it_hangs_on_the_wall,
    it_has_not_passed_the_audit,
    it_passed_the_audit,
    it_was_the_last_call,
    nobody_registers_in_anothers_name,
    only_a_first_round_is_answered_at_once,
    only_the_anonymous_are_closed_by_notice,
    sorting_sets_something,
    the_anonymous_are_told_by_public_notice,
    the_anonymous_cannot_be_asked,
    the_bound_is_reached,
    the_merge_target_is_open,
    the_notice_period_is_over,
    the_reopening_window_is_open,
    the_resident_was_told,
    the_same_contractor_again_needs_a_reason,
    the_supervisor_had_it_or_the_resident_calls_it_resolved,
    those_taken_in_are_let_go_first,
    times_do_not_run_backwards,
)
from demandflow.domain.standard.duties import guarded
from demandflow.domain.standard.grades import FIVE_GRADES, GradeScale
from demandflow.domain.standard.support import SUPPORT
from demandflow.domain.values import Role, Stage
from demandflow.domain.workflow import Workflow
from demandflow.errors import InvalidValue
from demandflow.inputs.arguments import yes_or_no

RESIDENT, CLERK, AUDITOR = Role.RESIDENT, Role.GRID_ADMINISTRATOR, Role.AUDITOR
DISPATCHER, CONTRACTOR, SUPERVISOR, POLICY = Role.DISPATCHER, Role.CONTRACTOR, Role.SUPERVISOR, Role.POLICY
ALL_ROLES = tuple(Role)
DISPATCHING = (DISPATCHER, POLICY)

STATES = (
    State("registered", waits_for=Stage.AUDIT, owner=AUDITOR),
    State("details_asked", waits_for=Stage.REGISTRATION, owner=RESIDENT),
    State("accepted", waits_for=Stage.CONTRACTING, owner=DISPATCHER),
    State("contracted_out", waits_for=Stage.CONTRACTING, owner=CONTRACTOR),
    State("handed_back", waits_for=Stage.CONTRACTING, owner=DISPATCHER),
    State("in_hand", waits_for=Stage.FEEDBACK, owner=CONTRACTOR),
    State("suspended", waits_for=Stage.FEEDBACK, owner=CONTRACTOR),
    State("reported", waits_for=Stage.FEEDBACK, owner=CLERK),
    State("fed_back", waits_for=Stage.EVALUATION, owner=RESIDENT),
    State("taken_over", waits_for=Stage.CONTRACTING, owner=SUPERVISOR),
    State("closed", waits_for=Stage.ENDED, ended_as="closed"),
    State("refused", waits_for=Stage.ENDED, ended_as="refused"),
    State("withdrawn", waits_for=Stage.ENDED, ended_as="withdrawn"),
    State("merged", waits_for=Stage.ENDED, ended_as="merged"),
)

in_order = times_do_not_run_backwards
theirs, shared = a_resident_acts_for_their_own_demand, a_resident_acts_for_a_demand_they_share
own_work = a_contractor_acts_on_their_own_work
REGISTERING = (nobody_registers_in_anothers_name, a_representative_represents_somebody)
WORKING = (in_order, own_work)
CONTRACTING_AGAIN = (in_order, the_same_contractor_again_needs_a_reason)
EVALUATING = (in_order, shared, the_resident_was_told)
MERGING = (in_order, the_merge_target_is_open, a_demand_is_not_merged_into_itself)
ASKING = (in_order, the_anonymous_cannot_be_asked)
CORRECTING = (a_correction_names_an_earlier_event, a_correction_replaces_what_the_event_says)
MOST = 10_000
WITHDRAWABLE = ("registered", "details_asked", "accepted", "contracted_out", "in_hand")


def closed_loop(
    name: str = "closed-loop",
    version: int = 2,
    *,
    bound: int = 3,
    missed_callbacks: int = 3,
    callback_hours: int | None = 24,
    notice_days: int = 7,
    reopening_days: int = 30,
    clocks: Sequence[Clock] = (),
    grades: GradeScale = FIVE_GRADES,
    support: bool = False,
    without: Iterable[Rule] = (),
) -> Workflow:
    """The closed loop with a community's own numbers; give it a name or version of its own if they differ.

    `bound` is the greatest number of rounds before the supervisor takes over; after `missed_callbacks` calls in
    vain (`callback_hours` apart, unless None), or `notice_days` of public notice, a demand is closed as silent; an
    ended demand can be taken up again for `reopening_days`. Days are of 24 hours. `clocks` are its deadlines (see
    standard_clocks), `grades` the scale by which residents evaluate. With `support`, others may support a demand.
    `without` takes rules out: `without=(rules.nobody_ends_their_own_work,)`. Raises InvalidValue for a number below 1,
    and for what is none of its rules.
    """
    if (name, version) == ("closed-loop", 1):
        remedy = "take CLOSED_LOOP_1, or a file of it with the numbers that it had (dump(CLOSED_LOOP_1, path))"
        raise InvalidValue("version", f"closed-loop@1 was published with other rules; {remedy}")
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
    moves: tuple[Move, ...] = (
        # name, what happened, from, to, by whom
        Move("register", Registered, START, "registered", (RESIDENT, CLERK), rules=REGISTERING),

        # registration and audit
        Move("sort", Sorted, "registered", STAY, AUDITOR, rules=(in_order, sorting_sets_something)),
        Move("ask_details", DetailsAsked, "registered", "details_asked", (CLERK, AUDITOR), rules=ASKING),
        Move("give_details", DetailsGiven, "details_asked", BACK, (RESIDENT, CLERK), rules=(in_order, shared)),
        Move("no_answer", Stepped, "details_asked", BACK, CLERK, rules=(in_order,)),
        Move("accept", Accepted, "registered", "accepted", AUDITOR, means="accepted", rules=(in_order,)),
        Move("refuse", Refused, "registered", "refused", AUDITOR, rules=(in_order, those_taken_in_are_let_go_first)),
        Move("answer", Reported, "registered", "reported", (CLERK, AUDITOR), means="reported",
             rules=(in_order, only_a_first_round_is_answered_at_once)),

        # contracting
        Move("contract_out", ContractedOut, "accepted", "contracted_out", DISPATCHING,
             means="contracted_out", rules=(in_order,)),
        Move("contract_out", ContractedOut, "handed_back", "contracted_out", DISPATCHING,
             means="contracted_out", rules=CONTRACTING_AGAIN),
        Move("contract_out", ContractedOut, "taken_over", "contracted_out", SUPERVISOR,
             means="contracted_out", rules=(in_order, it_passed_the_audit)),
        Move("recall", ContractedOut, ("contracted_out", "in_hand"), "contracted_out", DISPATCHER,
             means="contracted_out", rules=CONTRACTING_AGAIN),
        Move("take_on", TakenOn, "contracted_out", "in_hand", CONTRACTOR, means="taken_on", rules=WORKING),
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
        Move("report", Reported, ("in_hand", "suspended"), "reported", CONTRACTOR, means="reported", rules=WORKING),
        Move("report", Reported, "taken_over", "reported", SUPERVISOR, means="reported", rules=(in_order,)),

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
        Move("withdraw", Withdrawn, WITHDRAWABLE, "withdrawn", (RESIDENT, CLERK),
             rules=(in_order, theirs, a_clerk_withdraws_on_the_residents_word, those_taken_in_are_let_go_first)),
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
        Move("note", Noted, ANYWHERE, STAY, ALL_ROLES, rules=(in_order, shared)),
    )
    # fmt: on
    moves = (*moves, *SUPPORT) if yes_or_no("support", support) else moves
    return Workflow(name, version, STATES, guarded(moves, without), clocks=clocks, grades=grades)


def check_numbers(**numbers: int) -> None:
    """Raises InvalidValue for a number of days, hours, rounds or calls that is none."""
    for what, number in numbers.items():
        if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= MOST:
            raise InvalidValue(what, f"must be a whole number from 1 to {MOST}, got {number!r}")


CLOSED_LOOP = closed_loop()
