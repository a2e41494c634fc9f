// Elements, words, numbers and times.
const SVG = "http://www.w3.org/2000/svg";
let words = {};

export async function speak(language) {
  const code = language.startsWith("fr") ? "fr" : "en";
  if (document.documentElement.lang === code && words.title) return;
  const answer = await fetch(`words/${code}.json`);
  words = await answer.json();
  document.documentElement.lang = code;
}

export function t(name, values = {}) {
  return (words[name] || name).replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");
}

export function lang() {
  return document.documentElement.lang;
}

// Days before months and 24 hours in English too, as on the pages.
export function locale() {
  return lang() === "en" ? "en-GB" : lang();
}

export function number(value) {
  return new Intl.NumberFormat(locale()).format(value);
}

export function percent(part, whole) {
  return new Intl.NumberFormat(locale(), { style: "percent", maximumFractionDigits: 1 }).format(whole ? part / whole : 0);
}

export function when(iso, zone) {
  const options = { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZone: zone };
  return new Intl.DateTimeFormat(locale(), options).format(new Date(iso));
}

// A moment as <input type="datetime-local"> takes it, on the clocks of the account.
export function localValue(iso, zone) {
  const parts = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "short", timeZone: zone });
  return parts.format(new Date(iso)).replace(" ", "T");
}

export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, value);
  }
  made.append(...children.flat().filter((each) => each != null && each !== false && each !== ""));
  return made;
}

const PATHS = {
  pause: "M7 5h3v14H7zM14 5h3v14h-3z",
  resume: "M7 4v16l13-8z",
  unvalidate: "M4 20h4L19 9l-4-4L4 16z",
  reschedule: "M12 7v5l3 3M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18",
  overview: "M4 19V10M10 19V5M16 19v-7M22 19H2",
  campaigns: "M4 6h16v12H4zM4 7l8 6l8-6",
  back: "M15 5l-7 7l7 7",
  leave: "M14 8V5H5v14h9v-3M10 12h11M18 9l3 3l-3 3",
};

export function icon(name) {
  const made = document.createElementNS(SVG, "svg");
  made.setAttribute("viewBox", "0 0 24 24");
  made.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  made.append(path);
  return made;
}

// Shares of a whole as bars, each with its words and numbers, so that colour and length are never the only sign.
export function bars(title, rows, whole) {
  const lines = rows.map(([name, value]) =>
    el("div", { class: "bar" }, el("dt", {}, t(name)), el("dd", {}, `${number(value)} · ${percent(value, whole)}`), bar(name, value, whole)));
  return el("section", { class: "card" }, el("h2", {}, title), el("dl", { class: "bars" }, lines));
}

function bar(name, value, whole) {
  const made = document.createElementNS(SVG, "svg");
  made.setAttribute("aria-hidden", "true");
  made.setAttribute("class", `share ${name}`);
  const filled = document.createElementNS(SVG, "rect");
  filled.setAttribute("height", "100%");
  filled.setAttribute("width", `${whole ? Math.min(100, (100 * value) / whole) : 0}%`);
  made.append(filled);
  return made;
}
