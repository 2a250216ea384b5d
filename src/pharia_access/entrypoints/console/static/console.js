// The console's one script. Documents work without it, but for what none may do: open a session from a link's fragment,
// show a secret, and copy it. Under `trusted-types 'none'` it writes text only. Its sentences stand in the templates.
"use strict";

const MARK = "X-Pharia-Access-Console";
const HEADERS = { "Content-Type": "application/x-www-form-urlencoded", [MARK]: "script" };
const find = (id) => document.getElementById(id);
const write = (id, text) => (find(id).textContent = text);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const send = (address, body = "") =>
  fetch(address, { method: "POST", headers: HEADERS, body, redirect: "manual", credentials: "same-origin" });

// What is told there in JSON; null where nobody answers.
const hear = (address, body) =>
  send(address, body)
    .then(async (answer) => ({ ok: answer.ok, ...(await answer.json()) }))
    .catch(() => null);

const focusHeading = () =>
  document.querySelector("[autofocus]") || find("title")?.focus({ preventScroll: true });

function addLocalTimes(root) {
  const zoned = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
  const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
  for (const time of root.querySelectorAll("time, td[title]")) {
    const at = time.dateTime || time.title;
    time.title = `${at.replace("T", " ").replace("Z", " UTC")} · ${zoned.format(new Date(at))} your time`;
    if ("zone" in time.dataset) time.after(` (${clock.format(new Date(at))} your time)`);
  }
}

const showWhatNeedsScript = () => document.querySelectorAll("[data-script]").forEach((each) => (each.hidden = false));

// At the window: pages that stay live get other forms.
function mindForms() {
  let sent = new WeakSet();
  addEventListener("pageshow", () => (sent = new WeakSet())); // Back leads to the same page
  addEventListener("submit", (event) => {
    if (event.target.method !== "post") return;
    if (sent.has(event.target)) event.preventDefault();
    sent.add(event.target);
  });
  addEventListener("formdata", ({ target, formData }) => {
    if (target.method === "post") return;
    for (const [name, value] of [...formData]) if (!value) formData.delete(name);
  });
  addEventListener("change", ({ target }) => {
    const [all, boxes] = [find("tick-all"), [...document.querySelectorAll("#ticked input[name=token]")]];
    if (target === all) boxes.forEach((box) => (box.checked = all.checked));
    else if (all) all.checked = boxes.every((box) => box.checked);
  });
}

function keepTokensOut() {
  const token = /[a-z2-7]{16}_[0-9A-Za-z]{8}/; // see domain/token.py, and addresses are kept
  const [caught, notice] = [new WeakSet(), find("notice")];
  addEventListener("input", ({ target }) => {
    caught.delete(target.form);
    if (target.id === "found" || !token.test(target.value)) return;
    target.value = "";
    if (target.form) caught.add(target.form);
    if (notice) notice.textContent = notice.dataset.caught;
  });
  const unlessCaught = (event) => {
    if (!caught.delete(event.target)) return; // sent at once: the notice is to be read
    event.preventDefault();
    event.stopPropagation();
  };
  addEventListener("submit", unlessCaught, true);
}

function checksum(text) {
  const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  let crc = -1;
  for (const each of text) {
    crc ^= each.charCodeAt(0);
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  let written = "";
  for (let left = ~crc >>> 0; written.length < 6; left = Math.floor(left / 62)) written = digits[left % 62] + written;
  return written;
}

function idOf(text) {
  for (const [whole, id] of text.matchAll(/[a-z][a-z0-9]{1,9}_([a-z2-7]{16})_[0-9A-Za-z]{49}(?![0-9A-Za-z])/g)) {
    // What stands before may look like its prefix: the n of an escaped line break.
    for (let body = whole; body.indexOf("_") > 1; body = body.slice(1)) {
      if (checksum(body.slice(0, -6)) === body.slice(-6)) return id;
    }
  }
  return /^\s*[a-z2-7]{16}\s*$/.test(text) ? text.trim() : "";
}

function lookUp(form) {
  const [found, told] = [find("found"), find("found-told")];
  addEventListener("pagehide", () => (found.value = ""));
  form.addEventListener("submit", (event) => {
    find("found-id").value = idOf(found.value);
    found.value = "";
    if (find("found-id").value) return;
    event.preventDefault();
    told.textContent = told.dataset.part;
  });
}

async function openSession(form) {
  const [key, told] = [location.hash.slice(1), find("opening")];
  if (!key) return write("opening", told.dataset.bare);
  history.replaceState(null, "", location.pathname);
  const answer = await send(form.action, new URLSearchParams({ key })).catch(() => null);
  if (answer?.type === "opaqueredirect") location.replace(new URL("./", form.action));
  else told.textContent = told.dataset.used;
}

function tellEnd(told) {
  const form = told.closest("form");
  const tell = () => {
    const chosen = form.elements.life.value;
    const length = parseInt(chosen, 10) * (chosen.endsWith("h") ? 36e5 : 864e5);
    const end = chosen === "date" ? Date.parse(form.elements.date.value) : Date.now() + length;
    const shown = (timeZone) => new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "short", timeZone }).format(end);
    told.textContent = isNaN(end) ? "" : `Ends on ${shown("UTC")} UTC (${shown()} your time).`;
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
  if (!("kept" in form.dataset)) {
    form.addEventListener("input", tell);
    tell();
  }
}

// The box that shows a secret until it is stored.
function showSecrets(dialog) {
  const say = dialog.dataset;
  let text, masked, revealed, busy;
  const tell = (sentence) => write("secret-state", sentence);
  const prefix = () => (find("as-variable").checked ? "AA_API_TOKEN=" : "");
  const show = () => write("secret-text", prefix() + ((revealed ? text : masked) ?? ""));

  function wipe() {
    if (!dialog.isConnected) return;
    text = masked = revealed = null;
    write("secret-text", "");
    write("reveal", "Reveal");
    find("stored").hidden = find("leaving").hidden = true;
    delete say.has;
    tell("");
  }

  function close() {
    wipe();
    dialog.close();
  }

  function ask(asked) {
    find("leaving").hidden = !asked;
    if (asked) find("go-back").focus();
  }

  const leave = () => (text ? ask(true) : close());

  async function watch() {
    for (let left = 900; text && left > 0; left -= 1) {
      await pause(1000);
      if (!text || busy || document.hidden) continue;
      const told = await hear(say.state);
      if (told?.state === "gone" && text && !busy) return tell(told.why);
    }
  }

  function ready(told) {
    [text, masked, revealed, say.has] = [told.text, told.masked, false, "secret"];
    tell(say.here);
    show();
    find("copy").focus();
    watch();
  }

  async function look() {
    const told = await hear(say.secret);
    if (!dialog.open) return false;
    if (told?.state === "ready") ready(told);
    else tell(told ? told.why : say.silent);
    return told?.state === "waiting";
  }

  async function open() {
    if (!dialog.open) dialog.showModal();
    ask();
    if (busy || text) return;
    busy = true;
    while (dialog.open && !text && (await look())) await pause(1000);
    busy = false;
  }

  function reveal() {
    revealed = !revealed;
    write("reveal", revealed ? "Hide" : "Reveal");
    find("stored").hidden = !revealed;
    show();
  }

  async function confirm(how = "") {
    if (busy) return;
    busy = true;
    const told = await hear(say.collected, new URLSearchParams({ how }));
    busy = false;
    if (told?.ok) {
      close();
      return location.replace(say.done);
    }
    tell(told ? told.why : say.unheard);
    if (!told) find("stored").hidden = false;
  }

  async function copy() {
    try {
      await navigator.clipboard.writeText(prefix() + text);
    } catch {
      return tell(say.uncopied);
    }
    return confirm("copied");
  }

  const acts = { "show-secret": open, close: leave, "close-anyway": close, "go-back": ask, reveal, copy, stored: confirm, store: wipe };
  for (const [id, act] of Object.entries(acts)) find(id)?.addEventListener("click", () => act());
  find("as-variable").addEventListener("change", show);
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    leave();
  });
  addEventListener("pagehide", wipe);
  addEventListener("pageshow", (event) => event.persisted && location.reload());
  addEventListener("beforeunload", (event) => text && event.preventDefault());
  if ("auto" in say) open();
}

const keyOf = (node) => (node.nodeName === "TR" && node.querySelector("tbody th a")?.href) || node.id;

// Makes a node like another; keeps focus, scroll and what was typed.
function become(node, other) {
  if (node.nodeType === Node.TEXT_NODE && node.data !== other.data) node.data = other.data;
  if (!node.attributes || node.matches("dialog, #notice")) return;
  for (const { name } of [...node.attributes, ...other.attributes]) {
    if (/^(open|hidden)$/.test(name)) continue;
    if (other.hasAttribute(name)) node.setAttribute(name, other.getAttribute(name));
    else node.removeAttribute(name);
  }
  const [keys, known] = [other, node].map(({ children }) => new Map([...children].map((each) => [keyOf(each), each])));
  let at = node.firstChild;
  const next = () => [at, (at = at.nextSibling)][0];
  for (const child of [...other.childNodes]) {
    while (at && keyOf(at) && !keys.has(keyOf(at))) next().remove();
    const key = keyOf(child);
    const same = key ? known.get(key) : !keyOf(at ?? child) && at?.nodeName === child.nodeName && at;
    if (same && same === at) next();
    else node[same && node.moveBefore ? "moveBefore" : "insertBefore"](same || child, at); // a move keeps the focus
    if (same) become(same, child);
  }
  while (at) next().remove();
}

const rowsOf = (main) => new Set([...main.querySelectorAll("tbody tr")].map(keyOf));
const missing = (some, others) => [...some].filter((each) => !others.has(each)).length;

function stayLive(main) {
  const address = main.dataset.live;
  let heard = Date.now();
  let [source, due, busy, skew, opened] = [null, 0, 0, 0, heard];
  let [said, rows, rowsTold, rowsToldAt] = [[], rowsOf(main), "", 0];
  const close = () => (source = source?.close());

  function tell(state, sentence) {
    said = [state, sentence];
    const line = find("live");
    if (line.textContent !== sentence + rowsTold) line.textContent = sentence + rowsTold;
    line.className = state;
    for (const each of main.querySelectorAll(".actions:not(dialog *)")) each.inert = state === "away";
  }

  function tellRows() {
    const now = rowsOf(main);
    const [added, gone] = [missing(now, rows), missing(rows, now)];
    if (!(added || gone) || Date.now() - rowsToldAt < 5e3) return;
    [rows, rowsToldAt, rowsTold] = [now, Date.now(), ` Rows on this page: ${added} new, ${gone} gone.`];
    tell(...said);
  }

  const lose = () =>
    tell("away", `Not live since ${new Date(heard).toISOString().slice(11, 16)} UTC: the console is silent.`);

  function open() {
    if (source || document.hidden) return;
    opened = Date.now();
    source = new EventSource(address);
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

  async function renew(by = "script") {
    const asked = new XMLHttpRequest(); // no text becomes HTML
    const { href } = location;
    asked.responseType = "document";
    asked.open("GET", href);
    asked.setRequestHeader(MARK, by);
    asked.send();
    await new Promise((resolve) => (asked.onloadend = resolve));
    const box = document.querySelector("dialog[open]");
    const told = asked.status < 500 && asked.response;
    if (box) box.onclose = refresh;
    else if (told && href === location.href) {
      addLocalTimes(told);
      if (by !== "script") find("filter")?.reset();
      become(main, told.querySelector("main"));
      showWhatNeedsScript();
    }
    return told;
  }

  // Another order, filter or page of a list: other rows in the same document.
  async function turn() {
    if (!document.activeElement.closest("thead")) focusHeading();
    if (!(await renew("person"))) location.reload();
    [rows, rowsTold] = [rowsOf(main), ""];
  }

  window.navigation?.addEventListener("navigate", (event) => {
    const [to, from] = [event.destination.url, location.href].map((url) => url.split("?")[0]);
    const turns = to === from && !event.hashChange && event.navigationType !== "reload";
    if (turns && event.canIntercept && find("filter")) event.intercept({ handler: turn, focusReset: "manual" });
  });

  // A form stays, and tells what happened to its object.
  async function lookMeanwhile(line) {
    const told = await hear(line.dataset.meanwhile);
    if (told?.ok && line.textContent !== told.why) line.textContent = told.why;
  }

  async function refresh() {
    due = 1;
    if (busy) return;
    busy = 1;
    while (due) {
      [due, main.ariaBusy] = [0, true];
      const began = Date.now();
      await (find("meanwhile") ? lookMeanwhile(find("meanwhile")) : renew());
      main.ariaBusy = false;
      await pause(Math.max(250, 2 * (Date.now() - began))); // a long page leaves the machine time
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
    tellRows();
    if (Date.now() - Math.max(heard, opened) < 25e3) return;
    if (source) lose();
    close();
    open();
  }, 250);
  window.onpageshow = window.onfocus = open;
  window.onpagehide = close;
  document.onvisibilitychange = () => (document.hidden ? close : open)();
}

addLocalTimes(document);
showWhatNeedsScript();
focusHeading(); // makes a layout
mindForms();
keepTokensOut();
Object.entries({
  "look-up": lookUp,
  open: openSession,
  "ends-told": tellEnd,
  "roles-form": saveWhatDiffers,
  "secret-dialog": showSecrets,
  main: (main) => main.dataset.live && stayLive(main),
}).forEach(([id, begin]) => find(id) && begin(find(id)));
