"""The package on real warehouses: what it builds, what stays current, what it answers."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from tests_dbt.answers import QUESTIONS, Account
from tests_dbt.warehouses import WAREHOUSES, Warehouse
from tests_targets.account import FIRST_RUN, SECOND_RUN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests_dbt.project import Outcome
    from tests_dbt.warehouses import Row

SCHEMA = "omnimessages_marts"
MARTS = (
    "agent_daily",
    "channel_daily",
    "conversations",
    "customer_journey",
    "messages",
    "zns_notifications",
    "zns_template_daily",
)
# The incremental marts, and the day of a row.
INCREMENTAL = {"messages": "sent_day", "zns_notifications": "created_day"}
VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")

# Each warehouse is one group, which one process tests.
_KINDS = [pytest.param(kind, marks=pytest.mark.xdist_group(kind)) for kind in WAREHOUSES]
pytestmark = pytest.mark.parametrize("kind", _KINDS, scope="module")


class Built:
    """A warehouse after two loads, each followed by `dbt build`."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse = warehouse
        warehouse.load(FIRST_RUN)
        self.first = warehouse.dbt.run("build", now=FIRST_RUN[:-1])
        warehouse.load(SECOND_RUN)
        self.second = warehouse.dbt.run("build", now=SECOND_RUN[:-1])


@pytest.fixture(scope="module")
def built(kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    with WAREHOUSES[kind](tmp_path_factory.mktemp(kind)) as warehouse:
        yield Built(warehouse)


def _is_green(outcome: Outcome) -> bool:
    return outcome.code == 0 and {*outcome.results.values()} <= {"pass", "success"}


def _rows(warehouse: Warehouse, mart: str, schema: str = SCHEMA) -> list[str]:
    return sorted(
        str(sorted(row.items())) for row in warehouse.query(f"SELECT * FROM {schema}.{mart}")
    )


def _count(warehouse: Warehouse, table: str) -> int:
    (row,) = warehouse.query(f"SELECT count(*) AS rows FROM {table}")
    count: int = row["rows"]
    return count


def test_the_build_is_green_after_each_load(built: Built) -> None:
    for outcome in (built.first, built.second):
        assert _is_green(outcome), outcome.output[-4000:]


def test_each_mart_has_rows(built: Built) -> None:
    for mart in MARTS:
        assert _count(built.warehouse, f"{SCHEMA}.{mart}") > 10, mart


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_has_the_answer_of_the_account(
    answers: dict[str, list[Row]], question: str
) -> None:
    compute, keys = QUESTIONS[question]
    expected = compute(Account(SECOND_RUN))
    found = {}
    for row in answers[question]:
        values = tuple(row.values())
        found[values[:keys]] = values[keys:]
    assert found.keys() == expected.keys()
    for key, values in expected.items():
        assert found[key] == pytest.approx(values, abs=0.02), key


@pytest.fixture(scope="module")
def answers(built: Built) -> dict[str, list[Row]]:
    warehouse = built.warehouse
    warehouse.dbt.run_well("compile", "--select", "path:analyses", now=SECOND_RUN[:-1])
    compiled = warehouse.dbt.compiled("analyses")
    return {name: warehouse.query(text) for name, text in compiled.items()}


def test_there_are_ten_questions_and_each_is_one_select_on_one_mart(
    built: Built, answers: dict[str, list[Row]]
) -> None:
    assert answers.keys() == QUESTIONS.keys()
    assert len(QUESTIONS) == 10
    for name, text in built.warehouse.dbt.compiled("analyses").items():
        assert len(re.findall(r"\bselect\b", text)) == 1, name
        assert len(re.findall(r"\b(?:from|join)\s+\S*omnimessages_marts", text)) == 1, name


def test_a_later_run_leaves_what_a_full_refresh_would(built: Built) -> None:
    warehouse = built.warehouse
    after_later_run = {mart: _rows(warehouse, mart) for mart in MARTS}
    warehouse.dbt.run_well("build", "--full-refresh", now=SECOND_RUN[:-1])
    for mart in MARTS:
        assert _rows(warehouse, mart) == after_later_run[mart], mart


def test_rows_that_are_older_than_all_others_come_in_later(built: Built) -> None:
    """A backfill brings old rows, and a later run of the models takes them."""
    warehouse = built.warehouse
    for mart, day in INCREMENTAL.items():
        before = _rows(warehouse, mart)
        warehouse.execute(f"DELETE FROM {SCHEMA}.{mart} WHERE {day} < '2026-03-05'")
        assert len(_rows(warehouse, mart)) < len(before)
        warehouse.dbt.run_well("run", "--select", mart)
        assert _rows(warehouse, mart) == before


def test_a_mart_that_misses_rows_fails_its_test(built: Built) -> None:
    warehouse = built.warehouse
    for mart, day in INCREMENTAL.items():
        warehouse.execute(f"DELETE FROM {SCHEMA}.{mart} WHERE {day} = '2026-03-05'")
        outcome = warehouse.dbt.run("test", "--select", f"{mart}_are_current")
        assert outcome.names_with("fail") == {f"{mart}_are_current"}
        warehouse.dbt.run_well("run", "--select", mart)


def test_old_rows_are_a_warning(built: Built) -> None:
    stale = built.warehouse.dbt.run_well("test", "--select", "tag:freshness")
    assert {*stale.results.values()} == {"warn"}
    fresh = built.warehouse.dbt.run_well("test", "--select", "tag:freshness", now=SECOND_RUN[:-1])
    assert {*fresh.results.values()} == {"pass"}


def test_local_days_follow_the_time_zone(built: Built) -> None:
    late = 0
    for row in built.warehouse.query(f"SELECT sent_at, sent_day FROM {SCHEMA}.messages"):
        sent = datetime.fromisoformat(row["sent_at"])
        assert row["sent_day"] == str(sent.astimezone(VIETNAM).date())
        late += row["sent_day"] != str(sent.astimezone(UTC).date())
    assert late


def test_accounts_are_united_and_what_is_not_loaded_is_null(built: Built) -> None:
    """The second account has AntBuddy alone, and leaves out a column."""
    warehouse = built.warehouse
    hidden = {"antbuddy_messages": {"attachments": "__NULL__"}}
    warehouse.load(FIRST_RUN, "omnimessages_hcm", etelecom_api_key=None, stream_maps=hidden)
    united = {"schemas": ["omnimessages", "omnimessages_hcm"]}
    outcome = warehouse.dbt.run("build", "--full-refresh", now=SECOND_RUN[:-1], **united)
    assert outcome.code == 0, outcome.output[-4000:]
    # The second account is loaded up to an earlier day.
    assert outcome.names_with("warn") == {
        "fresh_stg_antbuddy_messages_created_time",
        "fresh_stg_antbuddy_sessions_created_at",
    }
    counts = warehouse.query(
        f"SELECT account, count(*) AS sessions FROM {SCHEMA}.conversations GROUP BY 1 ORDER BY 1"
    )
    assert [row["account"] for row in counts] == united["schemas"]
    for row in counts:
        assert row["sessions"] == _count(warehouse, f"{row['account']}.antbuddy_sessions")
    (only,) = warehouse.query(f"SELECT DISTINCT account FROM {SCHEMA}.zns_notifications")
    assert only["account"] == "omnimessages"
    kept = warehouse.query(
        f"SELECT account, count(attachments) AS kept FROM {SCHEMA}.messages GROUP BY 1 ORDER BY 1"
    )
    assert [row["kept"] > 0 for row in kept] == [True, False]


def test_a_schema_without_the_taps_tables_is_an_error(built: Built) -> None:
    outcome = built.warehouse.dbt.run("build", schemas=["omnimessages", "misspelt"])
    assert outcome.code == 1
    assert "The schema misspelt has no table of tap-omnimessages" in outcome.output
