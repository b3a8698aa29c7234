/** The panel of the devices, and their summary in the header. */

import { getJson } from "./api.js";
import { Device } from "./device.js";
import { element } from "./element.js";
import { plural } from "./format.js";
import { Problem } from "./problem.js";
import { Sparkline } from "./sparkline.js";

const PERIOD = 2000; // milliseconds

export class Devices extends EventTarget {
  constructor(list, queue, health) {
    super();
    this.list = list;
    this.health = health;
    this.words = element("span");
    this.chart = new Sparkline();
    queue.replaceChildren(this.words, this.chart.root);
    this.cards = new Map(); // by device
  }

  /** Update every two seconds while the page is visible. */
  start() {
    document.addEventListener("visibilitychange", () => this.#wake());
    this.#wake();
  }

  #wake() {
    clearTimeout(this.timer);
    if (!document.hidden) this.#look();
  }

  async #look() {
    try {
      this.#show(await getJson("gpus"));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.#fail(error);
    }
    clearTimeout(this.timer);
    if (!document.hidden) this.timer = setTimeout(() => this.#look(), PERIOD);
  }

  #show({ gpus, queued_segments: queued }) {
    const now = performance.now();
    for (const gpu of gpus) this.#card(gpu.device).show(gpu, now);
    this.#keepOnly(new Set(gpus.map((gpu) => gpu.device)));
    this.words.textContent = queued ? `${plural(queued, "sentence")} waiting` : "Nothing is waiting";
    this.chart.add(queued);
    const ready = gpus.filter((gpu) => gpu.state === "ready").length;
    if (ready === 0) this.#sumUp("down", "No device ready");
    else if (ready < gpus.length) this.#sumUp("degraded", `${ready} of ${gpus.length} ready`);
    else this.#sumUp("ready", ready === 1 ? "Ready" : `${ready} devices ready`);
  }

  #fail(problem) {
    this.words.textContent = problem.words;
    this.#sumUp(problem.needsKey ? "unknown" : "down", problem.needsKey ? "Key required" : "Not connected");
    if (problem.needsKey) this.dispatchEvent(new Event("needs-key"));
  }

  #card(device) {
    let card = this.cards.get(device);
    if (!card) {
      card = new Device();
      this.cards.set(device, card);
      this.list.append(card.root);
    }
    return card;
  }

  #keepOnly(devices) {
    for (const [device, card] of this.cards) {
      if (devices.has(device)) continue;
      card.root.remove();
      this.cards.delete(device);
    }
  }

  #sumUp(state, words) {
    this.health.dataset.state = state;
    if (this.health.textContent !== words) this.health.textContent = words;
  }
}
