"""demandflow: the demands that residents bring to their community, round one closed loop, with figures that add up."""

from importlib import import_module
from typing import TYPE_CHECKING

from demandflow.application import DemandFlow
from demandflow.automation.notices import Notice
from demandflow.automation.parked import ParkedReaction
from demandflow.automation.runner import PolicyRun, RecordedReaction
from demandflow.batches import Action, Batch, Recorded, Registration, Rejected
from demandflow.calendars.calendar import Calendar
from demandflow.calendars.days import Days
from demandflow.calendars.spans import Span
from demandflow.domain.clocks.clock import Clock, Limit
from demandflow.domain.clocks.rejudging import rejudged
from demandflow.domain.clocks.states import ClockState
from demandflow.domain.demand import Demand
from demandflow.domain.events import ClockChange, Event, Meta, Stamp
from demandflow.domain.evolve import evolve, fold
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
    UnknownFact,
    Unmerged,
    Withdrawn,
)
from demandflow.domain.history import HistoryLine
from demandflow.domain.moves import ANYWHERE, BACK, START, STAY, WHILE_OPEN, Condition, Move, Proposal, Rule, State
from demandflow.domain.rules import book as rules
from demandflow.domain.standard.clocks import standard_clocks
from demandflow.domain.values import Actor, Category, Channel, FeedbackMethod, Grade, Place, Role, Stage, Urgency
from demandflow.domain.versions.migration import can_move, reasons_not_to_move
from demandflow.domain.workflow import PossibleMove, Workflow
from demandflow.errors import (
    BackdatingNotAllowed,
    CalendarEnds,
    ClockBehind,
    ClockJumped,
    CommandConflict,
    Defect,
    DemandFlowError,
    DemandNotFound,
    HistoryIncomplete,
    InvalidValue,
    InvalidWorkflow,
    MoveNotAllowed,
    NotALog,
    Refusal,
    RoleNotAllowed,
    RuleBroken,
    StaleDemand,
    StorageBusy,
    StorageError,
    UnknownFormat,
    UnknownWorkflow,
    UnreadableEvent,
    WorkflowAdvice,
    WorkflowChanged,
    WrongTenant,
    WrongZone,
    YearNotCovered,
)
from demandflow.policies.policy import OpenDemand, Policy, PolicyContext, Reaction, Timer
from demandflow.projections.board.rows import BoardPage, BoardRow
from demandflow.projections.figures.definitions import DEFINITIONS, RATES, Definition, definition
from demandflow.projections.figures.periods import Period
from demandflow.projections.figures.question import FigureQuery
from demandflow.queries import DemandFilter
from demandflow.recording.ids import utc_now, uuid7
from demandflow.store.holes import Acknowledged, Hole, Verification
from demandflow.store.parking import ParkedEvent

if TYPE_CHECKING:
    from demandflow.domain.standard.closed_loop import CLOSED_LOOP, closed_loop
    from demandflow.domain.standard.closed_loop_1 import CLOSED_LOOP_1, closed_loop_1
    from demandflow.projections.figures.by import FiguresBy
    from demandflow.projections.figures.changes import Change, Changes, Stood
    from demandflow.projections.figures.deadlines import Deadlines
    from demandflow.projections.figures.drilldown import Counted
    from demandflow.projections.figures.durations import Durations
    from demandflow.projections.figures.figures import Figures
    from demandflow.projections.figures.rates import ClockFigures, MeanOfUnits, Rate
else:
    WHEN_ASKED_FOR = {
        **dict.fromkeys(("CLOSED_LOOP", "closed_loop"), "domain.standard.closed_loop"),
        **dict.fromkeys(("CLOSED_LOOP_1", "closed_loop_1"), "domain.standard.closed_loop_1"),
        **dict.fromkeys(("Change", "Changes", "Stood"), "projections.figures.changes"),
        "Deadlines": "projections.figures.deadlines",
        "Counted": "projections.figures.drilldown",
        "Durations": "projections.figures.durations",
        "Figures": "projections.figures.figures",
        "FiguresBy": "projections.figures.by",
        **dict.fromkeys(("ClockFigures", "MeanOfUnits", "Rate"), "projections.figures.rates"),
    }
    """Where each of these names is: imported when somebody asks for it, for many a process never does."""

    def __getattr__(name: str) -> object:
        if name not in WHEN_ASKED_FOR:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{WHEN_ASKED_FOR[name]}"), name)

    def __dir__() -> list[str]:
        return sorted({*globals(), *WHEN_ASKED_FOR})


__all__ = [
    "ANYWHERE",
    "Accepted",
    "Acknowledged",
    "Action",
    "Actor",
    "FigureQuery",
    "BACK",
    "BackdatingNotAllowed",
    "Batch",
    "BoardPage",
    "BoardRow",
    "CLOSED_LOOP",
    "CLOSED_LOOP_1",
    "Calendar",
    "CalendarEnds",
    "CallbackMissed",
    "Category",
    "Change",
    "Changes",
    "Channel",
    "Clock",
    "ClockBehind",
    "ClockFigures",
    "ClockJumped",
    "Condition",
    "ContractedOut",
    "Corrected",
    "Counted",
    "DEFINITIONS",
    "Days",
    "Deadlines",
    "Defect",
    "Definition",
    "Demand",
    "DemandFlow",
    "DemandFlowError",
    "DemandNotFound",
    "DetailsAsked",
    "DetailsGiven",
    "Durations",
    "Escalated",
    "Evaluated",
    "Event",
    "Extended",
    "ExtensionAsked",
    "Fact",
    "FedBack",
    "Figures",
    "FiguresBy",
    "Grade",
    "HandedBack",
    "HistoryIncomplete",
    "HistoryLine",
    "Hole",
    "CommandConflict",
    "InvalidValue",
    "InvalidWorkflow",
    "LetGo",
    "Limit",
    "PolicyContext",
    "MeanOfUnits",
    "Merged",
    "Meta",
    "Move",
    "MoveNotAllowed",
    "MovedOver",
    "DemandFilter",
    "NotALog",
    "Noted",
    "Notice",
    "NoticeEnded",
    "Notified",
    "StaleDemand",
    "ParkedReaction",
    "ParkedEvent",
    "Period",
    "Place",
    "Policy",
    "PossibleMove",
    "Proposal",
    "RATES",
    "PolicyRun",
    "Rate",
    "RecordedReaction",
    "Reaction",
    "Recorded",
    "Refusal",
    "Refused",
    "Registered",
    "Registration",
    "Rejected",
    "Reopened",
    "Reported",
    "Resumed",
    "Role",
    "RoleNotAllowed",
    "Rule",
    "RuleBroken",
    "START",
    "STAY",
    "OpenDemand",
    "Sorted",
    "Span",
    "Stage",
    "Stamp",
    "State",
    "Stepped",
    "Stood",
    "StorageBusy",
    "StorageError",
    "Suspended",
    "TakenOn",
    "ClockChange",
    "ClockState",
    "TookIn",
    "UnknownFact",
    "UnknownFormat",
    "UnknownWorkflow",
    "Unmerged",
    "UnreadableEvent",
    "Urgency",
    "Verification",
    "WHILE_OPEN",
    "Timer",
    "FeedbackMethod",
    "Withdrawn",
    "Workflow",
    "WorkflowAdvice",
    "WorkflowChanged",
    "WrongTenant",
    "WrongZone",
    "YearNotCovered",
    "can_move",
    "closed_loop",
    "closed_loop_1",
    "definition",
    "evolve",
    "fold",
    "reasons_not_to_move",
    "rejudged",
    "rules",
    "standard_clocks",
    "utc_now",
    "uuid7",
]
