"""Languages of NLLB-200, by their codes in FLORES-200: names, and codes in other standards."""

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
    "bho_Deva": ("Bhojpuri", ""),
    "bjn_Arab": ("Banjar (Arabic script)", ""),
    "bjn_Latn": ("Banjar (Latin script)", ""),
    "bod_Tibt": ("Tibetan", "bo"),
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
    "eus_Latn": ("Basque", "eu"),
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
    "kon_Latn": ("Kongo", "kg"),
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
    "mri_Latn": ("Maori", "mi"),
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
    "pbt_Arab": ("Southern Pashto", "ps pus"),
    "quy_Latn": ("Ayacucho Quechua", "qu"),
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
    "swh_Latn": ("Swahili", "sw swa"),
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
    "zho_Hant": ("Chinese (traditional)", "zh cmn"),
    "zul_Latn": ("Zulu", "zu"),
}
FLORES_CODES = tuple(FLORES)
_SCRIPTS = {code.partition("_")[2] for code in FLORES}
_PREFERRED = frozenset({"ace_Latn", "bjn_Latn", "kas_Arab", "knc_Latn", "taq_Latn", "zho_Hans"})
_TRADITIONAL = frozenset({"tw", "hk", "mo"})  # regions that write Chinese in traditional characters
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
    tag = code.strip().lower().replace("-", "_")
    if tag in _BY_LOWER:
        return _BY_LOWER[tag]
    language, *rest = tag.split("_")
    codes = _BY_LANGUAGE.get(language, [])
    script = next((part.title() for part in rest if part.title() in _SCRIPTS), None)
    if script is None and "zho_Hant" in codes and not _TRADITIONAL.isdisjoint(rest):
        script = "Hant"
    if script is not None:
        codes = [each for each in codes if each.endswith(script)]
    elif any(len(part) == 4 and part.isalpha() for part in rest):
        return None  # a script of no language here
    return codes[0] if codes else None


def tag_of(code: str) -> str:
    """Return the BCP 47 tag of a FLORES-200 code: `de`, or `zh-Hans` where the script matters."""
    language, _, script = code.partition("_")
    short = FLORES[code][1].split()
    base = short[0] if short else language
    ambiguous = len([each for each in FLORES if each.startswith(f"{language}_")]) > 1
    return f"{base}-{script}" if ambiguous else base
