"""Runs `node_main`: the tests beside it run this module.

Each worker imports the module again that its server was started with: this one takes no time.
"""

import sys

if __name__ == "__main__":
    from tests.process.fronts.node_main import main

    sys.exit(main())
