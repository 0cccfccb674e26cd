"""One scene for every move from every state that matters: how to get there, who may, where it leads, what it means.

Written by hand and not read from the workflow: this is what the workflow is checked against.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from demandflow import Actor, Demand, Proposal, Role, Stamp, Workflow
from demandflow.domain.decide import decide
from demandflow.facts import Fact
from tests.stories import DAY, DISPATCHER, MOVE_OF, OTHERS, SUPERVISOR, TEAM, USUAL, Story, changed

RESIDENT, CLERK, AUDITOR = Role.RESIDENT, Role.GRID_ADMINISTRATOR, Role.AUDITOR
DISPATCH, CONTRACTOR, SUPER, POLICY = Role.DISPATCHER, Role.CONTRACTOR, Role.SUPERVISOR, Role.POLICY


@dataclass(frozen=True)
class Scene:
    """The steps before, the step, who may make it, where it leads and what it means."""

    before: str
    step: str
    who: set[Role]
    leads_to: str
    means: tuple[str, ...] = ()
    by: Actor | None = None
    fact: Fact | None = None
    days_later: int = 0
    was: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.before.replace(' ', '-') or 'start'}--{self.step}"

    @property
    def move(self) -> str:
        return MOVE_OF.get(self.step, self.step)

    def play(self, workflow: Workflow, **otherwise: Any) -> Stamp:
        """Propose the step; `by`, `fact`, `earlier` (days), `demand` (fields) and `other` may be otherwise."""
        story = Story(workflow).tell(self.before)
        fact, by = {**USUAL, **OTHERS}[self.step]
        fact, by = otherwise.get("fact") or self.fact or fact, otherwise.get("by") or self.by or by
        proposal = story.proposal(self.move, fact, by)
        at = proposal.at + self.days_later * DAY - otherwise.get("earlier", 0) * DAY
        other: Demand | None = otherwise.get("other", proposal.other)
        demand = changed(story.demand, **{**self.was, **otherwise.get("demand", {})})
        return decide(workflow, demand, Proposal(self.move, fact, by, at, other)).stamp


IN_HAND = "register accept contract_out take_on"
REPORTED = f"{IN_HAND} report"
TOLD = f"{REPORTED} feed_back"
NOTIFIED = "register_anonymous accept contract_out take_on report notify"
AGAIN = "contract_out take_on report feed_back evaluate_unresolved"
TAKEN_OVER = f"register accept {AGAIN} {AGAIN} {AGAIN}"
ALL = set(Role)

SCENES = [
    Scene("", "register", {RESIDENT, CLERK}, "registered"),
    # registration and audit
    Scene("register", "sort", {AUDITOR}, "registered"),
    Scene("register", "ask_details", {CLERK, AUDITOR}, "details_asked"),
    Scene("register ask_details", "give_details", {RESIDENT, CLERK}, "registered"),
    Scene("register ask_details", "no_answer", {CLERK}, "registered"),
    Scene("register", "accept", {AUDITOR}, "accepted", ("accepted",)),
    Scene("register", "refuse", {AUDITOR}, "refused"),
    Scene("register", "answer", {CLERK, AUDITOR}, "reported", ("reported",)),
    # contracting
    Scene("register accept", "contract_out", {DISPATCH, POLICY}, "contracted_out", ("contracted_out",)),
    Scene(
        *("register accept contract_out hand_back", "contract_out", {DISPATCH, POLICY}),
        *("contracted_out", ("contracted_out",)),
        fact=USUAL["recall"][0],
    ),
    Scene(TAKEN_OVER, "contract_out", {SUPER}, "contracted_out", ("contracted_out",), by=SUPERVISOR),
    Scene("register accept contract_out", "recall", {DISPATCH}, "contracted_out", ("contracted_out",)),
    Scene(IN_HAND, "recall", {DISPATCH}, "contracted_out", ("contracted_out",)),
    Scene("register accept contract_out", "take_on", {CONTRACTOR}, "in_hand", ("taken_on",)),
    Scene("register accept contract_out", "hand_back", {CONTRACTOR}, "handed_back", ("handed_back",)),
    Scene(IN_HAND, "hand_back", {CONTRACTOR}, "handed_back", ("handed_back",)),
    Scene("register accept contract_out hand_back", "refuse", {DISPATCH}, "refused", by=DISPATCHER),
    # the work
    Scene(IN_HAND, "ask_details", {CONTRACTOR}, "details_asked", by=TEAM),
    Scene(f"{IN_HAND} suspend resume", "report", {CONTRACTOR}, "reported", ("reported",)),
    Scene(IN_HAND, "ask_extension", {CONTRACTOR}, "in_hand"),
    Scene(f"{IN_HAND} ask_extension", "extend", {DISPATCH}, "in_hand", ("extended",)),
    Scene(IN_HAND, "suspend", {CONTRACTOR, DISPATCH}, "suspended", ("suspended",)),
    Scene(f"{IN_HAND} suspend", "resume", {CONTRACTOR, DISPATCH}, "in_hand"),
    Scene(IN_HAND, "report", {CONTRACTOR}, "reported", ("reported",)),
    Scene(f"{IN_HAND} suspend", "report", {CONTRACTOR}, "reported", ("reported",)),
    Scene(TAKEN_OVER, "report", {SUPER}, "reported", ("reported",), by=SUPERVISOR),
    # feedback and evaluation
    Scene(REPORTED, "feed_back", {CLERK}, "fed_back", ("told", "asked")),
    Scene(REPORTED, "notify", {CLERK}, "fed_back", ("told",)),
    Scene(TOLD, "evaluate", {RESIDENT}, "closed", ("evaluated",)),
    Scene("register answer feed_back", "evaluate_unresolved", {RESIDENT}, "registered", ("evaluated", "reworked")),
    Scene(
        f"register accept {AGAIN} {AGAIN} contract_out take_on report feed_back",
        *("evaluate_unresolved", {RESIDENT}, "taken_over", ("evaluated", "taken_over")),
    ),
    Scene(TOLD, "evaluate_unresolved", {RESIDENT}, "accepted", ("evaluated", "reworked")),
    Scene(f"{TAKEN_OVER} report_by_supervisor feed_back", "evaluate_unresolved", {RESIDENT}, "closed", ("evaluated",)),
    Scene(TOLD, "miss_callback", {CLERK}, "fed_back", ("callback_missed",)),
    Scene(f"{TOLD} miss_callback miss_callback", "miss_callback", {CLERK}, "closed", ("callback_missed",)),
    Scene(NOTIFIED, "end_notice", {CLERK, POLICY}, "closed", days_later=7),
    # the other ends, and coming back
    *(
        Scene(before, step, {RESIDENT, CLERK}, "withdrawn")
        for before in ("register", "register ask_details", "register accept", "register accept contract_out", IN_HAND)
        for step in ("withdraw", "withdraw_by_phone")
    ),
    Scene("register", "merge", {AUDITOR, DISPATCH}, "merged"),
    Scene("register accept", "merge", {AUDITOR, DISPATCH}, "merged"),
    Scene("register", "take_in", {AUDITOR, DISPATCH}, "registered"),
    Scene("register merge", "unmerge", {AUDITOR, DISPATCH}, "registered", ("unmerged",)),
    Scene("register accept merge", "unmerge", {AUDITOR, DISPATCH}, "accepted", ("unmerged",)),
    Scene("register take_in", "let_go", {AUDITOR, DISPATCH}, "registered"),
    Scene("register withdraw", "reopen", {RESIDENT}, "registered", ("reopened",)),
    Scene("register accept withdraw", "reopen", {RESIDENT}, "accepted", ("reopened",)),
    Scene("register answer feed_back evaluate", "reopen", {RESIDENT}, "registered", ("reopened",)),
    Scene(f"{TOLD} evaluate", "reopen", {RESIDENT}, "accepted", ("reopened",)),
    Scene("register refuse", "appeal", {RESIDENT}, "registered", ("reopened",)),
    # everywhere
    Scene("register", "escalate", {SUPER, POLICY}, "registered", ("escalated",)),
    Scene("register", "correct", {AUDITOR, SUPER}, "registered", ("corrected",)),
    Scene(f"{TOLD} evaluate", "correct", {AUDITOR, SUPER}, "closed", ("corrected",)),
    Scene(f"{TOLD} evaluate", "correct_the_grade", {AUDITOR, SUPER}, "closed", ("corrected",)),
    Scene("register", "move_over", {SUPER}, "registered"),
    Scene("register", "give_notice", {POLICY, SUPER}, "registered"),
    Scene("register", "note", ALL, "registered"),
]


def scenes(*steps: str) -> Iterator[Scene]:
    """The scenes of these steps."""
    return (scene for scene in SCENES if scene.step in steps or scene.move in steps)
