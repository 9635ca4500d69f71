"""The command line: `tap-omnimessages`, or `python -m tap_omnimessages`."""

from __future__ import annotations

import json
import logging
import signal
import sys


def main() -> None:
    """Run the tap; every error that a user can mend ends it with a sentence and status 1."""
    # Until the tap handles signals itself, one ends the process without a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from singer_sdk.exceptions import ConfigValidationError, SingerSDKError  # noqa: PLC0415

    from tap_omnimessages.errors import InvalidInputError, TapError  # noqa: PLC0415
    from tap_omnimessages.tap import TapOmniMessages  # noqa: PLC0415

    try:
        TapOmniMessages.cli()
    except ConfigValidationError as error:
        sentences = list(error.errors)
    except InvalidInputError as error:
        sentences = list(error.sentences)
    except (TapError, SingerSDKError, FileNotFoundError) as error:
        sentences = [str(error)]
    except json.JSONDecodeError as error:
        sentences = [f"A file given to the tap is not valid JSON: {error}."]
    else:
        return
    for sentence in sentences:
        logging.getLogger(TapOmniMessages.name).error(sentence)
    sys.exit(1)


if __name__ == "__main__":
    main()
