"""What is not language: the kinds of tokens that a translation must contain as they are.

Each kind has a pattern, examples that it keeps and examples that it leaves to the model; where both
readings are possible it keeps. `docs/kept.md` is made from this table. All patterns take linear
time: each begins where no earlier start of the same pattern could have read the same characters
(hence the look-behinds), or has an upper limit of its length.
"""
# ruff: noqa: E501  # a pattern is easier to read in one line

import re
from collections.abc import Callable
from dataclasses import dataclass

from translator.models.scripts import UNSPACED_RANGES

# Letters, digits and `_` of scripts that write blanks between words: in others a chunk without
# blanks would be a sentence.
_W = r"0-9A-Za-z_À-ÖØ-öø-ӿ"
_L = r"A-Za-zÀ-ÖØ-öø-ӿ"
# What may follow an address at once: scripts without blanks, and the particles of Korean.
_UNSPACED = UNSPACED_RANGES + r"\uac00-\ud7af"
_ADDRESS = rf"[^\s<>\"`{_UNSPACED}]"
_ADDRESS_END = rf"[^\s<>\"`.,;:!?)\]}}'’”»{_UNSPACED}]"
_SUFFIXES = (
    "7z|aac|ai|apk|app|avi|avif|bak|bash|bat|bin|bmp|br|bz2|c|cc|cfg|ch|class|cmd|co|com|conf|cpp|"
    "cs|css|csv|cxx|dat|db|de|deb|dev|dll|dmg|doc|docx|dylib|edu|env|epub|es|eu|exe|flac|fr|gif|go|"
    "gov|gz|h|hpp|htm|html|ico|info|ini|io|ipynb|iso|it|jar|java|jpeg|jpg|js|json|jsx|key|kt|lock|"
    "log|lua|m4a|md|mkv|mov|mp3|mp4|mpg|msi|net|nl|odp|ods|odt|ogg|org|otf|pdf|pem|php|pl|png|po|"
    "pot|ppt|pptx|ps1|psd|py|pyc|rar|rb|rpm|rs|rst|rtf|ru|scss|sh|so|sql|srt|svg|swift|tar|tex|tif|"
    "tiff|tmp|toml|ts|tsv|tsx|ttf|txt|uk|us|vtt|vue|wasm|wav|webm|webp|whl|woff|woff2|xhtml|xls|"
    "xlsx|xml|yaml|yml|zip|zst"
)
MODIFIER = (
    r"(?:Ctrl|Control|Strg|AltGr|Alt|Option|Opt|Shift|Umschalt|Cmd|Command|Meta|Super|Win|Fn)"
)
_KEY = (
    r"(?:\w(?!\w)|F\d{1,2}|Enter|Return|Tab|Space|Esc|Del|Delete|Ins|Insert|Home|End|PgUp|PgDn|"
    r"Backspace|Up|Down|Left|Right|[-+*/.,])"
)
_SP = "[ \u00a0\u202f]?"
_PRINTF = r"(?:\d+\$)?[-+0#']{0,4}(?:\d+|\*)?(?:\.(?:\d+|\*))?(?:hh|h|ll|l|L|q|j|z|t)?"

SEPARATORS = ".,’'٫٬\u00a0\u2009\u202f"  # of thousands and decimals; beside blanks
NUMBER = rf"(?:\d{{1,3}}(?:[ \u00a0\u2009\u202f]\d{{3}})+(?!\d)|\d+(?:[{SEPARATORS}]\d+)*)"
UNITS = (
    "mm|cm|dm|km|m|mg|kg|g|µg|t|ml|cl|dl|l|kB|KB|MB|GB|TB|kbit|Mbit|Gbit|Hz|kHz|MHz|GHz|W|kW|MW|"
    "kWh|V|mV|mA|mAh|ms|ns|s|h|px|pt|dpi|rpm|hPa|mph|km/h|m/s|°\\s?[CF]|oz|lb|lbs|ft"
)

_EMOJI_BASE = (
    r"(?![⌘⌥⇧⌃])[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u21aa\u2300-\u23ff\u24c2\u25a0-\u27bf\u2934\u2935"
    r"\u2b05-\u2b55\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
)
_EMOJI_END = r"(?:[\ufe0e\ufe0f\u20e3]|[\U0001f3fb-\U0001f3ff])*[\U000e0020-\U000e007f]*"
EMOJI = (
    rf"(?:[\U0001f1e6-\U0001f1ff]{{2}}|[0-9#*]\ufe0f?\u20e3"
    rf"|{_EMOJI_BASE}{_EMOJI_END}(?:\u200d{_EMOJI_BASE}{_EMOJI_END})*)+"
)
# Direction marks and the byte order mark; and what is invisible, unless it is within a word.
MARKS = (
    r"(?:[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
    r"|(?<![^\W\d_])[\u00ad\u200b\u2060]|[\u00ad\u200b\u2060](?![^\W\d_]))"
)

# What a model need not see at the edge of a sentence.
EDGE = re.compile(rf"(?:{EMOJI}|{MARKS})+")


@dataclass(frozen=True, slots=True)
class TokenKind:
    """A row of the table; `accepts` decides about what the pattern has found."""

    name: str
    group: str
    pattern: str
    kept: tuple[str, ...]
    translated: tuple[str, ...] = ()
    accepts: Callable[[str], bool] = lambda _: True


_LOWER_SUFFIX = re.compile(r"\d+(?:[.,]\d+)*-?[^\W\d_]{1,4}")  # 1st, 5km, 90er, 2-й
_COMPOUND = re.compile(r"\d+[a-z]{0,3}(?:-[^\W\d_]{3,})+(?:-\d+)?")  # 10-year-old, 19th-century
_PREFIXED = re.compile(
    r"(?:mid|pre|post|non|late|early|anti|pro|semi|over|under|sub|super|ex|ab|bis|vor|nach|seit)"
    r"-\d+[a-z]{0,2}",
    re.IGNORECASE,
)


def _is_identifier(chunk: str) -> bool:
    """Return True for letters mixed with digits that are neither a number nor a compound word."""
    if "/" in chunk:
        return any(map(_is_identifier, chunk.split("/")))
    if not any(map(str.isdigit, chunk)) or not any(map(str.isalpha, chunk)):
        return False
    if _LOWER_SUFFIX.fullmatch(chunk) and chunk.lower() == chunk:
        return False
    return not (_COMPOUND.fullmatch(chunk) or _PREFIXED.fullmatch(chunk))


_PLACEHOLDERS, _MARKUP, _ADDRESSES = "Placeholders", "Markup", "Addresses and files"
_CODES, _NUMBERS, _SYMBOLS = "Code and identifiers", "Numbers", "Symbols"

TABLE = (
    TokenKind(
        "emoticon", _SYMBOLS, r"(?<!\S)(?:[:;=8][-^o']?[)(DPpOo3/\\|*\]\[]{1,3}|<3)(?![^\s.,;!?])",
        (":)", ";-)", ":D", "<3"),
    ),
    TokenKind(
        "emoji", _SYMBOLS, EMOJI,
        ("🙂", "1️⃣", "🇩🇪", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "👨‍👩‍👧‍👦", "👍🏽", "❤️", "‼️", "🫶"),
    ),
    TokenKind(
        "inline code", _MARKUP, r"`{1,3}(?![\s`])[^`\n]+`{1,3}",
        ("`make test`", "``a b``"),
        ("a ` and a `",),
    ),
    TokenKind(
        "template statement", _PLACEHOLDERS,
        r"<%[^<>\n]{0,200}%>|<\?[^<>\n]{0,200}\?>|\{%[^{}\n]{0,200}%\}|\{\#[^{}\n]{0,200}\#\}"
        r"|\{\{\{?[^{}\n]{0,200}\}\}\}?",
        ("<%= name %>", "<?php echo $x; ?>", "{% if user %}", "{# note #}", "{{count}}",
         "{{ user.name | upper }}", "{{{raw}}}", "{{#if admin}}"),
    ),
    TokenKind(
        "variable in braces", _PLACEHOLDERS,
        r"[$#%@]\{[^{}\n]{1,100}\}"
        r"|\{\s?(?:[\w.$@/-]|\[[\w'\"]{0,40}\]){0,80}\s?(?:[!:,|=?][^{}\n]{0,80})?\}",
        ("{name}", "{ name }", "{}", "{0}", "{0:.2f}", "{0, number, integer}", "${user.firstName}",
         "#{total}", "%{count}", "{items[0].name!r}", "{price | currency}"),
        ("{see below}",),
    ),
    TokenKind(
        "call of a message", _PLACEHOLDERS,
        r"\$[A-Za-z]{0,3}\([^()\n]{0,100}\)|@:[\w.]{0,80}\w|@:\([\w.]{1,80}\)|@\.\w{1,20}:[\w.]{0,80}\w",
        ("$t(common.close)", "@:common.name", "@:(common.name)", "@.lower:name"),
    ),
    TokenKind(
        "formula", _CODES,
        r"\$\$[^$\n]{1,300}\$\$"
        r"|\$(?=[^$\n]{0,200}[\\^_=+*/<>])[^\s$'\"),.;:](?:[^$\n]{0,200}[^\s$])?\$(?![\dA-Za-z])"
        r"|\\\([^\n\\]{1,200}(?:\\(?!\))[^\n\\]{0,200}){0,20}\\\)",
        ("$x^2 + y^2 = z^2$", "$$E = mc^2$$", r"\(a_1\)"),
    ),
    TokenKind(
        "variable with $", _PLACEHOLDERS, r"\$[A-Za-z_]\w*|\$\d(?![\d.,]{0,30}\d)",
        ("$name", "$1"),
        ("$100",),
    ),
    TokenKind(
        "file path", _ADDRESSES,
        rf"(?<![{_W}])[A-Za-z]:[\\/](?:{_ADDRESS}*{_ADDRESS_END})?"
        rf"|\\\\[{_W}.-]+\\(?:{_ADDRESS}*{_ADDRESS_END})?"
        rf"|(?<![{_W}.:/<>)~])(?:~|\.{{1,2}})?(?:/[{_W}.@%+~-]*[{_W}@%+~-])+/?"
        r"|(?<![\w.:/<>)~])(?:~|\.{1,2})/",
        (r"C:\Users\me\notes.txt", r"\\server\share", "/etc/nginx/conf.d/site.conf", "~/notes",
         "./run", "../a/b", "/help"),
        ("and/or", "he/she"),
    ),
    TokenKind(
        "escape or LaTeX command", _CODES,
        r"\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}|\\[A-Za-z]+\*?(?:\[[^\]\n]{0,80}\])?\{?|\\[^\w\s]?",
        (r"\textbf{", r"\n", r"\u00e9", r"\item", r"\%"),
    ),
    TokenKind(
        "tag", _MARKUP,
        r"</?[A-Za-z][^<>\n]{0,300}>|</?\d+/?>|<!--[^<>\n]{0,300}-->|</?>",
        ("<b>", "</b>", "<0>", "</0>", "<1/>", '<a href="/x">', "<br/>", "<!-- note -->"),
        ("5 < 6",),
    ),
    TokenKind(
        "character reference", _MARKUP,
        r"&(?:\#\d{1,7}|\#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});",
        ("&amp;", "&#39;", "&#x2F;"),
    ),
    TokenKind(
        "address", _ADDRESSES,
        rf"(?<![A-Za-z0-9+.-])(?:[A-Za-z][A-Za-z0-9+.-]{{1,20}}://|www\.|mailto:|tel:)"
        rf"{_ADDRESS}*{_ADDRESS_END}",
        ("https://example.org/path?q=1&r=2#top", "www.example.org", "mailto:a@b.org", "tel:+49301234",
         "ssh://host:22"),
    ),
    TokenKind(
        "e-mail address", _ADDRESSES, rf"(?<![{_W}.+-])[{_W}.+-]+@[{_W}-]+(?:\.[{_W}-]+)+",
        ("user@example.org", "a.b+c@mail.example.co.uk"),
    ),
    TokenKind(
        "file or host name", _ADDRESSES,
        rf"(?<![{_W}@./-])(?:[{_W}-]+[./]){{1,30}}(?i:{_SUFFIXES})(?![{_W}])(?:[/:?#]{_ADDRESS}*{_ADDRESS_END})?",
        ("README.md", "notes.txt", "example.org", "src/main.py", "example.com/a", "archive.tar.gz"),
        ("e.g.", "one.Two"),
    ),
    TokenKind(
        "handle", _CODES, rf"(?<![{_W}@./])@[A-Za-z_]\w*(?:[.-]\w+)*",
        ("@jane_doe", "@user.name"),
    ),
    TokenKind(
        "hashtag, colour or issue", _CODES, rf"(?<![{_W}&#/])\#\w{{1,100}}|(?<![{_W}#])\#(?![{_W}#])",
        ("#springsale", "#ff8800", "#123"),
        ("C#",),
    ),
    TokenKind(
        "short code", _CODES, rf"(?<![{_W}:]):[a-z0-9][a-z0-9_+-]*:(?![{_W}])",
        (":thumbsup:", ":smile:"),
    ),
    TokenKind(
        "variable with a colon", _PLACEHOLDERS, rf"(?<![{_W}:/.)]):[a-z_]\w*(?![{_W}:])",
        (":count", ":userName"),
        ("note: this",),
    ),
    TokenKind(
        "format specifier", _PLACEHOLDERS,
        rf"%\([^)\s]{{1,60}}\)[-+0#]{{0,4}}\d*(?:\.\d+)?[diouxXeEfFgGcrsa]"
        rf"|(?<![\d%])%{_PRINTF}[diouxXeEfFgGaAcspnm@](?![{_L}])|(?<![\d%])%[-EO_0^#]?[A-Za-z](?![{_L}])"
        r"|%%",
        ("%s", "%1$s", "%-10s", "%5.1f", "%zu", "%(user)s", "%(x)r", "%@", "%%", "%Y", "%B"),
        ("50% a year",),
    ),
    TokenKind(
        "reference in brackets", _PLACEHOLDERS,
        r"\[\[[^\[\]\n]{1,80}\]\]|\[[A-Za-z_]{0,20}\d[\w:.-]{0,40}\]",
        ("[[name]]", "[X7X]", "[12]"),
        ("[season 2]",),
    ),
    TokenKind(
        "network address", _ADDRESSES,
        r"(?<![\w:])(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}(?![\w:])"
        r"|(?<![\w:.])(?=:*[0-9A-Fa-f])(?=[0-9A-Fa-f:]{0,39}(?:::|(?::[0-9A-Fa-f]{1,4}){7}))"
        r"(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?:/\d{1,3})?(?![\w:])"
        r"|(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5}|/\d{1,2})?(?![\w.]?\d)",
        ("00:1B:44:11:3A:B7", "fe80::1", "2001:db8:0:0:0:0:0:1", "192.168.10.25", "10.0.0.1:8080",
         "10.0.0.0/8"),
    ),
    TokenKind(
        "IBAN", _CODES,
        r"(?<![\w])[A-Z]{2}\d{2}(?:[ \u00a0]?[A-Z0-9]{4}){2,7}(?:[ \u00a0]?[A-Z0-9]{1,3})?(?!\w)",
        ("DE89 3704 0044 0532 0130 00", "DE89370400440532013000"),
    ),
    TokenKind(
        "date", _NUMBERS,
        r"(?<![\w.-])\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?"
        r"(?:Z|[+-]\d{2}:?\d{2})?)?(?!\w)"
        r"|(?<![\w./-])\d{1,2}(?:\.\d{1,2}\.|/\d{1,2}/|-\d{1,2}-)(?:\d{4}|\d{2})(?![\w/-])"
        r"|(?<![\w./-])\d{4}[./]\d{1,2}[./]\d{1,2}(?![\w/-])",
        ("2024-03-12", "2024-03-12T06:05:00Z", "12.03.2024", "3/12/24", "2024/03/12"),
    ),
    TokenKind(
        "time or ratio", _NUMBERS,
        rf"(?<![\w:.])\d+:\d+(?::\d+)*(?:[.,]\d{{1,9}})?(?:{_SP}(?:[AaPp][Mm]\b|[ap]\.m\.))?(?![\w:])"
        rf"|(?<![\w:.])\d{{1,2}}(?:{_SP}[AaPp][Mm]\b|{_SP}[ap]\.m\.|h\d{{2}}\b)",
        ("06:05", "5:30 pm", "3 pm", "16:9", "1:02:03.5", "8h30"),
    ),
    TokenKind(
        "phone number", _NUMBERS,
        r"(?<![\w+])\+\d[\d ()./\u00a0-]{5,20}\d(?!\w)"
        r"|(?<![\w])\(\d{2,5}\)[ -]?\d{2,5}(?:[ -]\d{2,5}){0,3}(?!\w)"
        r"|(?<![\w-])\d+(?:-\d+){2,}(?![\w-])",
        ("+49 30 123456", "(555) 010-4477", "555-010-4477", "978-3-16-148410-0"),
    ),
    TokenKind(
        "number in groups", _NUMBERS,
        r"(?<![\w.,-])97[89][ -]\d{1,5}[ -]\d{1,7}[ -]\d{1,7}[ -][\dX](?![\w-])"
        r"|(?<![\w.,-])\d{4}(?: \d{4}){2,4}(?![\w-])",
        ("978 3 16 148410 0", "4111 1111 1111 1111"),
    ),
    TokenKind(
        "version", _NUMBERS,
        r"(?<![\w.])[vV]\d+(?:\.\d+)*(?:[-+][0-9A-Za-z.]*[0-9A-Za-z])?(?!\w)"
        r"|(?<![\w.,])(?!\d{1,3}(?:\.\d{3})+(?![\d.]))\d+(?:\.\d+){2,}(?:[-+][0-9A-Za-z.]*[0-9A-Za-z])?(?!\w)",
        ("v1.2.3", "1.2.3", "2.0.0-rc.1", "v2"),
        ("1.000.000",),
    ),
    TokenKind(
        "scientific number", _NUMBERS, r"(?<![\w.,])[-−+]?\d+(?:[.,]\d+)?[eE][-+−]?\d+(?!\w)",
        ("1e-9", "6.02E23"),
    ),
    TokenKind(
        "dimensions", _NUMBERS,
        rf"(?<![\w.,])(?!0[xX])\d+(?:[.,]\d+)?(?:{_SP}[×✕xX]{_SP}\d+(?:[.,]\d+)?)+(?![\d])",
        ("3×4", "3 x 4", "1920x1080", "2.5×3"),
    ),
    TokenKind(
        "number with a unit", _NUMBERS,
        rf"(?<![\w.,])(?:(?<![\w)])[-−+±~≈]{{1,2}}{_SP})?{NUMBER}(?:{_SP}[-–]{_SP}{NUMBER})?{_SP}(?:{UNITS})(?![\w/'’²³])",
        ("5 km", "±0.5 mm", "1,500 kB", "3-5 kg", "20 °C", "90 km/h"),
        ("5 monkeys",),
    ),
    TokenKind(
        "fraction", _NUMBERS,
        rf"(?<![\w/.,])\d+{_SP}[/⁄]{_SP}\d+(?![\w/])|(?:(?<![\w.,])\d+[ \u00a0]?)?[¼-¾⅐-⅞↉]",
        ("½", "1½", "1/2", "24/7"),
    ),
    TokenKind(
        "key combination", _CODES,
        rf"(?<![{_W}]){MODIFIER}(?:{_SP}\+{_SP}(?:{MODIFIER}|{_KEY}))+|(?<![{_W}])(?:Ctrl|Alt|Cmd)-\w(?!\w)"
        r"|[⌘⌥⇧⌃]+\w?",
        ("Ctrl+S", "Ctrl+Shift+P", "Ctrl + Alt + Del", "Ctrl-C", "⌘K"),
    ),
    TokenKind(
        "command-line flag", _CODES,
        rf"(?<![{_W}-])--[A-Za-z][\w-]*(?:={_ADDRESS}*{_ADDRESS_END})?|(?<![\w)-])-[A-Za-z]{{1,2}}(?![{_W}-])",
        ("--force", "--level=3", "-v"),
        ("well-known", "one - two"),
    ),
    TokenKind(
        "name in code", _CODES,
        rf"(?<![{_W}.])[A-Za-z_]\w*(?:(?:::|->|\.)\w+)*\(\)|(?<![{_W}.])[A-Za-z_]\w*(?:(?:::|->)\w+)+"
        rf"|(?<![{_W}.])[A-Za-z_]\w*(?:\.\w+)*(?:\[\w{{1,30}}\])+(?:\.\w+|\[\w{{1,30}}\])*",
        ("main()", "os.getcwd()", "std::vector", "node->next", "data.items[0].name"),
        ("word(s)",),
    ),
    TokenKind(
        "snake_case", _CODES,
        rf"(?<![{_W}])_*[0-9{_L}]+(?:_+[0-9{_L}]+)+_*(?![{_W}])|(?<![{_W}])_+[0-9{_L}]+_*(?![{_W}])"
        rf"|(?<![{_W}])[0-9{_L}]+_+(?![{_W}])|__+",
        ("get_user_name", "MAX_RETRY_COUNT", "__init__", "_private", "____"),
    ),
    TokenKind(
        "superscript", _NUMBERS, rf"[0-9{_L}]{{0,20}}[²³¹⁰-⁹⁺⁻⁼ⁿ₀-₉]+[0-9{_L}]{{0,20}}",
        ("m²", "CO₂", "10⁻³"),
    ),
    TokenKind(
        "camelCase", _CODES,
        rf"(?<![{_W}])[a-z]+[A-Z][0-9A-Za-z]*(?![{_W}])"
        rf"|(?<![{_W}])(?!(?:Mc|Mac|De|La|Le|Van|Von|Di|Fitz)[A-Z])(?![A-Z][a-zäöüß]+In(?:nen)?(?![a-z]))"
        rf"[A-Z][a-z0-9]+(?:[A-Z][a-z0-9]+)+(?![{_W}])",
        ("getUserName", "iPhone", "GitHub", "HashMap"),
        ("McDonald", "London"),
    ),
    TokenKind(
        "identifier", _CODES,
        rf"(?<![{_W}])(?=[{_L}/._:-]{{0,60}}\d)[0-9{_L}]+(?:[-/._:][0-9{_L}]+)*",
        ("INV-2024-00153", "3f2504e0-4f89-41d3-9a0c-0305e82c3301", "9f8c2ab7", "BX-9920/7", "LH1234",
         "B42", "covid-19", "MP3", "4K", "0x1F"),
        ("1st", "10-year-old", "90er", "mid-1990s"),
        _is_identifier,
    ),
    TokenKind(
        "mark without a width", _SYMBOLS, f"{MARKS}+",
        ("\u200f", "\u200e", "\u200b"),
    ),
)  # fmt: skip
