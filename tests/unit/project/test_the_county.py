"""The page about the county names tests that are there, and what the code has."""

from __future__ import annotations

import re

import demandflow.county
from tests.paths import ROOT

PAGE = (ROOT / "docs" / "the-county.md").read_text(encoding="utf-8")
TESTS = sorted(set(re.findall(r"`(\w+/test_\w+\.py)`", PAGE)))


def test_every_test_that_the_page_names_is_there() -> None:
    assert len(TESTS) > 20
    assert not [name for name in TESTS if not (ROOT / "tests" / "unit" / name).is_file()]


def test_every_function_that_the_page_names_is_public() -> None:
    called = set(re.findall(r"`(\w+)\(\)`", PAGE))
    assert called
    assert called <= {*demandflow.county.__all__}
