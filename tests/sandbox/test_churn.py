"""Records that appear, disappear or change between two requests."""

from __future__ import annotations

from omnimessages_sandbox import ApiVariants, Sandbox
from tests.sandbox.client import (
    NOW,
    ONE_DAY,
    all_notifications,
    ids,
    list_page,
    notification_page,
    session_page,
    total,
)


def test_a_served_session_is_deleted(sandbox: Sandbox) -> None:
    every = ids(session_page(sandbox, limit=1000))
    sandbox.variants = ApiVariants(antbuddy_churn="delete:1*1")
    first = ids(session_page(sandbox, limit=10))
    (gone,) = sandbox.churned["antbuddy"].deleted
    assert gone in first
    assert ids(session_page(sandbox, limit=10, offset=10)) == every[11:21]
    assert total(sandbox) == len(every) - 1


def test_a_session_is_inserted_among_the_served_ones(sandbox: Sandbox) -> None:
    sandbox.variants = ApiVariants(antbuddy_churn="insert:2*1")
    for _ in range(2):
        assert sandbox.churned["antbuddy"].inserted == set()
        first = ids(session_page(sandbox, limit=10))
    (new,) = sandbox.churned["antbuddy"].inserted
    assert new in ids(session_page(sandbox, limit=12))
    assert ids(session_page(sandbox, limit=10, offset=10))[0] == first[-1]


def test_a_session_gets_another_message(sandbox: Sandbox) -> None:
    sandbox.variants = ApiVariants(antbuddy_churn="change:1*1")
    before = {each["sessionId"]: each for each in session_page(sandbox, limit=1000)}
    after = {each["sessionId"]: each for each in session_page(sandbox, limit=1000)}
    changed = {name for name in before if before[name] != after[name]}
    assert changed == sandbox.churned["antbuddy"].changed
    (name,) = changed
    assert after[name]["messageCount"] == before[name]["messageCount"] + 1


def test_a_deletion_shifts_an_offset_cursor_but_no_keyset_cursor(
    sandbox: Sandbox,
) -> None:
    every = ids(all_notifications(sandbox))
    for variant, expected in (("keyset", every[10:19]), ("offset", every[11:20])):
        with Sandbox(
            world=sandbox.world,
            now=NOW,
            variants=ApiVariants.from_pairs(
                [f"etelecom_cursor={variant}", "etelecom_churn=delete:1*1"]
            ),
        ) as churning:
            cursor = list_page(churning)["paging"]["next"]
            assert churning.churned["etelecom"].deleted <= set(every[:10])
            assert ids(list_page(churning, after=cursor)["messages"])[:9] == expected


def test_an_update_sets_the_update_time_to_the_clock(sandbox: Sandbox) -> None:
    sandbox.variants = ApiVariants(etelecom_churn="update:1*1")
    before = {row["id"]: row for row in notification_page(sandbox)}
    newest = notification_page(sandbox)[0]
    assert sandbox.churned["etelecom"].changed == {newest["id"]}
    assert newest["updated_at"] == NOW
    assert newest != before.get(newest["id"])


def test_an_inserted_row_is_served_from_the_next_request_on(sandbox: Sandbox) -> None:
    sandbox.variants = ApiVariants(etelecom_churn="insert:1*1")
    before = set(ids(notification_page(sandbox, **ONE_DAY)))
    after = set(ids(notification_page(sandbox, **ONE_DAY)))
    assert after - before == sandbox.churned["etelecom"].inserted
