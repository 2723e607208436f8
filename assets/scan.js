// <hg-scanner>: reads one QR code with the camera or from a photo, fills an input, submits once.
//   data-target   selector of the input that takes the text
//   data-form     selector of the form to submit
//   data-words-*  every sentence it may say, so that pages translate them
import { prepareZXingModule, readBarcodes } from "zxing-wasm/reader";
import wasmUrl from "zxing-wasm/reader/zxing_reader.wasm?url";

const HINT_AFTER = 15000;
const CONFIRM_FOR = 350;
const STILL_EDGE = 1600;
const CAMERA = {
  audio: false,
  video: { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 720 } },
};
const READER = { formats: ["QRCode"], maxNumberOfSymbols: 1, tryHarder: true };

// By default the library would fetch its engine from somebody else's server.
prepareZXingModule({ overrides: { locateFile: () => wasmUrl }, fireImmediately: true });

async function decode(image) {
  const [found] = await readBarcodes(image, READER);
  return found?.isValid ? found.text : null;
}

class Scanner extends HTMLElement {
  #stream = null;
  #done = false;

  connectedCallback() {
    this.view = this.querySelector("[data-scan-view]");
    this.video = this.querySelector("video");
    this.startButton = this.querySelector("[data-scan-start]");
    this.stopButton = this.querySelector("[data-scan-stop]");
    this.torchButton = this.querySelector("[data-scan-torch]");
    this.still = this.querySelector("[data-scan-still]");
    this.status = this.querySelector("[data-scan-status]");
    this.canvas = document.createElement("canvas");
    this.startButton.addEventListener("click", () => this.start());
    this.stopButton.addEventListener("click", () => this.stop());
    this.torchButton.addEventListener("click", () => this.#toggleTorch());
    this.still.addEventListener("change", () => this.#readStill(this.still.files[0]));
    this.onHide = () => document.hidden && this.#stream && this.stop();
    document.addEventListener("visibilitychange", this.onHide);
    this.#rest();
    if (!navigator.mediaDevices?.getUserMedia) {
      this.startButton.hidden = true;
      this.#trouble("insecure");
    }
  }

  disconnectedCallback() {
    document.removeEventListener("visibilitychange", this.onHide);
    this.#closeCamera();
  }

  async start() {
    if (this.#stream || this.dataset.state === "opening") return;
    this.#done = false;
    this.dataset.state = "opening";
    this.#say("opening");
    try {
      this.#stream = await navigator.mediaDevices.getUserMedia(CAMERA);
      this.video.srcObject = this.#stream;
      this.view.hidden = this.stopButton.hidden = false;
      this.startButton.hidden = true;
      await this.video.play();
    } catch (error) {
      this.#rest();
      this.#trouble(this.#reason(error));
      return;
    }
    this.dataset.state = "looking";
    this.#say("looking");
    this.#offerTorch();
    this.hintTimer = setTimeout(() => this.#say("hint"), HINT_AFTER);
    this.#nextFrame();
  }

  stop() {
    if (this.#done) return;
    this.#rest();
    this.#target?.focus();
  }

  get #target() {
    return document.querySelector(this.dataset.target);
  }

  #reason(error) {
    if (error.name === "NotAllowedError" || error.name === "SecurityError") return "denied";
    if (error.name === "NotFoundError" || error.name === "OverconstrainedError") return "missing";
    return "busy";
  }

  #nextFrame() {
    if (!this.#stream || this.#done) return;
    const read = () => this.#readFrame();
    if (this.video.requestVideoFrameCallback) this.video.requestVideoFrameCallback(read);
    else setTimeout(read, 80);
  }

  async #readFrame() {
    if (!this.#stream || this.#done) return;
    const { videoWidth: width, videoHeight: height } = this.video;
    if (width) {
      const text = await decode(this.#pixels(this.video, width, height)).catch(() => null);
      if (text) {
        this.#found(text);
        return;
      }
    }
    this.#nextFrame();
  }

  async #readStill(file) {
    if (!file || this.#done) return;
    this.#rest();
    this.#say("reading");
    try {
      const image = await createImageBitmap(file);
      const scale = Math.min(1, STILL_EDGE / Math.max(image.width, image.height));
      const size = [Math.round(image.width * scale), Math.round(image.height * scale)];
      const text = await decode(this.#pixels(image, ...size));
      if (text) {
        this.#found(text);
        return;
      }
    } catch {
      // A file that is no picture is answered like a picture without a code.
    }
    this.still.value = "";
    this.#trouble("unread");
  }

  #pixels(source, width, height) {
    this.canvas.width = width;
    this.canvas.height = height;
    const context = this.canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(source, 0, 0, width, height);
    return context.getImageData(0, 0, width, height);
  }

  #found(text) {
    if (this.#done) return;
    this.#done = true;
    this.video.pause();
    this.#closeCamera();
    this.dataset.state = "found";
    this.stopButton.hidden = this.torchButton.hidden = true;
    this.#say("found");
    navigator.vibrate?.(60);
    this.#target.value = text.trim();
    // Long enough to see the tick, short enough not to be waited for.
    setTimeout(() => document.querySelector(this.dataset.form).requestSubmit(), CONFIRM_FOR);
  }

  #rest() {
    this.#closeCamera();
    this.dataset.state = "ready";
    this.view.hidden = this.stopButton.hidden = this.torchButton.hidden = true;
    this.startButton.hidden = !navigator.mediaDevices?.getUserMedia;
    this.status.textContent = "";
  }

  #closeCamera() {
    clearTimeout(this.hintTimer);
    this.#stream?.getTracks().forEach((track) => track.stop());
    this.#stream = null;
  }

  #offerTorch() {
    const track = this.#stream.getVideoTracks()[0];
    this.torchButton.hidden = !track.getCapabilities?.().torch;
    this.torchButton.setAttribute("aria-pressed", "false");
  }

  async #toggleTorch() {
    const on = this.torchButton.getAttribute("aria-pressed") !== "true";
    await this.#stream?.getVideoTracks()[0].applyConstraints({ advanced: [{ torch: on }] });
    this.torchButton.setAttribute("aria-pressed", String(on));
  }

  #trouble(reason) {
    this.dataset.state = "trouble";
    this.#say(reason);
    this.#target?.focus();
  }

  #say(key) {
    this.status.textContent = this.getAttribute(`data-words-${key}`) ?? "";
  }
}

customElements.define("hg-scanner", Scanner);
