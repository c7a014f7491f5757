/** When a draft holds: always, when announced elsewhere, or at times by the clock and by the sun. */

import { element, fill } from "../page/dom.mjs";
import { say } from "../page/words.mjs";
import { button, choice, field, line, momentText, parseMoment, reading, tick } from "./fields.mjs";

const DAYS = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"];
const MOMENTS = ["00:00", "06:00", "08:00", "12:00", "16:00", "20:00", "22:00", "24:00", "BMCT", "SR", "SR-30min", "SS", "SS+30min", "EECT"];
const WHENS = ["always", "times", "announced"];

/**
 * Return the form of the schedule, and what brings it up to date.
 * @param {import("./draft.mjs").Draft} draft
 * @param {HTMLElement} edition the fields of the edition's own range
 */
export function scheduleForm(draft, edition) {
  const body = element("div", {});
  const when = choice(whenOf(draft), WHENS.map((name) => [name, say(`when.${name}`)]), (value) => {
    const { time_zone } = draft.feature.properties.schedule ?? {};
    const zone = time_zone ?? "UTC";
    if (value === "always") draft.set("schedule", undefined, "when");
    else if (value === "announced") draft.set("schedule", { time_zone: zone, windows: [{ certain: false }] }, "when");
    else draft.set("schedule", { time_zone: zone, windows: [{ periods: [newPeriod()] }] }, "when");
  }, { id: "when" });
  const box = element("fieldset", { class: "part" }, element("legend", {}, say("schedule")),
    field("schedule.when", when, { where: "$.properties.schedule" }), body,
    element("details", {}, element("summary", {}, say("schedule.edition")), edition));
  const update = (/** @type {string} */ by) => {
    if (by === "schedule") return;
    when.value = whenOf(draft);
    fill(body, ...(when.value === "times" ? timesPart(draft) : []));
  };
  update("");
  return { box, update };
}

const newPeriod = () => ({ days: DAYS.slice(0, 5), start: "08:00", end: "16:00" });

/** @param {import("./draft.mjs").Draft} draft */
function whenOf(draft) {
  const { schedule } = draft.feature.properties;
  if (schedule === undefined || schedule === null) return "always";
  const [only, ...more] = schedule.windows ?? [];
  const announced = only && !more.length && only.certain === false && !only.periods && !only.start && !only.end;
  return announced ? "announced" : "times";
}

/** @param {import("./draft.mjs").Draft} draft */
function timesPart(draft) {
  const { schedule } = draft.feature.properties;
  const windows = () => draft.feature.properties.schedule.windows ?? [];
  const put = (/** @type {any[]} */ all, by = "schedule") => draft.set("schedule", { ...draft.feature.properties.schedule, windows: all }, by);
  const zones = typeof Intl.supportedValuesOf === "function" ? Intl.supportedValuesOf("timeZone") : [];
  const clock = line(schedule.time_zone ?? "UTC", (value) => {
    draft.set("schedule", { ...draft.feature.properties.schedule, time_zone: value.trim() || "UTC" }, "schedule");
  }, { id: "time-zone", list: "time-zones" });
  return [
    element("datalist", { id: "time-zones" }, ...["UTC", ...zones].map((value) => element("option", { value }))),
    element("datalist", { id: "moments" }, ...MOMENTS.map((value) => element("option", { value }))),
    field("schedule.clock", clock, { where: "$.properties.schedule.time_zone", hint: say("schedule.clock.hint") }),
    ...(schedule.windows ?? []).map((/** @type {any} */ window, /** @type {number} */ at) => windowPart(window, at, {
      put: (changed, by) => put(windows().map((/** @type {any} */ one, /** @type {number} */ k) => k === at ? changed : one), by),
      now: () => windows()[at],
      remove: () => put(windows().filter((/** @type {any} */ _, /** @type {number} */ k) => k !== at), "rows"),
    })),
    button("schedule.more", () => put([...windows(), { periods: [newPeriod()] }], "rows")),
  ];
}

/**
 * Return the part of a range of dates with its periods.
 * @param {any} window
 * @param {number} at
 * @param {{ put: (window: any, by?: string) => void, now: () => any, remove: () => void }} of
 */
function windowPart(window, at, { put, now, remove }) {
  const where = `$.properties.schedule.windows[${at}]`;
  const moment = (/** @type {"start" | "end"} */ name) => {
    const made = line(momentText(window[name]), (text) => heard(text), { placeholder: "2026-05-01 10:00" });
    const heard = reading(() => made, parseMoment, (iso) => put(without({ ...now(), [name]: iso }, name)));
    return field(`window.${name}`, made, { where: `${where}.${name}` });
  };
  const periods = window.periods ?? [];
  return element("fieldset", { class: "row" }, element("legend", {}, say("window", { number: at + 1 })),
    element("div", { class: "pair" }, moment("start"), moment("end")),
    ...periods.map((/** @type {any} */ period, /** @type {number} */ k) => periodPart(period, `${where}.periods[${k}]`, {
      put: (changed) => put({ ...now(), periods: now().periods.map((/** @type {any} */ one, /** @type {number} */ i) => i === k ? changed : one) }),
      now: () => now().periods[k],
      remove: () => put(without({ ...now(), periods: now().periods.filter((/** @type {any} */ _, /** @type {number} */ i) => i !== k) }, "periods"), "rows"),
    })),
    periods.length ? null : element("p", { class: "fine" }, say("window.throughout")),
    tick(say("window.announced"), window.certain === false, (ticked) => {
      put(without({ ...now(), certain: ticked ? false : undefined }, "certain"));
    }),
    element("div", { class: "ends" },
      button("period.more", () => put({ ...now(), periods: [...(now().periods ?? []), newPeriod()] }, "rows")),
      button("window.remove", remove)));
}

/**
 * @param {any} period
 * @param {string} where
 * @param {{ put: (period: any) => void, now: () => any, remove: () => void }} of
 */
function periodPart(period, where, { put, now, remove }) {
  const days = new Set(period.days?.includes("ANY") ? [] : period.days ?? []);
  const moment = (/** @type {"start" | "end"} */ name) => field(`period.${name}`, line(
    period[name], (text) => put({ ...now(), [name]: text.trim() }), { list: "moments", size: 9 },
  ), { where: `${where}.${name}` });
  return element("div", { class: "period" },
    element("div", { class: "days", role: "group", "aria-label": say("period.days") }, ...DAYS.map((day) =>
      tick(say(`day.${day}`), days.has(day), (ticked) => {
        if (ticked) days.add(day);
        else days.delete(day);
        const named = DAYS.filter((one) => days.has(one));
        put(without({ ...now(), days: named.length ? named : undefined }, "days"));
      }))),
    element("div", { class: "pair" }, moment("start"), moment("end"), button("remove", remove)));
}

/**
 * Return an object without a name that says nothing.
 * @param {any} object
 * @param {string} name
 */
function without(object, name) {
  const { [name]: value, ...rest } = object;
  return value === undefined || value === "" || (Array.isArray(value) && !value.length) ? rest : object;
}
