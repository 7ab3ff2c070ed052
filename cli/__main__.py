"""`python -m cli` is the command `dialplan`."""

from cli.app import main

if __name__ == "__main__":
    main()
