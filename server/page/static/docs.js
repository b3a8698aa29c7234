/** The API viewer: Swagger UI on this server's OpenAPI document. */

import { read } from "./key.js";

const dark = matchMedia("(prefers-color-scheme: dark)");

function followScheme() {
  document.documentElement.classList.toggle("dark-mode", dark.matches);
}

dark.addEventListener("change", followScheme);
followScheme();

const viewer = SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#viewer",
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  requestSnippetsEnabled: true, // curl for several shells
  validatorUrl: "none", // nothing leaves this server
  onComplete() {
    const key = read(); // of the page at `/`, in the same tab
    if (key !== null) viewer.preauthorizeApiKey("key", key);
  },
});
