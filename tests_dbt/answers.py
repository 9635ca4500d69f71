"""The ten answers, computed from the invented account itself: no tap, no loader, no SQL."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from statistics import fmean, median
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tests_dbt.project import PROJECT
from tests_targets.account import sandbox_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Json = dict[str, Any]
Answer = dict[tuple[Any, ...], tuple[Any, ...]]

_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
_WEEKDAY, _SATURDAY = ((8, 0), (17, 30)), ((8, 0), (12, 0))
_HOURS = (*[_WEEKDAY] * 5, _SATURDAY, None)
_JOURNEY = timedelta(days=7)


class Account:
    """What the account shows at a time.

    Attributes:
        now: The time.
        sessions: AntBuddy's sessions.
        notifications: eTelecom's notifications.
    """

    def __init__(self, now: str) -> None:
        """Read the account.

        Args:
            now: The time, as ISO text.
        """
        self.now = datetime.fromisoformat(now)
        sandbox = sandbox_at(now)
        self.sessions = [Session(json) for json in sandbox.world.sessions(sandbox.now)]
        self.notifications: list[Json] = list(sandbox.world.notifications(sandbox.now))


class Session:
    """A session, with what a reader of its messages would note."""

    def __init__(self, json: Json) -> None:
        """Read the session.

        Args:
            json: The session as AntBuddy shows it.
        """
        self.page: str = json["pageId"]
        self.opened = datetime.fromtimestamp(json["createdAt"] / 1000, UTC)
        self.messages: list[Json] = sorted(
            json["messages"], key=lambda message: message["created_time"]
        )
        self.channel: str = self.messages[0]["channel"]
        self.person: str = self.messages[0]["from"]
        self.is_open = not any("doneAt" in message for message in self.messages)

    def from_customer(self) -> list[datetime]:
        """Return when the customer wrote."""
        return [_written(message) for message in self.messages if who_wrote(message) == "customer"]

    def from_agents(self) -> list[datetime]:
        """Return when agents wrote."""
        return [_written(message) for message in self.messages if who_wrote(message) == "agent"]

    def first_human_reply(self) -> datetime | None:
        """Return when an agent first wrote."""
        return min(self.from_agents(), default=None)

    def replies(self) -> Iterator[tuple[str, float]]:
        """Yield each agent who ended the customer's wait, and the wait in minutes."""
        waiting: datetime | None = None
        for message in self.messages:
            if who_wrote(message) == "customer":
                waiting = waiting or _written(message)
            elif who_wrote(message) == "agent":
                if waiting:
                    yield message["createdBy"], _minutes(_written(message) - waiting)
                waiting = None


def who_wrote(message: Json) -> str:
    """Return customer, bot or agent."""
    if message["from"] != message["pageId"]:
        return "customer"
    return "bot" if message["isResponsedByBot"] else "agent"


def _written(message: Json) -> datetime:
    return datetime.fromisoformat(message["created_time"])


def _minutes(span: timedelta) -> float:
    return span / timedelta(minutes=1)


def _month(moment: datetime) -> date:
    return moment.astimezone(_ZONE).date().replace(day=1)


def office_minutes(start: datetime, end: datetime) -> float:
    """Return the office minutes between two times, day by day."""
    total, day = timedelta(), start.astimezone(_ZONE).date()
    while day <= end.astimezone(_ZONE).date():
        hours = _HOURS[day.weekday()]
        if hours:
            opens, closes = (
                datetime(day.year, day.month, day.day, *at, tzinfo=_ZONE) for at in hours
            )
            total += max(timedelta(), min(end, closes) - max(start, opens))
        day += timedelta(days=1)
    return _minutes(total)


def _grouped(rows: list[Any], key: Callable[[Any], Any]) -> dict[Any, list[Any]]:
    groups: dict[Any, list[Any]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return groups


def conversations_by_month_and_channel(account: Account) -> Answer:
    opened = Counter((_month(session.opened), session.channel) for session in account.sessions)
    return {(str(month), channel): (count,) for (month, channel), count in opened.items()}


def first_replies_by_channel(account: Account) -> Answer:
    answer: Answer = {}
    for channel, sessions in _grouped(account.sessions, lambda session: session.channel).items():
        waits = [
            office_minutes(session.from_customer()[0], reply)
            for session in sessions
            if (reply := session.first_human_reply())
        ]
        answer[channel,] = (len(sessions), len(waits), median(waits) if waits else None)
    return answer


def replies_by_agent(account: Account) -> Answer:
    waits: dict[str, list[float]] = defaultdict(list)
    for session in account.sessions:
        for message in session.messages:
            if who_wrote(message) == "agent":
                waits.setdefault(message["createdBy"], [])
        for agent, minutes in session.replies():
            waits[agent].append(minutes)
    return {
        (agent,): (len(found), fmean(found) if found else None) for agent, found in waits.items()
    }


def waiting_conversations(account: Account) -> Answer:
    waiting = [
        session
        for session in account.sessions
        if session.is_open
        and (not session.from_agents() or session.from_customer()[-1] > session.from_agents()[-1])
    ]
    return {
        (channel,): (
            len(sessions),
            max(_minutes(account.now - session.from_customer()[-1]) for session in sessions) / 60,
        )
        for channel, sessions in _grouped(waiting, lambda session: session.channel).items()
    }


def messages_of_24_hours(account: Account) -> Answer:
    messages = [message for session in account.sessions for message in session.messages]
    recent = [m for m in messages if account.now - _written(m) <= timedelta(hours=24)]
    return {(who,): (count,) for who, count in Counter(map(who_wrote, recent)).items()}


def zns_cost_by_month(account: Account) -> Answer:
    months = _grouped(
        account.notifications, lambda row: _month(datetime.fromisoformat(row["created_at"]))
    )
    answer: Answer = {}
    for month, rows in months.items():
        charged = [row for row in rows if row["is_charged"]]
        answer[str(month),] = (
            len(charged),
            sum(row["fee_main"] + row["fee_token"] for row in charged),
        )
    return answer


def zns_funnel_by_template(account: Account) -> Answer:
    real = [row for row in account.notifications if not row["is_development"]]
    return {
        (template,): (
            len(rows),
            sum(row["sent_time"] is not None for row in rows),
            sum(row["delivery_time"] is not None for row in rows),
            sum(row["delivery_status"] == "seen" for row in rows),
            sum(row["rate"] > 0 for row in rows),
        )
        for template, rows in _grouped(real, lambda row: row["template_id"]).items()
    }


def zns_failures(account: Account) -> Answer:
    with (PROJECT / "seeds" / "zns_error_codes.csv").open(encoding="utf-8", newline="") as lines:
        known = {int(row["error_code"]): row for row in csv.DictReader(lines)}
    failed = Counter(row["error_code"] for row in account.notifications if row["error_code"])
    return {
        (code, known[code]["cause"], known[code]["what_to_do"]): (count,)
        for code, count in failed.items()
    }


def ratings_by_template(account: Account) -> Answer:
    rated = [row for row in account.notifications if row["rate"]]
    return {
        (template,): (
            len(rows),
            fmean(row["rate"] for row in rows),
            sum(row["rate"] <= 2 for row in rows),
        )
        for template, rows in _grouped(rated, lambda row: row["template_id"]).items()
    }


def conversations_after_notifications(account: Account) -> Answer:
    by_person = _grouped(account.sessions, lambda session: session.person)
    answer: Answer = {}
    known = [row for row in account.notifications if row["zl_user_id"] and row["sent_time"]]
    for template, rows in _grouped(known, lambda row: row["template_id"]).items():
        sure = perhaps = 0
        for row in rows:
            sent = datetime.fromisoformat(row["sent_time"])
            pages = {
                session.page
                for session in by_person[row["zl_user_id"]]
                if timedelta() <= session.opened - sent <= _JOURNEY
            }
            sure += row["oa_id"] in pages
            perhaps += bool(pages) and row["oa_id"] not in pages
        answer[template,] = (len(rows), sure, perhaps)
    return answer


# By the name of the question in `transform/analyses`: its answer, and how many columns are its key.
QUESTIONS: dict[str, tuple[Callable[[Account], Answer], int]] = {
    "conversations_by_month_and_channel": (conversations_by_month_and_channel, 2),
    "first_replies_by_channel": (first_replies_by_channel, 1),
    "replies_by_agent": (replies_by_agent, 1),
    "waiting_conversations": (waiting_conversations, 1),
    "messages_of_24_hours": (messages_of_24_hours, 1),
    "zns_cost_by_month": (zns_cost_by_month, 1),
    "zns_funnel_by_template": (zns_funnel_by_template, 1),
    "zns_failures": (zns_failures, 3),
    "ratings_by_template": (ratings_by_template, 1),
    "conversations_after_notifications": (conversations_after_notifications, 1),
}
