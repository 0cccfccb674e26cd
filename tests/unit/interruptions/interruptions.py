"""Interruptions, as a signal's handler raises them, at every place where Python looks for signals."""

from __future__ import annotations

import contextlib
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pytest

import demandflow

passed_over = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
"""Where Python cleans up after itself, it passes over what is raised, and says so."""
PLACES = str(Path(demandflow.__file__).parent), contextlib.__file__


class Interrupted(BaseException):
    """As KeyboardInterrupt, or what a worker's timeout raises."""


@contextmanager
def interrupted_at(moment: int) -> Iterator[list[int]]:
    """Raise Interrupted at the so-many-th moment of this block: a function of ours is entered, or one in C returned.

    The list says how many such moments there were; at 0 they are only counted.
    """
    passed = [0]

    def count(frame: FrameType, event: str, _: object) -> None:
        if event in ("call", "c_return") and frame.f_code.co_filename.startswith(PLACES):
            passed[0] += 1
            if passed[0] == moment:
                sys.setprofile(None)
                raise Interrupted

    sys.setprofile(count)
    try:
        yield passed
    finally:
        sys.setprofile(None)


@pytest.fixture(autouse=True)
def nothing_left_open() -> Iterator[None]:
    """What an interrupted opening leaves open is closed with its exception, and not in some other test."""
    yield
    gc.collect()
