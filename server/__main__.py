"""The command `m2m-server`. Imports little: every spawned worker imports this module again."""

import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run the server until it is stopped, or another command; return the exit code."""
    from server.commands.main import run

    return run(sys.argv[1:] if argv is None else argv)


if __name__ == "__main__":
    sys.exit(main())
