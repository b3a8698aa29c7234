/** Translates the text when the typing pauses, and drops outdated requests. */

import { postJson } from "./api.js";
import { characters, plural } from "./format.js";
import { AUTO } from "./languages.js";
import { Problem } from "./problem.js";

const PAUSE = 350; // milliseconds without a keystroke before the text is sent
const LONG_PAUSE = 1000; // for a long text, which costs the server more
const LONG_TEXT = 5000; // characters
const ALTERNATIVES = 3;
const SHORT_TEXT = 300; // characters; alternatives of longer texts are not useful

export class Translation extends EventTarget {
  /** `model`: the field with the name of one of several models, or null. */
  constructor(editor, languages, result, model) {
    super();
    this.editor = editor;
    this.languages = languages;
    this.result = result;
    this.model = model;
    this.detected = null; // code of the language of the latest text
    this.running = new AbortController();
  }

  /** Translate when typing pauses. A request in progress is for an outdated text, and is aborted. */
  schedule() {
    this.#stop();
    if (!this.editor.text.trim()) {
      this.#forget();
      return;
    }
    this.result.busy(true);
    const pause = this.editor.text.length > LONG_TEXT ? LONG_PAUSE : PAUSE;
    this.timer = setTimeout(() => this.run(), pause);
  }

  /** Translate now. */
  async run() {
    this.#stop();
    if (!this.editor.text.trim() || !this.languages.ready) return;
    if (this.editor.excess) {
      const over = plural(this.editor.excess, "character");
      this.result.fail(`The text is ${over} too long. Translate it in parts, or as a document.`);
      return;
    }
    this.result.busy(true);
    const controller = this.running;
    try {
      const answer = await postJson("translation", this.#body(), controller.signal);
      if (controller.signal.aborted) return;
      this.result.busy(false);
      this.#show(answer);
    } catch (error) {
      if (controller.signal.aborted) return;
      if (!(error instanceof Problem)) throw error;
      this.result.busy(false);
      this.#fail(error);
    }
  }

  #body() {
    const { text } = this.editor;
    return {
      text,
      source_language: this.languages.source,
      target_language: this.languages.target,
      model: this.model?.value || null,
      alternatives: characters(text) <= SHORT_TEXT ? ALTERNATIVES : 0,
    };
  }

  #show(answer) {
    const name = this.languages.name(answer.source_language);
    this.detected = answer.detected ? answer.source_language : null;
    this.editor.showDetected(this.detected && name, answer.detected?.confidence);
    if (this.detected) this.editor.mark({ ...this.languages.marks(this.detected), dir: "auto" });
    const same = this.detected === answer.target_language;
    if (same && this.languages.avoidTarget(this.detected)) return; // the change translates again
    const marks = this.languages.marks(answer.target_language);
    this.result.show(answer, marks, same ? [`The text already seems to be ${name}.`] : []);
  }

  #fail(problem) {
    this.#undetect();
    this.result.fail(problem.words, problem.needsKey ? null : () => this.run());
    if (problem.needsKey) this.dispatchEvent(new Event("needs-key"));
  }

  #undetect() {
    this.detected = null;
    this.editor.showDetected(null);
    this.editor.mark(this.languages.marks(this.languages.source));
  }

  #forget() {
    this.#undetect();
    this.result.clear();
  }

  #stop() {
    clearTimeout(this.timer);
    this.running.abort();
    this.running = new AbortController();
    this.result.busy(false);
  }
}
