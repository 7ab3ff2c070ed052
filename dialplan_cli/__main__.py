"""`python -m dialplan_cli` is the command `dialplan`."""

from dialplan_cli.app import main

if __name__ == "__main__":
    main()
