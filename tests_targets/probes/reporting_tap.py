"""Run the tap, and report its call into the folder that OMNIMESSAGES_TEST_FOLDER names.

At discovery, the program waits until the file `go` exists there. A sync writes `call.json`: the
path of the settings, and the state that Meltano gave.
"""

import json
import os
import sys
import time
from itertools import pairwise
from pathlib import Path

SECONDS = 120

folder = Path(os.environ["OMNIMESSAGES_TEST_FOLDER"])
arguments = sys.argv[1:]
if "--discover" in arguments:
    (folder / "waiting").touch()
    deadline = time.monotonic() + SECONDS
    while not (folder / "go").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
else:
    options = dict(pairwise(arguments))
    state = options.get("--state")
    report = {
        "config": options["--config"],
        "state": state and json.loads(Path(state).read_text(encoding="utf-8")),
    }
    (folder / "call.json").write_text(json.dumps(report), encoding="utf-8")
os.execv(sys.executable, [sys.executable, "-m", "tap_omnimessages", *arguments])  # noqa: S606
