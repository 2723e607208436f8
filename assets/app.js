// What every page loads: the styles, partial updates, and guards around forms.
import "./css/app.scss";
import htmx from "htmx.org";
import "./buttons.js";
import "./refresh.js";
import "./submit.js";

// The page's security policy allows neither eval nor inline styles, and pages with personal data
// must not be kept in the browser's storage.
Object.assign(htmx.config, {
  allowEval: false,
  allowScriptTags: false,
  historyCacheSize: 0,
  includeIndicatorStyles: false,
  selfRequestsOnly: true,
  responseHandling: [
    { code: "204", swap: false },
    { code: "[23]..", swap: true },
    // A refusal is an answer to be read, so its fragment is shown like any other.
    { code: "4..", swap: true, error: false },
    { code: "...", swap: false, error: true },
  ],
});

document.addEventListener("htmx:configRequest", (event) => {
  const token = document.querySelector('meta[name="csrf-token"]')?.content;
  if (token && event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = token;
});
