"""`make attack`: attack the functions as they are run, print the figures, fail on any violation.

python -m tests.attack [--short] [--seconds N] [--rate N] [--write]
"""

import sys

if __name__ == "__main__":  # the sandboxes import this module, and need nothing of it
    from tests.attack.program import main

    sys.exit(main(sys.argv[1:]))
