"""Policies: whenever X, then Y. They propose; the runner records, through the same door as anybody's."""

from typing import TYPE_CHECKING

from demandflow.policies.policy import OpenDemand, Policy, PolicyContext, Reaction, Timer

if TYPE_CHECKING:
    from demandflow.policies.callbacks import CallBacks, NoticesEnd
    from demandflow.policies.deadlines import Remind, Reminders
    from demandflow.policies.dispatch import Dispatch, Handler
    from demandflow.policies.reviews import ReopenWindow, ReviewSuspended
    from demandflow.policies.sorting import Sorting
    from demandflow.policies.standard import standard_policies
    from demandflow.policies.supporters import TellSupporters
else:
    from demandflow.inputs.lazy_names import lazy_names

    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            **dict.fromkeys(("CallBacks", "NoticesEnd"), "callbacks"),
            **dict.fromkeys(("Remind", "Reminders"), "deadlines"),
            **dict.fromkeys(("Dispatch", "Handler"), "dispatch"),
            **dict.fromkeys(("ReopenWindow", "ReviewSuspended"), "reviews"),
            "Sorting": "sorting",
            "TellSupporters": "supporters",
            "standard_policies": "standard",
        },
    )

__all__ = [
    "CallBacks",
    "Dispatch",
    "PolicyContext",
    "NoticesEnd",
    "Policy",
    "Reaction",
    "Remind",
    "Reminders",
    "ReopenWindow",
    "ReviewSuspended",
    "OpenDemand",
    "Sorting",
    "Handler",
    "TellSupporters",
    "Timer",
    "standard_policies",
]
