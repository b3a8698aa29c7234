"""What becomes of a decoded segment: kept, decoded again in another form, or translated in parts.

A segment is decoded once, nearly always. Where the translation lost a token, stand-ins take the
tokens' places for a second decoding; where it loops, is empty, a copy or far too long or short,
the second forbids it to repeat itself. If a token is lost even so, the parts around the tokens
are translated, which is the third and last decoding. What is still wrong then is said.
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
_RETRY_BEAMS = 4  # at least: the best by the checks is chosen among their hypotheses
_RETRY_NGRAM = 3


@dataclass(frozen=True, slots=True)
class TextOptions:
    """What is wanted of a text: languages, further translations, terms."""

    source: str
    target: str
    alternatives: int = 0
    glossary: Entries = ()


@dataclass(frozen=True, slots=True)
class Decode:
    """A segment is to be decoded, from this text."""

    text: str
    decoding: Decoding


@dataclass(frozen=True, slots=True)
class Split:
    """The parts of a segment around these are to be translated."""

    replacements: tuple[Replacement, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a text became; `warnings` are CODES of `quality`."""

    text: str
    warnings: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """What all segments have in common; the decoding is the usual one."""

    protection: ProtectedTokens
    masker: Masker
    casing: Casing
    has_words: Callable[[str], bool]
    decoding: Decoding


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A translation that a decoding gave, and what is wrong with it."""

    text: str
    lost: tuple[Span, ...]  # tokens of the source
    kept: bool  # whether all stand-ins came back
    problems: tuple[str, ...]
    decoding: int  # the first, or the second

    @property
    def whole(self) -> bool:
        return self.kept and not self.lost

    @property
    def badness(self) -> tuple[int, int]:
        """Lost tokens first, then the worst problem."""
        worst = min((CODES.index(code) for code in self.problems), default=len(CODES))
        return len(self.lost) + (not self.kept), -worst


class Recovery:
    """The decodings of one segment."""

    def __init__(self, rules: Rules, text: str, request: TextOptions, *, final: bool) -> None:
        """`final` is a part of a segment: it is taken as it comes, and checked with the whole."""
        self._rules = rules
        self._text = text
        self._request = request
        self._final = final
        self._terms = find_terms(text, request.glossary, request.source)
        self._masked = Masked(text)
        self._candidates: list[_Candidate] = []
        self.decodings = 0

    @property
    def hopeless(self) -> bool:
        """Whether no decoding gave anything yet."""
        return not self._candidates

    def begin(self) -> Decode | Split:
        """Return what to do first."""
        return self._decode(self._terms, again=False)

    def judge(self, hypotheses: Sequence[str]) -> Decode | Split | Outcome:
        """Take what the decoding that was asked for gave, best first; return what to do next.

        Nothing is taken where memory did not do for the second decoding: the first then holds.
        """
        self._candidates += map(self._check, hypotheses)
        best = min(self._candidates, key=lambda candidate: candidate.badness)
        if self._final:
            return Outcome(best.text or self._text, (), self._alternatives(best))
        if self.decodings == 1 and (best.problems or not best.whole):
            return self._decode(self._tokens(best), again=bool(best.problems))
        if not best.whole:
            return Split(self._tokens(best))
        return Outcome(best.text or self._text, best.problems, self._alternatives(best))

    def join(self, parts: Outcome) -> Outcome:
        """Return what became of the segment, given what its parts became together."""
        if self._final:
            return replace(parts, warnings=())
        taken = [(term.start, term.end) for term in self._terms]
        lost = self._rules.protection.lost(self._text, parts.text, taken)
        found = {*parts.warnings, *self._problems(self._text, parts.text)}
        if lost or lacks_term(self._terms, parts.text):
            found.add(LOST)
        return replace(parts, warnings=tuple(code for code in CODES if code in found))

    def _decode(self, tokens: Sequence[Replacement], *, again: bool) -> Decode | Split:
        """Decode with stand-ins for tokens, of another form the second time."""
        earlier = bool(self._masked.originals) and self.decodings > 0
        self._masked = self._rules.masker.mask(self._text, tokens, int(earlier))
        if tokens and not self._rules.has_words(self._calmed()):
            return Split(tuple(tokens))
        self.decodings += 1
        return Decode(self._calmed(), self._decoding(again=again))

    def _decoding(self, *, again: bool) -> Decoding:
        """Return the usual decoding, with more beams for many alternatives, and for a retry.

        Both take all hypotheses of the beams: some will be left out.
        """
        usual, alternatives = self._rules.decoding, self._request.alternatives
        beams = beams_for(usual.beams, alternatives)
        if again:
            beams = max(beams, _RETRY_BEAMS)
            return replace(usual, beams=beams, hypotheses=beams, no_repeat_ngram=_RETRY_NGRAM)
        return replace(usual, beams=beams, hypotheses=beams) if alternatives else usual

    def _check(self, decoded: str) -> _Candidate:
        translation = self._rules.casing.like(self._masked.text, decoded)
        text = self._masked.restored(translation)
        taken = [(term.start, term.end) for term in self._terms]
        return _Candidate(
            text,
            tuple(self._rules.protection.lost(self._text, text, taken)),
            self._masked.kept(translation),
            self._problems(self._calmed(), decoded),
            self.decodings,
        )

    def _calmed(self) -> str:
        return self._rules.casing.calmed(self._masked.text)

    def _problems(self, source: str, translation: str) -> tuple[str, ...]:
        return problems(source, translation, (self._request.source, self._request.target))

    def _tokens(self, best: _Candidate) -> tuple[Replacement, ...]:
        """Return what is to be kept from the model: terms, and all tokens where one was lost."""
        if best.whole:
            return tuple(self._terms)
        taken = [(term.start, term.end) for term in self._terms]
        spans = {*self._rules.protection.verbatim(self._text, taken)}
        spans.update(span for candidate in self._candidates for span in candidate.lost)
        tokens = [Replacement(start, end, self._text[start:end]) for start, end in spans]
        return tuple(sorted([*self._terms, *tokens], key=lambda token: token.start))

    def _alternatives(self, best: _Candidate) -> tuple[str, ...]:
        """Return the other translations of the same decoding that lost nothing, each once."""
        found = dict.fromkeys(
            candidate.text
            for candidate in self._candidates
            if candidate.decoding == best.decoding
            and candidate.whole
            and not {EMPTY, REPETITION} & {*candidate.problems}
        )
        found.pop(best.text, None)
        return tuple(found)[: self._request.alternatives]
