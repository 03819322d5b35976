"""Mutate every built rule and see whether the promtool tests notice: `make mutation`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from mutation.campaign import main

if __name__ == "__main__":
    sys.exit(main())
