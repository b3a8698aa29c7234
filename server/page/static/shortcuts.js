/** Keyboard shortcuts for the whole page. */

/** `actions` by the key: "/" and "?" alone, "Enter" with Ctrl or Cmd, letters with Alt+Shift. */
export function listen(actions) {
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || document.querySelector("dialog[open]")) return;
    const action = actions[spell(event)];
    if (!action) return;
    event.preventDefault();
    action();
  });
}

function spell(event) {
  if (event.altKey && event.shiftKey) {
    // By position: with Alt a letter may become another character.
    return event.code.startsWith("Key") ? event.code.slice(3) : "";
  }
  if (event.altKey) return "";
  if (event.ctrlKey || event.metaKey) return event.key === "Enter" ? "Enter" : "";
  const typing = event.target.closest("textarea, input, select");
  return !typing && (event.key === "/" || event.key === "?") ? event.key : "";
}
