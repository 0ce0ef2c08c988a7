"""`python -m orchestrator`, and what the console script calls."""

import sys


def main() -> None:
    """Run the command line of this process and end it with the command's exit code."""
    try:
        from orchestrator.cli.main import run  # takes a tenth of a second, in which somebody may press Ctrl-C

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()
