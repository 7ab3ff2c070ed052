"""Run `dialplan`, installed or as `python -m dialplan_cli`."""

import sys


def main() -> None:
    """Run the command. Ctrl-C ends it without a traceback also while modules are imported."""
    try:
        from dialplan_cli import app

        app.main()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
