/** Connects the parts of the page. */

import { getJson } from "./api.js";
import { Combobox } from "./combobox.js";
import { Devices } from "./devices.js";
import { Documents } from "./documents.js";
import { Editor } from "./editor.js";
import { KeyForm } from "./key.js";
import { Languages } from "./languages.js";
import { Problem } from "./problem.js";
import { Result } from "./result.js";
import { listen } from "./shortcuts.js";
import { Translation } from "./translation.js";

const find = (id) => document.getElementById(id);

const editor = new Editor(document, Number(document.body.dataset.maxCharacters));
const source = new Combobox(find("source-picker"));
const target = new Combobox(find("target-picker"));
const languages = new Languages(source, target);
const result = new Result(find("result"));
const model = find("model"); // null on a server with one
const translation = new Translation(editor, languages, result, model);
const documents = new Documents(find("files"), languages, model);
const devices = new Devices(find("gpus"), find("queue"), find("health"));
const keyForm = new KeyForm(find("key"));
const shortcuts = find("shortcuts");

async function loadLanguages() {
  try {
    languages.fill(await getJson("languages"));
    editor.mark(languages.marks(languages.source));
    result.clear();
    translation.run(); // text restored by the browser, or typed meanwhile
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    result.fail(error.words, error.needsKey ? null : loadLanguages);
    if (error.needsKey) keyForm.ask();
  }
}

function swap() {
  if (!languages.ready) return;
  const { text } = result;
  const fresh = text && result.root.getAttribute("aria-busy") === "false";
  languages.swap(translation.detected);
  if (fresh) editor.text = text;
}

editor.addEventListener("input", () => translation.schedule());
editor.addEventListener("accept-detected", () => {
  languages.choose(translation.detected, languages.target);
  editor.field.focus();
});
languages.addEventListener("change", () => {
  editor.mark(languages.marks(languages.source));
  translation.run();
});
model?.addEventListener("change", () => translation.run());
keyForm.addEventListener("change", () => {
  editor.field.focus();
  loadLanguages();
});
for (const part of [translation, documents, devices]) {
  part.addEventListener("needs-key", () => keyForm.ask());
}
find("swap").addEventListener("click", swap);
find("help").addEventListener("click", () => shortcuts.showModal());
listen({
  "/": () => editor.field.focus(),
  "?": () => shortcuts.showModal(),
  Enter: () => translation.run(),
  F: () => source.open(),
  T: () => target.open(),
  S: swap,
  C: () => result.copy(),
  X: () => editor.clear(),
  U: () => documents.choose(),
});

devices.start();
loadLanguages();
