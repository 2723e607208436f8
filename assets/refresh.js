// <hg-refresh>: asks the server for a new fragment every so many seconds, and says when it cannot.
//   data-refresh-url      address of the fragment
//   data-refresh-seconds  how long a fragment stays true, unless it says so itself:
//   data-next-seconds     on an element of the fragment
//   <p data-stale hidden> words shown while what is on screen may be out of date
class Refresh extends HTMLElement {
  connectedCallback() {
    this.onVisible = () => document.visibilityState === "visible" && this.#isDue() && this.#load();
    document.addEventListener("visibilitychange", this.onVisible);
    this.#wait(this.#seconds);
  }

  disconnectedCallback() {
    document.removeEventListener("visibilitychange", this.onVisible);
    clearTimeout(this.timer);
  }

  get #seconds() {
    const said = this.querySelector("[data-next-seconds]")?.dataset.nextSeconds;
    // A second more, so that a clock running ahead does not get the old fragment again.
    return said ? Number(said) + 1 : Number(this.dataset.refreshSeconds) || 45;
  }

  #isDue() {
    return Date.now() >= this.dueAt;
  }

  #wait(seconds) {
    clearTimeout(this.timer);
    this.dueAt = Date.now() + seconds * 1000;
    this.timer = setTimeout(() => this.#load(), seconds * 1000);
  }

  async #load() {
    // A phone in a pocket asks for nothing; it asks at once when it is looked at again.
    if (document.visibilityState !== "visible") return;
    clearTimeout(this.timer);
    try {
      const answer = await fetch(this.dataset.refreshUrl, {
        cache: "no-store",
        credentials: "same-origin",
        headers: { "HX-Request": "true" },
        signal: AbortSignal.timeout?.(8000),
      });
      if (answer.redirected || !answer.ok) throw new Error(`status ${answer.status}`);
      this.querySelector("[data-fragment]").innerHTML = await answer.text();
      this.#mark(false);
      this.#wait(this.#seconds);
    } catch {
      this.#mark(true);
      this.#wait(5);
    }
  }

  #mark(stale) {
    this.classList.toggle("is-stale", stale);
    const words = this.querySelector("[data-stale]");
    if (words) words.hidden = !stale;
  }
}

customElements.define("hg-refresh", Refresh);
