"""The life of one generated notification: created, sent, received, seen, charged, rated.

Codes such as E11 are explained in docs/api-notes.md.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from omnimessages_sandbox.times import DAY, HOUR, MINUTE, SECOND, iso
from omnimessages_sandbox.world.lives import NotificationView
from omnimessages_sandbox.world.phrases import (
    FEEDBACKS,
    NOTES,
    TEMPLATE_WEIGHTS,
    TEMPLATES,
    ZNS_ERROR_WEIGHTS,
    ZNS_ERRORS,
    Template,
)

if TYPE_CHECKING:
    import random

    from omnimessages_sandbox.world.people import Customer, People

# A 30-day journey is charged when it expires; nothing happens later.
SPAN = 31 * DAY
_RATED_WITHIN = 20 * DAY
_ID_EPOCH_MS = 1_262_304_000_000
_ID_SEQUENCE_BITS = 22

_FAILS = 0.08
_NEVER_HEARD_OF = 0.08
_SEEN = 0.6
_RATED = 0.06
_RATED_WHEN_ASKED = 0.35
_IN_CAMPAIGN = 0.3
_DEVELOPMENT = 0.03
_OVER_QUOTA = 0.04
_TRACKED = 0.8
_ARRIVES_LATE = 0.08
_SEEN_LATE = 0.2
_RATED_LATE = 0.3

_STAR_WEIGHTS = (1, 1, 2, 5, 9)


class Event(NamedTuple):
    """One step: its time (microseconds since 1970), its kind, and the fields it sets."""

    us: int
    kind: str
    changes: dict[str, Any]


@dataclass(slots=True)
class NotificationLife:
    """A generated notification: its first state, and the steps that follow.

    Attributes:
        id: Its id, which is digits.
        created: The record at its creation, without times.
        request_us: When the caller asked to send it, in microseconds since 1970.
        events: The steps in order of time; the first is the creation.
        moments: The times of the steps.
        silent: The kinds of step that leave `updated_at` alone.
    """

    id: str
    created: dict[str, Any]
    request_us: int
    events: tuple[Event, ...]
    moments: tuple[int, ...]
    silent: frozenset[str] = frozenset()
    _latest: tuple[int, NotificationView] | None = None

    def at(self, now_us: int) -> NotificationView | None:
        """Return the notification at a time, or None before its creation."""
        stage = bisect_right(self.moments, now_us)
        if not stage:
            return None
        latest = self._latest
        if latest is None or latest[0] != stage:
            self._latest = latest = (stage, self._render(stage))
        return latest[1]

    def _render(self, stage: int) -> NotificationView:
        times: dict[str, int | None] = {
            "request_time": self.request_us,
            "created_at": self.moments[0],
            "updated_at": self.moments[0],
            "sent_time": None,
            "delivery_time": None,
            "submit_time": None,
        }
        record = dict(self.created)
        for us, kind, changes in self.events[:stage]:
            record.update(changes)
            if kind not in self.silent:
                times["updated_at"] = us
            if kind in _TIME_OF:
                times[_TIME_OF[kind]] = us
        record.update((name, us if us is None else iso(us)) for name, us in times.items())
        return NotificationView(self.id, times, msgspec.json.encode(record))


_TIME_OF = {"sent": "sent_time", "received": "delivery_time", "rated": "submit_time"}
WEBHOOK_STEPS = frozenset({"received", "seen", "charged"})
RATING_STEPS = frozenset({"rated"})


def plan_notification(
    people: People,
    customer: Customer,
    created_us: int,
    sequence: int,
    rng: random.Random,
    silent: frozenset[str] = frozenset(),
) -> NotificationLife:
    """Draw a notification from its creation to its last step.

    Args:
        people: The account's shop, users, campaigns and official accounts.
        customer: The recipient.
        created_us: The time of its creation, in microseconds since 1970.
        sequence: Its number within its day, which makes the id unique.
        rng: The source of every draw.
        silent: The kinds of step that leave `updated_at` alone (E11: not every change may move it).

    Returns:
        The notification's life, less than `SPAN` long.
    """
    template = rng.choices(TEMPLATES, TEMPLATE_WEIGHTS)[0]
    number = ((created_us // 1000 - _ID_EPOCH_MS) << _ID_SEQUENCE_BITS) | sequence
    record = _created(people, customer, template, str(number), rng)
    events = [Event(created_us, "created", {})]
    sent_us = created_us + rng.randrange(SECOND // 2, 6 * SECOND)
    if rng.random() < _FAILS:
        code = rng.choices(list(ZNS_ERRORS), ZNS_ERROR_WEIGHTS)[0]
        refusal = {"status": "N", "error_code": code, "error_message": ZNS_ERRORS[code]}
        refusal["response_data"] = f'{{"error":{code},"message":"{ZNS_ERRORS[code]}"}}'
        events.append(Event(sent_us, "failed", refusal))
    else:
        events += _delivery(template, customer, sent_us, rng)
    events.sort(key=lambda event: event.us)
    return NotificationLife(
        str(number),
        record,
        created_us - rng.randrange(SECOND // 2),
        tuple(events),
        tuple(event.us for event in events),
        silent,
    )


def _created(
    people: People, customer: Customer, template: Template, number: str, rng: random.Random
) -> dict[str, Any]:
    order = f"DH{rng.randrange(10**6):06d}"
    values = {
        "otp": f"{rng.randrange(10**6):06d}",
        "customer_name": customer.name,
        "order_code": order,
        "amount": str(rng.randrange(50, 5000) * 1000),
        "status": rng.choice(("Đã rời kho", "Đang giao", "Giao thành công")),
        "rating_link": f"https://vi-du.invalid/danh-gia/{order}",
    }
    token = template.journey_days > 0
    return {
        "campaign_id": rng.choice(people.campaigns) if rng.random() < _IN_CAMPAIGN else None,
        "created_at": None,
        "delivery_status": "unknown",
        "delivery_time": None,
        "error_code": 0,
        "error_message": "",
        "fee_main": 0,
        "fee_token": template.token_fee if token else 0,
        "feedback": [],
        "id": number,
        "is_charged": False,
        "is_development": rng.random() < _DEVELOPMENT,
        "journey_id": str(rng.randrange(10**18, 9 * 10**18)) if token else None,
        "msg_id": "",
        "note": "",
        "oa_id": rng.choice(people.pages["ZALO"]),
        "phone": customer.phone,
        "rate": 0,
        "request_time": None,
        "response_data": "",
        "sending_mode": "tag3" if rng.random() < _OVER_QUOTA else "default",
        "sent_time": None,
        "shop_id": people.shop_id,
        "status": "Z",
        "submit_time": None,
        "template_data": {name: values[name] for name in template.fields},
        "template_id": template.id,
        "timeout": template.timeout_ms,
        "tracking_id": f"vd-{rng.getrandbits(48):012x}" if rng.random() < _TRACKED else "",
        "type": "journey" if token else "template",
        "updated_at": None,
        "user_id": rng.choice(people.users),
        "zl_user_id": None,
    }


def _delivery(
    template: Template, customer: Customer, sent_us: int, rng: random.Random
) -> list[Event]:
    msg_id = f"{rng.getrandbits(80):020x}"
    accepted = f'{{"error":0,"data":{{"msg_id":"{msg_id}"}}}}'
    events = [Event(sent_us, "sent", {"status": "P", "msg_id": msg_id, "response_data": accepted})]
    if rng.random() < _NEVER_HEARD_OF:
        return events
    longest = DAY if rng.random() < _ARRIVES_LATE else 2 * MINUTE
    received_us = sent_us + rng.randrange(SECOND, longest)
    received: dict[str, Any] = {"delivery_status": "received"}
    if customer.channel == "ZALO":
        received["zl_user_id"] = customer.id
    events.append(Event(received_us, "received", received))
    if rng.random() < _SEEN:
        wait = rng.randrange(2 * SECOND, 3 * DAY if rng.random() < _SEEN_LATE else 4 * HOUR)
        events.append(Event(received_us + wait, "seen", {"delivery_status": "seen"}))
    charge = {"is_charged": True, "fee_main": template.fee}
    if template.journey_days:
        expired_us = sent_us + template.journey_days * DAY + rng.randrange(HOUR)
        events.append(Event(expired_us, "charged", charge))
    elif received_us - sent_us <= template.timeout_ms * 1000:
        events.append(Event(received_us + rng.randrange(SECOND, 5 * MINUTE), "charged", charge))
    asked = "rating_link" in template.fields
    if rng.random() < (_RATED_WHEN_ASKED if asked else _RATED):
        events.append(_rating(events[-1].us if asked else received_us, received_us, rng))
    return events


def _rating(after_us: int, received_us: int, rng: random.Random) -> Event:
    wait = rng.randrange(2 * HOUR, _RATED_WITHIN - DAY if rng.random() < _RATED_LATE else 2 * DAY)
    stars = rng.choices(range(1, 6), _STAR_WEIGHTS)[0]
    opinion = {"rate": stars, "note": rng.choice(NOTES), "feedback": rng.choice(FEEDBACKS)}
    return Event(min(after_us + wait, received_us + _RATED_WITHIN), "rated", opinion)
