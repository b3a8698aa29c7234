"""Fits the weights of `translator/text/detection.py` to sentences that no model was trained on.

python -m benchmarks.detection.calibrate NTREX/NTREX-128
"""

import argparse
from pathlib import Path

import torch

from benchmarks.detection.corpora import ntrex, tatoeba
from benchmarks.detection.samples import KINDS, Sample, samples
from training.corpus import LANGUAGES as BUNDLED
from translator.models.languages import M2M100_CODES
from translator.text.detection import WEIGHTS, Detector, size_of

_TATOEBA, _NTREX = 600, 100  # samples of each language and kind
_STEPS = 100


def main() -> None:
    """Fit, and print what to put into the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ntrex", type=Path, help="the folder NTREX-128 of NTREX's repository")
    arguments = parser.parse_args()
    few, many = Detector(BUNDLED), Detector(M2M100_CODES)
    own = samples(tatoeba("dev"), _TATOEBA)
    fitted = _fit(
        [
            (1.0, _Rows(few, own)),
            # Users of a hundred languages write more in the common ones than NTREX's mixture has.
            (0.5, _Rows(many, own)),
            (1.0, _Rows(many, samples(ntrex(arguments.ntrex, "dev"), _NTREX))),
        ]
    )
    print("WEIGHTS =", tuple(tuple(round(value, 3) for value in row) for row in fitted))


class _Rows:
    """The evidence of samples as tensors, padded to the same number of languages."""

    def __init__(self, detector: Detector, chosen: list[Sample]) -> None:
        logarithms, labels, letters, kinds = [], [], [], []
        for sample in chosen:
            evidence = detector.evidence(sample.text)
            if evidence is not None and sample.language in evidence.languages:
                logarithms.append(torch.from_numpy(evidence.logarithms))
                labels.append(evidence.languages.index(sample.language))
                letters.append(evidence.letters)
                kinds.append(KINDS.index(sample.kind))
        most = max(each.shape[1] for each in logarithms)
        self.logarithms = torch.zeros(len(labels), len(WEIGHTS), most)
        self.missing = torch.ones(len(labels), most, dtype=torch.bool)
        for i, each in enumerate(logarithms):
            self.logarithms[i, :, : each.shape[1]] = each
            self.missing[i, : each.shape[1]] = False
        self.labels = torch.tensor(labels)
        self.sizes = torch.tensor([size_of(count) for count in letters])
        counts = torch.bincount(torch.tensor(kinds)).float()
        self.shares = 1 / counts[torch.tensor(kinds)] / len(KINDS)  # each kind counts the same

    def loss(self, weights: torch.Tensor) -> torch.Tensor:
        """Return the mean negative logarithm of the confidence in the right language."""
        factors = weights[:, 0] + weights[:, 1] * self.sizes[:, None]
        scores = torch.einsum("nf,nfl->nl", factors, self.logarithms)
        scores = scores.masked_fill(self.missing, -1e9)
        losses = torch.nn.functional.cross_entropy(scores, self.labels, reduction="none")
        return (losses * self.shares).sum()


def _fit(sets: list[tuple[float, _Rows]]) -> list[list[float]]:
    weights = torch.tensor(WEIGHTS, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=_STEPS, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = torch.stack([share * rows.loss(weights) for share, rows in sets]).sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    print("loss of each set:", [round(rows.loss(weights).item(), 3) for _, rows in sets])
    fitted: list[list[float]] = weights.tolist()
    return fitted


if __name__ == "__main__":
    main()
