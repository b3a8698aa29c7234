"""Which tokens a translation may need, by their scripts: German never needs the tokens of Thai."""

from collections import Counter
from collections.abc import Callable
from functools import reduce
from operator import or_

import numpy as np
import torch
from torch import Tensor

from translator.engines import EncodedSegment
from translator.models.scripts import LATIN, SCRIPTS, script_of, scripts_of
from translator.models.tokenizer import Tokenizer

FEWEST = 1_024  # tokens of a script that is worth a product of its own
_GREEK = "GREEK"

ScriptsOf = Callable[[EncodedSegment], int]


def no_scripts(segment: EncodedSegment) -> int:
    """Return the scripts of a segment where the head has no parts."""
    return 0


class TokenScripts:
    """The tokens of a model by script.

    Every translation may need those of the first part: tokens in Latin letters, in which names and
    units are written in any language; digits, punctuation, symbols and special tokens; and scripts
    with few tokens. A part for each other script follows, with a bit each, from 1 on.
    """

    def __init__(self, tokenizer: Tokenizer, fewest: int = FEWEST) -> None:
        """Scripts with less than `fewest` tokens get no part."""
        scripts = [*map(_script_of_token, tokenizer.tokens())]
        counts = Counter(scripts)
        names = sorted(name for name in SCRIPTS - {LATIN} if counts[name] >= fewest)
        bits = {name: 1 << i for i, name in enumerate(names)}
        self._bits = np.array([bits.get(name, 0) for name in scripts])
        self._all = (1 << len(names)) - 1
        # By the token of the language.
        self._targets = {
            token: self._of_language(code, bits) for code, token in tokenizer.language_ids.items()
        }

    def parts(self, rows: int) -> list[Tensor]:
        """Return the tokens of each part, for a head of so many rows."""
        bits = np.zeros(rows, dtype=np.int64)  # of rows without a token, too
        known = self._bits[:rows]
        bits[: len(known)] = known
        values = [0, *(1 << i for i in range(self._all.bit_length()))]
        return [torch.from_numpy(np.flatnonzero(bits == value)) for value in values]

    def of(self, segment: EncodedSegment) -> int:
        """Return the bits of a translation's scripts: those of its language, and of its source.

        A name may be copied. All, if the language is not known.
        """
        source = segment.source_ids
        found = np.bitwise_or.reduce(self._bits[source])
        return int(found) | self._targets.get(_target(segment), self._all)

    def _of_language(self, code: str, bits: dict[str, int]) -> int:
        names = scripts_of(code)
        return reduce(or_, (bits.get(name, 0) for name in names)) if names else self._all


def _target(segment: EncodedSegment) -> int:
    """Return the token of the target language; SMaLL-100 has it at the beginning of the source."""
    return segment.source_ids[0] if segment.target_id is None else segment.target_id


def _script_of_token(token: str) -> str:
    """Return the script of most letters; "" for a token without any, or with one of Greek.

    Single Greek letters are symbols in any language.
    """
    script = script_of(token)
    alone = script == _GREEK and sum(map(str.isalpha, token)) == 1
    return "" if alone else script
