/** Finds languages by their names, in English and in themselves, and by codes of all kinds. */

// Letters that Unicode does not take apart into a plain one and an accent.
const PLAIN = { ø: "o", ł: "l", đ: "d", ı: "i", ə: "e", ß: "ss", æ: "ae", œ: "oe" };
const [EXACT, NAME, WORD, CODE, WITHIN] = [0, 1, 2, 3, 4]; // how well a query is met

/**
 * The languages that a query may mean, the best first. Of equal ones, those with a code of two letters
 * come first, which are the larger ones: `arabic` is Modern Standard Arabic rather than Egyptian.
 */
export function search(languages, query) {
  const wanted = plain(query);
  return languages
    .map((language) => ({ language, rank: rank(language, wanted) }))
    .filter((found) => found.rank !== null)
    .sort((a, b) => a.rank - b.rank || isSmall(a.language) - isSmall(b.language))
    .map((found) => found.language);
}

/** The language that has a code or an alias; null if none does. */
export function byCode(languages, code) {
  return languages.find((language) => codesOf(language).includes(code.toLowerCase())) ?? null;
}

function rank(language, wanted) {
  const { name, native_name: native = "" } = language;
  const names = [name, native].map(plain);
  const words = [name, native].map((each) => plain(each.replace(/\(.*/, ""))); // without the script
  const codes = codesOf(language).map(plain);
  if ([...names, ...codes].includes(wanted)) return EXACT;
  if (names.some((name) => name.startsWith(wanted))) return NAME;
  if (words.some((name) => name.includes(` ${wanted}`))) return WORD;
  if (codes.some((code) => code.startsWith(wanted))) return CODE;
  return names.some((name) => name.includes(wanted)) ? WITHIN : null;
}

/** Return whether a language has no code of two letters. */
function isSmall({ code, tag = code }) {
  return tag.split("-")[0].length > 2;
}

function codesOf({ code, tag = code, aliases = [] }) {
  return [code, tag, ...aliases].map((each) => each.toLowerCase());
}

/** A text in small letters without accents, and with a blank for what is between words. */
function plain(text) {
  return text
    .toLowerCase()
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/[øłđıəßæœ]/g, (letter) => PLAIN[letter])
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
}
