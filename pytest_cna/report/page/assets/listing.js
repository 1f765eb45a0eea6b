"use strict";
/* Every event of a scenario as text, a page at a time. */
const ROWS = 100;

class Listing {
  constructor(data, timeline) {
    this.data = data;
    this.timeline = timeline;
    this.page = 0;
    this.events = data.events.map(([at, ...texts]) => [at, ...texts.map((text) => data.strings[text])]);
    const sources = [...new Set(this.events.map((event) => event[1]))].sort();
    this.filter = make("input", { type: "search", placeholder: "Filter events", "aria-label": "Filter events", oninput: () => this.list(0) });
    this.source = make("select", { "aria-label": "Source of events", onchange: () => this.list(0) }, make("option", { value: "" }, "every source"), ...sources.map((source) => make("option", { value: source }, source)));
    this.count = make("span", { class: "quiet", role: "status" });
    this.body = make("tbody");
    this.before = make("button", { type: "button", class: "button", onclick: () => this.list(this.page - 1) }, "Previous");
    this.after = make("button", { type: "button", class: "button", onclick: () => this.list(this.page + 1) }, "Next");
    const head = ["Time", "Source", "Event", "Of", "Data"].map((name) => make("th", { scope: "col" }, name));
    const table = make("table", { class: "grid events" }, make("thead", {}, make("tr", {}, ...head)), this.body);
    this.element = make(
      "details",
      { class: "text-list", ontoggle: () => this.body.childElementCount || this.list(0) },
      make("summary", {}, `Every event as text (${this.events.length.toLocaleString("en")})`),
      make("div", { class: "toolbar" }, this.filter, this.source, this.before, this.after, this.count),
      make("div", { class: "wide", tabindex: "0", role: "group", "aria-label": "Events" }, table),
    );
  }

  list(page) {
    const words = this.filter.value.toLowerCase();
    const found = this.events.filter((event) => (!this.source.value || event[1] === this.source.value) && (!words || event.slice(1).join(" ").toLowerCase().includes(words)));
    const last = Math.max(0, Math.ceil(found.length / ROWS) - 1);
    this.page = Math.min(last, Math.max(0, page));
    const from = this.page * ROWS;
    const rows = found.slice(from, from + ROWS);
    this.body.replaceChildren(...rows.map((event) => this.row(event)));
    this.count.textContent = found.length ? `${from + 1} to ${from + rows.length} of ${counted(found.length, "event")}` : "no such event";
    this.before.disabled = this.page === 0;
    this.after.disabled = this.page === last;
  }

  row([at, source, kind, subject, data]) {
    const show = () => this.timeline.show(at - 1000, at + 1000);
    const time = make("button", { type: "button", class: "link", onclick: show, title: "Show it in the timeline" }, inSeconds(at, 3));
    return make("tr", {}, make("td", { class: "number" }, time), ...[source, kind, subject, data].map((text) => make("td", {}, text)));
  }
}

function failureList(data) {
  if (!data.failures.length) return [];
  const head = ["Time", "Took", "Request", "Failure", "Served by"].map((name) => make("th", { scope: "col" }, name));
  const rows = data.failures.map(([at, took, ...texts]) => make("tr", {}, make("td", { class: "number" }, inSeconds(at, 3)), make("td", { class: "number" }, inSeconds(took, 3)), ...texts.map((text) => make("td", {}, text))));
  const table = make("table", { class: "grid events" }, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...rows));
  return [
    make("details", { class: "text-list" }, make("summary", {}, `Failed requests (${data.failures.length})`), make("div", { class: "wide", tabindex: "0", role: "group", "aria-label": "Failed requests" }, table)),
  ];
}
