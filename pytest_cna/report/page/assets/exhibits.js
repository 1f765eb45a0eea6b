"use strict";
/* Exhibits: attachments line by line, filtered by words, machine and time. */
const LINES = 3000; // shown at once
const CHANGES = { "+": "new", "-": "old" };
const AROUND = 5000; // milliseconds before a fault

class Exhibits {
  constructor(element, data, timeline) {
    for (const exhibit of data.exhibits) element.append(this.exhibit(exhibit, timeline));
  }

  exhibit(exhibit, timeline) {
    const lines = exhibit.text.split("\n");
    if (lines.at(-1) === "") lines.pop();
    const place = [exhibit.machine, counted(lines.length, "line")].filter(Boolean).join(", ");
    const summary = make("summary", {}, make("b", {}, exhibit.name), ` ${place}`, ...(exhibit.note ? [make("span", { class: "note" }, ` (${exhibit.note})`)] : []));
    const details = make("details", { class: "attachment", "data-kind": exhibit.kind }, summary);
    details.addEventListener("toggle", () => details.childElementCount > 1 || this.open(details, exhibit, lines, timeline));
    return details;
  }

  open(details, exhibit, lines, timeline) {
    const filter = make("input", { type: "search", placeholder: "Filter lines", "aria-label": `Filter lines of ${exhibit.name}` });
    const count = make("span", { class: "quiet", role: "status" });
    const text = make("pre", { class: "lines", tabindex: "0", "aria-label": exhibit.name, role: "group" });
    const controls = [filter];
    const tests = [(line) => line.toLowerCase().includes(filter.value.toLowerCase())];
    if (exhibit.kind === "journal") {
      const machines = [...new Set(lines.map((line) => line.split(" ", 2)[1]).filter(Boolean))].sort();
      if (machines.length < 50) tests.push(this.choice(controls, "Machine", "every machine", machines.map((name) => [name, (line) => line.split(" ", 2)[1] === name])));
      const times = timeline ? timeline.data.faults.map((fault) => [`around ${fault.what}`, (line) => this.near(line, fault, timeline.data)]) : [];
      if (times.length) tests.push(this.choice(controls, "Time", "all the time", times));
    }
    const list = () => {
      const found = lines.filter((line) => tests.every((test) => test(line)));
      const shown = found.slice(0, LINES);
      if (exhibit.kind !== "comparison") text.textContent = shown.join("\n");
      else text.replaceChildren(...shown.map((line) => make("span", { class: CHANGES[line[0]] || "same" }, `${line}\n`)));
      count.textContent = `${found.length.toLocaleString("en")} of ${counted(lines.length, "line")}` + (found.length > LINES ? `, the first ${LINES} are shown` : "");
    };
    for (const control of controls) control.addEventListener("input", list);
    details.append(make("div", { class: "toolbar" }, ...controls, count), text);
    list();
  }

  choice(controls, label, all, options) {
    const select = make("select", { "aria-label": label }, make("option", { value: "" }, all), ...options.map(([name], index) => make("option", { value: index }, name)));
    controls.push(select);
    return (line) => select.value === "" || options[select.value][1](line);
  }

  near(line, fault, data) {
    const wall = Date.parse(`${line.slice(0, 23)}Z`) - data.wall;
    return wall >= fault.at - AROUND && wall <= (fault.until ?? data.length) + AROUND;
  }
}
