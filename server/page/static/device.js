/** The card of one device: its state, memory, load, temperature and recent speed. */

import { element } from "./element.js";
import { count, gigabytes, plural, short } from "./format.js";
import { Meter } from "./meter.js";
import { Sparkline } from "./sparkline.js";

const STATES = {
  starting: "Loading",
  ready: "Ready",
  restarting: "Finishing, then restarting",
  backoff: "Restarting soon",
  failed: "Failed",
  stopped: "Stopped",
};

export class Device {
  constructor() {
    const part = (tag, className) => element(tag, { className });
    this.name = part("h3", "name");
    this.state = part("span", "chip");
    this.place = part("p", "muted place");
    this.memory = new Meter("Memory in use");
    this.memoryWords = part("span", "figure");
    this.load = new Sparkline(100);
    this.loadWords = part("span", "figure");
    this.speed = new Sparkline();
    this.speedWords = part("span", "figure");
    this.rest = part("p", "muted rest");
    this.trouble = part("p", "trouble");
    this.memoryRow = row("Memory", this.memoryWords, this.memory.root);
    this.loadRow = row("Load", this.loadWords, this.load.root);
    const speedRow = row("Tokens/s", this.speedWords, this.speed.root);
    this.root = element(
      "li",
      { className: "device card" },
      this.name,
      element("div", { className: "heading" }, this.place, this.state),
      this.memoryRow,
      element("div", { className: "charts" }, this.loadRow, speedRow),
      this.rest,
      this.trouble,
    );
    this.before = null; // tokens finished at the last update, and its time (milliseconds)
  }

  /** Show a row of `GET /gpus`; `now` is in milliseconds. */
  show(gpu, now) {
    const working = gpu.state === "ready" && gpu.outstanding_segments > 0;
    this.name.textContent = this.name.title = gpu.name ?? (gpu.device.startsWith("cpu") ? "Processor" : "Device");
    this.state.textContent = working ? "Working" : (STATES[gpu.state] ?? gpu.state);
    this.state.dataset.state = working ? "working" : gpu.state;
    this.#showPlace(gpu);
    this.#showMemory(gpu);
    this.#showLoad(gpu);
    this.#showSpeed(gpu, now);
    this.rest.textContent = describe(gpu);
    this.trouble.textContent = complain(gpu);
  }

  #showPlace({ device, worker, engine }) {
    const place = worker === device ? device : `${device}, part of ${worker}`;
    this.place.textContent = engine ? `${place} · ${engine.name}, ${engine.dtype}` : place;
    this.place.title = engine ? `${engine.name}: ${engine.reason}` : "";
  }

  #showMemory({ memory_total: total, memory_used: used }) {
    const known = total !== null && used !== null;
    this.memoryRow.hidden = !known;
    if (!known) return;
    const share = total ? used / total : 0;
    this.memory.show(share);
    this.memoryWords.textContent = `${gigabytes(used)} of ${gigabytes(total)} GiB`;
  }

  #showLoad({ utilisation }) {
    this.loadRow.hidden = utilisation === null && this.load.figures.length === 0;
    if (this.loadRow.hidden) return;
    this.load.add(utilisation);
    this.loadWords.textContent = utilisation === null ? "unknown" : `${utilisation} %`;
  }

  /** From the tokens finished since the last update; a new worker starts counting at 0. */
  #showSpeed({ finished_tokens: tokens }, now) {
    const { before } = this;
    this.before = { tokens, now };
    if (!before) {
      this.speedWords.textContent = "–";
      return;
    }
    const speed = (Math.max(0, tokens - before.tokens) / (now - before.now)) * 1000;
    this.speed.add(speed);
    this.speedWords.textContent = count(speed);
  }
}

function row(label, figure, chart) {
  const head = element("div", { className: "heading" }, element("span", { textContent: label }), figure);
  return element("div", { className: "row" }, head, chart);
}

function describe(gpu) {
  const now = [];
  if (gpu.temperature !== null) now.push(`${gpu.temperature} °C`);
  if (gpu.power !== null) now.push(`${count(gpu.power)} W`);
  now.push(`${count(gpu.outstanding_segments)} in progress`);
  const sofar = [`${short(gpu.finished_segments)} sentences done`];
  if (gpu.restarts) sofar.push(plural(gpu.restarts, "restart"));
  return `${now.join(" · ")}\n${sofar.join(" · ")}`;
}

/** The most important problem for the operator. */
function complain(gpu) {
  if (gpu.state === "failed" || gpu.state === "backoff") return gpu.last_error ?? "";
  if (gpu.monitor_error) return gpu.monitor_error;
  return gpu.held_back ? `Waiting: ${gpu.held_back}` : "";
}
