"""The JSON of eTelecom's notifications in the format of a variant."""

from __future__ import annotations

from typing import Any

from omnimessages_sandbox.apis.record_format import Change, number_ids
from omnimessages_sandbox.switches.variants import DEFAULTS, ApiVariants
from omnimessages_sandbox.times import iso
from omnimessages_sandbox.world.lives import NOTIFICATION_TIMES, NotificationView, dumps, loads

_TIME_SWITCHES = (
    "etelecom_updated_at",
    "etelecom_zero_times",
    "etelecom_fraction_digits",
    "etelecom_offset",
)
_IDS = ("id", "shop_id", "user_id", "oa_id", "campaign_id", "journey_id", "zl_user_id")
_NEWER_FIELDS = ("request_time", "zl_user_id", "response_data", "sending_mode")
_WIDER = {
    "status": {"Z": "Z", "P": "S", "N": "NS"},
    "delivery_status": {"unknown": "Unkown", "received": "Received", "seen": "Seen"},
    "type": {"template": "uid", "journey": "journey_paused"},
}


def _number_ids(record: dict[str, Any]) -> None:
    number_ids(record, _IDS)
    if isinstance(record.get("template_id"), int):
        record["template_id"] = str(record["template_id"])


def _widen_enums(record: dict[str, Any]) -> None:
    for name, spellings in _WIDER.items():
        record[name] = spellings.get(str(record.get(name)), record.get(name))


def _reshape_template_data(record: dict[str, Any], shape: str) -> None:
    values = record.get("template_data")
    if shape == "null":
        record["template_data"] = None
    elif isinstance(values, dict) and shape == "list":
        record["template_data"] = [{"name": name, "value": each} for name, each in values.items()]
    elif isinstance(values, dict):
        record["template_data"] = {**values, "items": [1, {"a": None}], "sum": 1.5, "vip": True}


def _drop_or_null_lists(record: dict[str, Any], how: str) -> None:
    for name in ("feedback", "note"):
        if how == "missing":
            record.pop(name, None)
        else:
            record[name] = None


def _drop_newer_fields(record: dict[str, Any]) -> None:
    for name in _NEWER_FIELDS:
        record.pop(name, None)


def notification_changes(variants: ApiVariants) -> list[Change]:
    """Return the changes of each notification apart from its times; ids come last."""
    steps: list[tuple[bool, Change]] = [
        (variants.etelecom_enums != "documented", _widen_enums),
        (
            variants.etelecom_template_data != "strings",
            lambda row: _reshape_template_data(row, variants.etelecom_template_data),
        ),
        (
            variants.etelecom_null_lists != "lists",
            lambda row: _drop_or_null_lists(row, variants.etelecom_null_lists),
        ),
        (not variants.etelecom_newer_fields, _drop_newer_fields),
        (
            variants.etelecom_unknown_fields,
            lambda row: row.update(price_class=2, meta={"source": "vi-du"}, cancelled_at=None),
        ),
        (variants.etelecom_ids != "strings", _number_ids),
    ]
    return [change for wanted, change in steps if wanted]


class NotificationFormat:
    """The format of notifications in a variant; the documented format needs no re-encoding."""

    def __init__(self, variants: ApiVariants) -> None:
        """Collect the changes of each record."""
        self._variants = variants
        self._changes = notification_changes(variants)
        self._documented = not self._changes and all(
            getattr(variants, name) == getattr(DEFAULTS, name) for name in _TIME_SWITCHES
        )

    def encode(self, view: NotificationView) -> bytes:
        """Encode a notification.

        Args:
            view: The notification.

        Returns:
            The notification's JSON.
        """
        if self._documented or view.untouched:
            return view.body
        record = loads(view.body)
        if isinstance(record, dict):
            self._format_times(record, view.times)
            for change in self._changes:
                change(record)
        return dumps(record)

    def _format_times(self, record: dict[str, Any], times: dict[str, int | None]) -> None:
        variants = self._variants
        for name in NOTIFICATION_TIMES:
            us = times[name]
            if name in record and us is None:
                record[name] = variants.etelecom_zero_times
            elif name in record and us is not None:
                record[name] = iso(us, variants.etelecom_fraction_digits, variants.etelecom_offset)
        if variants.etelecom_updated_at != "always" and times["updated_at"] == times["created_at"]:
            record["updated_at"] = None
            if variants.etelecom_updated_at == "missing_until_changed":
                del record["updated_at"]
