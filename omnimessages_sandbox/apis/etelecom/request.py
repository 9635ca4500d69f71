"""Parsing of a request to eTelecom's `ListMessages`: filter, window and paging."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from omnimessages_sandbox.apis.responses import RefusedError, Window
from omnimessages_sandbox.times import parse_time

if TYPE_CHECKING:
    from omnimessages_sandbox.switches.variants import ApiVariants
    from omnimessages_sandbox.world.lives import Json

STATUS_OF_CODE = {
    "invalid_argument": 400,
    "malformed": 400,
    "out_of_range": 400,
    "unauthenticated": 401,
    "permission_denied": 403,
    "resource_exhausted": 403,
    "not_found": 404,
    "bad_route": 404,
    "canceled": 408,
    "deadline_exceeded": 408,
    "already_exists": 409,
    "aborted": 409,
    "failed_precondition": 412,
    "unknown": 500,
    "internal": 500,
    "data_loss": 500,
    "unimplemented": 501,
    "unavailable": 503,
}
"""The HTTP status of each error code of eTelecom's platform."""

_MAX_ROWS = 100
_MAX_LIMIT = 1000
_TIME_FIELDS = {
    "updated_time": "updated_at",
    "request_time": "request_time",
    "submit_time": "submit_time",
}
_SORT_FIELDS = ("created_at", "updated_at", "request_time", "submit_time")
_EXACT_FILTERS = {
    "campaign_id": "campaign_id",
    "delivery_status": "delivery_status",
    "is_charged": "is_charged",
    "is_development": "is_development",
    "journey_id": "journey_id",
    "msg_id": "msg_id",
    "msg_type": "type",
    "oa_id": "oa_id",
    "phone": "phone",
    "status": "status",
    "template_id": "template_id",
    "tracking_id": "tracking_id",
    "user_id": "user_id",
}


def refusal(code: str, msg: str) -> RefusedError:
    """Return a refusal with one of the platform's codes.

    Args:
        code: The code, a key of `STATUS_OF_CODE`.
        msg: The message; the API page documents none.
    """
    return RefusedError(STATUS_OF_CODE[code], {"code": code, "msg": msg})


@dataclass(slots=True, frozen=True)
class Request:
    """A parsed request.

    Attributes:
        window: The time range.
        time_field: The field of a row that the time range applies to.
        equals: The fields that a row must have, each with its value as lower-case text.
        after: The cursor after which the page begins; empty for the first page.
        before: The cursor before which the page ends; empty if the client pages forward.
        requested_limit: The `limit` of the request; 0 if absent.
        limit: The applied limit.
        order: `newest`, `oldest`, `by_id` or `shuffled`.
        sort_field: The time field that orders the rows.
        sort: The `sort` of the request; empty if absent.
    """

    window: Window
    time_field: str
    equals: tuple[tuple[str, str], ...]
    after: str
    before: str
    requested_limit: int
    limit: int
    order: str
    sort_field: str
    sort: str

    @property
    def order_name(self) -> str:
        """The name of the order in cursors."""
        return f"{self.order}:{self.sort_field}"


def parse_body(body: bytes) -> dict[str, Any]:
    """Decode the body of a request.

    Args:
        body: The body.

    Returns:
        The JSON object.

    Raises:
        RefusedError: The body is not a JSON object.
    """
    try:
        decoded = json.loads(body)
    except ValueError:
        raise refusal(code="malformed", msg="the json request could not be decoded") from None
    if not isinstance(decoded, dict):
        raise refusal(code="malformed", msg="the json request could not be decoded")
    return decoded


def parse_request(body: dict[str, Any], variants: ApiVariants) -> Request:
    """Parse a decoded body as a variant of the API does.

    Args:
        body: The request's JSON object; an empty object requests all rows.
        variants: The variant.

    Returns:
        The request.

    Raises:
        RefusedError: A value is invalid or not allowed.
    """
    wanted, paging = _part(body, "filter"), _part(body, "paging")
    after, before = _text(paging, "after"), _text(paging, "before")
    if after and before:
        raise refusal(code="invalid_argument", msg="paging is invalid")
    time_type = wanted.get("time_type") or "unknown"
    if time_type == "unknown":
        time_type = variants.etelecom_default_time_type
    if time_type not in _TIME_FIELDS:
        raise refusal(code="invalid_argument", msg="time_type is invalid")
    sort = _text(paging, "sort")
    order, sort_field = _order(sort, _TIME_FIELDS[time_type], variants)
    requested = paging.get("limit") or 0
    if isinstance(requested, bool) or not isinstance(requested, int) or requested < 0:
        raise refusal(code="invalid_argument", msg="limit is invalid")
    return Request(
        window=_window(wanted, variants),
        time_field=_TIME_FIELDS[time_type],
        equals=_equals(wanted, variants),
        after="" if after == "." else after,
        before="" if before == "." else before,
        requested_limit=requested,
        limit=_limit(requested, variants),
        order=order,
        sort_field=sort_field,
        sort=sort,
    )


def _part(body: dict[str, Any], name: str) -> dict[str, Any]:
    part = body.get(name)
    if part is None:
        return {}
    if not isinstance(part, dict):
        raise refusal(code="malformed", msg=f"{name} must be an object")
    return part


def _text(paging: dict[str, Any], name: str) -> str:
    value = paging.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise refusal(code="malformed", msg=f"{name} must be a string")
    return value


def _order(sort: str, time_field: str, variants: ApiVariants) -> tuple[str, str]:
    if not sort:
        return variants.etelecom_order, time_field
    field = sort.removeprefix("-")
    if variants.etelecom_sort == "refused" or field not in _SORT_FIELDS:
        raise refusal(code="invalid_argument", msg=f"can not sort by {field}")
    return ("newest" if sort.startswith("-") else "oldest"), field


def _limit(requested: int, variants: ApiVariants) -> int:
    rule = variants.etelecom_limit_above_100
    if rule == "refused" and requested > _MAX_LIMIT:
        raise refusal(code="invalid_argument", msg=f"limit must be between 1 and {_MAX_LIMIT}")
    limit = requested or _MAX_ROWS
    if rule == "becomes_100":
        limit = min(limit, _MAX_ROWS)
    cap = variants.etelecom_page_cap
    return limit if cap is None else min(limit, cap)


def _window(wanted: dict[str, Any], variants: ApiVariants) -> Window:
    ends = [_time(wanted, "date_from"), _time(wanted, "date_to")]
    alone = (ends[0] is None) != (ends[1] is None)
    if alone and variants.etelecom_one_date == "refused":
        raise refusal(code="invalid_argument", msg="date_from and date_to must be given together")
    window = Window(ends[0], ends[1], variants.etelecom_bounds)
    if ends[0] is not None and ends[1] is not None and ends[1] < ends[0]:
        raise refusal(code="invalid_argument", msg="date_to must not be before date_from")
    if window.longer_than(variants.etelecom_longest_window_days):
        longest = variants.etelecom_longest_window_days
        raise refusal(code="invalid_argument", msg=f"the time range must not exceed {longest} days")
    return window if variants.etelecom_date_rounding == "none" else window.in_whole_seconds()


def _time(wanted: dict[str, Any], name: str) -> int | None:
    value = wanted.get(name)
    if value is None or value == "":
        return None
    try:
        # `parse_time` also accepts epoch numbers and plain dates, which are not RFC 3339.
        return parse_time(value if isinstance(value, str) and "T" in value.upper() else "")
    except (ValueError, OverflowError):
        raise refusal(code="invalid_argument", msg=f"{name} is not an RFC 3339 time") from None


def _equals(wanted: dict[str, Any], variants: ApiVariants) -> tuple[tuple[str, str], ...]:
    pairs = [
        (field, as_text(wanted[name]))
        for name, field in _EXACT_FILTERS.items()
        if wanted.get(name) not in (None, "", "unknown")
    ]
    if variants.etelecom_development == "excluded" and "is_development" not in wanted:
        pairs.append(("is_development", "false"))
    return tuple(pairs)


def as_text(value: Json) -> str:
    """Return a filter value or a field as lower-case text, so that `7` equals `"7"`."""
    return str(value).lower()
