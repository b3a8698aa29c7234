/** A large document: a job of the server, whose events tell how far it is. */

import { request } from "./api.js";
import { events } from "./events.js";
import { Problem } from "./problem.js";
import { upload } from "./upload.js";

/** Return the translated document as a blob; cancelled here, the job is cancelled there. */
export async function translateAsJob(fields, onSent, onProgress, signal) {
  const { blob } = await upload("translation/jobs", fields, onSent, signal);
  const { id } = JSON.parse(await blob.text());
  const address = `translation/jobs/${encodeURIComponent(id)}`;
  const cancel = () => request(address, { method: "DELETE" }).catch(() => undefined);
  signal.addEventListener("abort", cancel);
  try {
    await follow(address, onProgress, signal);
    return await (await request(`${address}/result`, { signal })).blob();
  } finally {
    signal.removeEventListener("abort", cancel);
  }
}

async function follow(address, onProgress, signal) {
  for await (const { data } of events(`${address}/events`, signal)) {
    const job = JSON.parse(data);
    if (job.status === "failed") throw new Problem(500, { detail: job.error });
  }
}
