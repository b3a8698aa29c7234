"""`generate` of transformers: the engine that the others are compared with."""

import copy
from collections.abc import Sequence

import torch
from torch import Tensor
from transformers import (
    GenerationConfig,
    LogitsProcessor,
    LogitsProcessorList,
    M2M100ForConditionalGeneration,
)

from translator.engines import DecodedSegment, Decoding, EncodedSegment, OutOfMemoryError


class ReferenceDecoder:
    """Decodes batches of any mix of languages with `generate`."""

    replicas = 1  # one batch uses all cores or the whole GPU

    def __init__(self, model: M2M100ForConditionalGeneration) -> None:
        """`model` is already on its device."""
        self._model = model
        self._pad: int = model.config.pad_token_id
        self._eos: int = model.config.eos_token_id

    @torch.inference_mode()
    def decode(self, batch: Sequence[EncodedSegment]) -> list[DecodedSegment]:
        """Return one result per segment, in order; raises OutOfMemoryError."""
        device = self._model.device
        width = max(len(segment.source_ids) for segment in batch)
        source = torch.full((len(batch), width), self._pad)
        for row, segment in zip(source, batch, strict=True):
            row[: len(segment.source_ids)] = torch.tensor(segment.source_ids)
        forced = [segment.target_id for segment in batch if segment.target_id is not None]
        targets = torch.tensor(forced)
        try:
            source, targets = source.to(device), targets.to(device)
            output = self._model.generate(
                input_ids=source,
                attention_mask=(source != self._pad).long(),
                generation_config=self._configuration(batch[0].decoding),
                logits_processor=LogitsProcessorList([_ForceTarget(targets)] if forced else []),
            )
        except torch.OutOfMemoryError as error:
            torch.cuda.empty_cache()
            raise OutOfMemoryError from error
        rows = output.unflatten(0, (len(batch), -1)).tolist()  # [n, hypotheses, length]
        return [self._read(segment, found) for segment, found in zip(batch, rows, strict=True)]

    def _configuration(self, decoding: Decoding) -> GenerationConfig:
        """Return the checkpoint's defaults, overridden by `decoding`."""
        generation = copy.deepcopy(self._model.generation_config)
        greedy = decoding.beams == 1  # `generate` warns about beam options without beams
        generation.update(
            num_beams=decoding.beams,
            max_length=decoding.max_length,
            length_penalty=1.0 if greedy else decoding.length_penalty,
            early_stopping=False if greedy else decoding.early_stopping,
            num_return_sequences=decoding.hypotheses,
            no_repeat_ngram_size=decoding.no_repeat_ngram,
        )
        return generation

    def _read(self, segment: EncodedSegment, rows: list[list[int]]) -> DecodedSegment:
        """Return the result for a segment from the sequences found for it, best first.

        They begin with `</s>`, and the target's language token where it was given.
        """
        begin = 1 if segment.target_id is None else 2
        (best, complete), *others = (self._cut(row[begin:]) for row in rows)
        return DecodedSegment(
            segment.key, best, complete, tuple(ids for ids, ended in others if ended)
        )

    def _cut(self, ids: list[int]) -> tuple[list[int], bool]:
        """Return the translation in `… </s> <pad>…`, and whether it ended."""
        complete = self._eos in ids
        if complete:
            ids = ids[: ids.index(self._eos)]
        return [i for i in ids if i != self._pad], complete


class _ForceTarget(LogitsProcessor):  # type: ignore[misc]
    """Forces the first token of each row to be its target language.

    `forced_bos_token_id` of `generate` is the same for the whole batch. Scores are set as
    `ForcedBOSTokenLogitsProcessor` sets them, so that both give the same translations.
    """

    def __init__(self, targets: Tensor) -> None:
        self._targets = targets  # [n]

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        """`input_ids [n·beams, length]`, `scores [n·beams, vocabulary]`."""
        if input_ids.shape[1] != 1:
            return scores
        targets = self._targets.repeat_interleave(len(scores) // len(self._targets))
        forced = torch.full_like(scores, -torch.inf)
        return forced.scatter(1, targets[:, None], 0.0)
