"""Decides whether a decoded segment is accepted, decoded again, or translated in parts.

The model is not trusted. Tokens (`text.token_table`) are placeholders in its input, and a
translation counts only if each placeholder is in it once, its numbers and symbols are those of the
source, and no token is in it that the source lacks. So there is a ladder:

1. Nearly all segments are decoded once.
2. If something was lost or added, the second decoding has placeholders for numbers and symbols
   too; if the translation repeats itself, is empty, a copy, or far too long or short, the second
   decoding forbids repetitions and has more beams.
3. If something is lost again, the pieces between the tokens are translated by themselves; if it
   still repeats itself, is empty or in another script, its halves are.
4. A piece that cannot be translated without a fault stays as it is in the source.

What may have suffered from this, and the remaining problems, become warnings.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from translator.config import beams_for
from translator.engines import Decoding
from translator.text.accelerators import find_accelerator
from translator.text.blanks import restored_blanks, single_blanks
from translator.text.glossary import find_terms, lacks_term
from translator.text.numbers import whole_numbers
from translator.text.placeholders import Masked, Replacement
from translator.text.protected_tokens import QUOTES, SYMBOLS, is_plain
from translator.text.spans import Span, overlapping
from translator.verify.fidelity import Fault, fault_of, keeps_tokens
from translator.verify.pair import Pair
from translator.verify.quality import (
    CODES,
    EMPTY,
    LANGUAGE,
    LOST,
    PARTS,
    REPETITION,
    SURPLUS,
    UNBALANCED,
    UNCHANGED,
    problems,
)
from translator.verify.rules import Rules
from translator.verify.steps import Decode, Halve, Outcome, Split, Step, TextOptions

MOST_ALTERNATIVES = 10
_RETRY_BEAMS = 4  # at least: the checks choose the best of their hypotheses
_RETRY_NGRAM = 3
_SEVERE = frozenset({EMPTY, REPETITION, LANGUAGE})  # problems that shorter texts may not have
_WORDS_TO_HALVE = 6
_SENTENCE_END = ".!?…。！？"


class _Candidate(NamedTuple):
    """A decoded translation, and what is wrong with it."""

    text: str
    fault: Fault
    problems: tuple[str, ...]
    decoding: int  # the number of the decoding: 1 or 2

    @property
    def severity(self) -> tuple[int, int]:
        """A sort key: what was lost or added first, then the worst problem."""
        worst = min((CODES.index(code) for code in self.problems), default=len(CODES))
        return self.fault, -worst


class Recovery:
    """The decodings of one segment: `first_step`, then `next_step` after each decoding."""

    def __init__(
        self,
        rules: Rules,
        text: str,
        options: TextOptions,
        *,
        final: bool,
        known: bool | None = None,
        plain: bool = False,
    ) -> None:
        """`final`: the text is a piece between tokens, decoded once, and kept if that fails.

        `known`: whether the vocabulary has pieces for all of the text; None: not known yet.
        `plain`: as `TextSegment.plain`.
        """
        self._rules = rules
        self._accelerator = None if plain else find_accelerator(text)
        self._text = text if self._accelerator is None else self._accelerator.text
        self._plain = plain  # what was last given to the model
        self._options = options
        self._final = final
        self._known = known if self._accelerator is None else None
        self._terms, self._tokens = self._find()
        self._masked = Masked(self._text)
        self._input = self._text  # of the model
        self._candidates: list[_Candidate] = []
        self._halved = False
        self.decodings = 0

    @property
    def has_candidate(self) -> bool:
        """Whether any decoding has given a translation yet."""
        return bool(self._candidates)

    def first_step(self) -> Decode | Split:
        """Return what to do first."""
        return self._decode(self._replacements(self._tokens), retry=False)

    def next_step(self, hypotheses: Sequence[str]) -> Step:
        """Take the hypotheses of the last decoding, best first; return what to do next.

        There are none if the second decoding ran out of memory; the first one then counts.
        """
        self._candidates += map(self._check, hypotheses)
        best = self._candidates[0]
        if len(self._candidates) > 1:
            best = min(self._candidates, key=lambda candidate: candidate.severity)
        if self._final:
            return self._accept_piece(best)
        if not best.fault and not best.problems:
            return self._outcome(best, ())  # mostly
        if self.decodings == 1 and (best.fault or best.problems):
            tokens = self._all_tokens() if best.fault else self._tokens
            if UNBALANCED in best.problems:
                tokens = self._with(tokens, (match.span() for match in QUOTES.finditer(self._text)))
            replacements = self._replacements(tokens)
            retry = not replacements or bool({*best.problems} - {UNBALANCED})
            return self._decode(replacements, retry=retry)
        if best.fault and (replacements := self._replacements(self._all_tokens())):
            return Split(self._text, replacements)
        is_hopeless = best.fault is Fault.TOKEN
        if (is_hopeless or _SEVERE & {*best.problems}) and self._has_many_words:
            self._halved = True
            return Halve(self._text)
        if is_hopeless:
            return Outcome(self._restored(self._text), (UNCHANGED,))
        return self._best_outcome(best)

    def join(self, pieces: Outcome, count: int) -> Outcome:
        """Return the outcome of the segment, given the joined outcome of its `count` pieces."""
        best = min(self._candidates, key=lambda candidate: candidate.severity, default=None)
        if self._halved and best and best.fault < Fault.TOKEN and self._is_no_better(pieces):
            return self._best_outcome(best)
        found = {*pieces.warnings, *self._problems(Pair(self._text, pieces.text))}
        if count > 1:
            found.add(PARTS)
        if not keeps_tokens(self._expected, pieces.text):
            return Outcome(self._restored(self._text), (UNCHANGED,))
        if lacks_term(self._terms, pieces.text):
            found.add(LOST)
        warnings = tuple(code for code in CODES if code in found)
        alternatives = tuple(map(self._restored, pieces.alternatives))
        return Outcome(self._restored(pieces.text), warnings, alternatives)

    def _find(self) -> tuple[list[Replacement], list[Span]]:
        """Return the glossary terms, and the tokens that are no part of one; none is cut."""
        terms = find_terms(self._text, self._options.glossary, self._options.source)
        if self._plain and self._known:
            return terms, []
        tokens = self._rules.protection.find(self._text, known=self._known)
        if not terms or not tokens:
            return terms, tokens
        terms = [term for term in terms if not any(_contains(token, term) for token in tokens)]
        spans = [(term.start, term.end) for term in terms]
        return terms, self._rules.protection.find(self._text, spans, known=self._known)

    @property
    def _has_many_words(self) -> bool:
        """Whether halves of the text are likely to be easier to translate."""
        return len(self._text.split()) >= _WORDS_TO_HALVE

    @property
    def _expected(self) -> str:
        """The source with the translations of its terms: it has the tokens of a translation."""
        text = self._text
        for term in reversed(self._terms):
            text = text[: term.start] + term.text + text[term.end :]
        return text

    def _replacements(self, tokens: Sequence[Span]) -> tuple[Replacement, ...]:
        """Return the terms and tokens that the model does not see, in order."""
        if not tokens and not self._terms:
            return ()  # mostly
        kept = [Replacement(start, end, self._text[start:end]) for start, end in tokens]
        return tuple(sorted([*self._terms, *kept], key=lambda token: token.start))

    def _all_tokens(self) -> list[Span]:
        """Return the tokens, numbers and symbols, in order and without overlaps."""
        tokens = self._with(self._tokens, whole_numbers(self._text))
        return self._with(tokens, (match.span() for match in SYMBOLS.finditer(self._text)))

    def _with(self, tokens: Sequence[Span], more: Iterable[Span]) -> list[Span]:
        """Add spans that overlap neither tokens nor terms."""
        taken = sorted([*tokens, *((term.start, term.end) for term in self._terms)])
        return sorted([*tokens, *(span for span in more if not overlapping(*span, taken))])

    def _decode(self, replacements: Sequence[Replacement], *, retry: bool) -> Decode | Split:
        """Decode with placeholders for tokens, in another form the second time."""
        attempt = int(bool(self._masked.originals) and self.decodings > 0)
        if replacements or self._masked.originals:
            self._masked = self._rules.masker.mask(self._text, replacements, attempt)
        self._plain = self._plain and not replacements
        self._input = self._rules.casing.normalised(self._masked.text)
        if replacements and not self._rules.has_words(self._input):
            return Split(self._text, tuple(replacements))
        self.decodings += 1
        return Decode(self._input, self._decoding(retry=retry))

    def _decoding(self, *, retry: bool) -> Decoding:
        """Return the default decoding, with more beams for many alternatives and for a retry.

        Both return all hypotheses of the beams, because some will be rejected.
        """
        default, alternatives = self._rules.decoding, self._options.alternatives
        if not retry and not alternatives:
            return default  # mostly
        beams = beams_for(default.beams, alternatives)
        if retry:
            beams = max(beams, _RETRY_BEAMS)
            return replace(default, beams=beams, hypotheses=beams, no_repeat_ngram=_RETRY_NGRAM)
        return replace(default, beams=beams, hypotheses=beams)

    def _check(self, decoded: str) -> _Candidate:
        decoded = single_blanks(decoded)
        translation = decoded
        if self._input is not self._masked.text:
            translation = self._rules.casing.restored(self._masked.text, decoded)
        text = self._masked.restored(translation, self._options.target)
        text = restored_blanks(self._text, text)
        if self._final and self._text[-1:] not in _SENTENCE_END:
            text = text.rstrip(_SENTENCE_END)  # the sentence goes on
        plain = self._plain and is_plain(translation)
        fault = Fault.NONE if plain else fault_of(self._masked, translation, strict=self._final)
        if not fault and self._masked.originals and not keeps_tokens(self._expected, text):
            fault = Fault.TOKEN  # glued to a word
        pair = Pair(self._input, decoded, plain=plain)
        return _Candidate(text, fault, self._problems(pair), self.decodings)

    def _problems(self, pair: Pair) -> tuple[str, ...]:
        target = self._options.target
        found = problems(pair, (self._options.source, target))
        if LANGUAGE in found:
            return found
        if self._masked.originals:
            pair = Pair(pair.source, self._masked.without_placeholders(pair.translation))
        if not self._rules.in_other_language(pair, target):
            return found
        return tuple(code for code in CODES if code in (*found, LANGUAGE))

    def _restored(self, translation: str) -> str:
        """Return a translation with the accelerator of the source, if it has one."""
        return self._accelerator.restored(translation) if self._accelerator else translation

    def _accept_piece(self, best: _Candidate) -> Outcome:
        """Return the translation of a piece, or the piece itself if that has a fault."""
        if best.fault or {EMPTY, REPETITION} & {*best.problems}:
            return Outcome(self._text, (UNCHANGED,))
        return self._outcome(best, ())

    def _best_outcome(self, best: _Candidate) -> Outcome:
        """Return the best translation of the whole text, with all its problems."""
        return self._outcome(best, ((SURPLUS,) if best.fault else ()) + best.problems)

    def _is_no_better(self, halves: Outcome) -> bool:
        """Return True unless all of the text has been translated, with lesser problems."""
        problems = self._problems(Pair(self._text, halves.text))
        return UNCHANGED in halves.warnings or bool(_SEVERE & {*problems})

    def _outcome(self, best: _Candidate, warnings: tuple[str, ...]) -> Outcome:
        alternatives = tuple(map(self._restored, self._alternatives(best)))
        return Outcome(self._restored(best.text or self._text), warnings, alternatives)

    def _alternatives(self, best: _Candidate) -> tuple[str, ...]:
        """Return the other distinct translations of the same decoding that lost nothing."""
        if not self._options.alternatives:
            return ()
        found = dict.fromkeys(
            candidate.text
            for candidate in self._candidates
            if candidate.decoding == best.decoding
            and not candidate.fault
            and not {EMPTY, REPETITION} & {*candidate.problems}
        )
        found.pop(best.text, None)
        return tuple(found)[: self._options.alternatives]


def _contains(token: Span, term: Replacement) -> bool:
    """Return True if a term is a part of a longer token, such as an address."""
    return token[0] <= term.start and term.end <= token[1] and token != (term.start, term.end)
