"""`python -m training`: prepare the data, train, export the checkpoint, evaluate it."""

import argparse
import platform
from pathlib import Path

import torch

from training.card import write_card, write_training_facts
from training.corpus import CORPUS, sentences
from training.dataset import PairDataset, prepare
from training.evaluate import evaluate, means
from training.model import build, export
from training.train import Schedule, load_weights, train
from training.vocabulary import copy_vocabulary, train_vocabulary
from translator.checkpoints import resolve
from translator.config import ENGINES
from translator.engines.loading import load_model
from translator.tokenizer import Tokenizer


def main() -> None:
    arguments = _parser().parse_args()
    arguments.command(arguments)


def _prepare(arguments: argparse.Namespace) -> None:
    work: Path = arguments.work
    if arguments.start is None:
        train_vocabulary(sentences("train", arguments.corpus), work)
    else:
        copy_vocabulary(arguments.start, work)
    tokenizer = Tokenizer(work)
    for split in ("dev", "train"):  # train last: where it is there, all is
        data = prepare(split, tokenizer, arguments.corpus, augment=split == "train")
        data.save(work / f"{split}.npz")


def _train(arguments: argparse.Namespace) -> None:
    work: Path = arguments.work
    if not (work / "train.npz").exists():
        _prepare(arguments)
    data, validation = (PairDataset.load(work / f"{name}.npz") for name in ("train", "dev"))
    schedule = Schedule(steps=arguments.steps, peak_rate=arguments.peak_rate)
    torch.manual_seed(schedule.seed)
    model = build(Tokenizer(work), arguments.dropout)
    if arguments.start is not None:
        model.load_state_dict(load_model(arguments.start, torch.float32).state_dict())
    device = torch.device(arguments.device)
    train(model, data, validation, schedule, work, device, getattr(torch, arguments.dtype))


def _export(arguments: argparse.Namespace) -> None:
    model = build(Tokenizer(arguments.work), arguments.dropout)
    load_weights(arguments.work, model)
    export(model, arguments.work, arguments.output)
    write_training_facts(
        arguments.work, arguments.output, arguments.hardware, arguments.trained_by, arguments.start
    )


def _evaluate(arguments: argparse.Namespace) -> None:
    checkpoint = resolve(arguments.model)
    scores = evaluate(arguments.model, arguments.engine, corpus=arguments.corpus)
    for name, score in [*scores.items(), *means(scores).items()]:
        print(f"{name!s:16} BLEU {score.bleu:5.1f}  chrF {score.chrf:5.1f}")
    if arguments.write_card:
        parameters = load_model(checkpoint.folder, torch.float16).num_parameters()
        unquantised = evaluate(arguments.model, "reference", corpus=arguments.corpus)
        write_card(checkpoint, parameters, scores, unquantised)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("build/training"), help="scratch folder")
    parser.add_argument("--corpus", type=Path, default=CORPUS, help="folder of the *.tsv.gz files")
    parser.add_argument("--dropout", type=float, default=0.0, help="0 for one epoch, 0.1 for many")
    commands = parser.add_subparsers(required=True)
    parser.add_argument("--start", type=Path, help="checkpoint folder to go on from")
    commands.add_parser("prepare", help="vocabulary and ids").set_defaults(command=_prepare)
    training = commands.add_parser("train", help="train, or go on where it stopped")
    training.add_argument("--steps", type=int, default=20_000)
    training.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    training.add_argument("--peak-rate", type=float, default=2e-3)
    training.add_argument(
        "--dtype",
        choices=("float32", "bfloat16"),
        default="bfloat16" if torch.cuda.is_available() else "float32",
        help="of matrix products; bfloat16 pays on GPUs and on CPUs with AVX-512 BF16",
    )
    training.set_defaults(command=_train)
    exporting = commands.add_parser("export", help="write the checkpoint folder")
    exporting.add_argument("--output", type=Path, default=Path("translator/bundled"))
    exporting.add_argument("--hardware", default=platform.machine(), help="named on the card")
    exporting.add_argument("--trained-by", default="make train", help="command named on the card")
    exporting.set_defaults(command=_export)
    evaluating = commands.add_parser("evaluate", help="BLEU and chrF on the test split")
    evaluating.add_argument("--model", default="bundled", help="as for the server")
    evaluating.add_argument("--engine", default="ctranslate2", choices=ENGINES)
    evaluating.add_argument("--write-card", action="store_true", help="write the model card")
    evaluating.set_defaults(command=_evaluate)
    return parser


if __name__ == "__main__":
    main()
