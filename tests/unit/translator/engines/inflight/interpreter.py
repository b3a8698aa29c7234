"""Triton's interpreter with bfloat16 as cards compute it, and with less to do for each call.

Triton 3.9's interpreter holds bfloat16 as 16-bit integers: `tl.dot` multiplies those, conversions
from fp32 cut bits off instead of rounding to the nearest value, ties to even, and those from and to
integers take the bits for the value.

It also replaces the functions of the language, a thousand members of modules and classes, for each
launch, and once more for each function that a kernel calls: a third of the time. Once is enough.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import triton.language as tl
from triton.runtime import interpreter
from triton.runtime.interpreter import InterpreterBuilder, TensorHandle

_dot = InterpreterBuilder.create_dot
_cast = InterpreterBuilder.cast_impl
_patch_language = interpreter._patch_lang
_patched = set[tuple[bool, bool]]()


def correct_bfloat16() -> None:
    """Patch the interpreter of this process."""
    InterpreterBuilder.create_dot = _dot_in_fp32
    InterpreterBuilder.cast_impl = _cast_to_nearest


def patch_language_once() -> None:
    """Let the interpreter of this process leave the language replaced."""
    interpreter._patch_lang = _patch_language_once


def _patch_language_once(function: Callable[..., object]) -> Any:
    """Return what the interpreter restores after a launch: nothing."""
    names = [*function.__globals__.values()]
    seen = any(name is tl for name in names), any(name is tl.core for name in names)
    if seen not in _patched:
        _patch_language(function)
        _patched.add(seen)
    return interpreter._LangPatchScope()


def _dot_in_fp32(builder: Any, a: Any, b: Any, d: Any, *options: Any) -> Any:
    return _dot(builder, _widened(a), _widened(b), d, *options)


def _widened(handle: Any) -> Any:
    if handle.dtype.scalar != tl.bfloat16:
        return handle
    values = (handle.data.astype(np.uint32) << 16).view(np.float32)
    return TensorHandle(values, tl.float32)


def _cast_to_nearest(builder: Any, src: Any, dst_type: Any) -> Any:
    if src.dtype.scalar == tl.bfloat16:
        return _cast(builder, _widened(src), dst_type)
    if dst_type.scalar != tl.bfloat16:
        return _cast(builder, src, dst_type)
    values = _cast(builder, src, tl.float32).data
    bits = np.ascontiguousarray(values).view(np.uint32).astype(np.uint64)
    rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16
    rounded = np.where(np.isnan(values), 0x7FC0, rounded).astype(np.uint16)
    return TensorHandle(rounded.reshape(np.shape(values)), tl.bfloat16)
