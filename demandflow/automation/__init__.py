"""Running the policies: when to ask which, what they propose, who gets notices."""

from demandflow.automation.notices import Notice
from demandflow.automation.parked import ParkedReaction
from demandflow.automation.runner import PolicyRun, RecordedReaction

__all__ = ["Notice", "ParkedReaction", "PolicyRun", "RecordedReaction"]
