"""``python -m harness``."""

import sys

if __name__ == "__main__":  # processes that draw charts load this module too, but need no commands
    from harness.cli import main

    sys.exit(main(sys.argv[1:]))
