"""Run target-bigquery without BigQuery; needs the environment of target-bigquery.

`on_bigquery.py SETTINGS` reads messages from standard input, like the program itself, and prints
what it would have sent: the tables, the files and the statements. It replaces only the client that
talks to the service.
"""

import contextlib
import gzip
import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

from google.api_core.exceptions import NotFound
from target_bigquery import batch_job, core
from target_bigquery.target import TargetBigQuery


class Client:
    """Records the calls to the service."""

    def __init__(self):
        self.tables = {}
        self.loads = []
        self.statements = []

    def get_dataset(self, reference):
        raise NotFound(reference.path)

    def create_dataset(self, dataset):
        return dataset

    def get_table(self, reference):
        raise NotFound(reference.path)

    def create_table(self, table):
        self.tables[table.table_id] = table.to_api_repr()
        return table

    def update_table(self, table, _fields, **_options):
        return table

    def load_table_from_file(self, file, table, **_options):
        rows = [json.loads(line) for line in gzip.decompress(file.read()).splitlines()]
        self.loads.append({"table": table.table_id, "rows": rows})
        return SimpleNamespace(result=lambda: None)

    def query(self, statement):
        self.statements.append(statement)
        return SimpleNamespace(result=lambda: None)


def main():
    settings = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    client = Client()
    clock = SimpleNamespace(**vars(core.time))
    # The program waits for BigQuery to become consistent.
    clock.sleep = lambda _seconds: None
    states = io.StringIO()
    with (
        mock.patch.object(core, "bigquery_client_factory", return_value=client),
        mock.patch.object(batch_job, "bigquery_client_factory", return_value=client),
        mock.patch.object(core, "time", clock),
        contextlib.redirect_stdout(states),
    ):
        TargetBigQuery(config=settings).listen(sys.stdin)
    answer = {
        "tables": client.tables,
        "loads": client.loads,
        "statements": client.statements,
        "states": [json.loads(line) for line in states.getvalue().splitlines()],
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
