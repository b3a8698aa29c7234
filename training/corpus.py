"""The Tatoeba sentence pairs: reading them, and joining languages over English."""

import gzip
from collections import defaultdict
from pathlib import Path

PIVOT = "en"
OTHERS = ("de", "es", "fr", "nl")
LANGUAGES = tuple(sorted((PIVOT, *OTHERS)))
DIRECTIONS = tuple((s, t) for s in LANGUAGES for t in LANGUAGES if s != t)
PIVOT_TARGETS = 2  # of each source sentence, if neither side is English
CORPUS = Path(__file__).with_name("corpus")

Direction = tuple[str, str]
SentencePair = tuple[str, str]


def read_pairs(split: str, language: str, corpus: Path = CORPUS) -> list[SentencePair]:
    """Return the `(english, other)` pairs of one file, in file order.

    Raises ValueError naming file and line if a line is not two tab-separated sentences.
    """
    path = corpus / f"{split}.{PIVOT}-{language}.tsv.gz"
    pairs = []
    with gzip.open(path, "rt", encoding="utf-8", newline="\n") as lines:
        for number, line in enumerate(lines, 1):
            english, tab, other = line.rstrip("\n").partition("\t")
            if not (english and tab and other) or "\t" in other:
                raise ValueError(f"{path.name}:{number}: expected 'english<TAB>{language}'")
            pairs.append((english, other))
    return pairs


def read_directions(split: str, corpus: Path = CORPUS) -> dict[Direction, list[SentencePair]]:
    """Return every `(source, target)` pair of the 20 directions, without repeats, in a fixed order.

    Without English, two sentences count as translations of each other if both translate the same
    English sentence. Each source sentence then gets two of the targets, in turn, since the full
    product would repeat sentences with many translations over and over.
    """
    by_english = {language: _group(read_pairs(split, language, corpus)) for language in OTHERS}
    directions: dict[Direction, list[SentencePair]] = {}
    for source, target in DIRECTIONS:
        if source == PIVOT:
            pairs = [(e, t) for e, ts in by_english[target].items() for t in ts]
        elif target == PIVOT:
            pairs = [(s, e) for e, ss in by_english[source].items() for s in ss]
        else:
            pairs = _join(by_english[source], by_english[target])
        directions[source, target] = list(dict.fromkeys(pairs))
    return directions


def sentences(split: str, corpus: Path = CORPUS) -> list[str]:
    """Return every distinct sentence of a split, all languages, in a fixed order."""
    seen: dict[str, None] = {}
    for language in OTHERS:
        for english, other in read_pairs(split, language, corpus):
            seen[english] = seen[other] = None
    return list(seen)


def _join(sources: dict[str, list[str]], targets: dict[str, list[str]]) -> list[SentencePair]:
    return [
        (source, targets[english][j % len(targets[english])])
        for english, group in sources.items()
        if english in targets
        for i, source in enumerate(group)
        for j in range(i, i + PIVOT_TARGETS)
    ]


def _group(pairs: list[SentencePair]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = defaultdict(list)
    for english, other in pairs:
        if other not in grouped[english]:
            grouped[english].append(other)
    return grouped


def read_references(split: str, corpus: Path = CORPUS) -> dict[Direction, dict[str, list[str]]]:
    """Return, per direction, each distinct source sentence with all its translations.

    The translations of a sentence are those of every English sentence that it translates.
    """
    meanings: dict[str, dict[str, list[str]]] = {language: {} for language in LANGUAGES}
    for language in OTHERS:
        for english, group in _group(read_pairs(split, language, corpus)).items():
            meanings[language][english] = group
            meanings[PIVOT][english] = [english]
    references: dict[Direction, dict[str, list[str]]] = {}
    for source, target in DIRECTIONS:
        found: dict[str, dict[str, None]] = defaultdict(dict)
        for english, sources in meanings[source].items():
            for sentence in sources:
                found[sentence].update(dict.fromkeys(meanings[target].get(english, ())))
        references[source, target] = {s: list(ts) for s, ts in found.items() if ts}
    return references
