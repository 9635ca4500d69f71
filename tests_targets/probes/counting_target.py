"""Count the records, and print each state as a loader that has stored everything before it."""

import json
import os
import sys
from pathlib import Path

rows = 0
for line in sys.stdin:
    message = json.loads(line)
    rows += message["type"] == "RECORD"
    if message["type"] == "STATE":
        print(json.dumps(message["value"]), flush=True)
Path(os.environ["OMNIMESSAGES_TEST_FOLDER"], "rows").write_text(str(rows), encoding="utf-8")
