// The console's one script. It adds comfort to documents that work without it, and does the three things that no
// document may do: open a session from a link's fragment, show a secret, and copy it. It writes text only by
// `textContent`: under `trusted-types 'none'` nothing else would be possible.
"use strict";

const HEADERS = {
  "Content-Type": "application/x-www-form-urlencoded",
  "X-Pharia-Access-Console": "script",
};
const find = (id) => document.getElementById(id);
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const send = (address, body = "") =>
  fetch(address, { method: "POST", headers: HEADERS, body, redirect: "manual", credentials: "same-origin" });

function focusHeading() {
  if (!document.querySelector("[autofocus]")) find("title")?.focus({ preventScroll: true });
}

function addLocalTimes(root) {
  const zoned = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
  const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
  for (const time of root.querySelectorAll("time[datetime]")) {
    const moment = new Date(time.dateTime);
    time.title = `${time.dateTime.replace("T", " ").replace("Z", " UTC")} · ${zoned.format(moment)} your time`;
    if (time.dataset.zone !== undefined) time.after(` (${clock.format(moment)} your time)`);
  }
}

function sendFormsOnce() {
  const forms = document.querySelectorAll("form[method=post]");
  addEventListener("pageshow", () => forms.forEach((form) => delete form.dataset.sent)); // Back leads to the same page
  for (const form of forms) {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = "yes";
    });
  }
}

function keepTokensOut() {
  const token = /[a-z2-7]{16}_[0-9A-Za-z]{8}/; // see domain/token.py; a search becomes an address, which is kept
  const caught = new WeakSet();
  addEventListener("input", ({ target }) => {
    caught.delete(target.form);
    if (target.id === "found" || !token.test(target.value)) return;
    target.value = "";
    if (target.form) caught.add(target.form);
    if (find("notice")) find("notice").textContent = "The field held the text of a token: it did not leave this page. To find its token, paste the text on the page Look up a token.";
  });
  const unlessCaught = (event) => {
    if (!caught.delete(event.target)) return; // pasted, and sent at once: the notice is to be read first
    event.preventDefault();
    event.stopPropagation();
  };
  addEventListener("submit", unlessCaught, true);
}

function checksum(text) {
  const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  let crc = -1;
  for (const character of text) {
    crc ^= character.charCodeAt(0);
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  let written = "";
  for (let left = ~crc >>> 0; written.length < 6; left = Math.floor(left / 62)) written = digits[left % 62] + written;
  return written;
}

function idOf(text) {
  for (const [whole, id] of text.matchAll(/[a-z][a-z0-9]{1,9}_([a-z2-7]{16})_[0-9A-Za-z]{49}(?![0-9A-Za-z])/g)) {
    // What stands before a token may look like a part of its prefix: the n of an escaped line break.
    for (let body = whole; body.indexOf("_") > 1; body = body.slice(1)) {
      if (checksum(body.slice(0, -6)) === body.slice(-6)) return id;
    }
  }
  return /^\s*[a-z2-7]{16}\s*$/.test(text) ? text.trim() : "";
}

function lookUp(form) {
  const found = find("found");
  form.hidden = false;
  addEventListener("pagehide", () => (found.value = ""));
  form.addEventListener("submit", (event) => {
    find("found-id").value = idOf(found.value);
    found.value = "";
    if (find("found-id").value) return;
    event.preventDefault();
    find("found-told").textContent = "This is no whole token: a part is missing or mistyped. Nothing was sent. A terminal finds a part, too: kubectl access token whois --stdin.";
  });
}

async function openSession(form) {
  const key = location.hash.slice(1);
  if (!key) {
    find("opening").textContent = "Open the link that the terminal shows, or type its key.";
    return;
  }
  history.replaceState(null, "", location.pathname);
  const answer = await send(form.action, new URLSearchParams({ key })).catch(() => null);
  if (answer?.type === "opaqueredirect") location.replace(new URL("./", form.action));
  else find("opening").textContent = "This key opens nothing: it was used already, or it is too old. Run kubectl access console again.";
}

function tellEnd(form) {
  const told = find("ends-told");
  const tell = () => {
    const chosen = form.elements.life.value;
    const length = Number.parseInt(chosen, 10) * (chosen.endsWith("h") ? 36e5 : 864e5);
    const end = chosen === "date" ? new Date(`${form.elements.date.value}T00:00:00Z`) : new Date(Date.now() + length);
    if (Number.isNaN(end.getTime())) {
      told.textContent = "";
      return;
    }
    const shown = (zone) => new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "short", timeZone: zone }).format(end);
    told.textContent = `Ends on ${shown("UTC")} UTC (${shown(undefined)} your time).`;
  };
  form.addEventListener("input", tell);
  tell();
}

function saveWhatDiffers(form) {
  const boxes = [...form.querySelectorAll("input[type=checkbox][name=role]")];
  const save = find("save");
  const tell = () => {
    const removed = boxes.filter((box) => box.defaultChecked && !box.checked).length;
    save.disabled = !boxes.some((box) => box.checked !== box.defaultChecked);
    save.textContent = removed ? `Save and take away ${removed} ${removed === 1 ? "role" : "roles"}` : "Save";
  };
  if (form.dataset.kept === undefined) {
    form.addEventListener("input", tell);
    tell();
  }
}

function askForLess(form) {
  form.addEventListener("formdata", ({ formData }) => {
    for (const [name, value] of [...formData]) if (!value) formData.delete(name);
  });
}

function tickAll(all) {
  const boxes = [...document.querySelectorAll("#ticked input[name=token]")];
  const tell = () => (all.checked = boxes.length > 0 && boxes.every((box) => box.checked));
  all.hidden = false;
  all.addEventListener("change", () => boxes.forEach((box) => (box.checked = all.checked)));
  find("ticked").addEventListener("change", (event) => event.target === all || tell());
  addEventListener("pageshow", tell);
}

class SecretBox {
  constructor(dialog) {
    this.dialog = dialog;
    this.text = null;
    this.busy = false;
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.leave();
    });
    find("show-secret").hidden = false;
    find("show-secret").addEventListener("click", () => this.open());
    find("close").addEventListener("click", () => this.leave());
    find("close-anyway").addEventListener("click", () => this.close());
    find("go-back").addEventListener("click", () => this.ask(false));
    find("reveal").addEventListener("click", () => this.reveal());
    find("as-variable").addEventListener("change", () => this.show());
    find("copy").addEventListener("click", () => this.copy());
    find("store")?.addEventListener("click", () => this.wipe()); // leads elsewhere: nothing to ask about
    find("stored").addEventListener("click", () => this.confirm(""));
    addEventListener("pagehide", () => this.wipe());
    addEventListener("pageshow", (event) => event.persisted && location.reload());
    addEventListener("beforeunload", (event) => this.text && event.preventDefault());
  }

  async open() {
    if (!this.dialog.open) this.dialog.showModal();
    this.ask(false);
    if (this.busy || this.text) return;
    this.busy = true;
    while (this.dialog.open && !this.text && (await this.look())) await pause(1000);
    this.busy = false;
  }

  async look() {
    try {
      const answer = await send(this.dialog.dataset.secret);
      const told = await answer.json();
      if (!this.dialog.open) return false;
      if (told.state === "ready") this.ready(told);
      else this.tell(told.why);
      return told.state === "waiting";
    } catch {
      this.tell("The console does not answer. Nothing is lost: try again.");
      return false;
    }
  }

  ready(told) {
    this.text = told.text;
    this.masked = told.masked;
    this.revealed = false;
    this.tell("The secret is here.");
    for (const id of ["secret-line", "variable-line", "reveal", "copy"]) find(id).hidden = false;
    this.show();
    find("copy").focus();
    this.watch();
  }

  async watch() {
    for (let left = 900; this.text && left > 0; left -= 1) {
      await pause(1000);
      if (!this.text || this.busy || document.hidden) continue;
      const told = await send(this.dialog.dataset.state).then((answer) => answer.json()).catch(() => ({}));
      if (told.state !== "gone" || !this.text || this.busy) continue;
      this.tell(told.why);
      return;
    }
  }

  show() {
    const shown = this.revealed ? this.text : this.masked;
    find("secret-text").textContent = this.prefix() + (shown ?? "");
  }

  prefix() {
    return find("as-variable").checked ? "AA_API_TOKEN=" : "";
  }

  reveal() {
    this.revealed = !this.revealed;
    find("reveal").textContent = this.revealed ? "Hide" : "Reveal";
    find("stored").hidden = !this.revealed;
    this.show();
  }

  async copy() {
    try {
      await navigator.clipboard.writeText(this.prefix() + this.text);
    } catch {
      this.tell("Copying did not work. Reveal it, select it, store it. Then choose: I have stored it.");
      return;
    }
    await this.confirm("copied");
  }

  async confirm(how) {
    if (this.busy) return;
    this.busy = true;
    try {
      const answer = await send(this.dialog.dataset.collected, new URLSearchParams({ how }));
      const told = await answer.json();
      if (answer.ok) {
        this.close();
        location.replace(this.dialog.dataset.done);
        return;
      }
      this.tell(told.why);
    } catch {
      this.tell("The console does not answer. You have the secret; choose again: I have stored it.");
      find("stored").hidden = false;
    } finally {
      this.busy = false;
    }
  }

  leave() {
    if (this.text) this.ask(true);
    else this.close();
  }

  ask(asked) {
    find("leaving").hidden = !asked;
    if (asked) find("go-back").focus();
  }

  close() {
    this.wipe();
    this.dialog.close();
  }

  wipe() {
    if (!this.dialog.isConnected) return;
    this.text = null;
    this.masked = null;
    this.revealed = false;
    find("secret-text").textContent = "";
    find("reveal").textContent = "Reveal";
    this.tell("");
    for (const id of ["secret-line", "variable-line", "reveal", "copy", "stored", "leaving"]) find(id).hidden = true;
  }

  tell(sentence) {
    find("secret-state").textContent = sentence;
  }
}

const keyOf = (node) => (node.nodeName === "TR" && node.querySelector("th a")?.href) || node.id;

// Makes a node like another one, and keeps focus, scroll and what was typed.
function become(node, other) {
  if (node.nodeType === Node.TEXT_NODE && node.data !== other.data) node.data = other.data;
  if (!node.attributes || node.matches("dialog, #notice")) return;
  for (const { name } of [...node.attributes, ...other.attributes]) {
    if (/^(open|hidden)$/.test(name)) continue;
    if (other.hasAttribute(name)) node.setAttribute(name, other.getAttribute(name));
    else node.removeAttribute(name);
  }
  const keys = new Set([...other.children].map(keyOf));
  let at = node.firstChild;
  const next = () => [at, (at = at.nextSibling)][0];
  for (const child of [...other.childNodes]) {
    while (at && keyOf(at) && !keys.has(keyOf(at))) next().remove();
    const key = keyOf(child);
    const same = key ? [...node.children].find((each) => keyOf(each) === key) : !keyOf(at ?? child) && at?.nodeName === child.nodeName && at;
    if (same && same === at) next();
    else node.insertBefore(same || child, at);
    if (same) become(same, child);
  }
  while (at) next().remove();
}

function stayLive(main) {
  let heard = Date.now();
  let [source, due, busy, skew, opened] = [null, 0, 0, 0, heard];
  const close = () => (source = source?.close());

  function tell(state, sentence) {
    const line = find("live");
    if (line.textContent !== sentence) line.textContent = sentence;
    line.className = state;
    for (const each of main.querySelectorAll(".actions:not(dialog *)")) each.inert = state === "away";
  }

  const lose = () =>
    tell("away", `Not live since ${new Date(heard).toISOString().slice(11, 16)} UTC: the console is silent.`);

  function open() {
    if (source || document.hidden) return;
    opened = Date.now();
    source = new EventSource(main.dataset.live);
    source.onerror = () => (source.readyState > 1 ? close() : lose());
    source.onmessage = ({ data }) => {
      const told = JSON.parse(data);
      heard = Date.now();
      skew = told.now - heard;
      tell(told.state, told.say);
      if (told.changed) refresh();
      if (told.ended) close();
    };
  }

  const renew = (done) => {
    const asked = new XMLHttpRequest(); // no text becomes HTML
    asked.responseType = "document";
    asked.open("GET", location.href);
    asked.setRequestHeader("X-Pharia-Access-Console", "script");
    asked.onloadend = () => done(asked.status < 500 && asked.response);
    asked.send();
  };

  async function refresh() {
    due = 1;
    if (busy) return;
    busy = 1;
    while (due) {
      [due, main.ariaBusy] = [0, true];
      const page = await new Promise(renew);
      const box = document.querySelector("dialog[open]");
      if (box) box.onclose = refresh;
      else if (page) {
        addLocalTimes(page);
        become(main, page.querySelector("main"));
      }
      main.ariaBusy = false;
      await pause(250);
    }
    busy = 0;
  }

  setInterval(() => {
    for (const each of main.querySelectorAll("[data-ends]")) {
      if (Date.parse(each.dataset.ends) > Date.now() + skew) continue;
      each.textContent = "Expired";
      delete each.dataset.ends;
      refresh();
    }
    if (Date.now() - Math.max(heard, opened) < 25e3) return;
    if (source) lose();
    close();
    open();
  }, 250);
  window.onpageshow = window.onfocus = open;
  window.onpagehide = close;
  document.onvisibilitychange = () => (document.hidden ? close() : open());
}

addLocalTimes(document);
focusHeading();
sendFormsOnce();
keepTokensOut();
if (find("look-up")) lookUp(find("look-up"));
if (find("open")) openSession(find("open"));
if (find("ends-told")) tellEnd(find("ends-told").closest("form"));
if (find("filter")) askForLess(find("filter"));
if (find("tick-all")) tickAll(find("tick-all"));
if (find("roles-form")) saveWhatDiffers(find("roles-form"));
if (find("secret-dialog")) {
  const box = new SecretBox(find("secret-dialog"));
  if (find("secret-dialog").dataset.auto !== undefined) box.open();
}
if (find("main").dataset.live) stayLive(find("main"));
