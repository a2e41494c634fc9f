// Which screen is shown, how often it asks, and what its buttons do.
import * as api from "./api.js";
import { ask, say } from "./asking.js";
import { lang, localValue, number, speak, t, when } from "./drawing.js";
import * as screens from "./screens.js";

const LIVE = 2000;
const QUIET = 15000;
const SLOWEST = 120000;

const app = document.getElementById("app");
let timer = 0;
let delay = QUIET;
let shown = "";
let busy = false;
let state = "";
let older = null;
let known = 0;

async function start() {
  await speak(localStorage.getItem("mailhub.language") || navigator.language || "en");
  if ("serviceWorker" in navigator) navigator.serviceWorker.register("sw.js").catch(() => {});
  window.addEventListener("hashchange", open);
  window.addEventListener("online", refresh);
  document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : refresh()));
  open();
}

function open() {
  const code = location.hash.match(/^#pair=(.+)$/);
  if (code) {
    history.replaceState(null, "", "#/");
    pair(decodeURIComponent(code[1]));
    return;
  }
  [shown, older, delay] = ["", null, QUIET];
  if (!api.maybeSignedIn()) {
    door("");
    return;
  }
  draw(screens.waiting());
  window.scrollTo(0, 0);
  refresh();
}

function door(told) {
  clearTimeout(timer);
  [shown, state, known] = ["", "", 0];
  draw(screens.signIn({ pair, enter: (given) => come("/sign-in", given), told }));
}

async function pair(code) {
  draw(screens.waiting());
  await come("/pair", { code });
}

async function come(path, given) {
  if (busy) return;
  busy = true;
  try {
    await welcome(await api.enter(path, given));
    location.hash = "#/";
    busy = false;
    open();
  } catch (error) {
    door(error instanceof api.Offline ? t("offline_act") : error.message || t("broken"));
  } finally {
    busy = false;
  }
}

async function welcome(me) {
  localStorage.setItem("mailhub.language", me.language);
  if (me.language !== lang()) await speak(me.language);
}

function path() {
  const one = location.hash.match(/^#\/campaigns\/(\d+)$/);
  if (one) return `/campaigns/${one[1]}`;
  if (location.hash === "#/campaigns") return `/campaigns?limit=20${state ? `&state=${state}` : ""}`;
  return "/overview";
}

async function refresh() {
  clearTimeout(timer);
  if (document.hidden || !api.maybeSignedIn()) return;
  const asked = path();
  try {
    await know();
    const seen = await api.read(asked);
    if (asked !== path()) return;
    show(asked, seen);
    delay = seen.stale ? Math.min(delay * 2, SLOWEST) : pace(seen.data);
  } catch (error) {
    if (asked !== path()) return;
    fail(error);
    delay = Math.min(delay * 2, SLOWEST);
  }
  clearTimeout(timer);
  if (api.maybeSignedIn() && !document.hidden) timer = setTimeout(refresh, delay);
}

// Who is signed in, asked now and then: language and privilege may have changed meanwhile.
async function know() {
  if (Date.now() - known < QUIET) return;
  const { data, stale } = await api.read("/me");
  if (!stale) [known] = [Date.now(), api.remember(data)];
  await welcome(data);
}

function pace(data) {
  const moving = data.state === "sending" || (data.running || []).some((each) => each.state === "sending");
  return moving ? LIVE : QUIET;
}

function show(asked, { data, at, stale }) {
  const me = api.me();
  const now = JSON.stringify([asked, data, me, lang(), stale && at]);
  if (now === shown) return;
  shown = now;
  if (asked.startsWith("/campaigns/")) frame("campaigns", screens.campaign(data, { me, act }), stale, at);
  else if (asked === "/overview") frame("overview", screens.overview(data, { me, act, leave }), stale, at);
  else frame("campaigns", screens.list(older ? older(data) : data, { me, state, filter, more }), stale, at);
}

function frame(here, screen, stale = false, at = 0) {
  if (stale) screen.prepend(screens.offline(at));
  draw(screen, screens.tabs(here));
}

// Put a screen on, and the focus and the place back where they were.
function draw(...nodes) {
  const focused = document.activeElement && document.activeElement.id;
  app.replaceChildren(...nodes);
  const again = focused && document.getElementById(focused);
  if (again) again.focus({ preventScroll: true });
}

function fail(error) {
  if (error instanceof api.SignedOut) {
    door(error.message);
    return;
  }
  const text = error instanceof api.Offline ? t("offline_empty") : error.message || t("broken");
  shown = "";
  frame("", screens.trouble(text, refresh));
}

function filter(chosen) {
  [state, older, shown] = [chosen, null, ""];
  refresh();
}

async function more(before) {
  try {
    const { data } = await api.read(`${path()}&before=${before}`);
    const earlier = older;
    older = (first) => {
      const until = earlier ? earlier(first) : first;
      return { campaigns: [...until.campaigns, ...data.campaigns], next: data.next };
    };
    shown = "";
    refresh();
  } catch (error) {
    told(error);
  }
}

async function act(verb, campaign) {
  if (busy) return;
  busy = true;
  const key = api.newKey();
  try {
    const value = await ask(question(verb, campaign));
    if (value === null) return;
    const body = verb === "reschedule" ? { at: value } : undefined;
    const seen = verb === "reschedule" || verb === "unvalidate" ? campaign.version : "";
    await insist(() => api.act(`/campaigns/${campaign.number}/${verb}`, body, key, seen));
    say(t(`done_${verb}`));
  } catch (error) {
    told(error);
  } finally {
    busy = false;
    shown = "";
    refresh();
  }
}

// A lost answer is asked for once more: the key keeps the wish from being done twice.
async function insist(run) {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof api.Offline)) throw error;
    return run();
  }
}

function question(verb, { name, numbers, scheduled_at: at, time_zone: zone }) {
  const values = { name, waiting: number(left(numbers)), time: at ? when(at, zone) : "" };
  const asked = { title: t(verb), told: t(`${verb}_told`, values), yes: t(verb), danger: verb === "pause" };
  if (verb === "reschedule") {
    const min = localValue(new Date().toISOString(), zone);
    asked.field = { type: "datetime-local", label: t("new_time", { zone }), value: localValue(at, zone), min };
  }
  return asked;
}

function left({ planned, delivered, bounced, refused, expired, cancelled }) {
  return Math.max(0, planned - delivered - bounced - refused - expired - cancelled);
}

function told(error) {
  if (error instanceof api.SignedOut) door(error.message);
  else say(error instanceof api.Offline ? t("offline_act") : error.message || t("broken"), true);
}

async function leave() {
  const value = await ask({ title: t("sign_out"), told: t("sign_out_told"), yes: t("sign_out") });
  if (value === null) return;
  try {
    await api.leave();
    door("");
  } catch (error) {
    told(error);
  }
}

start();
