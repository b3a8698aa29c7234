"""Gradients of a step, computed by several threads that share one set of weights.

A matrix product spread over threads waits for the slowest thread at every operation, hundreds of
times per step: on a busy machine, two threads then reach a tenth of the speed of two cores. Here
each thread takes whole batches, and they synchronise once per step.
"""

import copy
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import torch
from torch.nn import functional
from transformers import M2M100ForConditionalGeneration

from training.mixture import Batch


class Replicas:
    """Models that share their weights, each with its own gradients."""

    def __init__(
        self,
        model: M2M100ForConditionalGeneration,
        threads: int,
        dtype: torch.dtype,
        pad: int,
    ) -> None:
        """`dtype` is the type of the matrix products; weights and losses stay fp32."""
        # Sentences are short: fused kernels cost more than they save, most of all in bf16 on a CPU.
        model.set_attn_implementation("eager" if model.device.type == "cpu" else "sdpa")
        self._models = [model, *(copy.deepcopy(model) for _ in range(threads - 1))]
        for other in self._models[1:]:
            for mine, theirs in zip(model.parameters(), other.parameters(), strict=True):
                theirs.data = mine.data
        self._dtype, self._pad = dtype, pad
        self._threads = ThreadPoolExecutor(threads)
        if model.device.type == "cpu":
            torch.set_num_threads(1)

    def gradients(self, batches: Sequence[Batch], label_smoothing: float) -> tuple[float, int]:
        """Store the gradients of the mean loss per token in the first model.

        Returns the summed loss and its number of tokens.
        """
        waiting = list(batches)
        tokens = sum(int((batch.labels != self._pad).sum()) for batch in batches)
        lock = threading.Lock()

        def work(model: M2M100ForConditionalGeneration) -> float:
            total = 0.0
            while True:
                with lock:
                    if not waiting:
                        return total
                    batch = waiting.pop()
                loss = self.loss(model, batch, label_smoothing)
                (loss / tokens).backward()  # type: ignore[no-untyped-call]
                total += loss.item()

        losses = list(self._threads.map(work, self._models))
        for parameters in zip(*(model.parameters() for model in self._models), strict=True):
            _add_gradients(parameters)
        return sum(losses), tokens

    def loss(
        self, model: M2M100ForConditionalGeneration, batch: Batch, label_smoothing: float
    ) -> torch.Tensor:
        """Return the summed cross-entropy over the labels that are not padding.

        The head, the widest product, runs only on those.
        """
        device = model.device
        batch = batch.to(device)
        with torch.autocast(device.type, self._dtype, enabled=self._dtype != torch.float32):
            hidden = model.model(
                input_ids=batch.source,
                attention_mask=batch.source_mask,
                decoder_input_ids=batch.decoder,
                use_cache=False,
            ).last_hidden_state
            kept = batch.labels != self._pad
            logits = model.lm_head(hidden[kept])
        return functional.cross_entropy(
            logits.float(), batch.labels[kept], label_smoothing=label_smoothing, reduction="sum"
        )

    def validate(self, batches: Sequence[Batch]) -> float:
        """Return the mean loss per token over some batches, without label smoothing."""
        shares = [batches[i :: len(self._models)] for i in range(len(self._models))]
        total = sum(self._threads.map(self._validate, self._models, shares))
        return total / sum(int((batch.labels != self._pad).sum()) for batch in batches)

    @torch.no_grad()
    def _validate(self, model: M2M100ForConditionalGeneration, batches: Sequence[Batch]) -> float:
        return sum(self.loss(model, batch, 0.0).item() for batch in batches)


def _add_gradients(parameters: Sequence[torch.nn.Parameter]) -> None:
    """Sum the gradients of one weight into its first replica, and clear the others'."""
    first, *others = parameters
    for other in others:
        if other.grad is not None:
            first.grad = other.grad if first.grad is None else first.grad.add_(other.grad)
            other.grad = None


def fastest_dtype(device: torch.device) -> torch.dtype:
    """Return bfloat16 if the device supports it, else float32: emulation is 80 times slower."""
    if device.type == "cuda":
        return torch.bfloat16
    # The same check as in `translator.engines.build`, whose imports a training machine may lack.
    native = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return torch.bfloat16 if native else torch.float32
