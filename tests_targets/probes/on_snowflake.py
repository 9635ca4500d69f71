"""Run target-snowflake against fakesnow; needs the environment of target-snowflake.

`on_snowflake.py SETTINGS FOLDER load` reads messages from standard input, like the program itself.
`… read TABLE…` prints the rows and the column types of tables as JSON.

fakesnow has no user stages, removes neither files nor formats, and cannot merge from files. So this
probe puts the staged files into a table, and the program's own MERGE reads its source from that
table, with all its casts.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
from pathlib import Path
from urllib.parse import urlsplit

import fakesnow
import snowflake.connector
import sqlalchemy
from target_snowflake.connector import SnowflakeConnector
from target_snowflake.target import TargetSnowflake

STAGED = "WAREHOUSE.STAGES.STAGED"
SOURCE = "WAREHOUSE.STAGES.SOURCE"
ROWS_AT_A_TIME = 200


def put(connector, sync_id, files):
    """Replace PUT: number the lines of the files and store them in a table."""
    del sync_id  # one batch at a time is in the table
    lines = [line for file in files for line in read_lines(urlsplit(file).path)]
    with connector._connect() as connection:
        run = connection.exec_driver_sql
        run(f"CREATE OR REPLACE TABLE {STAGED} (POSITION NUMBER, DATA VARIANT)")
        for start in range(0, len(lines), ROWS_AT_A_TIME):
            chunk = list(enumerate(lines[start : start + ROWS_AT_A_TIME], start))
            places = ", ".join(["(%s, %s)"] * len(chunk))
            values = tuple(value for pair in chunk for value in pair)
            source = f"SELECT COLUMN1, PARSE_JSON(COLUMN2) FROM VALUES {places}"
            run(f"INSERT INTO {STAGED} {source}", values)
        connection.commit()


def read_lines(path):
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return list(lines)


def merge_from_table(connector, **arguments):
    """Return the program's own MERGE, in two steps and with the table instead of the stage."""
    statement, values = own_merge(connector, **arguments)
    stage = rf"'@~/target-snowflake/{arguments['sync_id']}'\(file_format => .*?\) "
    found = re.fullmatch(
        rf"(merge into .*? d using )\((select .*? from ){stage}(QUALIFY .*?)\)( s on .*)",
        str(statement),
        re.DOTALL,
    )
    if not found:
        message = f"the program's MERGE has another form: {statement}"
        raise AssertionError(message)
    head, select, qualify, tail = found.groups()
    select = select.replace("$1:", "DATA:")
    qualify = qualify.replace("SEQ8()", "POSITION")
    with connector._connect() as connection:
        connection.exec_driver_sql(
            f"CREATE OR REPLACE TABLE {SOURCE} AS {select} {STAGED} {qualify}"
        )
        connection.commit()
    return sqlalchemy.text(f"{head}(select * from {SOURCE}){tail}"), values


own_merge = SnowflakeConnector._get_merge_from_stage_statement


def use_schema(connection, _record):
    """Choose a schema, because fakesnow cannot merge without one."""
    connection.cursor().execute("USE SCHEMA WAREHOUSE.STAGES")


def load(settings):
    SnowflakeConnector.put_batches_to_stage = put
    SnowflakeConnector._get_merge_from_stage_statement = merge_from_table
    connect({**settings, "schema": "STAGES"}).close()
    sqlalchemy.event.listen(sqlalchemy.Engine, "connect", use_schema)
    target = TargetSnowflake(config=settings)
    # fakesnow's connections share one DuckDB connection, which two threads cannot use.
    target.max_parallelism = 1
    target.listen(sys.stdin)


def read(settings, *tables):
    with connect(settings) as connection:
        return {name: read_table(connection, f"{settings['schema']}.{name}") for name in tables}


def read_table(connection, table):
    cursor = connection.cursor(snowflake.connector.DictCursor)
    cursor.execute(f"SELECT * FROM {table}")
    rows = [{name.lower(): value for name, value in row.items()} for row in cursor.fetchall()]
    cursor.execute(f"DESCRIBE TABLE {table}")
    types = {column["name"].lower(): column["type"] for column in cursor.fetchall()}
    return {"rows": rows, "types": types}


def connect(settings):
    return snowflake.connector.connect(database=settings["database"], schema=settings["schema"])


def main():
    settings_file, folder, action, *arguments = sys.argv[1:]
    settings = json.loads(Path(settings_file).read_text(encoding="utf-8"))
    databases = Path(folder) / "fakesnow"
    databases.mkdir(exist_ok=True)
    with fakesnow.patch(db_path=databases, nop_regexes=[r"^remove ", r"^drop file format "]):
        if action == "load":
            load(settings)
        else:
            print(json.dumps(read(settings, *arguments), default=str))


if __name__ == "__main__":
    main()
