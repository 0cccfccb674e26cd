"""People, and demands told step by step through the pure domain: what the examples of the rule book build on."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from demandflow import (
    CLOSED_LOOP,
    START,
    Actor,
    Category,
    Channel,
    Demand,
    Event,
    FeedbackMethod,
    Grade,
    Move,
    Place,
    Proposal,
    Role,
    Stage,
    Stamp,
    State,
    Workflow,
)
from demandflow.domain.decide import decide
from demandflow.domain.demand import as_if
from demandflow.domain.evolve import evolve
from demandflow.facts import (
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
    Fact,
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

T0 = datetime(2025, 3, 1, 8, tzinfo=UTC)
DAY = timedelta(days=1)
A, B = UUID(int=1), UUID(int=2)

RESIDENT = Actor("张三", Role.RESIDENT)
CLERK = Actor("li", Role.GRID_ADMINISTRATOR)
OTHER_CLERK = Actor("hua", Role.GRID_ADMINISTRATOR)
AUDITOR = Actor("wang", Role.AUDITOR)
DISPATCHER = Actor("zhao", Role.DISPATCHER)
TEAM = Actor("chen", Role.CONTRACTOR, "repair team")
SUPERVISOR = Actor("sun", Role.SUPERVISOR)

ASKED = Registered(text="路灯坏了", channel=Channel.HOTLINE, place=Place("fufeng/c1/g2"), resident="张三")
ANONYMOUS = Registered(text="路灯坏了", channel=Channel.WISH_BOX, place=Place("fufeng/c1/g2"))
UNRESOLVED = Evaluated(resolved=False, grade=Grade.DISSATISFIED)

USUAL: dict[str, tuple[Fact, Actor]] = {
    "register": (ASKED, CLERK),
    "sort": (Sorted(category=Category("住房/维修")), AUDITOR),
    "ask_details": (DetailsAsked(question="which lamp?"), AUDITOR),
    "give_details": (DetailsGiven(answer="the third"), RESIDENT),
    "no_answer": (Stepped(), CLERK),
    "accept": (Accepted(), AUDITOR),
    "refuse": (Refused(code="not_ours", words="the railway looks after it"), AUDITOR),
    "answer": (Reported(resolved=True, words="the counter is open till six"), CLERK),
    "contract_out": (ContractedOut(contractor="repair team"), DISPATCHER),
    "recall": (ContractedOut(contractor="power company"), DISPATCHER),
    "take_on": (TakenOn(), TEAM),
    "hand_back": (HandedBack(reason="not our street"), TEAM),
    "ask_extension": (ExtensionAsked(until=T0 + 90 * DAY, reason="no lamps"), TEAM),
    "extend": (Extended(due=T0 + 90 * DAY), DISPATCHER),
    "suspend": (Suspended(reason="frost", review=T0 + 60 * DAY), TEAM),
    "resume": (Resumed(), TEAM),
    "report": (Reported(resolved=True, words="new lamp"), TEAM),
    "feed_back": (FedBack(way=FeedbackMethod.CALL), CLERK),
    "evaluate": (Evaluated(resolved=True, grade=Grade.SATISFIED), RESIDENT),
    "miss_callback": (CallbackMissed(), CLERK),
    "end_notice": (NoticeEnded(), CLERK),
    "withdraw": (Withdrawn(), RESIDENT),
    "merge": (Merged(into=B), AUDITOR),
    "take_in": (TookIn(demand=B), AUDITOR),
    "unmerge": (Unmerged(reason="another lamp"), AUDITOR),
    "let_go": (LetGo(demand=B), AUDITOR),
    "reopen": (Reopened(reason="dark again"), RESIDENT),
    "appeal": (Reopened(reason="it is not the railway's"), RESIDENT),
    "escalate": (Escalated(reason="it takes too long"), SUPERVISOR),
    "correct": (Corrected(event=1, reason="typo", place=Place("fufeng/c1/g3")), AUDITOR),
    "move_over": (MovedOver(workflow="closed-loop@3"), SUPERVISOR),
    "note": (Noted(text="a dog in the yard"), CLERK),
}
OTHERS: dict[str, tuple[Fact, Actor]] = {
    "register_anonymous": (ANONYMOUS, CLERK),
    "report_by_supervisor": (Reported(resolved=True, words="done"), SUPERVISOR),
    "notify": (FedBack(way=FeedbackMethod.PUBLIC_NOTICE), CLERK),
    "give_notice": (Notified(to="auditor", kind="to_sort", what="it waits"), SUPERVISOR),
    "evaluate_unresolved": (UNRESOLVED, RESIDENT),
    "withdraw_by_phone": (Withdrawn(asked_by="张三"), CLERK),
    "correct_the_grade": (Corrected(event=7, reason="typo", grade=Grade.VERY_SATISFIED, confirmed_by="张三"), AUDITOR),
}
MOVE_OF = {
    "register_anonymous": "register",
    "report_by_supervisor": "report",
    "notify": "feed_back",
    "give_notice": "notify",
    "evaluate_unresolved": "evaluate",
    "withdraw_by_phone": "withdraw",
    "correct_the_grade": "correct",
}
PLAIN = Workflow(
    "plain",
    1,
    states=[State("open", Stage.FEEDBACK, owner="clerk"), State("done", Stage.ENDED, ended_as="closed")],
    moves=[Move("file", Registered, START, "open", by="clerk"), Move("finish", Stepped, "open", "done", by="clerk")],
)
"""A workflow that tells and asks nobody."""

OPEN_OTHER = as_if(Demand(B), version=1, state="registered", workflow="closed-loop@2", last=T0)


@dataclass
class Story:
    """A demand that goes step by step, a day a step."""

    workflow: Workflow = CLOSED_LOOP
    demand: Demand = field(default_factory=lambda: Demand(A))
    events: list[Event] = field(default_factory=list)
    now: datetime = T0

    def usual(self, step: str) -> tuple[Fact, Actor]:
        """The fact of this usual step, and who makes it."""
        return {**USUAL, **OTHERS}[step]

    def tell(self, steps: str) -> Story:
        """Go these usual steps, named and separated by blanks."""
        for step in steps.split():
            fact, by = self.usual(step)
            self.step(MOVE_OF.get(step, step), fact, by)
        return self

    def step(self, move: str, fact: Fact, by: Actor) -> Stamp:
        """Go one step, a day later."""
        event = decide(self.workflow, self.demand, self.proposal(move, fact, by))
        self.events.append(event)
        self.demand = evolve(self.demand, event)
        self.now += DAY
        return event.stamp

    def proposal(self, move: str, fact: Fact, by: Actor) -> Proposal[Any]:
        """What would be proposed now."""
        other = OPEN_OTHER if isinstance(fact, Merged) and fact.into == B else None
        return Proposal(move, fact, by, self.now, other)


def told(steps: str, workflow: Workflow = CLOSED_LOOP) -> Demand:
    """The demand after these usual steps."""
    return Story(workflow).tell(steps).demand


def changed(demand: Demand, **fields: Any) -> Demand:
    """The demand as if these fields were otherwise."""
    return as_if(demand, **fields)
