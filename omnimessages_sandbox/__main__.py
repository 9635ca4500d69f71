"""The command `tap-omnimessages-sandbox`, which needs the extra `sandbox`."""

from __future__ import annotations

import importlib.util
import sys

_EXTRA = ("aiohttp", "click")


def main() -> None:
    """Run the command, or exit with the way to install the extra."""
    if any(importlib.util.find_spec(name) is None for name in _EXTRA):
        sys.exit(
            "The sandbox is an extra: install it with pip install 'tap-omnimessages[sandbox]'."
        )
    from omnimessages_sandbox.cli import main as run  # noqa: PLC0415 - needs the extra

    run()


if __name__ == "__main__":
    main()
