"""Counts what a device would be asked to launch: computing operations of torch, and kernels."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from torch._ops import OpOverload
from torch.utils._python_dispatch import TorchDispatchMode

_ALLOCATES = ("empty", "empty_like", "empty_strided", "new_empty")


class Launches(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts operations by name, except those that make a view or allocate memory."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.counts = Counter[str]()
        self.inside_kernel = False

    def __torch_dispatch__(
        self,
        func: OpOverload[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        name = func.overloadpacket.__name__
        if not self.inside_kernel and not _is_view(func) and name not in _ALLOCATES:
            self.counts[name] += 1
        return func(*args, **(kwargs or {}))


def _is_view(func: OpOverload[..., Any]) -> bool:
    aliases = [result.alias_info for result in func._schema.returns]
    return func.overloadpacket.__name__ == "_unsafe_view" or any(
        alias is not None and not alias.is_write for alias in aliases
    )


@contextmanager
def counted_launches() -> Iterator[Counter[str]]:
    """Count operations of torch, and kernels in the interpreter, one each."""
    interpreter = pytest.importorskip("triton.runtime.interpreter")
    launches, run = Launches(), interpreter.GridExecutor.__call__

    def counted(self: Any, *arguments: Any, **more: Any) -> None:
        launches.counts[self.fn.__name__] += 1
        launches.inside_kernel = True
        try:
            run(self, *arguments, **more)
        finally:
            launches.inside_kernel = False

    with pytest.MonkeyPatch.context() as patch, launches:
        patch.setattr(interpreter.GridExecutor, "__call__", counted)
        yield launches.counts
