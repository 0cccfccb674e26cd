"""Policies: whenever X, then Y. They propose; the runner records, through the same door as anybody's."""

from demandflow.policies.callbacks import CallBacks, NoticesEnd
from demandflow.policies.deadlines import Remind, Reminders
from demandflow.policies.dispatch import Dispatch, Unit
from demandflow.policies.policy import Look, Policy, Reaction, Seen, Wake
from demandflow.policies.reviews import ReopenWindow, ReviewSuspended
from demandflow.policies.sorting import Sorting
from demandflow.policies.standard import standard_policies

__all__ = [
    "CallBacks",
    "Dispatch",
    "Look",
    "NoticesEnd",
    "Policy",
    "Reaction",
    "Remind",
    "Reminders",
    "ReopenWindow",
    "ReviewSuspended",
    "Seen",
    "Sorting",
    "Unit",
    "Wake",
    "standard_policies",
]
