"""demandflow: the demands that residents bring to their community, round one closed loop, with figures that add up.

Facts are in `demandflow.facts`, rules in `demandflow.rules`, the words of figures in `demandflow.figures`, and every
error in `demandflow.errors`.
"""

from typing import TYPE_CHECKING

from demandflow.application import DemandFlow
from demandflow.automation.notices import Notice
from demandflow.batches import Action, Batch, Recorded, Registration, Rejected
from demandflow.calendars.calendar import Calendar
from demandflow.calendars.days import Days
from demandflow.calendars.spans import Span
from demandflow.domain.clocks.clock import Clock, Limit
from demandflow.domain.demand import Demand
from demandflow.domain.events import Event, Meta, Stamp
from demandflow.domain.evolve import fold
from demandflow.domain.moves import ANYWHERE, BACK, START, STAY, WHILE_OPEN, Move, Proposal, State
from demandflow.domain.standard.clocks import standard_clocks
from demandflow.domain.values import Actor, Category, Channel, FeedbackMethod, Grade, Place, Role, Stage, Urgency
from demandflow.domain.workflow import Workflow
from demandflow.errors import (
    BackdatingNotAllowed,
    CommandConflict,
    DemandFlowError,
    DemandNotFound,
    InvalidValue,
    InvalidWorkflow,
    MoveNotAllowed,
    Refusal,
    RoleNotAllowed,
    RuleBroken,
    StaleDemand,
    StorageBusy,
    StorageError,
)
from demandflow.projections.figures.periods import Period

if TYPE_CHECKING:
    from demandflow.domain.standard.closed_loop import CLOSED_LOOP, closed_loop
    from demandflow.projections.figures.figures import Figures
    from demandflow.workflow_files.published import CLOSED_LOOP_1
else:
    from demandflow.inputs.lazy_names import lazy_names

    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            **dict.fromkeys(("CLOSED_LOOP", "closed_loop"), "domain.standard.closed_loop"),
            "CLOSED_LOOP_1": "workflow_files.published",
            "Figures": "projections.figures.figures",
        },
    )

__all__ = [
    "ANYWHERE",
    "Action",
    "Actor",
    "BACK",
    "BackdatingNotAllowed",
    "Batch",
    "CLOSED_LOOP",
    "CLOSED_LOOP_1",
    "Calendar",
    "Category",
    "Channel",
    "Clock",
    "CommandConflict",
    "Days",
    "Demand",
    "DemandFlow",
    "DemandFlowError",
    "DemandNotFound",
    "Event",
    "FeedbackMethod",
    "Figures",
    "Grade",
    "InvalidValue",
    "InvalidWorkflow",
    "Limit",
    "Meta",
    "Move",
    "MoveNotAllowed",
    "Notice",
    "Period",
    "Place",
    "Proposal",
    "Recorded",
    "Refusal",
    "Registration",
    "Rejected",
    "Role",
    "RoleNotAllowed",
    "RuleBroken",
    "START",
    "STAY",
    "Span",
    "Stage",
    "StaleDemand",
    "Stamp",
    "State",
    "StorageBusy",
    "StorageError",
    "Urgency",
    "WHILE_OPEN",
    "Workflow",
    "closed_loop",
    "fold",
    "standard_clocks",
]
