"""Lines of mixed scripts, special characters and spaces, for comparisons of tokenizers."""

import random

from training.corpus import sentences

_SCRIPTS = {
    "Greek": (0x391, 0x3C9), "Cyrillic": (0x410, 0x44F), "Hebrew": (0x5D0, 0x5EA),
    "Arabic": (0x621, 0x64A), "Devanagari": (0x904, 0x939), "Bengali": (0x985, 0x9B9),
    "Tamil": (0xB85, 0xBB9), "Thai": (0xE01, 0xE3A), "Tibetan": (0xF40, 0xF6C),
    "Georgian": (0x10D0, 0x10F0), "Hangul": (0xAC00, 0xAFFF), "Ethiopic": (0x1200, 0x1357),
    "Khmer": (0x1780, 0x17B3), "Hiragana": (0x3041, 0x3096), "Han": (0x4E00, 0x62FF),
    "Tifinagh": (0x2D30, 0x2D65), "Ol Chiki": (0x1C50, 0x1C7D), "Gothic": (0x10330, 0x1034A),
    "fullwidth": (0xFF01, 0xFF5E), "mathematical": (0x1D400, 0x1D4FF), "emoji": (0x1F600, 0x1F64F),
    "Latin": (0xC0, 0x24F), "symbols": (0x2000, 0x2BFF), "presentation": (0xFB00, 0xFB4F),
}  # fmt: skip
_SPACES = (
    " ", "  ", "\u00a0", "\u3000", "\u2009", "\t", "\u200b", "\u200d", "\ufeff", "\u2581", "\u00ad",
    "\u202f", "\u1680", "\u2028", "\u0085",
)  # fmt: skip
_SPECIAL = (
    "...", "e\u0301", "a\u0308\u0323", "12,345.67", "\u0007", "\u00bd", "{name}", "%s", "<b>",
    "\ufffd", "http://a.b/c?d=e", "\U0010ffff", "#", "''", "``", "\u201c", "\u2019",
    "\u0130", "\u00df", "\u0644\u0627",
)  # fmt: skip


def mixed_lines(count: int) -> list[str]:
    """Return so many lines, always the same: sentences with other scripts and signs in them."""
    draw = random.Random(24)
    corpus = [*sentences("test"), *sentences("dev")]
    return [_line(draw, corpus) for _ in range(count)]


def _line(draw: random.Random, corpus: list[str]) -> str:
    words = draw.choice(corpus).split(" ")[: draw.randint(0, 6)]
    for _ in range(draw.randint(0, 4)):
        first, last = draw.choice(list(_SCRIPTS.values()))
        letters = "".join(chr(draw.randint(first, last)) for _ in range(draw.randint(1, 6)))
        words.insert(draw.randint(0, len(words)), draw.choice([letters, draw.choice(_SPECIAL)]))
    line = words[0] if words else ""
    for word in words[1:]:
        line += (draw.choice(_SPACES) if draw.random() < 0.3 else " ") + word
    return line + draw.choice(("", "", " ", ".", "\u3002"))
