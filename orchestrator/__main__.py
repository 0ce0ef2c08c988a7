"""`python -m orchestrator`, and what the console script calls."""

import sys

from orchestrator.cli.main import run


def main() -> None:
    """Run the command line of this process and end it with the command's exit code."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
