"""The standard workflow as it was first published. Logs began on it, so its file is never edited."""

from pathlib import Path

from demandflow.workflow_files.loading import load

CLOSED_LOOP_1 = load(Path(__file__).with_name("closed-loop-1.toml"))
