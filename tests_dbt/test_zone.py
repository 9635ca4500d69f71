"""A loader whose session is not in UTC stores local times, and the package notices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests_dbt.warehouses import postgres_warehouse
from tests_targets.account import FIRST_RUN

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.xdist_group("dialects")


def test_times_that_were_stored_in_local_time_fail_a_test(tmp_path: Path) -> None:
    with postgres_warehouse(tmp_path) as warehouse:
        warehouse.load(FIRST_RUN, env={"PGTZ": "Asia/Ho_Chi_Minh"})
        outcome = warehouse.dbt.run("build", "--select", "staging", now=FIRST_RUN[:-1])
    assert "not_in_the_future_stg_antbuddy_messages_created_time" in outcome.names_with("fail")
    assert outcome.code == 1
