"""``python -m harness``."""

import sys

from harness.cli import main

if __name__ == "__main__":  # processes that draw charts load this module too
    sys.exit(main(sys.argv[1:]))
