"""The bench at which a workflow is drawn, compared with another, explored, and tried on what was recorded."""

from demandflow.workbench.comparison import Difference, diff
from demandflow.workbench.conformance import Conformance, Deviation, conformance
from demandflow.workbench.exploration import Configuration, Explored, Taken, explore
from demandflow.workbench.files import dump, dumps, load, loads
from demandflow.workbench.reading import InvalidFile
from demandflow.workbench.replaying import Judgement, Replayed, replay_check
from demandflow.workbench.schema import schema
from demandflow.workbench.vocabulary import STANDARD_VOCABULARY, Vocabulary
from demandflow.workbench.what_if import WhatIf, what_if

__all__ = [
    "Configuration",
    "Conformance",
    "Deviation",
    "Difference",
    "Explored",
    "InvalidFile",
    "Judgement",
    "Replayed",
    "STANDARD_VOCABULARY",
    "Taken",
    "Vocabulary",
    "WhatIf",
    "conformance",
    "diff",
    "dump",
    "dumps",
    "explore",
    "load",
    "loads",
    "replay_check",
    "schema",
    "what_if",
]
