"""How much translations may differ between batches, engines and devices."""

from collections.abc import Sequence

from translator import Translator


def nearly_equal(found: Sequence[object], expected: Sequence[object], share: float = 0.05) -> bool:
    """Return True unless more than a `share` of the results differ.

    Padding to longer neighbours changes the last bits of scores, in fp32 too, and those bits decide
    between beams that are nearly equal. How often that happens depends on the weights.
    """
    differing = sum(a != b for a, b in zip(found, expected, strict=True))
    return differing <= share * len(expected)


def near_best(translator: Translator, text: str, source: str, target: str) -> set[str]:
    """Return the best translations of `text`.

    With the same weights elsewhere, rounding may choose any of these.
    """
    best = translator.translate(text, source, target)
    translator.submit(0, text, source, target, alternatives=2)
    while not (done := translator.step()):
        pass
    (result,) = done
    assert result.text is not None, result.error
    return {best, result.text, *result.alternatives}
