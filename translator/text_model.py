"""class TextModel: what the text work of a model needs; nothing of it is on a device."""

from dataclasses import dataclass

from translator.engines import Decoding
from translator.models.checkpoints import Checkpoint
from translator.models.languages import find
from translator.models.tokenizer import Tokenizer
from translator.text.casing import Casing
from translator.text.placeholders import Masker
from translator.text.protected_tokens import ProtectedTokens
from translator.text.segmentation import Segmenter
from translator.verify.language import LanguageCheck
from translator.verify.rules import Rules


@dataclass(frozen=True, slots=True)
class TextModel:
    """A checkpoint without its weights; threads may share it."""

    name: str
    languages: tuple[str, ...]
    max_length: int  # most tokens of a translation
    tokenizer: Tokenizer
    segmenter: Segmenter
    rules: Rules

    @classmethod
    def for_checkpoint(
        cls, checkpoint: Checkpoint, beams: int | None, *, thorough: bool
    ) -> "TextModel":
        """Load the tokenizer; no weights are read and no model library is imported.

        `beams` as in TranslatorConfig. `thorough`: the language of every translation is compared
        with the target, as a CPU can afford; see LanguageCheck.
        """
        tokenizer = checkpoint.tokenizer()
        rules = Rules(
            ProtectedTokens(tokenizer.knows),
            Masker(lambda text: tokenizer.decode(tokenizer.encode_pieces(text)) == text),
            Casing(lambda text: len(tokenizer.encode_pieces(text))),
            tokenizer.has_words,
            Decoding.of(checkpoint, beams),
            LanguageCheck(checkpoint.languages, thorough=thorough).is_other,
        )
        return cls(
            checkpoint.name,
            checkpoint.languages,
            checkpoint.max_length,
            tokenizer,
            Segmenter.for_checkpoint(checkpoint, tokenizer),
            rules,
        )

    def pair(self, source: str, target: str) -> tuple[str, str]:
        """Return the model's codes of two languages, which users may write in other ways.

        Raises ValueError for a language that the model lacks.
        """
        return self._code(source), self._code(target)

    def _code(self, given: str) -> str:
        found = find(given, self.languages)
        if found is None:
            raise ValueError(f"{self.name} does not support language {given!r}")
        return found
