"use strict";
/* The timeline of a scenario: lanes and plots under one pointer, one zoom and one keyboard. */
const SHORTEST = 50; // milliseconds that a view shows at least

class Timeline {
  constructor(element, data) {
    this.data = data;
    this.length = Math.max(SHORTEST, data.length);
    // a long time before the first fault, such as the launch, is out of view at first
    const first = data.faults.length ? data.faults[0].at : 0;
    this.view = { from: first > this.length / 2 ? first - 2000 : 0, to: this.length };
    this.lanes = new Lanes(data);
    this.line = make("div", { class: "cursor-line", hidden: true });
    this.chosen = make("div", { class: "chosen", hidden: true });
    this.range = make("span", { class: "range" });
    this.stage = make("div", {
      class: "stage",
      tabindex: "0",
      role: "group",
      "aria-label": "Timeline. Left and right move, plus and minus zoom, 0 shows all.",
    });
    const plots = make("div", { class: "plots" });
    this.stage.append(this.lanes.svg, plots, this.line, this.chosen);
    const keys = make(
      "ul",
      { class: "keys" },
      ...["good", "changing", "bad", "absent", "unknown"].map((tone) => make("li", {}, make("span", { class: `swatch swatch-${tone}` }), TONE_WORDS[tone])),
      make("li", {}, make("span", { class: "swatch swatch-rate" }), "requests/s"),
      make("li", {}, make("span", { class: "swatch swatch-dot" }), "an answer and its time"),
      make("li", {}, make("span", { class: "swatch swatch-failed" }), "a failed request"),
    );
    const notes = data.notes.map((note) => make("p", { class: "quiet note" }, note));
    const texts = [new Listing(data, this).element, ...failureList(data)];
    element.append(this.toolbar(), this.stage, keys, ...notes, ...texts);
    if (data.points[0].length) this.plots = new Plots(data, plots);
    this.listen();
    this.draw();
    new ResizeObserver(() => this.draw()).observe(this.stage);
  }

  toolbar() {
    const button = (text, action, name) => make("button", { type: "button", class: "button", onclick: action, ...(name ? { "aria-label": name } : {}) }, text);
    const faults = this.data.faults.map((fault) =>
      button(`Around ${fault.what}`, () => this.show(fault.at - 2000, Math.max(fault.at + 4000, Math.min(this.length, (fault.until ?? fault.at + 12000) + 2000)))),
    );
    const quiet = make("input", {
      type: "checkbox",
      onchange: (event) => {
        this.lanes.quiet = event.target.checked;
        this.draw();
      },
    });
    const hidden = this.data.groups.filter((group) => !group.changed).length;
    const parts = [
      button("+", () => this.zoom(0.5), "Zoom in"),
      button("−", () => this.zoom(2), "Zoom out"),
      button("←", () => this.move(-0.25), "Earlier"),
      button("→", () => this.move(0.25), "Later"),
      button("Whole", () => this.show(0, this.length)),
      ...faults,
    ];
    if (hidden) parts.push(make("label", { class: "check" }, quiet, `also the ${hidden} where nothing changed`));
    parts.push(this.range);
    return make("div", { class: "toolbar" }, ...parts);
  }

  show(from, to) {
    const length = Math.min(this.length, Math.max(SHORTEST, to - from));
    const start = Math.min(this.length - length, Math.max(0, from));
    this.view = { from: start, to: start + length };
    this.draw();
  }

  zoom(factor, around = (this.view.from + this.view.to) / 2) {
    this.show(around - (around - this.view.from) * factor, around + (this.view.to - around) * factor);
  }

  move(share) {
    const by = (this.view.to - this.view.from) * share;
    this.show(this.view.from + by, this.view.to + by);
  }

  draw(width = Math.floor(this.stage.clientWidth)) {
    if (width < 50) return; // not shown
    this.width = width;
    const ticks = this.ticks(width);
    this.lanes.draw(this.view, width, ticks);
    if (this.plots) this.plots.draw(this.view, width, ticks);
    this.range.textContent = `${inSeconds(this.view.from)} to ${inSeconds(this.view.to)} of ${inSeconds(this.length)}`;
  }

  ticks(width) {
    const length = this.view.to - this.view.from;
    const most = Math.max(2, Math.floor((width - LABEL) / 80));
    let step = 1;
    while (length / step > most) step *= String(step)[0] === "2" ? 2.5 : 2;
    const ticks = [];
    for (let at = Math.ceil(this.view.from / step) * step; at <= this.view.to; at += step) ticks.push(at);
    return ticks;
  }

  time(x) {
    const share = (x - LABEL) / (this.width - LABEL - RIGHT);
    return this.view.from + Math.min(1, Math.max(0, share)) * (this.view.to - this.view.from);
  }

  listen() {
    let from = null;
    const place = (event) => {
      const box = this.stage.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    this.stage.addEventListener("pointermove", (event) => {
      const [x, y] = place(event);
      this.point(x, y, event);
      if (from !== null) {
        this.chosen.hidden = Math.abs(x - from) < 4;
        this.chosen.style.left = `${Math.min(x, from)}px`;
        this.chosen.style.width = `${Math.abs(x - from)}px`;
      }
    });
    this.stage.addEventListener("pointerdown", (event) => {
      if (event.button === 0 && event.pointerType === "mouse") from = place(event)[0];
    });
    this.stage.addEventListener("pointerup", (event) => {
      const [x] = place(event);
      if (from !== null && Math.abs(x - from) >= 4) this.show(this.time(Math.min(x, from)), this.time(Math.max(x, from)));
      from = null;
      this.chosen.hidden = true;
    });
    this.stage.addEventListener("pointerleave", () => {
      from = null;
      this.chosen.hidden = this.line.hidden = true;
      Hint.hide();
    });
    this.stage.addEventListener("dblclick", () => this.show(0, this.length));
    this.stage.addEventListener("keydown", (event) => {
      const actions = {
        ArrowLeft: () => this.move(-0.2),
        ArrowRight: () => this.move(0.2),
        "+": () => this.zoom(0.5),
        "=": () => this.zoom(0.5),
        "-": () => this.zoom(2),
        0: () => this.show(0, this.length),
      };
      if (event.target === this.stage && actions[event.key] && !event.ctrlKey && !event.metaKey && !event.altKey) {
        event.preventDefault();
        actions[event.key]();
        say(this.range.textContent);
      }
    });
  }

  point(x, y, event) {
    if (x < LABEL || x > this.width - RIGHT) {
      this.line.hidden = true;
      Hint.hide();
      return;
    }
    const ms = this.time(x);
    this.line.hidden = false;
    this.line.style.left = `${x}px`;
    Hint.show(event, [this.moment(ms), ...this.under(ms, y)]);
  }

  moment(ms) {
    const fault = this.data.faults.filter((each) => each.at <= ms).pop();
    return inSeconds(ms) + (fault ? `, ${inSeconds(ms - fault.at)} after ${fault.what}` : "");
  }

  under(ms, y) {
    if (y < HEAD) {
      const index = this.data.steps.findIndex((step) => step.at <= ms && ms <= step.until);
      const step = this.data.steps[index];
      return step ? [`${index + 1}. ${step.text}: ${step.status}, ${inSeconds(step.until - step.at)}`] : [];
    }
    const row = this.lanes.at(y);
    if (!row) return this.plots && y > this.lanes.svg.clientHeight ? [this.plots.words(ms)] : [];
    const span = row.lane.spans.findLast((each) => each[0] <= ms && ms <= each[1]);
    const name = `${row.group.title || row.group.name}, ${row.lane.label}: `;
    if (!span) return [`${name}nothing known`];
    return [name + this.data.strings[span[3]], `from ${inSeconds(span[0])} to ${inSeconds(span[1])}`];
  }
}

const TONE_WORDS = { good: "as it should be", changing: "changing", bad: "down", absent: "not there", unknown: "unknown" };

/* The text about what is under the pointer. */
const Hint = {
  show(event, lines) {
    const hint = document.getElementById("hint");
    hint.replaceChildren(...lines.filter(Boolean).map((line) => make("div", {}, line)));
    hint.hidden = false;
    const left = Math.min(event.clientX + 14, innerWidth - hint.offsetWidth - 8);
    const top = event.clientY + 18 + hint.offsetHeight > innerHeight ? event.clientY - hint.offsetHeight - 12 : event.clientY + 18;
    hint.style.left = `${Math.max(4, left)}px`;
    hint.style.top = `${top}px`;
  },
  hide() {
    document.getElementById("hint").hidden = true;
  },
};

function say(words) {
  document.getElementById("said").textContent = words;
}
