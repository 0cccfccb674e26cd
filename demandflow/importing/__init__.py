"""Bring files of another system in: row by row, refusing or reporting what is wrong, losing nothing."""

from demandflow.importing.columns import Column, Constant, Made, PathOf, Row, Timestamp, Value
from demandflow.importing.importer import import_file, import_files
from demandflow.importing.mapping import RowMapping, RowStep
from demandflow.importing.report import Changed, Difference, Progress, RefusedRow, Report

__all__ = [
    "Changed",
    "Column",
    "Constant",
    "Difference",
    "Made",
    "RowMapping",
    "Timestamp",
    "PathOf",
    "Progress",
    "RefusedRow",
    "Report",
    "Row",
    "RowStep",
    "Value",
    "import_file",
    "import_files",
]
