/** A large document, translated as a job that reports its texts and its progress as events. */

import { request } from "./api.js";
import { events } from "./events.js";
import { Problem } from "./problem.js";
import { upload } from "./upload.js";

const ENDS = new Set(["done", "failed", "cancelled"]);

export class Job {
  /** Send the fields of a form; return the job that the server created. */
  static async start(fields, onSent, signal) {
    const blob = await upload("translation/jobs", fields, onSent, signal);
    return new Job(JSON.parse(await blob.text()).id);
  }

  constructor(id) {
    this.address = `translation/jobs/${encodeURIComponent(id)}`;
    this.over = false; // failed or deleted: it cannot be resumed
  }

  /**
   * Return {blob, notices} of the translated document. `on` has a function for each kind of event,
   * `text` and `progress`. Can be called again; then the texts come again.
   */
  async finish(on, signal) {
    const state = await this.#follow(on, signal).catch((error) => {
      this.over = error.status === 404; // it has expired
      throw error;
    });
    if (state.status !== "done") {
      this.over = true;
      throw new Problem(500, { detail: state.error ?? `the job is ${state.status}` });
    }
    const blob = await (await request(`${this.address}/result`, { signal })).blob();
    this.remove(); // frees the server's disk
    return { blob, notices: state.notices ?? [] };
  }

  /** Delete the job, or cancel it if it is running. If deleting fails, it expires. */
  remove() {
    this.over = true;
    request(this.address, { method: "DELETE" }).catch(() => undefined);
  }

  /** Return the last state. */
  async #follow(on, signal) {
    for await (const { event, data } of events(`${this.address}/events`, { signal })) {
      if (ENDS.has(event)) return data;
      if (event === "progress") on.progress(data.progress);
      else on.text(data);
    }
    throw Problem.unreachable(); // the server stopped; it resumes the job after its restart
  }
}
