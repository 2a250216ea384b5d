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
  for (const form of document.querySelectorAll("form[method=get]")) {
    form.addEventListener("submit", (event) => {
      const pasted = [...form.elements].filter((field) => token.test(field.value));
      if (pasted.length === 0) return;
      event.preventDefault();
      for (const field of pasted) field.value = "";
      find("notice").textContent = "The field held the text of a token: it did not leave this page. To find its token, pipe the text to kubectl access token whois --stdin.";
    });
  }
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

const load = (address) =>
  new Promise((resolve, reject) => {
    const request = new XMLHttpRequest(); // it reads a document: no text becomes HTML here
    request.responseType = "document";
    request.open("GET", address);
    request.setRequestHeader("X-Pharia-Access-Console", "script");
    request.onloadend = () => (request.response && request.status < 500 ? resolve(request.response) : reject());
    request.send();
  });

const keyOf = (node) => (node.nodeName === "TR" && node.querySelector("th a")?.href) || node.id || "";

// Makes a node like another one, and touches only what differs: focus, scroll and what was typed stay.
function become(node, other) {
  if (node.nodeType === Node.TEXT_NODE && node.data !== other.data) node.data = other.data;
  if (!node.attributes || node.matches("dialog, #notice")) return;
  const own = ["open", "hidden"]; // what the person or this script opened
  for (const { name } of [...node.attributes]) if (!own.includes(name) && !other.hasAttribute(name)) node.removeAttribute(name);
  for (const { name, value } of other.attributes) if (!own.includes(name) && node.getAttribute(name) !== value) node.setAttribute(name, value);
  const keys = new Set([...other.children].map(keyOf));
  let at = node.firstChild;
  const next = () => {
    const past = at;
    at = at.nextSibling;
    return past;
  };
  for (const child of [...other.childNodes]) {
    while (at && keyOf(at) && !keys.has(keyOf(at))) next().remove();
    const key = keyOf(child);
    const found = key ? [...node.children].find((each) => keyOf(each) === key) : at && !keyOf(at) && at.nodeName === child.nodeName && at;
    if (found === at && at) next();
    else node.insertBefore(found || child, at);
    if (found) become(found, child);
  }
  while (at) next().remove();
}

class LivePage {
  constructor(main) {
    this.main = main;
    this.skew = 0;
    addEventListener("pagehide", () => this.close());
    addEventListener("pageshow", (event) => event.persisted && this.open());
    addEventListener("focus", () => this.open());
    document.addEventListener("visibilitychange", () => (document.hidden ? this.close() : this.open()));
    document.addEventListener("click", (event) => {
      if (event.target.closest("[aria-disabled]")) event.preventDefault();
    });
    setInterval(() => this.tick(), 250);
    if (!document.hidden) this.open();
  }

  open() {
    if (this.source || this.over) return;
    this.source = new EventSource(this.main.dataset.live);
    this.heard = Date.now();
    const on = (name, act) => this.source.addEventListener(name, (event) => act(JSON.parse(event.data)));
    on("state", (told) => this.hear(told));
    on("changed", () => this.refresh());
    on("over", () => this.end("You are signed out.", true));
    on("moved", () => this.end("Other tabs of the console are live. This one looks every 15 seconds.", false));
    this.source.onerror = () => this.lose();
  }

  close() {
    this.source?.close();
    this.source = null;
  }

  end(sentence, over) {
    this.close();
    this.over = over;
    this.moved = over ? 0 : Date.now();
    this.tell(over ? "away" : "partly", sentence);
  }

  hear(told) {
    this.heard = Date.now();
    this.moved = 0;
    this.skew = told.now - this.heard;
    this.tell(told.state, told.say);
  }

  lose() {
    const since = new Date(this.heard).toISOString().slice(11, 16);
    this.tell("away", `Not live since ${since} UTC: the console does not answer.`);
    if (this.source?.readyState === EventSource.CLOSED) this.close();
  }

  tell(state, sentence) {
    if (find("live").textContent !== sentence) find("live").textContent = sentence;
    document.body.dataset.live = state;
    const off = state === "away";
    for (const each of this.main.querySelectorAll(".actions > *")) {
      if (off) each.setAttribute("aria-disabled", "true");
      else each.removeAttribute("aria-disabled");
    }
  }

  tick() {
    const now = Date.now();
    for (const each of this.main.querySelectorAll("[data-ends]")) {
      if (Date.parse(each.dataset.ends) > now + this.skew) continue;
      each.textContent = "Expired";
      delete each.dataset.ends;
      this.refresh();
    }
    if (this.moved && now - this.moved > 15000) {
      this.moved = now;
      this.refresh();
    }
    if (this.moved || this.over || document.hidden || now - this.heard < 25000) return;
    this.lose();
    this.close();
    const heard = this.heard;
    this.open();
    this.heard = heard;
  }

  async refresh() {
    this.due = true;
    if (this.busy) return;
    this.busy = true;
    while (this.due) {
      this.due = false;
      await this.renew().catch(() => {});
      await pause(250);
    }
    this.busy = false;
  }

  async renew() {
    const page = await load(location.href);
    const box = document.querySelector("dialog[open]");
    if (box) {
      box.addEventListener("close", () => this.refresh(), { once: true });
      return;
    }
    addLocalTimes(page);
    document.title = page.title;
    become(this.main, page.querySelector("main"));
  }
}

addLocalTimes(document);
focusHeading();
sendFormsOnce();
keepTokensOut();
if (find("open")) openSession(find("open"));
if (find("ends-told")) tellEnd(find("ends-told").closest("form"));
if (find("roles-form")) saveWhatDiffers(find("roles-form"));
if (find("secret-dialog")) {
  const box = new SecretBox(find("secret-dialog"));
  if (find("secret-dialog").dataset.auto !== undefined) box.open();
}
if (find("main").dataset.live) new LivePage(find("main"));
