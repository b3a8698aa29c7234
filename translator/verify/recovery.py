"""Decides whether a decoded segment is accepted, decoded again, or translated in parts.

Nearly all segments are decoded once. If the translation lost a token, the second decoding has
placeholders for the tokens; if it repeats itself, is empty, a copy, or far too long or short, the
second decoding forbids repetitions. If a token is lost again, the parts around the tokens are
translated separately, in a third and last decoding. Remaining problems become warnings.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from translator.config import beams_for
from translator.engines import Decoding
from translator.text.casing import Casing
from translator.text.glossary import Entries, find_terms, lacks_term
from translator.text.placeholders import Masked, Masker, Replacement
from translator.text.protected_tokens import ProtectedTokens, Span
from translator.verify.quality import CODES, EMPTY, LOST, REPETITION, problems

MOST_ALTERNATIVES = 10
_RETRY_BEAMS = 4  # at least: the checks choose the best of their hypotheses
_RETRY_NGRAM = 3


@dataclass(frozen=True, slots=True)
class TextOptions:
    """What the caller wants of a text: languages, alternatives, glossary terms."""

    source: str
    target: str
    alternatives: int = 0
    glossary: Entries = ()


@dataclass(frozen=True, slots=True)
class Decode:
    """The next step is to decode this text."""

    text: str
    decoding: Decoding


@dataclass(frozen=True, slots=True)
class Split:
    """The next step is to translate the parts of the segment around these replacements."""

    replacements: tuple[Replacement, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The final translation of a text; `warnings` are CODES of `quality`."""

    text: str
    warnings: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()


Step = Decode | Split | Outcome


@dataclass(frozen=True, slots=True)
class Rules:
    """What all segments of a model have in common; `decoding` is the default one."""

    protection: ProtectedTokens
    masker: Masker
    casing: Casing
    has_words: Callable[[str], bool]
    decoding: Decoding


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A decoded translation, and what is wrong with it."""

    text: str
    lost: tuple[Span, ...]  # tokens of the source
    placeholders_intact: bool
    problems: tuple[str, ...]
    decoding: int  # the number of the decoding: 1 or 2

    @property
    def lossless(self) -> bool:
        return self.placeholders_intact and not self.lost

    @property
    def severity(self) -> tuple[int, int]:
        """A sort key: lost tokens first, then the worst problem."""
        worst = min((CODES.index(code) for code in self.problems), default=len(CODES))
        return len(self.lost) + (not self.placeholders_intact), -worst


class Recovery:
    """The decodings of one segment: `first_step`, then `next_step` after each decoding."""

    def __init__(self, rules: Rules, text: str, options: TextOptions, *, final: bool) -> None:
        """`final`: the text is a part of a segment, accepted as it is and checked in the whole."""
        self._rules = rules
        self._text = text
        self._options = options
        self._final = final
        self._terms = find_terms(text, options.glossary, options.source)
        self._masked = Masked(text)
        self._candidates: list[_Candidate] = []
        self.decodings = 0

    @property
    def has_candidate(self) -> bool:
        """Whether any decoding has given a translation yet."""
        return bool(self._candidates)

    def first_step(self) -> Decode | Split:
        """Return what to do first."""
        return self._decode(self._terms, retry=False)

    def next_step(self, hypotheses: Sequence[str]) -> Step:
        """Take the hypotheses of the last decoding, best first; return what to do next.

        There are none if the second decoding ran out of memory; the first one then counts.
        """
        self._candidates += map(self._check, hypotheses)
        best = min(self._candidates, key=lambda candidate: candidate.severity)
        if self._final:
            return Outcome(best.text or self._text, (), self._alternatives(best))
        if self.decodings == 1 and (best.problems or not best.lossless):
            return self._decode(self._tokens(best), retry=bool(best.problems))
        if not best.lossless:
            return Split(self._tokens(best))
        return Outcome(best.text or self._text, best.problems, self._alternatives(best))

    def join(self, parts: Outcome) -> Outcome:
        """Return the outcome of the segment, given the joined outcome of its parts."""
        if self._final:
            return replace(parts, warnings=())
        lost = self._rules.protection.lost(self._text, parts.text, self._term_spans)
        found = {*parts.warnings, *self._problems(self._text, parts.text)}
        if lost or lacks_term(self._terms, parts.text):
            found.add(LOST)
        return replace(parts, warnings=tuple(code for code in CODES if code in found))

    @property
    def _term_spans(self) -> list[Span]:
        return [(term.start, term.end) for term in self._terms]

    def _decode(self, tokens: Sequence[Replacement], *, retry: bool) -> Decode | Split:
        """Decode with placeholders for tokens, in another form the second time."""
        attempt = int(bool(self._masked.originals) and self.decodings > 0)
        self._masked = self._rules.masker.mask(self._text, tokens, attempt)
        if tokens and not self._rules.has_words(self._model_input()):
            return Split(tuple(tokens))
        self.decodings += 1
        return Decode(self._model_input(), self._decoding(retry=retry))

    def _decoding(self, *, retry: bool) -> Decoding:
        """Return the default decoding, with more beams for many alternatives and for a retry.

        Both return all hypotheses of the beams, because some will be rejected.
        """
        default, alternatives = self._rules.decoding, self._options.alternatives
        beams = beams_for(default.beams, alternatives)
        if retry:
            beams = max(beams, _RETRY_BEAMS)
            return replace(default, beams=beams, hypotheses=beams, no_repeat_ngram=_RETRY_NGRAM)
        return replace(default, beams=beams, hypotheses=beams) if alternatives else default

    def _check(self, decoded: str) -> _Candidate:
        translation = self._rules.casing.restored(self._masked.text, decoded)
        text = self._masked.restored(translation)
        return _Candidate(
            text,
            tuple(self._rules.protection.lost(self._text, text, self._term_spans)),
            self._masked.is_intact(translation),
            self._problems(self._model_input(), decoded),
            self.decodings,
        )

    def _model_input(self) -> str:
        return self._rules.casing.normalised(self._masked.text)

    def _problems(self, source: str, translation: str) -> tuple[str, ...]:
        return problems(source, translation, (self._options.source, self._options.target))

    def _tokens(self, best: _Candidate) -> tuple[Replacement, ...]:
        """Return what to keep from the model: terms, and all tokens if one was lost."""
        if best.lossless:
            return tuple(self._terms)
        spans = {*self._rules.protection.verbatim(self._text, self._term_spans)}
        spans.update(span for candidate in self._candidates for span in candidate.lost)
        tokens = [Replacement(start, end, self._text[start:end]) for start, end in spans]
        return tuple(sorted([*self._terms, *tokens], key=lambda token: token.start))

    def _alternatives(self, best: _Candidate) -> tuple[str, ...]:
        """Return the other distinct translations of the same decoding that lost nothing."""
        found = dict.fromkeys(
            candidate.text
            for candidate in self._candidates
            if candidate.decoding == best.decoding
            and candidate.lossless
            and not {EMPTY, REPETITION} & {*candidate.problems}
        )
        found.pop(best.text, None)
        return tuple(found)[: self._options.alternatives]
