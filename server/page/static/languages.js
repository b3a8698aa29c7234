/** The pair of languages: two fields with lists, and what swaps them. */

import { byCode, search } from "./language_search.js";
import { read, write } from "./storage.js";

export const AUTO = "auto";
const DETECT = "Detect language";
const STORE = "languages";
const RECENT_STORE = "recent-languages";
const FEW = 20; // languages that are found without help
const RECENT = 5; // languages at the top of a long list

export class Languages extends EventTarget {
  /** Of two comboboxes. */
  constructor(source, target) {
    super();
    this.sourceBox = source;
    this.targetBox = target;
    this.all = []; // as in `GET /languages`, by name
    this.last = [AUTO, ""]; // source and target before the latest choice
    this.targetChosen = false; // by the user, since the page was loaded
    source.show(AUTO, DETECT);
    source.find = (query) => this.#find(query, true);
    target.find = (query) => this.#find(query, false);
    source.addEventListener("change", () => this.#chosen(this.targetBox));
    target.addEventListener("change", () => {
      this.targetChosen = true;
      this.#chosen(this.sourceBox);
    });
  }

  /** Fill in the languages of `GET /languages`; keep the current or remembered choice. */
  fill(languages) {
    const [source, target] = this.ready ? this.last : read("localStorage", STORE, [AUTO, ""]);
    this.all = [...languages].sort((a, b) => a.name.localeCompare(b.name, "en"));
    for (const { field } of [this.sourceBox, this.targetBox]) {
      field.inputMode = languages.length > FEW ? "search" : "none"; // a phone's keyboard hides the list
    }
    this.#set(this.sourceBox, this.#usable(source) ? source : AUTO);
    this.#set(this.targetBox, this.#usable(target) ? target : this.#guess());
    this.last = [this.source, this.target];
  }

  get source() {
    return this.sourceBox.value;
  }

  get target() {
    return this.targetBox.value;
  }

  get ready() {
    return this.all.length > 0;
  }

  name(code) {
    return this.#language(code)?.name ?? code;
  }

  /** What a text in a language has as `lang` and `dir`. */
  marks(code) {
    const language = this.#language(code);
    return language ? { lang: language.tag, dir: language.direction } : { lang: "", dir: "auto" };
  }

  choose(source, target) {
    this.targetChosen = true;
    this.#set(this.sourceBox, source);
    this.#set(this.targetBox, target);
    this.#settle();
  }

  /** Choose a target other than the text's own language; return false if the user chose it. */
  avoidTarget(detected) {
    const other = this.#guess(detected);
    if (this.targetChosen || !other) return false;
    this.#set(this.targetBox, other);
    this.#settle();
    return true;
  }

  /** Swap the languages; `detected` replaces the source if that is `auto`. */
  swap(detected) {
    const from = this.source === AUTO ? detected : this.source;
    const to = this.#usable(from) && from !== this.target ? from : this.#guess(this.target);
    this.choose(this.target, to);
  }

  /** Keep both different: the unchanged one takes the previous language of the other. */
  #chosen(other) {
    if (this.source === this.target) {
      const former = other === this.targetBox ? this.last[0] : this.last[1];
      this.#set(other, this.#usable(former) && former !== this.source ? former : this.#guess(this.source));
    }
    this.#settle();
  }

  /** Groups of choices for a query; of a long list, those that were chosen lately come first. */
  #find(query, ofSource) {
    const choices = (languages) => languages.map((language) => choiceOf(language, ofSource));
    if (query) {
      const auto = ofSource && DETECT.toLowerCase().startsWith(query.toLowerCase());
      return [{ label: null, choices: [...(auto ? [AUTO_CHOICE] : []), ...choices(search(this.all, query))] }];
    }
    const auto = { label: null, choices: ofSource ? [AUTO_CHOICE] : [] };
    const recent = this.all.length > FEW ? this.#recent.map((code) => this.#language(code)) : [];
    if (!recent.length) return [auto, { label: null, choices: choices(this.all) }];
    const others = this.all.filter((language) => !recent.includes(language));
    return [
      auto,
      { label: "Recent", choices: choices(recent) },
      { label: "More languages", choices: choices(others) },
    ];
  }

  get #recent() {
    return read("localStorage", RECENT_STORE, []).filter((code) => this.#usable(code));
  }

  #set(box, code) {
    box.show(code, code === AUTO ? DETECT : this.name(code));
  }

  #settle() {
    this.last = [this.source, this.target];
    write("localStorage", STORE, this.last);
    const chosen = [this.target, this.source].filter((code) => this.#usable(code));
    write("localStorage", RECENT_STORE, [...new Set([...chosen, ...this.#recent])].slice(0, RECENT));
    this.dispatchEvent(new Event("change"));
  }

  #language(code) {
    return this.all.find((language) => language.code === code) ?? null;
  }

  #usable(code) {
    return this.#language(code) !== null;
  }

  /** A likely target: the browser's language, else English, else the first. */
  #guess(except = this.source) {
    const wished = [...navigator.languages.flatMap(tagsOf), "en"].map((tag) => byCode(this.all, tag));
    return [...wished, ...this.all].find((language) => language && language.code !== except)?.code;
  }
}

const AUTO_CHOICE = { value: AUTO, text: DETECT };

function choiceOf({ code, tag, name, native_name: native, detected = true }, ofSource) {
  const aside = native === name ? "" : native;
  return { value: code, text: name, aside, lang: tag, note: ofSource && !detected ? "not detected" : "" };
}

/** The tags by which a language of the browser may be known: `zh-TW` is `zh-Hant` too. */
function tagsOf(tag) {
  const { language, script } = new Intl.Locale(tag).maximize();
  return [tag, `${language}-${script}`, language];
}
