/** One document in the list, from the upload over the preview to the download. */

import { translateAtOnce } from "./at_once.js";
import { element } from "./element.js";
import { count, duration, plural, size } from "./format.js";
import { Job } from "./job.js";
import { Options } from "./options.js";
import { Preview } from "./preview.js";
import { Problem, sentence } from "./problem.js";

const LARGE = 64_000; // bytes; larger documents become jobs, which survive a lost connection
const TOO_MUCH = new Set(["too-long", "deadline"]); // for one request; a job may take longer

export class Transfer extends EventTarget {
  /**
   * `marks` are `lang` and `dir` of the target. `formats` maps the suffixes of documents to the options
   * that they read, `kinds` describes these.
   */
  constructor(file, pair, marks, { formats, kinds }) {
    super();
    this.file = file;
    this.pair = pair;
    this.tag = marks.lang;
    this.dot = file.name.lastIndexOf(".");
    const suffix = this.dot < 0 ? "" : file.name.slice(this.dot).toLowerCase();
    this.known = suffix in formats;
    this.preview = new Preview(file.name, marks);
    this.options = new Options(kinds, formats[suffix] ?? [], suffix, () => this.#again());
    this.notices = element("ul", { className: "notices" });
    this.controller = new AbortController();
    this.waiting = true; // for its turn
    this.job = null; // once started, it survives a lost connection
    this.bar = element("progress", { max: 1 });
    this.bar.setAttribute("aria-label", file.name);
    this.state = element("p", { className: "state muted" });
    this.actions = element("div", { className: "actions" });
    this.root = element(
      "li",
      { className: "transfer card" },
      element("p", { className: "name", dir: "auto", textContent: file.name, title: file.name }),
      this.bar,
      this.state,
      this.actions,
      this.notices,
      this.options.root,
      this.preview.root,
    );
    this.#stop("Waiting");
  }

  async run() {
    if (!this.root.isConnected || !this.waiting) return; // removed, or translated meanwhile
    this.waiting = false;
    this.root.classList.remove("failed");
    this.controller = new AbortController();
    this.state.setAttribute("aria-live", "off"); // screen readers announce the end, not each step
    this.notices.replaceChildren();
    this.#offer(this.#button("Cancel", () => this.controller.abort()));
    this.#say(`Sending ${size(this.file.size)}`, 0);
    try {
      this.#finish(await this.#translate());
    } catch (error) {
      if (error.name === "AbortError") this.#stop("Cancelled");
      else if (error instanceof Problem) this.#fail(error);
      else throw error;
    }
  }

  /** Return {blob, notices} of the translated document. */
  async #translate() {
    const { signal } = this.controller;
    const on = {
      text: (text) => this.preview.add(text),
      progress: (progress) => this.#progress(progress),
    };
    let refusal = null;
    if (!this.job && (this.file.size <= LARGE || !this.known)) {
      this.#say("Translating…", null);
      try {
        return await translateAtOnce(this.#fields(), on, signal);
      } catch (error) {
        if (!TOO_MUCH.has(error.kind)) throw error;
        refusal = error;
        this.preview.clear();
      }
    }
    try {
      this.job ??= await Job.start(this.#fields(), (share) => this.#sent(share), signal);
    } catch (error) {
      if (error.kind !== "jobs-off") throw error;
      if (refusal) throw refusal;
      return translateAtOnce(this.#fields(), on, signal);
    }
    return this.#asJob(on, signal);
  }

  async #asJob(on, signal) {
    const { job } = this;
    const cancel = () => job.remove();
    signal.addEventListener("abort", cancel);
    try {
      return await job.finish(on, signal);
    } finally {
      signal.removeEventListener("abort", cancel);
      if (job.over) this.job = null;
    }
  }

  /** Of a file in an unknown format only the name is sent: the server knows what to do instead. */
  #fields() {
    const { source, target, model } = this.pair;
    const file = this.known ? this.file : new File([], this.file.name);
    const languages = { source_language: source, target_language: target };
    return { file, ...languages, ...(model && { model }), ...this.options.values };
  }

  #sent(share) {
    if (share < 1) this.#say(`Sending ${size(this.file.size)}`, share);
    else this.#say("Translating…", null);
  }

  #progress({ done, total, eta = null }) {
    const left = eta === null ? "" : ` · about ${duration(eta)} left`;
    this.#say(`${count(done)} of ${plural(total, "passage")}${left}`, total ? done / total : null);
  }

  #finish({ blob, notices }) {
    const url = URL.createObjectURL(blob);
    const link = element("a", { className: "button", href: url, download: this.#newName() });
    link.textContent = "Download";
    link.setAttribute("aria-label", `Download ${link.download}`);
    this.notices.replaceChildren(...notices.map((notice) => element("li", { textContent: sentence(notice) })));
    const { doubtful } = this.preview;
    const are = doubtful === 1 ? "is" : "are";
    const remark = doubtful ? [`${plural(doubtful, "passage")} ${are} doubtful, please check`] : [];
    this.state.setAttribute("aria-live", "polite");
    this.#say(["Translated", size(blob.size), ...remark].join(" · "), 1);
    this.#offer(link, this.#button("Remove", () => this.#remove()));
    this.url = url;
  }

  #retry() {
    this.waiting = true;
    this.run();
  }

  /** Translate once more, with other options. */
  #again() {
    this.controller.abort();
    this.preview.clear();
    this.#forget();
    this.waiting = true;
    this.dispatchEvent(new Event("again"));
  }

  #fail(problem) {
    this.root.classList.add("failed");
    this.#stop(problem.words, ...(this.known ? [this.#button("Try again", () => this.#retry())] : []));
    if (problem.needsKey) this.dispatchEvent(new Event("needs-key"));
  }

  #stop(words, ...buttons) {
    this.state.setAttribute("aria-live", "polite");
    this.#say(words, 0);
    this.#offer(...buttons, this.#button("Remove", () => this.#remove()));
  }

  /** `report.txt` to German is `report.de.txt`. */
  #newName() {
    const { name } = this.file;
    return `${name.slice(0, this.dot)}.${this.tag}${name.slice(this.dot)}`;
  }

  #say(words, share) {
    if (this.state.textContent !== words) this.state.textContent = words;
    if (share === null) this.bar.removeAttribute("value");
    else this.bar.value = share;
  }

  /** Show the available actions; if the focused one disappears, focus the first. */
  #offer(...controls) {
    const focused = this.actions.contains(document.activeElement);
    this.actions.replaceChildren(...controls);
    if (focused) controls[0].focus();
  }

  #button(textContent, act) {
    const button = element("button", { className: "link", type: "button", textContent });
    button.setAttribute("aria-label", `${textContent} ${this.file.name}`);
    button.addEventListener("click", act);
    return button;
  }

  #forget() {
    this.job?.remove();
    this.job = null;
    if (this.url) URL.revokeObjectURL(this.url);
    this.url = null;
  }

  #remove() {
    this.controller.abort();
    this.#forget();
    this.root.remove();
    this.dispatchEvent(new Event("removed"));
  }
}
