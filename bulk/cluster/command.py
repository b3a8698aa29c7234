"""`m2m-translate --ray`, from its flags to the run."""

import argparse
import hashlib
import logging
from functools import partial
from pathlib import Path

from bulk.backend import Backend
from bulk.cluster.connection import ActorSize, join
from bulk.cluster.translation import ClusterRun, Work
from bulk.errors import InputError
from bulk.output import Fingerprint
from bulk.run import Options, RunSummary
from bulk.tables.table_set import TableSet
from server.core.settings import SECRET, Settings

_logger = logging.getLogger(__name__)


def translate_on_cluster(
    args: argparse.Namespace,
    settings: Settings,
    tables: TableSet,
    options: Options,
    summary: RunSummary,
) -> None:
    """Translate tables on a Ray cluster. Raises BulkError; what has been translated is kept."""
    if hasattr(args, "devices"):
        raise InputError("--devices cannot be used with --ray: see --gpus-per-actor")
    if args.concurrency:
        raise InputError("--concurrency cannot be used with --ray, which decides")
    _check_folders(settings)
    pair = args.source, args.target
    fingerprint = _fingerprint(settings, pair)
    cluster = join(args.ray)
    size = cluster.actor_size(args.gpus_per_actor, settings.threads)
    if not size.fit:
        what = f"{size.cpus} CPUs" if not size.gpus else f"1 CPU and {size.gpus:g} GPU"
        _logger.warning("no node of the cluster has %s for an actor; waiting for one", what)
    make_backend = _backend_maker(settings, pair, size)
    work = Work(tables, make_backend, size, fingerprint)
    ClusterRun(cluster, work, options, summary).translate(args.price_per_hour)


def _check_folders(settings: Settings) -> None:
    """Raise InputError for a model in a folder that actors would look for somewhere else."""
    for each in settings.models:
        if Path(each.model).is_dir() and not Path(each.model).is_absolute():
            raise InputError(
                f"--model {each.model}: with --ray, give its whole path, which all nodes must have"
            )


def _backend_maker(
    settings: Settings, pair: tuple[str, str], size: ActorSize
) -> "partial[Backend]":
    """Return what an actor calls; it has the settings, but nothing that is secret."""
    own: dict[str, object] = {
        name: path.absolute()  # an actor has another working directory
        for name in ("cache", "detector", "glossaries")
        if (path := getattr(settings, name)) is not None
    }
    own |= {
        "devices": "cuda:0" if size.gpus else "cpu",  # the one that Ray shows to the actor
        "threads": size.cpus,
    }
    return partial(
        _make_local, settings.model_copy(update=dict.fromkeys(SECRET) | own), pair, size.per_gpu
    )


def _make_local(settings: Settings, pair: tuple[str, str], per_gpu: int) -> Backend:
    from bulk.local import Local

    return Local(settings, pair, per_gpu)


def _fingerprint(settings: Settings, pair: tuple[str, str]) -> Fingerprint:
    """Return what determines translations, without the model, which only the actors load."""
    source, target = pair
    return {
        "source": source.lower(),
        "target": target.lower(),
        "model": [f"{each.name}={each.model}" for each in settings.models],
        "engine": settings.engine,
        "dtype": settings.dtype,
        "beams": settings.beams,
        "detector": str(settings.detector) if settings.detector else None,
        "glossaries": settings.glossaries and _digest(settings.glossaries),
    }


def _digest(folder: Path) -> str:
    """Return a digest of the glossaries in a folder; the actors read their own copies."""
    digest = hashlib.sha256()
    for file in sorted(folder.glob("*.tsv")):
        digest.update(repr((file.name, file.read_bytes())).encode())
    return digest.hexdigest()
