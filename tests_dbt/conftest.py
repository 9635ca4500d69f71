"""The option `--no-skips`, as for the loaders."""

from __future__ import annotations

from tests_targets.conftest import pytest_addoption, pytest_sessionfinish

__all__ = ["pytest_addoption", "pytest_sessionfinish"]
