"""The table of text sources: their domains, origins, licences and packages."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

TABLE = Path(__file__).with_name("packages.toml")
HELD_OUT = Path(__file__).with_name("held_out.toml")
DOMAINS = ("documentation", "interface", "prose", "words")


@dataclass(frozen=True)
class Source:
    """Text of one kind: `<name>.en-<language>.tsv.gz` in a prepared folder.

    `rule` names the method that extracts the text from the Debian `packages` (names, or patterns of
    names). A source without a rule exists only as prepared files.
    """

    name: str
    domain: str
    licence: str
    origin: str
    packages: tuple[str, ...] = ()
    rule: str | None = None


def read_table(path: Path = TABLE) -> dict[str, Source]:
    """Return the sources by name, in the table's order.

    Raises ValueError if an entry has an unknown domain, or a rule without packages: otherwise its
    text would be missing without notice.
    """
    table: dict[str, Source] = {}
    for name, entry in tomllib.loads(path.read_text(encoding="utf-8")).items():
        source = Source(name, **{**entry, "packages": tuple(entry.get("packages", ()))})
        if source.domain not in DOMAINS:
            raise ValueError(f"{path.name}: {name}: domain must be one of {', '.join(DOMAINS)}")
        if (source.rule is None) != (not source.packages):
            raise ValueError(f"{path.name}: {name}: packages and rule go together")
        table[name] = source
    return table


def held_out_documents(path: Path = HELD_OUT) -> frozenset[str]:
    """Return the names of the documents that the test sentences of every domain come from."""
    documents = tomllib.loads(path.read_text(encoding="utf-8"))
    return frozenset(name for names in documents.values() for name in names)
