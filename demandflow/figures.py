"""The words of figures: what questions return, over which days, and what each number means."""

from demandflow.projections.board.rows import BoardPage, BoardRow
from demandflow.projections.figures.by import FiguresBy
from demandflow.projections.figures.changes import Change, Changes, Stood
from demandflow.projections.figures.definitions import DEFINITIONS, RATES, Definition, definition
from demandflow.projections.figures.drilldown import Counted
from demandflow.projections.figures.dues import Deadlines
from demandflow.projections.figures.durations import Durations
from demandflow.projections.figures.figures import Figures
from demandflow.projections.figures.periods import Period
from demandflow.projections.figures.question import FigureQuery
from demandflow.projections.figures.rates import ClockFigures, MeanOfUnits, Rate
from demandflow.queries import DemandFilter

__all__ = [
    "BoardPage",
    "BoardRow",
    "Change",
    "Changes",
    "ClockFigures",
    "Counted",
    "DEFINITIONS",
    "Deadlines",
    "Definition",
    "DemandFilter",
    "Durations",
    "FigureQuery",
    "Figures",
    "FiguresBy",
    "MeanOfUnits",
    "Period",
    "RATES",
    "Rate",
    "Stood",
    "definition",
]
