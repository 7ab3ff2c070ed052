"""Run `dialplan` as `python -m dialplan_cli`."""

from dialplan_cli.app import main

if __name__ == "__main__":
    main()
