"""The command line: `tap-omnimessages`, or `python -m tap_omnimessages`."""

from __future__ import annotations

import json
import logging
import sys

from singer_sdk.exceptions import ConfigValidationError, SingerSDKError

from tap_omnimessages.errors import InvalidInputError, TapError
from tap_omnimessages.tap import TapOmniMessages

logger = logging.getLogger(TapOmniMessages.name)


def main() -> None:
    """Run the tap; every error that a user can mend ends it with a sentence and status 1."""
    try:
        TapOmniMessages.cli()
    except ConfigValidationError as error:
        sentences = error.errors
    except InvalidInputError as error:
        sentences = list(error.sentences)
    except (TapError, SingerSDKError, FileNotFoundError) as error:
        sentences = [str(error)]
    except json.JSONDecodeError as error:
        sentences = [f"A file given to the tap is not valid JSON: {error}."]
    except BrokenPipeError:
        sentences = ["The target has closed the pipe: look for its error above this line."]
    else:
        return
    for sentence in sentences:
        logger.error(sentence)
    sys.exit(1)


if __name__ == "__main__":
    main()
