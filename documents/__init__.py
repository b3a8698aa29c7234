"""Translates documents format by format: only text changes, every other byte stays the same.
It imports no other package of ours (translator, gpu_pool, server, bulk).
"""

from documents.core.option_values import OPTIONS, OptionError, default_of
from documents.core.options import DocumentOptions
from documents.core.result import TranslatedFile
from documents.core.rounds import DocumentError, Part, Rounds, gather, run_rounds
from documents.formats import FORMATS, Format, format_of, options_of, why_missing, why_unread
from documents.pages.html import translate_html

__all__ = [
    "FORMATS",
    "OPTIONS",
    "DocumentError",
    "DocumentOptions",
    "Format",
    "OptionError",
    "Part",
    "Rounds",
    "TranslatedFile",
    "default_of",
    "format_of",
    "gather",
    "options_of",
    "run_rounds",
    "translate_html",
    "why_missing",
    "why_unread",
]
