"""`python -m training.sources FOLDER`: make prepared files from the sources in Debian."""

import argparse
import sys
from pathlib import Path

from training.sources.packages import PackageError
from training.sources.preparing import prepare
from training.sources.table import read_table


def main() -> None:
    makeable = {name: source for name, source in read_table().items() if source.rule is not None}
    parser = argparse.ArgumentParser(prog="python -m training.sources", description=__doc__)
    parser.add_argument("folder", type=Path, help="folder for `<source>.en-<language>.tsv.gz`")
    parser.add_argument(
        "--only",
        nargs="+",
        choices=sorted(makeable),
        default=list(makeable),
        metavar="NAME",
        help=f"of {', '.join(sorted(makeable))}; all if not given",
    )
    parser.add_argument("--packages", type=Path, help="keep the downloaded packages here")
    arguments = parser.parse_args()
    for name in arguments.only:
        try:
            written = prepare(makeable[name], arguments.folder, arguments.packages)
        except PackageError as error:
            sys.exit(f"{name}: {error}")
        print(written, flush=True)


if __name__ == "__main__":
    main()
