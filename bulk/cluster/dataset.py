"""The dataset that Ray executes: tables → pieces → translated pieces.

Tables are read on the node where the command runs, so that no other node needs the files. Ray
restarts what dies, repeats what is lost, and holds up the reader while the actors are busy.
"""

import logging
from collections.abc import Callable, Generator, Sequence
from typing import Any

from bulk.backend import Backend
from bulk.cluster.actor import PIECES_AT_ONCE, TranslatingActor, read_pieces
from bulk.cluster.connection import ActorSize
from bulk.cluster.messages import Failure, TableToRead, TranslatedPiece, as_row, unpack
from bulk.errors import InputError, RetryableError
from bulk.tables.columns import ColumnChoice

_READERS = 4  # tables that are read at once


def translated_pieces(
    tables: Sequence[TableToRead],
    choice: ColumnChoice,
    make_backend: Callable[[], Backend],
    size: ActorSize,
    node_id: str,
) -> Generator[TranslatedPiece, None, None]:
    """Yield the translated pieces of all tables, in any order. Raises InputError, RetryableError.

    `node_id` is the node that has the tables.
    """
    import ray

    dataset = _dataset(tables, choice, make_backend, size, node_id)
    try:
        for batch in dataset.iter_batches(batch_size=None, batch_format="pyarrow"):
            for message in unpack(batch):
                if isinstance(message, Failure):
                    kind = InputError if message.exit_code == InputError.exit_code else None
                    raise (kind or RetryableError)(message.message)
                assert isinstance(message, TranslatedPiece), "the dataset ends with these"
                yield message
    except ray.exceptions.RayError as error:
        # Its message has the traceback of the process; that is in the logs of the cluster.
        cause = getattr(error, "cause", None)
        names = [type(each).__name__ for each in (error, cause) if each is not None]
        raise RetryableError(
            f"Ray gave up ({': '.join(names)}); the logs of the cluster say more"
        ) from None


def _settle_ray_data() -> None:
    import ray.data

    # Else it tells its plan, and tracebacks.
    logging.getLogger("ray.data").setLevel(logging.CRITICAL)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.target_max_block_size = 1  # byte: a block, and so a task, for each piece


def _dataset(
    tables: Sequence[TableToRead],
    choice: ColumnChoice,
    make_backend: Callable[[], Backend],
    size: ActorSize,
    node_id: str,
) -> Any:
    import ray.data

    _settle_ray_data()
    rows = [as_row(table) for table in tables]
    return (
        ray.data.from_items(rows, override_num_blocks=len(rows))
        .map_batches(
            read_pieces,
            fn_kwargs={"choice": choice},
            batch_size=1,
            batch_format="pyarrow",
            compute=ray.data.TaskPoolStrategy(size=min(_READERS, len(rows))),
            num_cpus=0,  # the head of a cluster often has none to give
            label_selector={"ray.io/node-id": node_id},
        )
        .map_batches(
            TranslatingActor,
            fn_constructor_args=(make_backend,),
            batch_size=1,
            batch_format="pyarrow",
            compute=ray.data.ActorPoolStrategy(
                min_size=1,
                initial_size=max(1, size.fit),
                max_concurrent_calls_per_actor=PIECES_AT_ONCE,
                enable_true_multi_threading=True,
            ),
            num_cpus=size.cpus,
            num_gpus=size.gpus,
        )
    )
