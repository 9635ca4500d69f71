"""The command line: `tap-omnimessages`, or `python -m tap_omnimessages`."""

from __future__ import annotations

import gc
import logging
import signal
import sys
from pathlib import Path
from traceback import extract_tb

from tap_omnimessages.singer.waiting_output import wait_for_room

_OBJECTS_BEFORE_A_SEARCH = 100_000
# The SDK's stream maps and flattening go down level by level, and run out of stack before the tap.
_TOO_DEEP = (
    "The API sent a value that is nested too deeply for stream maps and flattening. What was "
    "written before the last STATE is safe. Rerun without them, or deselect the column."
)


def main() -> None:
    """Run the tap; an error ends it with one sentence and exit code 1."""
    # Until the tap handles signals itself, one ends the process without a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # Before the SDK keeps a reference to either.
    wait_for_room()
    from singer_sdk.exceptions import ConfigValidationError, SingerSDKError  # noqa: PLC0415

    from tap_omnimessages.errors import InvalidInputError, TapError  # noqa: PLC0415
    from tap_omnimessages.singer.tap import enable_logger  # noqa: PLC0415
    from tap_omnimessages.tap import TapOmniMessages  # noqa: PLC0415

    # Records contain no cycles, and searching a page's thousands of objects for some takes a
    # tenth of the time. A heap that really grows is still searched.
    gc.freeze()
    gc.set_threshold(_OBJECTS_BEFORE_A_SEARCH)
    try:
        TapOmniMessages.cli()
    except ConfigValidationError as error:
        sentences = list(error.errors)
    except InvalidInputError as error:
        sentences = list(error.sentences)
    except (TapError, SingerSDKError) as error:
        sentences = [str(error)]
    except ImportError as error:
        sentences = [f"A package is missing: {error}. Install it beside the tap."]
    except OSError as error:
        sentences = [_describe_system_error(error)]
    except RecursionError:
        sentences = [_TOO_DEEP]
    except Exception as error:  # noqa: BLE001 - its own text may contain secrets
        sentences = [_describe_fault(error)]
    else:
        return
    enable_logger(TapOmniMessages.name)
    for sentence in sentences:
        logging.getLogger(TapOmniMessages.name).error(sentence)
    sys.exit(1)


def _describe_system_error(error: OSError) -> str:
    """Describe what the operating system refused, and where."""
    if error.strerror is None:
        return _describe_fault(error)
    place = f" ({error.filename})" if error.filename else ""
    return f"{error.strerror}{place}. What was written before the last STATE is safe."


def _describe_fault(error: Exception) -> str:
    """Describe where an unexpected error came from, without its text or any value."""
    places = [
        f"{Path(frame.filename).name}:{frame.lineno}" for frame in extract_tb(error.__traceback__)
    ]
    return (
        f"Unexpected {type(error).__name__} at {' > '.join(places[-6:])}. What was written before "
        f"the last STATE is safe. Report this line."
    )


if __name__ == "__main__":
    main()
