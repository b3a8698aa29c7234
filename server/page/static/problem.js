/** What went wrong, in plain words. The server tells it as RFC 9457 does. */

const KIND = "urn:m2m-server:";

/** By the kind of problem; a function is given the problem. */
const WORDS = {
  overloaded: (problem) =>
    `The server is busy. ${problem.retryAfter ? `Try again in ${seconds(problem.retryAfter)}.` : "Try again soon."}`,
  unavailable: () => "The server cannot translate right now: it is starting, stopping, or has lost its devices.",
  deadline: () => "The translation took too long. Try a shorter text, or try again when less is going on.",
  quarantined: () => "This text made the translator fail twice, so it is not tried again. Try it in parts.",
  "translation-failed": () => "This text could not be translated. Try it in parts.",
  "unsupported-language": () => "The model does not translate between these languages.",
  "too-many-texts": () => "That is too much for one request.",
  "too-long": () => "The text is too long. Translate it in parts, or as a document.",
  "rate-limit": (problem) =>
    `This API key has reached its rate limit.${problem.retryAfter ? ` Try again in ${seconds(problem.retryAfter)}.` : ""}`,
  "jobs-off": () => "This server takes no documents as large as this one.",
  "unknown-job": () => "The server no longer has this document. Choose it again.",
  "too-many-jobs": () => "The server has as many documents as it can take. Try again later.",
  "storage-full": () => "The server has no room left for documents. Try again later.",
  internal: () => "The server failed. Its log says where.",
};

/** By HTTP status, where the kind is not known. */
const STATUS_WORDS = {
  401: () => "This server asks for an API key.",
  403: () => "The server does not accept this API key.",
  404: () => "This server does not offer that.",
  413: () => "That is too large for this server.",
  415: () => "The server does not know this type of document.",
  429: WORDS.overloaded,
  502: () => "The server is not running behind its proxy.",
  503: WORDS.unavailable,
  504: WORDS.deadline,
};

function seconds(count) {
  return count === 1 ? "1 second" : `${count} seconds`;
}

/** An answer that is not what was asked for. */
export class Problem extends Error {
  constructor(status, body = {}, retryAfter = null) {
    super(body.detail ?? body.title ?? "");
    this.status = status;
    this.kind = String(body.type ?? "").startsWith(KIND) ? body.type.slice(KIND.length) : "";
    this.retryAfter = retryAfter;
  }

  static unreachable() {
    return new Problem(0);
  }

  /** Read a response of fetch that is not ok. */
  static async read(response) {
    return Problem.parse(
      response.status,
      await response.text().catch(() => ""),
      response.headers.get("Retry-After"),
    );
  }

  static parse(status, text, retryAfter) {
    let body = null;
    try {
      body = JSON.parse(text);
    } catch {
      // a proxy's page: the status must do
    }
    const wait = Number.parseInt(retryAfter ?? "", 10);
    return new Problem(status, body ?? {}, Number.isNaN(wait) ? null : wait);
  }

  get needsKey() {
    return this.status === 401 || this.status === 403;
  }

  get words() {
    if (this.status === 0) return "The server cannot be reached.";
    const say = WORDS[this.kind] ?? STATUS_WORDS[this.status];
    if (say) return say(this);
    return this.message ? `The server says: ${this.message}.` : `The server answers with error ${this.status}.`;
  }
}
