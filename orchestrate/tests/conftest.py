from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

DAGS = Path(__file__).parents[1] / "dags"

# Airflow reads its configuration when it is imported.
os.environ |= {
    "AIRFLOW_HOME": tempfile.mkdtemp(prefix="fleet-airflow-"),
    "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
    "OMNIMESSAGES_RETRY_SECONDS": "0",
}


@pytest.fixture(scope="session")
def dags() -> Iterator[dict[str, Any]]:
    """Both DAGs, with a database of Airflow's own that is removed at the end."""
    bags = pytest.importorskip("airflow.dag_processing.dagbag", reason="Airflow is not installed")
    program = Path(sys.executable).with_name("airflow")
    subprocess.run([program, "db", "migrate"], check=True, capture_output=True)
    bag = bags.DagBag(DAGS)
    assert not bag.import_errors
    yield bag.dags
    shutil.rmtree(os.environ["AIRFLOW_HOME"], ignore_errors=True)
