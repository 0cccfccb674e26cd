"""Workflows compared, and a recorded log tried under other workflows, clocks and policies. Nothing is written."""

from demandflow.analysis.comparison import Difference, diff
from demandflow.analysis.replay import Judgement, Replayed, replay_check
from demandflow.analysis.what_if import WhatIf, what_if

__all__ = ["Difference", "Judgement", "Replayed", "WhatIf", "diff", "replay_check", "what_if"]
