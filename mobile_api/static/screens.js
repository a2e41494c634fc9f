// What each screen shows of what the API said. Screens are made anew from plain values; they keep nothing.
import { bars, el, icon, number, percent, t, when } from "./drawing.js";

const VERBS = ["unvalidate", "reschedule", "resume", "pause"];
const STATES = ["sending", "paused", "scheduled", "validated", "draft", "finished", "cancelled"];

export function signIn({ pair, enter, told }) {
  const values = (form) => Object.fromEntries(new FormData(form));
  return el("main", { class: "door" },
    el("img", { src: "icon.svg", width: 56, height: 56, alt: "" }),
    el("h1", {}, t("title")),
    told && el("p", { class: "notice", role: "alert" }, told),
    el("form", { class: "card", onsubmit: (event) => { event.preventDefault(); pair(values(event.target).code); } },
      el("h2", {}, t("with_code")),
      field("code", "text", { autocomplete: "one-time-code", autocapitalize: "characters", spellcheck: "false" }, t("code_hint")),
      el("button", { class: "big primary" }, t("pair"))),
    el("form", { class: "card", onsubmit: (event) => { event.preventDefault(); enter(values(event.target)); } },
      el("h2", {}, t("with_password")),
      field("email", "email", { autocomplete: "username" }),
      field("password", "password", { autocomplete: "current-password" }),
      el("button", { class: "big" }, t("sign_in"))));
}

function field(name, type, more, hint = "") {
  return el("div", { class: "field" },
    el("label", { for: name }, t(name)),
    el("input", { id: name, name, type, required: true, ...more, "aria-describedby": hint && `${name}-hint` }),
    hint && el("p", { class: "hint", id: `${name}-hint` }, hint));
}

export function waiting() {
  return el("main", {}, el("p", { class: "quiet", role: "status" }, t("loading")));
}

export function overview(data, { me, act, leave }) {
  const zone = me.time_zone;
  return el("main", {},
    el("header", {}, el("h1", {}, t("overview")),
      el("p", { class: "quiet" }, t("signed_in_as", { user: me.user, account: me.account }))),
    tiles(t("today"), ["delivered", "opened", "clicked", "bounced"].map((name) => [name, data.today[name]])),
    el("h2", {}, t("running")),
    data.running.length ? data.running.map((each) => running(each, act)) : el("p", { class: "quiet" }, t("nothing_runs")),
    el("h2", {}, t("coming")),
    data.coming.length ? lines(data.coming, zone) : el("p", { class: "quiet" }, t("nothing_comes")),
    data.last.length ? [el("h2", {}, t("last")), lines(data.last, zone)] : null,
    why(me),
    el("button", { class: "big leave", id: "leave", onclick: leave }, icon("leave"), t("sign_out")));
}

function running(each, act) {
  const verb = each.can.find((name) => name === "pause" || name === "resume");
  return el("article", { class: "card" },
    el("a", { class: "head", href: `#/campaigns/${each.number}` }, el("strong", {}, each.name), badge(each.state)),
    progress(each),
    el("p", { class: "sentence" }, each.sentence),
    verb && button(verb, () => act(verb, each), `${verb}-${each.number}`));
}

function tiles(title, rows) {
  return el("section", { class: "tiles", "aria-label": title },
    el("h2", {}, title),
    el("dl", {}, rows.map(([name, value]) => el("div", {}, el("dt", {}, t(name)), el("dd", {}, number(value))))));
}

function lines(rows, zone) {
  return el("ul", { class: "card lines" }, rows.map((each) => el("li", {},
    el("a", { href: `#/campaigns/${each.number}` },
      el("span", {}, el("strong", {}, each.name), el("small", {}, timeOf(each, zone))), badge(each.state)))));
}

function timeOf(each, zone) {
  if (each.state === "scheduled" && each.scheduled_at) return t("starts", { time: when(each.scheduled_at, zone) });
  if (each.finished_at) return t("ended", { time: when(each.finished_at, zone) });
  return t("number", { number: each.number });
}

function badge(state) {
  return el("span", { class: `badge ${state}` }, t(state));
}

function progress({ numbers }) {
  const done = numbers.delivered + numbers.bounced + numbers.refused + numbers.expired + numbers.cancelled;
  const total = numbers.planned;
  const text = t("progress", { done: number(done), total: number(total) });
  return el("div", { class: "progress" },
    el("progress", { value: done, max: total || 1, "aria-label": text }),
    el("p", {}, el("span", {}, text), el("span", {}, percent(done, total))));
}

export function list(data, { me, state, filter, more }) {
  const options = ["", ...STATES].map((name) =>
    el("option", { value: name, selected: name === state }, name ? t(name) : t("all_states")));
  return el("main", {},
    el("header", {}, el("h1", {}, t("campaigns"))),
    el("label", { class: "hidden", for: "state" }, t("state")),
    el("select", { id: "state", onchange: (event) => filter(event.target.value) }, options),
    data.campaigns.length ? lines(data.campaigns, me.time_zone) : el("p", { class: "quiet" }, t("no_campaigns")),
    data.next && el("button", { class: "big", id: "more", onclick: () => more(data.next) }, t("more")));
}

export function campaign(data, { me, act }) {
  const { numbers } = data;
  return el("main", { class: data.can.length ? "acting" : "" },
    el("header", {}, el("a", { class: "back", href: "#/campaigns" }, icon("back"), t("campaigns")),
      el("h1", {}, data.name), badge(data.state)),
    el("p", { class: "sentence" }, data.sentence),
    numbers.planned ? el("section", { class: "card" }, progress(data),
      data.rate ? el("p", { class: "quiet" }, t("rate", { rate: number(data.rate) })) : null) : null,
    numbers.planned ? bars(t("share_title"),
      ["delivered", "opened", "clicked", "bounced", "unsubscribed", "waiting"].map((name) => [name, numbers[name]]),
      numbers.planned) : null,
    why(me),
    data.can.length ? el("div", { class: "actions" }, VERBS.filter((verb) => data.can.includes(verb)).map((verb) => button(verb, () => act(verb, data), verb))) : null);
}

function button(verb, onclick, id) {
  const kind = { pause: "danger", unvalidate: "plain" }[verb] || "primary";
  return el("button", { class: `big ${kind}`, id, onclick }, icon(verb), t(verb));
}

// Why there are no buttons.
function why(me) {
  if (me.privilege === "read") return el("p", { class: "notice" }, t("read_only"));
  return me.can.length ? null : el("p", { class: "notice" }, t("not_yours"));
}

export function tabs(here) {
  const tab = (name, href) => el("a", { href, "aria-current": here === name ? "page" : null }, icon(name), t(name));
  return el("nav", { class: "tabs", "aria-label": t("title") }, tab("overview", "#/"), tab("campaigns", "#/campaigns"));
}

export function offline(at) {
  const time = when(new Date(at).toISOString());
  return el("p", { class: "notice offline", role: "status" }, t("offline", { time }));
}

export function trouble(text, again) {
  return el("main", {}, el("p", { class: "notice", role: "alert" }, text),
    el("button", { class: "big primary", id: "again", onclick: again }, t("retry")));
}
