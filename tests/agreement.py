"""How alike translations must be that were decoded beside other neighbours, or in another place."""

from collections.abc import Sequence

from translator import Translator


def nearly_equal(found: Sequence[object], expected: Sequence[object], share: float = 0.05) -> bool:
    """All but one of twenty: attention to longer neighbours changes the last bits of scores.

    Where two beams are nearly equal, those bits decide. How often that is so depends on the
    weights, in fp32 too: `share` is the part that may differ.
    """
    differing = sum(a != b for a, b in zip(found, expected, strict=True))
    return differing <= share * len(expected)


def near_best(translator: Translator, text: str, source: str, target: str) -> set[str]:
    """Return the translations that the model has for `text`: the best, and the next ones.

    For a comparison with what the same weights say elsewhere: rounding may choose another of these.
    """
    best = translator.translate(text, source, target)
    translator.submit(0, text, source, target, alternatives=2)
    while not (done := translator.step()):
        pass
    (result,) = done
    assert result.text is not None, result.error
    return {best, result.text, *result.alternatives}
