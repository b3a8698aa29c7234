"""Languages of NLLB-200, by their codes in FLORES-200: names, and codes in other standards."""

from collections.abc import Iterator

from translator.models.language_tag import LanguageTag, parse

# By FLORES-200's code, in the order of NLLB's tokens: its name, and ISO 639-1 and other codes that
# mean it. Names are those of CLDR and of FLORES-200's documentation.
FLORES = {
    "ace_Arab": ("Acehnese (Arabic script)", ""),
    "ace_Latn": ("Acehnese (Latin script)", ""),
    "acm_Arab": ("Mesopotamian Arabic", ""),
    "acq_Arab": ("Ta'izzi-Adeni Arabic", ""),
    "aeb_Arab": ("Tunisian Arabic", ""),
    "afr_Latn": ("Afrikaans", "af"),
    "ajp_Arab": ("South Levantine Arabic", ""),
    "aka_Latn": ("Akan", "ak"),
    "amh_Ethi": ("Amharic", "am"),
    "apc_Arab": ("North Levantine Arabic", ""),
    "arb_Arab": ("Modern Standard Arabic", "ar ara"),
    "ars_Arab": ("Najdi Arabic", ""),
    "ary_Arab": ("Moroccan Arabic", ""),
    "arz_Arab": ("Egyptian Arabic", ""),
    "asm_Beng": ("Assamese", "as"),
    "ast_Latn": ("Asturian", ""),
    "awa_Deva": ("Awadhi", ""),
    "ayr_Latn": ("Central Aymara", "ay aym"),
    "azb_Arab": ("South Azerbaijani", ""),
    "azj_Latn": ("North Azerbaijani", "az aze"),
    "bak_Cyrl": ("Bashkir", "ba"),
    "bam_Latn": ("Bambara", "bm"),
    "ban_Latn": ("Balinese", ""),
    "bel_Cyrl": ("Belarusian", "be"),
    "bem_Latn": ("Bemba", ""),
    "ben_Beng": ("Bengali", "bn"),
    "bho_Deva": ("Bhojpuri", "bih"),
    "bjn_Arab": ("Banjar (Arabic script)", ""),
    "bjn_Latn": ("Banjar (Latin script)", ""),
    "bod_Tibt": ("Tibetan", "bo tib"),
    "bos_Latn": ("Bosnian", "bs"),
    "bug_Latn": ("Buginese", ""),
    "bul_Cyrl": ("Bulgarian", "bg"),
    "cat_Latn": ("Catalan", "ca"),
    "ceb_Latn": ("Cebuano", ""),
    "ces_Latn": ("Czech", "cs"),
    "cjk_Latn": ("Chokwe", ""),
    "ckb_Arab": ("Central Kurdish", ""),
    "crh_Latn": ("Crimean Tatar", ""),
    "cym_Latn": ("Welsh", "cy"),
    "dan_Latn": ("Danish", "da"),
    "deu_Latn": ("German", "de"),
    "dik_Latn": ("Southwestern Dinka", "din"),
    "dyu_Latn": ("Dyula", ""),
    "dzo_Tibt": ("Dzongkha", "dz"),
    "ell_Grek": ("Greek", "el"),
    "eng_Latn": ("English", "en"),
    "epo_Latn": ("Esperanto", "eo"),
    "est_Latn": ("Estonian", "et ekk"),
    "eus_Latn": ("Basque", "eu baq"),
    "ewe_Latn": ("Ewe", "ee"),
    "fao_Latn": ("Faroese", "fo"),
    "pes_Arab": ("Western Persian", "fa fas per"),
    "fij_Latn": ("Fijian", "fj"),
    "fin_Latn": ("Finnish", "fi"),
    "fon_Latn": ("Fon", ""),
    "fra_Latn": ("French", "fr"),
    "fur_Latn": ("Friulian", ""),
    "fuv_Latn": ("Nigerian Fulfulde", "ff ful"),
    "gla_Latn": ("Scottish Gaelic", "gd"),
    "gle_Latn": ("Irish", "ga"),
    "glg_Latn": ("Galician", "gl"),
    "grn_Latn": ("Guarani", "gn gug"),
    "guj_Gujr": ("Gujarati", "gu"),
    "hat_Latn": ("Haitian Creole", "ht"),
    "hau_Latn": ("Hausa", "ha"),
    "heb_Hebr": ("Hebrew", "he iw"),
    "hin_Deva": ("Hindi", "hi"),
    "hne_Deva": ("Chhattisgarhi", ""),
    "hrv_Latn": ("Croatian", "hr"),
    "hun_Latn": ("Hungarian", "hu"),
    "hye_Armn": ("Armenian", "hy"),
    "ibo_Latn": ("Igbo", "ig"),
    "ilo_Latn": ("Iloko", ""),
    "ind_Latn": ("Indonesian", "id in"),
    "isl_Latn": ("Icelandic", "is"),
    "ita_Latn": ("Italian", "it"),
    "jav_Latn": ("Javanese", "jv jw"),
    "jpn_Jpan": ("Japanese", "ja"),
    "kab_Latn": ("Kabyle", ""),
    "kac_Latn": ("Kachin", ""),
    "kam_Latn": ("Kamba", ""),
    "kan_Knda": ("Kannada", "kn"),
    "kas_Arab": ("Kashmiri (Arabic script)", "ks"),
    "kas_Deva": ("Kashmiri (Devanagari script)", "ks"),
    "kat_Geor": ("Georgian", "ka"),
    "knc_Arab": ("Central Kanuri (Arabic script)", "kr kau"),
    "knc_Latn": ("Central Kanuri (Latin script)", "kr kau"),
    "kaz_Cyrl": ("Kazakh", "kk"),
    "kbp_Latn": ("Kabiyè", ""),
    "kea_Latn": ("Kabuverdianu", ""),
    "khm_Khmr": ("Khmer", "km"),
    "kik_Latn": ("Kikuyu", "ki"),
    "kin_Latn": ("Kinyarwanda", "rw"),
    "kir_Cyrl": ("Kyrgyz", "ky"),
    "kmb_Latn": ("Kimbundu", ""),
    "kon_Latn": ("Kongo", "kg kng"),
    "kor_Hang": ("Korean", "ko"),
    "kmr_Latn": ("Northern Kurdish", "ku kur"),
    "lao_Laoo": ("Lao", "lo"),
    "lvs_Latn": ("Standard Latvian", "lv lav"),
    "lij_Latn": ("Ligurian", ""),
    "lim_Latn": ("Limburgish", "li"),
    "lin_Latn": ("Lingala", "ln"),
    "lit_Latn": ("Lithuanian", "lt"),
    "lmo_Latn": ("Lombard", ""),
    "ltg_Latn": ("Latgalian", ""),
    "ltz_Latn": ("Luxembourgish", "lb"),
    "lua_Latn": ("Luba-Lulua", ""),
    "lug_Latn": ("Ganda", "lg"),
    "luo_Latn": ("Luo", ""),
    "lus_Latn": ("Mizo", ""),
    "mag_Deva": ("Magahi", ""),
    "mai_Deva": ("Maithili", ""),
    "mal_Mlym": ("Malayalam", "ml"),
    "mar_Deva": ("Marathi", "mr"),
    "min_Latn": ("Minangkabau", ""),
    "mkd_Cyrl": ("Macedonian", "mk"),
    "plt_Latn": ("Plateau Malagasy", "mg mlg"),
    "mlt_Latn": ("Maltese", "mt"),
    "mni_Beng": ("Manipuri", ""),
    "khk_Cyrl": ("Halh Mongolian", "mn mon"),
    "mos_Latn": ("Mossi", ""),
    "mri_Latn": ("Maori", "mi mao"),
    "zsm_Latn": ("Standard Malay", "ms msa"),
    "mya_Mymr": ("Burmese", "my"),
    "nld_Latn": ("Dutch", "nl"),
    "nno_Latn": ("Norwegian Nynorsk", "nn"),
    "nob_Latn": ("Norwegian Bokmål", "nb no nor"),
    "npi_Deva": ("Nepali", "ne nep"),
    "nso_Latn": ("Northern Sotho", ""),
    "nus_Latn": ("Nuer", ""),
    "nya_Latn": ("Nyanja", "ny"),
    "oci_Latn": ("Occitan", "oc"),
    "gaz_Latn": ("West Central Oromo", "om orm"),
    "ory_Orya": ("Odia", "or ori"),
    "pag_Latn": ("Pangasinan", ""),
    "pan_Guru": ("Punjabi", "pa"),
    "pap_Latn": ("Papiamento", ""),
    "pol_Latn": ("Polish", "pl"),
    "por_Latn": ("Portuguese", "pt"),
    "prs_Arab": ("Dari", ""),
    "pbt_Arab": ("Southern Pashto", "ps pus pbu"),
    "quy_Latn": ("Ayacucho Quechua", "qu que quz"),
    "ron_Latn": ("Romanian", "ro"),
    "run_Latn": ("Rundi", "rn"),
    "rus_Cyrl": ("Russian", "ru"),
    "sag_Latn": ("Sango", "sg"),
    "san_Deva": ("Sanskrit", "sa"),
    "sat_Beng": ("Santali", ""),
    "scn_Latn": ("Sicilian", ""),
    "shn_Mymr": ("Shan", ""),
    "sin_Sinh": ("Sinhala", "si"),
    "slk_Latn": ("Slovak", "sk"),
    "slv_Latn": ("Slovenian", "sl"),
    "smo_Latn": ("Samoan", "sm"),
    "sna_Latn": ("Shona", "sn"),
    "snd_Arab": ("Sindhi", "sd"),
    "som_Latn": ("Somali", "so"),
    "sot_Latn": ("Southern Sotho", "st"),
    "spa_Latn": ("Spanish", "es"),
    "als_Latn": ("Tosk Albanian", "sq sqi"),
    "srd_Latn": ("Sardinian", "sc"),
    "srp_Cyrl": ("Serbian", "sr"),
    "ssw_Latn": ("Swati", "ss"),
    "sun_Latn": ("Sundanese", "su"),
    "swe_Latn": ("Swedish", "sv"),
    "swh_Latn": ("Swahili", "sw swa swc"),
    "szl_Latn": ("Silesian", ""),
    "tam_Taml": ("Tamil", "ta"),
    "tat_Cyrl": ("Tatar", "tt"),
    "tel_Telu": ("Telugu", "te"),
    "tgk_Cyrl": ("Tajik", "tg"),
    "tgl_Latn": ("Tagalog", "tl fil"),
    "tha_Thai": ("Thai", "th"),
    "tir_Ethi": ("Tigrinya", "ti"),
    "taq_Latn": ("Tamasheq (Latin script)", ""),
    "taq_Tfng": ("Tamasheq (Tifinagh script)", ""),
    "tpi_Latn": ("Tok Pisin", ""),
    "tsn_Latn": ("Tswana", "tn"),
    "tso_Latn": ("Tsonga", "ts"),
    "tuk_Latn": ("Turkmen", "tk"),
    "tum_Latn": ("Tumbuka", ""),
    "tur_Latn": ("Turkish", "tr"),
    "twi_Latn": ("Twi", "tw"),
    "tzm_Tfng": ("Central Atlas Tamazight", ""),
    "uig_Arab": ("Uyghur", "ug"),
    "ukr_Cyrl": ("Ukrainian", "uk"),
    "umb_Latn": ("Umbundu", ""),
    "urd_Arab": ("Urdu", "ur"),
    "uzn_Latn": ("Northern Uzbek", "uz uzb"),
    "vec_Latn": ("Venetian", ""),
    "vie_Latn": ("Vietnamese", "vi"),
    "war_Latn": ("Waray", ""),
    "wol_Latn": ("Wolof", "wo"),
    "xho_Latn": ("Xhosa", "xh"),
    "ydd_Hebr": ("Eastern Yiddish", "yi yid"),
    "yor_Latn": ("Yoruba", "yo"),
    "yue_Hant": ("Cantonese", ""),
    "zho_Hans": ("Chinese (simplified)", "zh cmn"),
    "zho_Hant": ("Chinese (traditional)", "zh cmn zt"),
    "zul_Latn": ("Zulu", "zu"),
}
FLORES_CODES = tuple(FLORES)
_PREFERRED = frozenset({"ace_Latn", "bjn_Latn", "kas_Arab", "knc_Latn", "taq_Latn", "zho_Hans"})
# What a script or a region makes of a language: another one. `zh-TW` is written in traditional
# characters, and `fa-AF` is Dari (CLDR).
_VARIETIES = {
    ("zho_Hans", "tw"): "zho_Hant",
    ("zho_Hans", "hk"): "zho_Hant",
    ("zho_Hans", "mo"): "zho_Hant",
    ("pes_Arab", "af"): "prs_Arab",
    ("kmr_Latn", "arab"): "ckb_Arab",
    ("azj_Latn", "arab"): "azb_Arab",
}
_NO_EXTENSION = "min"  # `zh-min` is withdrawn, and `min` alone is Minangkabau
_HAN = "hani"  # Chinese characters of either kind
_SHORT, _EXTENSION_LETTERS, _SCRIPT_LETTERS = 2, 3, 4
_BY_LOWER = {code.lower(): code for code in FLORES}


def _by_language() -> dict[str, list[str]]:
    """Return the codes for each language subtag, the one that is meant without a script first."""
    found: dict[str, list[str]] = {}
    for code, (_, others) in FLORES.items():
        for subtag in (code.partition("_")[0], *others.split()):
            entry = found.setdefault(subtag, [])
            entry.insert(0 if code in _PREFERRED else len(entry), code)
    return found


_BY_LANGUAGE = _by_language()


def flores_code(code: str) -> str | None:
    """Return FLORES-200's code for a BCP 47 tag or an ISO 639 code; None if it has none.

    `de`, `de-AT` and `deu` are `deu_Latn`; `zh` is `zho_Hans`, `zh-TW` is `zho_Hant`. A script that
    the language has no code for, as in `sr-Latn`, is not dropped.
    """
    lowered = code.strip().lower().replace("-", "_")
    if lowered in _BY_LOWER:
        return _BY_LOWER[lowered]
    tag = parse(code)
    return next(_codes_of(tag), None) if tag else None


def _codes_of(tag: LanguageTag) -> Iterator[str]:
    """Yield the codes that a tag may mean, the usual one first."""
    language, others = tag
    if others and len(others[0]) == _EXTENSION_LETTERS and others[0] != _NO_EXTENSION:
        language = others[0] if others[0] in _BY_LANGUAGE else language  # `zh-yue` is `yue`
    codes = _BY_LANGUAGE.get(language, [])
    scripts = (part for part in others if len(part) == _SCRIPT_LETTERS and part.isalpha())
    script = next(scripts, "").replace(_HAN, "")
    matching = [code for code in codes if not script or code.lower().endswith(script)]
    for part in [script] if script else others:
        yield from (_VARIETIES[code, part] for code in codes[:1] if (code, part) in _VARIETIES)
    yield from matching


def tag_of(code: str) -> str:
    """Return the BCP 47 tag of a FLORES-200 code: `de`, or `zh-Hans` where the script matters."""
    language, _, script = code.partition("_")
    base = next((each for each in FLORES[code][1].split() if len(each) == _SHORT), language)
    ambiguous = len([each for each in FLORES if each.startswith(f"{language}_")]) > 1
    return f"{base}-{script}" if ambiguous else base


def flores_aliases(code: str) -> list[str]:
    """Return the codes of other standards that mean a FLORES-200 code."""
    others = (code.partition("_")[0], *FLORES[code][1].split(), tag_of(code))
    return [each for each in dict.fromkeys(others) if flores_code(each) == code]
