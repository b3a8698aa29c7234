"""Runs an implementation of an operation on random slots, to compare it and to time it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import torch
from torch import Tensor

from translator.engines.inflight.operations.continuations import allowed_scores
from translator.engines.inflight.operations.plain import PLAIN
from translator.engines.inflight.operations.random_state import random_state
from translator.engines.inflight.operations.types import Continuations, Operations, Rank
from translator.engines.inflight.projection import CommonHead, Scorer
from translator.engines.inflight.report import Layout
from translator.engines.inflight.state import Cache, Shape, SlotState
from translator.engines.inflight.weights import Weights

EOS = 2  # any token will do


@dataclass(frozen=True, slots=True)
class Model:
    """What the operations of a pool have in common."""

    weights: Weights
    vocabulary: int
    beams: int
    no_repeat_ngram: int = 0


class Trial:
    """An input of each operation: random slots of one shape, with the model's weights."""

    def __init__(self, model: Model, shape: Shape) -> None:
        self.shape = shape
        self._model = model
        weights, n, beams = model.weights, shape.slots, model.beams
        self._layer = weights.decoder[-1]
        self._state = random_state(weights, model.vocabulary, shape, beams)
        self._hidden = torch.randn(
            (n, beams, weights.width), dtype=weights.dtype, device=self._layer.device
        )
        normed = weights.decoder_norm(self._hidden)
        self._qkv = self._layer.attention.qkv(normed).view(n, beams, 3, weights.heads, -1)
        self._query = self._qkv[:, :, 0].contiguous()
        self._source = torch.randn(
            (n, shape.source, *self._qkv.shape[2:]), dtype=weights.dtype, device=self._layer.device
        )
        self._up = self._layer.feed_forward.up(normed).relu_()
        self._head = weights.head
        self._found = self._continuations(PLAIN.rank, self._head, self._state)
        self._runs: Mapping[str, Callable[[Any, SlotState], tuple[Tensor, ...]]] = {
            "attend_source": self._attend_source,
            "attend_self": self._attend_self,
            "attend_cross": self._attend_cross,
            "embed": self._embed,
            "residual": self._residual,
            "rank": self._rank,
            "advance": self._advance,
            "write_report": self._write_report,
        }
        assert set(self._runs) == {field.name for field in fields(Operations)}

    def outputs(self, operation: str, implementation: object) -> tuple[Tensor, ...]:
        """Return all that an implementation computes and changes, on a copy of the slots."""
        return self._runs[operation](implementation, _copy(self._state))

    def call(self, operation: str, implementation: object) -> Callable[[], object]:
        """Return a call of an implementation, for timing; its slots are a copy, used up by it."""
        state = _copy(self._state)
        if operation == "rank":  # without the search for the scores of its results
            return lambda: self._continuations(
                implementation,  # type: ignore[arg-type]
                self._head,
                state,
            )
        return lambda: self._runs[operation](implementation, state)

    def _attend_source(self, attend: Any, state: SlotState) -> tuple[Tensor, ...]:
        """Return what belongs to tokens; what belongs to padding is never read."""
        lengths = state.source_length[: self.shape.slots]
        context = attend.prepare(lengths, self.shape.source, self._source.dtype)
        attended = attend(self._source, context)
        token = torch.arange(self.shape.source, device=lengths.device) < lengths[:, None]
        return (attended.where(token[:, :, None], 0.0),)

    def _attend_self(self, attend: Any, state: SlotState) -> tuple[Tensor, ...]:
        context = attend.prepare(state, self.shape)
        attended = attend(state.caches[0], self._qkv, context, self.shape)
        return attended, state.caches[0].own[: self.shape.slots]

    def _attend_cross(self, attend: Any, state: SlotState) -> tuple[Tensor, ...]:
        context = attend.prepare(state, self.shape)
        return (attend(state.caches[0], self._query, context, self.shape),)

    def _embed(self, embed: Any, state: SlotState) -> tuple[Tensor, ...]:
        n, norm = self.shape.slots, self._layer.attention.norm
        hidden, normed = embed(self._model.weights, state.token[:n], state.position[:n], norm)
        return hidden, normed

    def _residual(self, residual: Any, _: SlotState) -> tuple[Tensor, ...]:
        """Run the three of a layer."""
        layer, part = self._layer, self._layer.feed_forward
        attended = self._query.flatten(2)
        norm = layer.attention.norm
        return (
            *residual(self._hidden, attended, layer.cross_out, layer.cross_norm, layer.cross_query),
            *residual(self._hidden, attended, layer.cross_out, part.norm, part.up, relu=True),
            *residual(self._hidden, self._up, part.down, norm, layer.attention.qkv),
            *residual(self._hidden, self._up, part.down, norm, None),
        )

    def _rank(self, rank: Rank, state: SlotState) -> tuple[Tensor, ...]:
        """Return the scores found, those that belong to the tokens found, and any token twice.

        Of active slots: nothing reads those of others. With a CommonHead, the same of steps that
        score common tokens only.
        """
        results = self._ranked(rank, self._head, state)
        if isinstance(self._head, CommonHead) and not self._model.no_repeat_ngram:
            results += self._ranked(rank, self._head.common.scorer, state)
        return results

    def _ranked(self, rank: Rank, head: Scorer, state: SlotState) -> tuple[Tensor, ...]:
        found = self._continuations(rank, head, state)
        scores = self._scores(head, state)  # [n, K, V]
        choice = found.parent * scores.shape[2] + found.token
        repeated = choice.sort(dim=1).values.diff(dim=1) == 0
        active = state.active[: self.shape.slots]
        results = found.score, scores.flatten(1).gather(1, choice), repeated
        return tuple(result[active] for result in results)

    def _advance(self, advance: Any, state: SlotState) -> tuple[Tensor, ...]:
        """Return what is read of slots that were active: in later steps, and by the host."""
        n = self.shape.slots
        active = state.active[:n].clone()
        advance(state, self._found, self.shape, EOS)
        time = torch.arange(state.length, device=state.position.device)
        written = (time <= state.position[:n, None])[:, None]
        finished = state.finished[:n] * (written & state.is_finished[:n, :, None])
        ended = (
            state.active, state.finite, state.position, state.is_finished, state.finished_score
        )  # fmt: skip
        going = active & state.active[:n]
        on = state.token, state.running_score, state.ancestor
        return (
            finished[active],
            *(tensor[:n][active] for tensor in ended),
            (state.running[:n] * written)[going],
            *(tensor[:n][going] for tensor in on),
        )

    def _write_report(self, write_report: Any, state: SlotState) -> tuple[Tensor, ...]:
        layout = Layout.of(state, self.shape)
        report = torch.zeros(layout.size, dtype=torch.int32, device=state.position.device)
        write_report(state, layout, report)
        return (report,)

    def _continuations(self, rank: Rank, head: Scorer, state: SlotState) -> Continuations:
        return rank(head, self._hidden, state, self.shape, self._model.no_repeat_ngram)

    def _scores(self, head: Scorer, state: SlotState) -> Tensor:
        """Return the score of each continuation `[n, K, V]`, even if it repeats an n-gram."""
        scripts = state.scripts[: self.shape.slots]
        scores, factor = allowed_scores(head, self._hidden, scripts)
        scores = scores if factor is None else scores * factor
        if self._model.beams > 1:
            scores = scores.log_softmax(dim=-1)
        return scores + state.running_score[: self.shape.slots, :, None]


def _tensors(state: SlotState) -> dict[str, Tensor]:
    """Return the tensors of a state, without the caches, by name."""
    values = {field.name: getattr(state, field.name) for field in fields(state)}
    return {name: value for name, value in values.items() if isinstance(value, Tensor)}


def _copy(state: SlotState) -> SlotState:
    caches = tuple(Cache(cache.own.clone(), cache.cross.clone()) for cache in state.caches)
    copies: dict[str, Any] = {name: tensor.clone() for name, tensor in _tensors(state).items()}
    return replace(state, caches=caches, **copies)
