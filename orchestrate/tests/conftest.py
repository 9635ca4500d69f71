from __future__ import annotations

import os
import tempfile
from pathlib import Path

# Airflow reads its configuration when it is imported.
os.environ |= {
    "AIRFLOW_HOME": tempfile.mkdtemp(prefix="fleet-airflow-"),
    "AIRFLOW__CORE__DAGS_FOLDER": str(Path(__file__).parents[1] / "dags"),
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
    "OMNIMESSAGES_RETRY_SECONDS": "0",
}
