"""``python -m kpo_reaper`` is ``kpo-reaper``."""

import sys

from kpo_reaper.cli import main

if __name__ == "__main__":
    sys.exit(main())
