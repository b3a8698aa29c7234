/** Numbers in readable form. */

const whole = new Intl.NumberFormat("en");
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

export const count = (number) => whole.format(Math.round(number));

export const short = (number) => compact.format(number);

export const plural = (number, noun) => `${count(number)} ${noun}${number === 1 ? "" : "s"}`;

/** Bytes in GiB, which GPU vendors call GB. */
export const gigabytes = (bytes) => (bytes / 2 ** 30).toFixed(1);

export const size = (bytes) =>
  bytes < 1e6 ? `${count(Math.max(1, bytes / 1e3))} kB` : `${(bytes / 1e6).toFixed(1)} MB`;

export const duration = (seconds) =>
  seconds < 90 ? plural(Math.max(1, Math.round(seconds)), "second") : plural(Math.round(seconds / 60), "minute");

/** Characters as the server counts them: an emoji of one code point is one. */
export const characters = (text) => {
  let pairs = 0;
  for (let i = 0; i < text.length; i++) if ((text.charCodeAt(i) & 0xfc00) === 0xd800) pairs++;
  return text.length - pairs;
};
