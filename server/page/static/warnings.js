/** Why a translation is doubtful, in plain words. */

const WORDS = {
  lost_token: "A term of the glossary is missing from the translation.",
  source_kept: "Part of your text could not be translated safely and is shown unchanged.",
  empty: "The model produced no translation, so your text is shown unchanged.",
  surplus_token: "The translation has a number or symbol that your text does not have.",
  repetition: "The translation repeats itself; parts may be wrong.",
  other_language: "The translation may be in another language.",
  untranslated: "The text, or a part of it, came back unchanged.",
  length: "The translation is unusually long or short; something may be missing.",
  unbalanced: "A quotation mark is missing from the translation.",
  in_parts: "The parts around links, numbers or placeholders were translated one by one.",
};

/** The words for the warnings of the API, each once. */
export const inWords = (warnings = []) => [
  ...new Set(warnings.map(({ code, detail }) => WORDS[code] ?? detail)),
];
