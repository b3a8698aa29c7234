/** The row of one document in the list, from the upload to the download. */

import { element } from "./element.js";
import { count, duration, plural, size } from "./format.js";
import { Job } from "./job.js";
import { Problem } from "./problem.js";
import { upload } from "./upload.js";

const LARGE = 64_000; // bytes; larger documents become jobs, which report progress

export class Transfer extends EventTarget {
  /** `suffixes` are those of the supported document types. */
  constructor(file, pair, suffixes) {
    super();
    this.file = file;
    this.pair = pair;
    this.dot = file.name.lastIndexOf(".");
    this.known = this.dot >= 0 && suffixes.includes(file.name.slice(this.dot).toLowerCase());
    this.controller = new AbortController();
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
    );
    this.#stop("Waiting");
  }

  async run() {
    if (!this.root.isConnected) return; // removed while it waited
    this.root.classList.remove("failed");
    this.controller = new AbortController();
    this.state.setAttribute("aria-live", "off"); // screen readers announce the end, not each step
    this.#offer(this.#button("Cancel", () => this.controller.abort()));
    this.#say(`Sending ${size(this.file.size)}`, 0);
    try {
      if (!this.known) throw new Problem(415); // without sending it first
      this.#finish(await this.#translate());
    } catch (error) {
      if (error.name === "AbortError") this.#stop("Cancelled");
      else if (error instanceof Problem) this.#fail(error);
      else throw error;
    }
  }

  /** Return the translated document and a remark about it. */
  async #translate() {
    const { signal } = this.controller;
    if (this.file.size <= LARGE) return this.#atOnce(signal);
    try {
      this.job ??= await Job.start(this.#fields(), (share) => this.#sent(share), signal);
    } catch (error) {
      if (error.kind === "jobs-off") return this.#atOnce(signal);
      throw error;
    }
    return this.#asJob(signal);
  }

  async #atOnce(signal) {
    const answer = await upload("translation/file", this.#fields(), (share) => this.#sent(share), signal);
    const warned = answer.header("X-Translation-Warnings");
    return { blob: answer.blob, remark: warned ? "some passages are doubtful, please check" : "" };
  }

  async #asJob(signal) {
    const { job } = this;
    const cancel = () => job.remove();
    signal.addEventListener("abort", cancel);
    try {
      const { blob, failed } = await job.finish((progress) => this.#progress(progress), signal);
      return { blob, remark: failed ? `${plural(failed, "passage")} could not be translated` : "" };
    } finally {
      signal.removeEventListener("abort", cancel);
      if (job.over) this.job = null;
    }
  }

  #fields() {
    const { source, target } = this.pair;
    return { file: this.file, source_language: source, target_language: target };
  }

  #sent(share) {
    if (share < 1) this.#say(`Sending ${size(this.file.size)}`, share);
    else this.#say("Translating…", null);
  }

  #progress({ done, total, eta }) {
    const left = eta === null ? "" : ` · about ${duration(eta)} left`;
    this.#say(`${count(done)} of ${plural(total, "passage")}${left}`, total ? done / total : null);
  }

  #finish({ blob, remark }) {
    const url = URL.createObjectURL(blob);
    const link = element("a", { className: "button", href: url, download: this.#newName() });
    link.textContent = "Download";
    link.setAttribute("aria-label", `Download ${link.download}`);
    this.state.setAttribute("aria-live", "polite");
    this.#say(["Translated", size(blob.size), ...(remark ? [remark] : [])].join(" · "), 1);
    this.#offer(link, this.#button("Remove", () => this.#remove()));
    this.url = url;
  }

  #fail(problem) {
    this.root.classList.add("failed");
    this.#stop(problem.words, ...(this.known ? [this.#button("Try again", () => this.run())] : []));
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
    return `${name.slice(0, this.dot)}.${this.pair.target}${name.slice(this.dot)}`;
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

  #remove() {
    this.job?.remove();
    if (this.url) URL.revokeObjectURL(this.url);
    this.root.remove();
    this.dispatchEvent(new Event("removed"));
  }
}
