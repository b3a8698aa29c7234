/** Server-sent events over fetch: EventSource cannot send an API key. */

import { request } from "./api.js";
import { Problem } from "./problem.js";

/** Yield {event, data} of each event, with parsed data, until the server ends the stream; `options` are those of fetch. */
export async function* events(path, options) {
  const response = await request(path, { ...options, headers: { Accept: "text/event-stream" } });
  let rest = "";
  for await (const chunk of chunks(response.body.pipeThrough(new TextDecoderStream()))) {
    const blocks = (rest + chunk).replaceAll("\r\n", "\n").split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const event = parse(block);
      if (event) yield { event: event.event, data: JSON.parse(event.data) };
    }
  }
}

/** Safari's streams cannot be iterated. */
async function* chunks(stream) {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } catch (error) {
    throw error.name === "AbortError" ? error : Problem.unreachable();
  } finally {
    reader.cancel().catch(() => undefined);
  }
}

/** Return the event of a block of lines; null for a keep-alive comment. */
function parse(block) {
  let event = "message";
  const data = [];
  for (const line of block.split("\n")) {
    const [, name, value] = /^([^:]*):? ?(.*)$/.exec(line);
    if (name === "event") event = value;
    if (name === "data") data.push(value);
  }
  return data.length ? { event, data: data.join("\n") } : null;
}
