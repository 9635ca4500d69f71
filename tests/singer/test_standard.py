"""The SDK's own test suite, with our writer and our windows, against the sandbox.

The suite is run as it is, and a warning fails it as anywhere here: it warns of columns in which no
record holds a value. What it leaves open is tested elsewhere: its check for unique keys compares
generators, which never are equal, and its check of the final state looks one level deep.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from singer_sdk.testing import SuiteConfig, get_tap_test_class
from singer_sdk.testing.runners import TapTestRunner
from singer_sdk.testing.templates import AttributeTestTemplate

from omnimessages_sandbox import ApiVariants, GeneratedWorld, Sandbox
from tap_omnimessages.tap import TapOmniMessages
from tests.support import NOW, START, STREAMS, settings_of, signals_kept

if TYPE_CHECKING:
    from collections.abc import Iterator

# The sandbox has no address yet where the suite chooses its tests; nothing is asked of this one.
_NOWHERE = {
    "antbuddy_api_key": "invented",
    "etelecom_api_key": "invented",
    "antbuddy_base_url": "http://127.0.0.1:9/antbuddy",
    "etelecom_base_url": "http://127.0.0.1:9/etelecom",
    "start_date": START,
}
if TYPE_CHECKING:
    # To a type checker, a class that is made while running is no base class.
    _Suite = object
else:
    with signals_kept():
        _Suite = get_tap_test_class(TapOmniMessages, config=_NOWHERE)


class _AgainstTheSandbox:
    @pytest.fixture(autouse=True)
    def each_column_is_looked_at(self, monkeypatch: pytest.MonkeyPatch) -> None:
        # The SDK keeps the values of the first column that it looks at, for all columns.
        values = AttributeTestTemplate.__dict__["non_null_attribute_values"].func
        monkeypatch.setattr(AttributeTestTemplate, "non_null_attribute_values", property(values))

    concurrency: ClassVar[int]
    # None reads everything, past the SDK's own loop over records.
    most_records: ClassVar[int | None] = None

    @pytest.fixture(scope="class")
    @classmethod
    def runner(cls) -> Iterator[TapTestRunner]:
        world = GeneratedWorld(seed=7, start=START, sessions_per_day=12, notifications_per_day=20)
        # With values in `extra_fields`, too.
        variants = ApiVariants(antbuddy_unknown_fields=True, etelecom_unknown_fields=True)
        with Sandbox(world=world, now=NOW, variants=variants) as sandbox, signals_kept():
            settings: dict[str, Any] = settings_of(sandbox, max_concurrency=cls.concurrency)
            runner = TapTestRunner(
                TapOmniMessages, settings, SuiteConfig(max_records_limit=cls.most_records)
            )
            runner.sync_all()
            assert set(runner.records) == set(STREAMS)
            yield runner


class TestOneRequestAtATime(_AgainstTheSandbox, _Suite):
    concurrency = 1


class TestFourRequestsAtATime(_AgainstTheSandbox, _Suite):
    concurrency = 4


class TestTheFirstRecordsInTheSdksOwnLoop(_AgainstTheSandbox, _Suite):
    concurrency = 4
    most_records = 150
