"""What weights in 8 bits, for GPUs, cost in BLEU and chrF, computed on a CPU in plain torch.

`python -m benchmarks.narrow_weights --output docs/benchmarks/narrow-weights.md` translates the test
sets with the in-flight engine in fp32, whose only rounding is that of the weights.
"""

import argparse
import datetime
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any
from unittest import mock

from benchmarks.report import in_words, machine, publish, versions
from training.evaluate import Score, domain_means, score, signatures
from training.heldout import TestSet, read_test_sets
from translator import Translator, TranslatorConfig
from translator.engines.inflight import build
from translator.engines.inflight.narrow import FORMATS, NarrowLinear
from translator.engines.inflight.projection import Head
from translator.engines.inflight.weights import Weights, load


@dataclass(frozen=True)
class Variant:
    """How the matrices of the layers are kept, and whether the head is kept so, too."""

    kept: str
    head: bool = False

    def load(self, *arguments: Any, narrow: object = None) -> Weights:
        """In place of `weights.load`."""
        if self.kept == "float32":
            return load(*arguments)
        weights = load(*arguments, narrow=FORMATS[self.kept])
        if not self.head:
            return weights
        assert isinstance(weights.head, Head)
        full = weights.head.weight
        part = NarrowLinear.of(full, full.new_zeros(len(full)), FORMATS[self.kept], full.dtype)
        return replace(weights, head=Head(part.weight.to(full.dtype) * part.scale[:, None]))


VARIANTS = (
    Variant("float32"),
    Variant("int8"),
    Variant("int8", head=True),
    Variant("float8"),
    Variant("float8", head=True),
)
Outputs = list[list[str]]  # by direction


def main() -> None:
    """Translate with every variant; show the scores and how many translations differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="bundled")
    parser.add_argument("--sentences", type=int, default=100, help="of each set and direction")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--output", type=Path)
    arguments = parser.parse_args()
    sets = [_first(test, arguments.sentences) for test in read_test_sets()]
    config = TranslatorConfig(
        arguments.model, dtype="float32", engine="inflight", threads=arguments.threads
    )
    rows: list[dict[str, Any]] = []
    expected: Outputs = []
    for variant in VARIANTS:
        with mock.patch.object(build, "load", variant.load):
            translator = Translator(config)
        outputs = _translate(translator, sets)
        expected = expected or outputs
        rows.append(_row(variant, sets, outputs, expected))
        print(rows[-1], flush=True)
    report = {
        "benchmark": "narrow_weights",
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "cpu": machine(),
        "versions": versions("torch", "sacrebleu"),
        "model": arguments.model,
        "most": arguments.sentences,  # of each set and direction
        "sentences": sum(len(part) for part in expected),
        "metrics": signatures(),
        "rows": rows,
    }
    publish(report, _page(report, list(rows[0]["scores"])), arguments.output)


def _first(test: TestSet, count: int) -> TestSet:
    """Return a test set with at most `count` sentences of each direction."""
    return replace(
        test,
        references={d: dict(list(texts.items())[:count]) for d, texts in test.references.items()},
    )


def _translate(translator: Translator, sets: Sequence[TestSet]) -> Outputs:
    """Translate everything at once: more sentences share a step."""
    directions = [item for test in sets for item in test.references.items()]
    sources = [source for (source, _), texts in directions for _ in texts]
    targets = [target for (_, target), texts in directions for _ in texts]
    done = iter(translator.batch([t for _, texts in directions for t in texts], sources, targets))
    return [list(islice(done, len(texts))) for _, texts in directions]


def _row(
    variant: Variant, sets: Sequence[TestSet], outputs: Outputs, expected: Outputs
) -> dict[str, Any]:
    """Return the scores of each domain, and the share of translations that differ."""
    found = iter(outputs)
    scores: dict[str, dict[tuple[str, str], Score]] = {
        test.name: {d: score(next(found), list(t.values())) for d, t in test.references.items()}
        for test in sets
    }
    pairs = [
        (a, b)
        for one, other in zip(outputs, expected, strict=True)
        for a, b in zip(one, other, strict=True)
    ]
    return {
        "layers": variant.kept,
        "head": variant.kept if variant.head else "float32",
        "scores": {
            name: {"bleu": mean.bleu, "interval": mean.interval, "chrf": mean.chrf}
            for name, mean in domain_means(scores).items()
        },
        "different": sum(a != b for a, b in pairs) / len(pairs),
    }


def _page(report: dict[str, Any], domains: Sequence[str]) -> str:
    lines = [
        "# Weights in 8 bits: what they cost in quality",
        "",
        f"{report['date']}, {report['cpu']}; {in_words(report['versions'])}. Command: "
        f"`python -m benchmarks.narrow_weights --sentences {report['most']}`.",
        "",
        f"{report['sentences']:,} sentences of the test sets by the model `{report['model']}`, "
        "on a CPU in plain torch. Activations are in fp32, so that only the weights are rounded. "
        "BLEU (± at 95 %) / chrF, mean over directions; the last column is the share of "
        "translations that differ from those in fp32.",
        "",
        "| layers | head | " + " | ".join(domains) + " | different |",
        "| --- | --- |" + " ---: |" * (len(domains) + 1),
    ]
    for row in report["rows"]:
        cells = [
            f"{found['bleu']:.2f} ± {found['interval']:.1f} / {found['chrf']:.2f}"
            for found in row["scores"].values()
        ]
        cells += [f"{row['different']:.1%}"]
        lines.append(f"| {row['layers']} | {row['head']} | " + " | ".join(cells) + " |")
    lines += [
        "",
        "The server keeps the head, which is also the embedding, in 16 bits; the rows with a head "
        "in 8 bits show what that would add. What 8 bits gain on a GPU is not yet measured.",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
