"""`python -m training`: prepare the data, train in the background, adopt the result."""

import argparse
import signal
import sys
from datetime import datetime
from pathlib import Path

from training import background
from training.corpus import CORPUS
from training.settings import BUNDLED_FOLDER, Settings, default_folder
from translator.config import ENGINES


def main() -> None:
    arguments = _parser().parse_args()
    settings = Settings(
        folder=arguments.training,
        sources=arguments.sources,
        start=arguments.start,
        device=arguments.device,
    )
    try:
        arguments.command(settings, arguments)
    except (background.AlreadyRunningError, TimeoutError, ValueError, FileNotFoundError) as error:
        sys.exit(str(error))


def _prepare(settings: Settings, _: argparse.Namespace) -> None:
    from training.running import prepare_data

    prepare_data(settings)


def _train(settings: Settings, arguments: argparse.Namespace) -> None:
    """Train until SIGTERM or Ctrl-C, then finish the step and write a checkpoint."""
    if arguments.packed:
        _train_packed(settings, arguments)
        return
    from training.running import open_trainer

    with background.only_trainer(settings.folder):
        trainer = open_trainer(settings)
        received: list[int] = []
        for signal_number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signal_number, lambda number, _: received.append(number))
        print(f"{datetime.now():%F %T} starting at step {trainer.progress.step:,}", flush=True)
        trainer.run(lambda: bool(received))


def _train_packed(settings: Settings, arguments: argparse.Namespace) -> None:
    import torch

    from training.packed import CUDA_SCHEDULE, train_packed

    device = torch.device(settings.device)
    with background.only_trainer(settings.folder):
        train_packed(
            arguments.packed,
            settings.folder,
            arguments.output,
            device,
            60 * arguments.minutes,
            CUDA_SCHEDULE if device.type == "cuda" else settings.schedule,
            settings.start,
        )


def _background(settings: Settings, _: argparse.Namespace) -> None:
    process = background.start(settings)
    print(f"process {process} trains in {settings.folder}; see `make train-status`")


def _stop(settings: Settings, _: argparse.Namespace) -> None:
    stopped = background.stop(settings.folder)
    print("stopped, with a checkpoint" if stopped else f"no trainer runs in {settings.folder}")


def _status(settings: Settings, _: argparse.Namespace) -> None:
    from training.status import report

    print(report(settings.folder))


def _adopt(settings: Settings, arguments: argparse.Namespace) -> None:
    from training.adopt import Plan, adopt

    plan = Plan(arguments.minutes, arguments.candidate, arguments.keep)
    print(adopt(settings, plan, arguments.sets))


def _evaluate(_: Settings, arguments: argparse.Namespace) -> None:
    from training.evaluate import domain_means, evaluate, signatures
    from training.heldout import read_test_sets

    folders = [CORPUS, arguments.sets] if arguments.sets else [CORPUS]
    results = evaluate(arguments.model, arguments.engine, read_test_sets(folders))
    for name, scores in results.items():
        for (source, target), score in scores.items():
            print(f"{name:28} {source} → {target}  {score}")
    for name, score in domain_means(results).items():
        print(f"{name:28} mean     {score}")
    print(signatures())


def _pack(settings: Settings, arguments: argparse.Namespace) -> None:
    from training.packed import pack

    tokens = pack(settings.data, arguments.file, arguments.mebibytes)
    print(f"{arguments.file}: {tokens / 1e6:.1f} million tokens")


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--training", type=Path, default=default_folder(), help="folder of state and data"
    )
    common.add_argument("--sources", type=Path, help="folder of prepared files")
    common.add_argument(
        "--start", type=Path, default=BUNDLED_FOLDER, help="checkpoint that a new run starts from"
    )
    common.add_argument("--device", default="cpu", help="cpu or cuda")
    tests = argparse.ArgumentParser(add_help=False)
    tests.add_argument("--sets", type=Path, help="folder of further test sets, <name>.tsv")
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    commands = parser.add_subparsers(required=True)
    for name, command, text in (
        ("prepare", _prepare, "gather, clean and encode all text"),
        ("background", _background, "train in the background, at the lowest priority"),
        ("status", _status, "hours, losses by domain, a plot"),
        ("stop", _stop, "stop the background training, with a checkpoint"),
    ):
        commands.add_parser(name, parents=[common], help=text).set_defaults(command=command)
    _add_training(commands, common)
    _add_judging(commands, common, tests)
    return parser


def _add_training(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", common: argparse.ArgumentParser
) -> None:
    training = commands.add_parser("train", parents=[common], help="train until it is stopped")
    training.add_argument("--packed", type=Path, help="train from a file made by `pack`")
    training.add_argument("--minutes", type=float, default=8.0, help="of training from it")
    training.add_argument(
        "--output", type=Path, default=Path("build/trained"), help="folder for the trained weights"
    )
    training.set_defaults(command=_train)
    packing = commands.add_parser("pack", parents=[common], help="pack data into one file")
    packing.add_argument("file", type=Path, help="such as packed.tar.xz")
    packing.add_argument("--mebibytes", type=float, default=24.0, help="maximum size of the file")
    packing.set_defaults(command=_pack)


def _add_judging(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    common: argparse.ArgumentParser,
    tests: argparse.ArgumentParser,
) -> None:
    adopting = commands.add_parser(
        "adopt", parents=[common, tests], help="make the result the bundled model, if it is better"
    )
    adopting.add_argument("--minutes", type=float, default=15.0, help="of decay, at most 20")
    adopting.add_argument("--candidate", type=Path, help="use these weights instead of the run's")
    adopting.add_argument(
        "--keep", type=float, default=0.0, help="share of the bundled weights that is mixed in"
    )
    adopting.set_defaults(command=_adopt)
    evaluating = commands.add_parser(
        "evaluate", parents=[common, tests], help="BLEU and chrF on every test set"
    )
    evaluating.add_argument("--model", default="bundled", help="as for the server")
    evaluating.add_argument("--engine", default="ctranslate2", choices=ENGINES)
    evaluating.set_defaults(command=_evaluate)


if __name__ == "__main__":
    main()
