// The form that builds a document: offers the comparisons that fit the chosen fact, says what its
// value may be, and keeps the preview and the eye in place when rows come and go.
const body = () => document.querySelector("#builder-body");

function fit(fact) {
  const chosen = fact.selectedOptions[0];
  const row = fact.closest(".condition");
  const operator = row.querySelector("[data-operator]");
  const fitting = (chosen?.dataset.operators ?? "").split(" ").filter(Boolean);
  for (const option of operator.options) {
    const fits = !fitting.length || !option.value || fitting.includes(option.value);
    option.hidden = option.disabled = !fits;
  }
  if (operator.selectedOptions[0]?.disabled) operator.value = "";
  if (fitting.length && !operator.value) operator.value = fitting[0];
  row.querySelector("[data-value-hint]").textContent = chosen?.dataset.hint ?? "";
}

const fitAll = () => document.querySelectorAll("[data-fact]").forEach(fit);

document.addEventListener("change", (event) => {
  if (event.target.matches?.("[data-fact]")) fit(event.target);
});

// An answer that is not the form (a sign-in page, say) must not take the place of what was typed.
document.addEventListener("htmx:beforeSwap", (event) => {
  const answer = event.detail.xhr;
  const whole = event.detail.target === body();
  if (whole && !answer.responseText.includes('id="builder-body"')) event.detail.shouldSwap = false;
});

document.addEventListener("htmx:afterSettle", (event) => {
  const step = event.detail.requestConfig?.parameters?.get?.("step") ?? "";
  if (!step.startsWith("add:") && !step.startsWith("drop:")) return;
  fitAll();
  const place = document.getElementById(`f-${step.slice(step.indexOf(":") + 1)}`);
  const rows = place?.querySelectorAll(":scope > .one-row, :scope > .condition");
  const last = rows?.[rows.length - 1];
  last?.querySelector("input, select")?.focus({ preventScroll: false });
  document.querySelector("#builder").dispatchEvent(new Event("input", { bubbles: true }));
});

fitAll();
