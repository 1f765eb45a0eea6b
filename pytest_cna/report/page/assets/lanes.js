"use strict";
/* The lanes of a scenario as SVG, drawn again for each span of time that is looked at. */
const LABEL = 78; // pixels left of the plots, for the names of the lanes
const RIGHT = 14;
const LANE = 11;
const GAP = 3;
const TITLE = 19;
const HEAD = 44; // the faults' names, then the steps

class Lanes {
  constructor(data) {
    this.data = data;
    this.quiet = false;
    this.svg = draw("svg", { class: "lanes", role: "img" });
    this.rows = [];
  }

  get groups() {
    return this.data.groups.filter((group) => this.quiet || group.changed);
  }

  /* The lane at a height in pixels, with its group. */
  at(y) {
    return this.rows.find((row) => y >= row.y - GAP / 2 && y < row.y + LANE + GAP / 2) || null;
  }

  draw(view, width, ticks) {
    const x = (ms) => LABEL + ((ms - view.from) / (view.to - view.from)) * (width - LABEL - RIGHT);
    const clip = (ms) => Math.min(width - RIGHT, Math.max(LABEL, x(ms)));
    this.rows = [];
    let y = HEAD;
    for (const group of this.groups) {
      y += TITLE;
      for (const lane of group.lanes) {
        this.rows.push({ group, lane, y });
        y += LANE + GAP;
      }
    }
    const height = y + 6;
    const parts = [];
    for (const tick of ticks) {
      parts.push(draw("line", { class: "grid-line", x1: x(tick), x2: x(tick), y1: 20, y2: height }));
    }
    parts.push(...this.faults(view, clip, x, height, width), ...this.steps(view, clip));
    let last = null;
    for (const row of this.rows) {
      if (row.group !== last) {
        last = row.group;
        parts.push(this.title(row, width));
      }
      parts.push(draw("text", { class: "lane-label", x: LABEL - 8, y: row.y + 9, "text-anchor": "end" }, row.lane.label));
      parts.push(...this.spans(row, view, clip, width));
    }
    this.svg.setAttribute("width", width);
    this.svg.setAttribute("height", height);
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.svg.setAttribute("aria-label", this.words(view));
    this.svg.replaceChildren(...parts);
  }

  words(view) {
    const faults = this.data.faults.map((fault) => `${fault.what} at ${inSeconds(fault.at)}`);
    return (
      `${counted(this.rows.length, "lane")} from ${inSeconds(view.from)} to ${inSeconds(view.to)}; ` +
      `${faults.join(", ") || "no fault"}. Every event is listed as text below.`
    );
  }

  title(row, width) {
    const text = draw("text", { class: "group-title", x: 2, y: row.y - 5 });
    text.append(draw("tspan", {}, row.group.title || row.group.name.replace(/\.service$/, "")));
    if (row.group.title && width > 560 && row.group.kind === "instance") {
      text.append(draw("tspan", { class: "group-name", dx: 7 }, row.group.name.replace(/\.service$/, "")));
    }
    return text;
  }

  /* One path for each tone, so that many spans need few elements. */
  spans(row, view, clip, width) {
    const paths = this.data.tones.map(() => "");
    let reached = -1;
    for (const [from, to, tone] of row.lane.spans) {
      if (to < view.from || from > view.to) continue;
      const left = clip(from);
      const right = Math.max(left + 1, clip(to));
      if (right - reached < 0.5 && right - left <= 1) continue; // within the pixel that was drawn last
      paths[tone] += `M${left.toFixed(1)} ${row.y}H${right.toFixed(1)}V${row.y + LANE}H${left.toFixed(1)}Z`;
      reached = right;
    }
    const drawn = [draw("rect", { class: "lane-ground", x: LABEL, y: row.y, width: Math.max(0, width - LABEL - RIGHT), height: LANE })];
    paths.forEach((path, tone) => {
      if (path) drawn.push(draw("path", { class: `tone-${this.data.tones[tone]}`, d: path }));
    });
    return drawn;
  }

  faults(view, clip, x, height, width) {
    const parts = [];
    let free = 0;
    for (const fault of this.data.faults) {
      const until = fault.until ?? this.data.length;
      if (until < view.from || fault.at > view.to) continue;
      parts.push(draw("rect", { class: "fault-shade", x: clip(fault.at), y: 20, width: Math.max(1, clip(until) - clip(fault.at)), height: height - 20 }));
      for (const [kind, at] of [["fault", fault.at], ["heal", fault.healing]]) {
        if (at === null || at < view.from || at > view.to) continue;
        parts.push(draw("line", { class: `${kind}-line`, x1: x(at), x2: x(at), y1: 16, y2: height }));
        const words = kind === "fault" ? fault.what : "undone";
        const long = words.length * 6.2;
        const room = width - RIGHT - x(at);
        const start = long > room && x(at) - long > LABEL ? x(at) - long : Math.min(x(at), Math.max(0, width - long));
        if (start < free && kind === "heal") continue;
        parts.push(draw("text", { class: `${kind}-name`, x: Math.max(2, start), y: 12 }, words));
        free = Math.max(2, start) + long + 8;
      }
    }
    return parts;
  }

  steps(view, clip) {
    const parts = [draw("text", { class: "lane-label", x: LABEL - 8, y: 36, "text-anchor": "end" }, "steps")];
    this.data.steps.forEach((step, index) => {
      if (step.until < view.from || step.at > view.to) return;
      const left = clip(step.at);
      const width = Math.max(2, clip(step.until) - left - 1);
      parts.push(draw("rect", { class: `step-bar step-bar-${step.status.replaceAll(" ", "-")}`, x: left, y: 25, width, height: 15, rx: 3 }));
      if (width > 16) parts.push(draw("text", { class: "step-number", x: left + width / 2, y: 36, "text-anchor": "middle" }, index + 1));
    });
    return parts;
  }
}
