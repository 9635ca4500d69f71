"""The command `tap-omnimessages-sandbox`, which needs the extra `sandbox`."""

from __future__ import annotations

import importlib.util
import sys


def main() -> None:
    """Run the sandbox's command line, or say how to install it."""
    if importlib.util.find_spec("aiohttp") is None:
        sys.exit(
            "The sandbox is an extra: install it with pip install 'tap-omnimessages[sandbox]'."
        )
    from omnimessages_sandbox.cli import main as run  # noqa: PLC0415 - needs the extra

    run()


if __name__ == "__main__":
    main()
