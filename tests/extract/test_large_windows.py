"""Large windows are split into parts with checkpoints; other windows stay whole."""

from __future__ import annotations

from typing import Any

import pytest

from omnimessages_sandbox import ApiVariants, Sandbox
from tests.odd_servers import in_window, read_antbuddy, sessions, sessions_page
from tests.support import NOW, extract, fixed, message, notification, only, session


def test_a_large_window_of_notifications_is_split_into_parts_with_checkpoints() -> None:
    world = fixed(
        notifications=(
            notification(n + 1, f"2026-03-{5 + n // 180:02d}T{n % 180 // 8:02d}:{n % 8:02d}:00Z")
            for n in range(900)
        )
    )
    with Sandbox(world=world, now="2026-03-10T00:00:00Z") as sandbox:
        settings_ = only(sandbox, "etelecom", etelecom_page_size=10, etelecom_window_days=31)
        run = extract({**settings_, "start_date": "2026-03-05T00:00:00Z"})
        requests = len(sandbox.requests)
    assert run.error is None
    assert len(run.table("etelecom_zns_messages")) == 900
    assert 5 < len(run.states) <= 10
    # Adjacent parts share few rows, and the split costs few requests beyond those for the pages.
    assert len(run.records("etelecom_zns_messages")) <= 910
    assert requests <= 90 + 4 * 10


@pytest.mark.parametrize("rows", [2, 99, 150, 1000])
def test_a_campaign_does_not_split_the_quiet_days_around_it(rows: int) -> None:
    world = fixed(
        notifications=(
            notification(n + 1, f"2026-03-28T10:00:{n // 500:02d}.{n % 500:03d}Z")
            for n in range(rows)
        )
    )
    with Sandbox(world=world, now=NOW) as sandbox:
        run = extract(only(sandbox, "etelecom", etelecom_window_days=31))
        requests = len(sandbox.requests)
    assert run.error is None
    assert len(run.table("etelecom_zns_messages")) == rows
    # Until the tap knows what a cursor is, it halves the window and reads the rows again. One
    # request looks into the quiet days, and one asks for an unannounced empty page again.
    assert requests <= 4 * (rows // 100) + 14


@pytest.mark.parametrize("concurrency", [1, 4])
def test_a_window_is_not_split_after_its_first_page(concurrency: int) -> None:
    """The probe at the end of a window may see a `total` that would have split it."""
    many = [session(n, f"2026-03-25T{n // 60:02d}:{n % 60:02d}:00.000Z") for n in range(399)]
    time = "2026-03-05T08:00:00.000Z"
    alone = session(399, time, *(message(f"m399-{number}", time) for number in range(10)))
    variants = ApiVariants(antbuddy_total="account", antbuddy_churn="insert:2*1")
    with Sandbox(world=fixed([*many, alone]), now=NOW, variants=variants) as sandbox:
        changes = {"antbuddy_window_days": 10, "max_concurrency": concurrency}
        run = extract(only(sandbox, "antbuddy", antbuddy_page_size=10, **changes))
        assert sandbox.churned["antbuddy"].inserted
    assert run.error is None
    assert run.table("antbuddy_sessions").keys() >= {f"s{number}" for number in range(400)}


@pytest.mark.parametrize("count", [0, 3])
def test_an_absurd_total_does_not_split_the_window_into_thousands(count: int) -> None:
    rows = sessions(count) if count else []
    requests: list[dict[str, Any]] = []

    def respond(query: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        requests.append(query)
        found = in_window(rows, "createdAt", query["created_from"], query["created_to"])
        return 200, sessions_page(found, query, total=10**12)

    assert len(read_antbuddy(respond).records("antbuddy_sessions")) == count
    assert len(requests) < 1000
