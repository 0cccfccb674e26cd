"""Opening a log in PostgreSQL: made once, by a command or by who opens it; read without opening it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from demandflow import DemandFlow
from demandflow.cli.main import main
from demandflow.domain.facts import STANDARD_FACTS
from demandflow.errors import InvalidValue, WrongTenant
from demandflow.facts import Registered
from demandflow.store.reader import recorded_events
from tests.unit.recording.test_counts import lives


def test_init_makes_a_log_and_its_tables_and_doing_so_twice_is_harmless(
    kept_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        assert main(["init", kept_url, "--zone", "Asia/Shanghai", "--tenant", "fufeng"]) == 0
    assert capsys.readouterr().out == "the log is there, its days end in Asia/Shanghai\n" * 2
    with DemandFlow.open(kept_url, create=False, tenant="fufeng") as flow:
        assert flow.zone == "Asia/Shanghai"
    with pytest.raises(WrongTenant):
        DemandFlow.open(kept_url)


def test_a_log_is_read_without_opening_it(kept_url: str) -> None:
    with pytest.raises(InvalidValue, match="there is no such log"):
        list(recorded_events(kept_url, STANDARD_FACTS))
    with DemandFlow.open(kept_url) as flow:
        lives(flow, 3)
        recorded = list(flow.all_events())
    assert list(recorded_events(kept_url, STANDARD_FACTS)) == recorded
    assert sum(isinstance(event.fact, Registered) for event in recorded) == 3
    with pytest.raises(WrongTenant):
        list(recorded_events(kept_url, STANDARD_FACTS, "elsewhere"))


def test_without_psycopg_it_says_what_to_install_and_nothing_else_needs_it() -> None:
    code = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from demandflow import DemandFlow\n"
        "DemandFlow.open('memory:').close()\n"
        "DemandFlow.open('postgresql://nobody@127.0.0.1/x')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "postgresql:// needs psycopg: pip install 'demandflow[postgres]'" in done.stderr


def test_a_password_is_not_told(postgres: str) -> None:
    url = postgres.replace("postgres@", "postgres:sesame@")
    with DemandFlow.open(url) as flow:
        assert "sesame" not in repr(flow) + str(flow.verify())
    with pytest.raises(Exception, match="there is no such log") as refused:
        DemandFlow.open(f"{url}_none", create=False)
    assert "sesame" not in str(refused.value)
