"""Writing eTelecom notifications in the format that the readings ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omnimessages_sandbox.apis.record_format import Change, is_documented, number_ids
from omnimessages_sandbox.times import iso
from omnimessages_sandbox.world.lives import NOTIFICATION_TIMES, NotificationView, dumps, loads

if TYPE_CHECKING:
    from omnimessages_sandbox.switches.variants import ApiVariants

_FORMAT_SWITCHES = (
    "etelecom_updated_at",
    "etelecom_ids",
    "etelecom_enums",
    "etelecom_template_data",
    "etelecom_null_lists",
    "etelecom_newer_fields",
    "etelecom_unknown_fields",
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


def _widen(record: dict[str, Any]) -> None:
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


def _lose_lists(record: dict[str, Any], how: str) -> None:
    for name in ("feedback", "note"):
        if how == "missing":
            record.pop(name, None)
        else:
            record[name] = None


def _drop_newer(record: dict[str, Any]) -> None:
    for name in _NEWER_FIELDS:
        record.pop(name, None)


def notification_changes(variants: ApiVariants) -> list[Change]:
    """List what has to be done to each notification beside its times; ids last."""
    told = variants
    steps: list[tuple[bool, Change]] = [
        (told.etelecom_enums != "documented", _widen),
        (
            told.etelecom_template_data != "strings",
            lambda row: _reshape_template_data(row, told.etelecom_template_data),
        ),
        (
            told.etelecom_null_lists != "lists",
            lambda row: _lose_lists(row, told.etelecom_null_lists),
        ),
        (not told.etelecom_newer_fields, _drop_newer),
        (
            told.etelecom_unknown_fields,
            lambda row: row.update(price_class=2, meta={"source": "vi-du"}, cancelled_at=None),
        ),
        (told.etelecom_ids != "strings", _number_ids),
    ]
    return [change for wanted, change in steps if wanted]


class NotificationFormat:
    """The format of notifications under given readings; the documented one costs nothing."""

    def __init__(self, variants: ApiVariants) -> None:
        """Work out what has to be done to each record."""
        self._plain = is_documented(variants, _FORMAT_SWITCHES)
        self._variants = variants
        self._changes = notification_changes(variants)

    def encode(self, view: NotificationView) -> bytes:
        """Write a notification.

        Args:
            view: The notification.

        Returns:
            Its JSON.
        """
        if self._plain or view.untouched:
            return view.body
        record = loads(view.body)
        if isinstance(record, dict):
            self._write_times(record, view.times)
            for change in self._changes:
                change(record)
        return dumps(record)

    def _write_times(self, record: dict[str, Any], times: dict[str, int | None]) -> None:
        told = self._variants
        for name in NOTIFICATION_TIMES:
            us = times[name]
            if name in record and us is None:
                record[name] = told.etelecom_zero_times
            elif name in record and us is not None:
                record[name] = iso(us, told.etelecom_fraction_digits, told.etelecom_offset)
        if told.etelecom_updated_at != "always" and times["updated_at"] == times["created_at"]:
            record["updated_at"] = None
            if told.etelecom_updated_at == "missing_until_changed":
                del record["updated_at"]
