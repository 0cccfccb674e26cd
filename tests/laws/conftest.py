"""For tests that ask whether something is noticed, and not how it is shown."""

from __future__ import annotations

import pytest


@pytest.fixture
def as_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The history that breaks a law is reported as it was found: making it smaller takes as long as finding it."""
    monkeypatch.setattr("demandflow.testing.checking.smallest", lambda history, fails: history)
