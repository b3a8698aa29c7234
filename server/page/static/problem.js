/** Problems in plain words. The server reports them as RFC 9457 documents. */

const KIND = "urn:m2m-server:";

/** By the kind of problem; each function takes the problem. */
const WORDS = {
  overloaded: (problem) =>
    `The server is busy. ${problem.retryAfter ? `Try again in ${seconds(problem.retryAfter)}.` : "Try again soon."}`,
  unavailable: () => "The server cannot translate right now: it is starting, stopping, or has lost its devices.",
  deadline: () => "The translation took too long. Try a shorter text, or try again later.",
  quarantined: () => "This text crashed the translator twice, so it is not tried again. Translate it in parts.",
  "translation-failed": () => "This text could not be translated. Translate it in parts.",
  "unsupported-language": () => "The model does not translate between these languages.",
  "too-many-texts": () => "The request contains too many texts.",
  "too-long": () => "The text is too long. Translate it in parts, or as a document.",
  "rate-limit": (problem) =>
    `This API key has reached its rate limit.${problem.retryAfter ? ` Try again in ${seconds(problem.retryAfter)}.` : ""}`,
  "jobs-off": () => "This server does not accept documents of this size.",
  "unknown-job": () => "The server no longer has this document. Choose the file again.",
  "too-many-jobs": () => "The server cannot take more documents right now. Try again later.",
  "storage-full": () => "The server has no disk space left for documents. Try again later.",
  internal: () => "The server had an internal error. See its log.",
};

/** By HTTP status, if the kind is unknown. */
const STATUS_WORDS = {
  401: () => "This server requires an API key.",
  403: () => "The server does not accept this API key.",
  404: () => "This server does not have this function.",
  413: () => "This is too large for the server.",
  415: (problem) => sentence(problem.message) || "The server does not support this type of document.",
  429: WORDS.overloaded,
  502: () => "The proxy cannot reach the server.",
  503: WORDS.unavailable,
  504: WORDS.deadline,
};

/** The server's messages begin in lower case and end without a full stop. */
export function sentence(message) {
  return message && `${message[0].toUpperCase()}${message.slice(1)}.`;
}

function seconds(count) {
  return count === 1 ? "1 second" : `${count} seconds`;
}

/** A failed request. */
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

  /** Read a fetch response that is not ok. */
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
      // a proxy's page: only the status is known
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
    return this.message ? `The server says: ${this.message}.` : `The server returned error ${this.status}.`;
  }
}
