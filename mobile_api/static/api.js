// Speaks to /mobile/v1. The access token lives in this page's memory; the refresh token is a cookie no script can read.
const API = "/mobile/v1";
const OWN = "mailhub.phone.";
const SEEN = `${OWN}seen:`;
const IN = `${OWN}in`;
const ME = `${OWN}me`;

let access = "";
let renewing = null;

export class Problem extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

export class Offline extends Error {}

export class SignedOut extends Error {}

export function maybeSignedIn() {
  return localStorage.getItem(IN) === "1";
}

export function me() {
  return JSON.parse(localStorage.getItem(ME) || "null");
}

export async function enter(path, given) {
  const answer = await send("POST", path, { body: { ...given, kind: deviceKind(), keep: "cookie" } });
  return accept(await bodyOf(answer));
}

export async function leave() {
  await withToken("POST", "/sign-out", {});
  forget();
}

export function forget() {
  access = "";
  Object.keys(localStorage).filter((name) => name.startsWith(OWN)).forEach((name) => localStorage.removeItem(name));
}

// What is there now or, without a network, what was seen last: {data, at, stale}.
export async function read(path) {
  const kept = JSON.parse(localStorage.getItem(SEEN + path) || "null");
  try {
    const headers = kept ? { "If-None-Match": kept.etag } : {};
    const answer = await withToken("GET", path, { headers });
    const data = answer.status === 304 ? kept.data : await bodyOf(answer);
    const etag = answer.headers.get("ETag") || (kept && kept.etag) || "";
    const seen = { data, etag, at: Date.now() };
    localStorage.setItem(SEEN + path, JSON.stringify(seen));
    return { ...seen, stale: false };
  } catch (error) {
    if (!(error instanceof Offline) || !kept) throw error;
    return { ...kept, stale: true };
  }
}

// A wish with its own key: asked again after a lost answer, it is done once.
export async function act(path, body, key, seen) {
  const headers = { "Idempotency-Key": key };
  if (seen) headers["If-Match"] = `"${seen}"`;
  return bodyOf(await withToken("POST", path, { headers, body }));
}

export function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function withToken(method, path, options) {
  if (!access) await renew();
  const used = access;
  let answer = await send(method, path, options, used);
  if (answer.status === 401) {
    if (access === used) access = "";
    if (!access) await renew();
    answer = await send(method, path, options, access);
  }
  if (answer.status === 401) await throwSignedOut(answer);
  return answer;
}

// One refresh at a time, in this page and (where the browser has locks) in all of them.
function renew() {
  if (!renewing) {
    const run = navigator.locks ? () => navigator.locks.request("mailhub.refresh", refresh) : refresh;
    renewing = run().finally(() => { renewing = null; });
  }
  return renewing;
}

async function refresh() {
  if (!maybeSignedIn()) throw new SignedOut("");
  const answer = await send("POST", "/refresh", { body: {} });
  if (answer.status === 401) await throwSignedOut(answer);
  accept(await bodyOf(answer));
}

async function throwSignedOut(answer) {
  const told = await problemOf(answer);
  forget();
  throw new SignedOut(told.message);
}

function accept(body) {
  access = body.access_token;
  localStorage.setItem(IN, "1");
  return remember(body.me);
}

export function remember(me) {
  localStorage.setItem(ME, JSON.stringify(me));
  return me;
}

async function send(method, path, { body, headers = {} }, token = "") {
  const options = { method, headers: { ...headers, Accept: "application/json" }, cache: "no-store" };
  options.headers["Accept-Language"] = document.documentElement.lang;
  if (token) options.headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  try {
    return await fetch(API + path, options);
  } catch {
    throw new Offline("");
  }
}

async function bodyOf(answer) {
  if (!answer.ok) throw await problemOf(answer);
  return answer.json();
}

async function problemOf(answer) {
  try {
    const told = await answer.json();
    const fields = (told.errors || []).map((each) => each.detail).join(" ");
    return new Problem(answer.status, fields || told.detail);
  } catch {
    return new Problem(answer.status, "");
  }
}

function deviceKind() {
  const agent = navigator.userAgent;
  if (/iPhone|iPod/.test(agent)) return "iphone";
  if (/iPad/.test(agent) || (/Macintosh/.test(agent) && navigator.maxTouchPoints > 1)) return "ipad";
  return /Android/.test(agent) ? "android" : "other";
}
