"""Runs `jobs_main`; `test_jobs.py` runs this module. See `fronts.node_server`."""

import sys

if __name__ == "__main__":
    from tests.process.jobs_main import main

    sys.exit(main(*sys.argv[1:]))
