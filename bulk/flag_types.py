"""Values of flags that argparse does not know."""

import argparse
import csv

from bulk.lines import parse_shard


def names(text: str) -> list[str]:
    """Return names with commas between them; one with a comma is in double quotes."""
    return [name for name in next(csv.reader([text], skipinitialspace=True)) if name]


def shard(spec: str) -> tuple[int, int]:
    """Return i and n of "i/n"."""
    try:
        return parse_shard(spec)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def option(text: str) -> tuple[str, str]:
    """Return name and value of "NAME=VALUE"."""
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError("must be NAME=VALUE")
    return name, value


def positive(text: str) -> int:
    """Return a whole number of at least 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("must be a whole number of at least 1")
    return int(text)


def above_zero(text: str) -> float:
    """Return a positive number."""
    if not 0 < (number := _number(text)) < float("inf"):
        raise argparse.ArgumentTypeError("must be a positive number")
    return number


def share(text: str) -> float:
    """Return a number from 0 to 1."""
    if not 0 <= (number := _number(text)) <= 1:
        raise argparse.ArgumentTypeError("must be a number from 0 to 1")
    return number


def _number(text: str) -> float:
    """Return the number, or one that is not in any range."""
    try:
        return float(text)
    except ValueError:
        return float("nan")
