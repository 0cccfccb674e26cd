"""Where this checkout is, and the real data beside it, where they are."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).parent.parent
TESTS = ROOT / "tests"
DATA = Path(os.environ.get("DEMANDFLOW_DATA", ROOT.parent / "shared" / "data"))
