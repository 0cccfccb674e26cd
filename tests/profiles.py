"""How many examples a property is tried on: `fast` by default, others each time with `random`, all with `ci`.

`least` is for tests that only show which lines they reach.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, settings

PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "fast")
SHARE = {"fast": 5, "random": 5, "least": 25}.get(PROFILE, 1)
LEAST = 5
slow = pytest.mark.skipif(SHARE > 1, reason="slow: with HYPOTHESIS_PROFILE=ci only")


def examples(number: int) -> int:
    """So many examples, or a fifth of them in the profile `fast`."""
    return max(LEAST, number // SHARE)


def load_profile() -> None:
    """Register the profiles and take the chosen one."""
    patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    unheeding = settings(deadline=None, suppress_health_check=[*HealthCheck])
    settings.register_profile("fast", patient, derandomize=True, max_examples=examples(100))
    settings.register_profile("least", patient, derandomize=True, max_examples=examples(100))
    settings.register_profile("random", patient, database=None, max_examples=examples(100))
    settings.register_profile("ci", patient, derandomize=True)
    settings.register_profile("quick", patient, phases=[Phase.generate])
    settings.register_profile("few", unheeding, derandomize=True, max_examples=10, phases=[Phase.generate])
    settings.register_profile("dev", patient)
    settings.load_profile(PROFILE)
