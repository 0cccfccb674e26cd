"""Policies: whenever X, then Y. They propose; the runner records, through the same door as anybody's."""

from importlib import import_module
from typing import TYPE_CHECKING

from demandflow.policies.policy import OpenDemand, Policy, PolicyContext, Reaction, Timer

if TYPE_CHECKING:
    from demandflow.policies.callbacks import CallBacks, NoticesEnd
    from demandflow.policies.deadlines import Remind, Reminders
    from demandflow.policies.dispatch import Dispatch, Handler
    from demandflow.policies.reviews import ReopenWindow, ReviewSuspended
    from demandflow.policies.sorting import Sorting
    from demandflow.policies.standard import standard_policies
else:
    WHEN_ASKED_FOR = {
        **dict.fromkeys(("CallBacks", "NoticesEnd"), "callbacks"),
        **dict.fromkeys(("Remind", "Reminders"), "deadlines"),
        **dict.fromkeys(("Dispatch", "Handler"), "dispatch"),
        **dict.fromkeys(("ReopenWindow", "ReviewSuspended"), "reviews"),
        "Sorting": "sorting",
        "standard_policies": "standard",
    }
    """Where each of these names is: imported when somebody asks for it, for many a process never does."""

    def __getattr__(name: str) -> object:
        if name not in WHEN_ASKED_FOR:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{WHEN_ASKED_FOR[name]}"), name)

    def __dir__() -> list[str]:
        return sorted({*globals(), *WHEN_ASKED_FOR})


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
    "Timer",
    "standard_policies",
]
