"""The decoding table of `make bench-decoding`, reduced to a minute."""

import torch

from benchmarks.decoding import Work, add_ratios, compare, random_model, table
from benchmarks.gpu.options import Emit, Options, Row

_BEAMS = (1, 5)


def measure(options: Options, emit: Emit) -> None:
    """Emit a row for each engine and beam width."""
    cuda = options.device == "cuda"
    device = torch.device("cuda:0" if cuda else "cpu")
    sentences, batch = (1_000, 256) if cuda else (40, 8)
    works = [Work.of(beams, sentences) for beams in _BEAMS]
    model = random_model(options.size, device)
    dtype = "bfloat16" if cuda else "float32"
    for row in compare(model, device, dtype, works, [batch]):
        emit({**row, "size": options.size, "dtype": dtype, "sentences": sentences})


def render(rows: list[Row]) -> str:
    """Return the table of decoding, with ratios once `generate` has been measured."""
    add_ratios(rows)
    first = rows[0]
    caption = (
        f"Random {first['size']} in {first['dtype']}, {first['sentences']} sentences of 25 tokens "
        "on average; `generate` and CTranslate2 get sorted batches, CTranslate2 on a GPU after "
        "a warm-up. Ratios are to `generate`."
    )
    return f"{caption}\n\n{table(sorted(rows, key=lambda row: row['beams']))}"
