"""`python -m bench.mutants`, or `make mutants`."""

from __future__ import annotations

import sys

from bench.mutants.mutation_run import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
