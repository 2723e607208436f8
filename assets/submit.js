// Sending a form once: blocks the second tap, and repeats a lost request under the same key.
//   <form data-retry>                send by fetch; when the network fails, the same body again
//   data-retry-words                 shown while asking again ("正在确认…不会重复扣款")
//   data-retry-failed                shown when all attempts failed
//   <button data-busy="正在提交…">    the words on the button while sending
const PAUSES = [1000, 2000, 4000];
const PATIENCE = 15000;
const RELEASE_AFTER = 8000;
const GATEWAY_TROUBLE = new Set([502, 503, 504]);
const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.hasAttribute("data-sending")) {
    event.preventDefault();
    return;
  }
  if (event.defaultPrevented || form.method !== "post") return;
  const body = new FormData(form, event.submitter);
  block(form, event.submitter);
  if (!form.hasAttribute("data-retry")) {
    // An answer that is a file leaves the page standing; the request key still guards the act.
    setTimeout(() => release(form), RELEASE_AFTER);
    return;
  }
  event.preventDefault();
  send(form, body);
});

// A page taken back from the browser's memory must not come with a blocked form.
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sending]").forEach(release);
});

window.addEventListener("popstate", () => location.reload());

function block(form, submitter) {
  form.setAttribute("data-sending", "");
  const button = submitter ?? form.querySelector("button:not([type=button])");
  if (!button) return;
  button.setAttribute("aria-disabled", "true");
  if (button.dataset.busy) {
    button.dataset.calm = button.textContent;
    button.textContent = button.dataset.busy;
  }
}

function release(form) {
  form.removeAttribute("data-sending");
  form.querySelectorAll("button[aria-disabled]").forEach((button) => {
    button.removeAttribute("aria-disabled");
    if (button.dataset.calm) button.textContent = button.dataset.calm;
  });
}

async function send(form, body) {
  for (let attempt = 0; ; attempt += 1) {
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        body: form.enctype === "multipart/form-data" ? body : new URLSearchParams(body),
        credentials: "same-origin",
        headers: { Accept: "text/html" },
        signal: AbortSignal.timeout?.(PATIENCE),
      });
      const last = attempt >= PAUSES.length;
      if (GATEWAY_TROUBLE.has(answer.status) && !last) throw new Error("gateway");
      await show(answer);
      return;
    } catch {
      // No answer does not mean no effect: ask again with the very same request key.
      if (attempt >= PAUSES.length) {
        tell(form, form.dataset.retryFailed, "bad");
        release(form);
        return;
      }
      tell(form, form.dataset.retryWords, "wait");
      await pause(PAUSES[attempt]);
    }
  }
}

function tell(form, words, tone) {
  let place = form.querySelector("[data-sending-status]");
  if (!place) {
    place = document.createElement("p");
    place.setAttribute("data-sending-status", "");
    place.setAttribute("role", "status");
    form.append(place);
  }
  place.className = `notice tone-${tone}`;
  place.textContent = words;
}

// The answer is a whole page. It is shown in place, because loading its address again would use up
// messages that are shown once.
async function show(answer) {
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  await loadScripts(page);
  document.title = page.title;
  document.body.replaceWith(document.adoptNode(page.body));
  if (answer.redirected) history.pushState({}, "", answer.url);
  window.scrollTo(0, 0);
  document.querySelector("#main")?.focus({ preventScroll: true });
}

function loadScripts(page) {
  const wanted = [...page.head.querySelectorAll("script[src]")]
    .map((script) => script.getAttribute("src"))
    .filter((source) => !document.head.querySelector(`script[src="${CSS.escape(source)}"]`));
  return Promise.all(
    wanted.map(
      (source) =>
        new Promise((done) => {
          const script = document.createElement("script");
          script.type = "module";
          script.src = source;
          script.onload = script.onerror = done;
          document.head.append(script);
        }),
    ),
  );
}
