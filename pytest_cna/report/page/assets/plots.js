"use strict";
/* Customers' requests, on the same axis as the lanes: requests a second, and each answer's time. */
class Plots {
  constructor(data, place) {
    const rate = data.rate;
    const middle = rate.good.map((_, index) => (index + 0.5) * rate.step * 1000);
    const perSecond = (counts) => counts.map((count) => count / rate.step);
    const ifAny = (counts) => perSecond(counts).map((count) => count || null);
    const [at, took, failed] = data.points;
    const seconds = (wanted) => took.map((ms, index) => (failed[index] === wanted ? Math.max(1, ms) / 1000 : null));
    this.place = place;
    this.ticks = [];
    this.data = data;
    const colour = (name) => () => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    const bars = uPlot.paths.bars({ size: [1, Infinity], gap: 0, align: 0 });
    const dots = (name, size) => ({
      paths: () => null,
      points: { show: true, size, width: 0, space: 0, fill: colour(name), stroke: colour(name) },
    });
    this.rate = this.plot([middle, perSecond(rate.good), ifAny(rate.failed)], 92, colour, {
      series: [
        {},
        { paths: uPlot.paths.stepped({ align: 0 }), stroke: colour("--good-line"), fill: colour("--good-fill"), width: 1.2, points: { show: false } },
        { paths: bars, stroke: colour("--bad"), fill: colour("--bad"), width: 1, points: { show: false } },
      ],
      scales: { y: { range: (u, low, high) => [0, Math.max(1, high || 1) * 1.1] } },
      values: (u, ticks) => ticks.map((tick) => String(tick)),
      title: "Requests per second",
      bottom: false,
    });
    this.latency = this.plot([at, seconds(0), seconds(1)], 138, colour, {
      series: [{}, dots("--dot", 3), dots("--bad", 6)],
      scales: { y: { distr: 3, log: 10, range: (u, low, high) => [Math.min(0.1, low || 0.1), Math.max(1, high || 1)] } },
      splits: (u, axis, low, high) => [0.001, 0.01, 0.1, 1, 10, 100].filter((tick) => tick >= low && tick <= high),
      values: (u, ticks) => ticks.map((tick) => `${tick} s`),
      title: "Time to an answer",
      bottom: true,
    });
  }

  plot(data, height, colour, { series, scales, values, splits, title, bottom }) {
    const axis = { font: "11px system-ui, sans-serif", stroke: colour("--quiet"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
    const options = {
      width: 300,
      height,
      padding: [8, RIGHT, bottom ? 0 : 4, 0],
      cursor: { show: false },
      legend: { show: false },
      select: { show: false },
      series,
      scales: { x: { time: false, range: () => [this.view.from, this.view.to] }, ...scales },
      axes: [
        { ...axis, show: true, size: bottom ? 24 : 0, splits: () => this.ticks, values: (u, ticks) => (bottom ? ticks.map((tick) => `${+(tick / 1000).toFixed(3)} s`) : ticks.map(() => "")) },
        { ...axis, size: LABEL, space: 24, values, ...(splits ? { splits } : {}) },
      ],
      hooks: { drawClear: [(u) => this.shade(u, colour)] },
    };
    this.view = this.view || { from: 0, to: this.data.length || 1 };
    const place = make("div", {}, make("div", { class: "plot-title" }, title));
    this.place.append(place);
    return new uPlot(options, data, place);
  }

  shade(u, colour) {
    const { ctx, bbox } = u;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    for (const fault of this.data.faults) {
      const left = u.valToPos(fault.at, "x", true);
      const right = u.valToPos(fault.until ?? this.data.length, "x", true);
      ctx.fillStyle = colour("--fault-shade")();
      ctx.fillRect(left, bbox.top, right - left, bbox.height);
      ctx.fillStyle = colour("--bad")();
      ctx.fillRect(left, bbox.top, devicePixelRatio, bbox.height);
    }
    ctx.restore();
  }

  draw(view, width, ticks) {
    this.view = view;
    this.ticks = ticks;
    for (const plot of [this.rate, this.latency]) {
      if (plot.width !== width) plot.setSize({ width, height: plot.height });
      plot.setScale("x", { min: view.from, max: view.to });
    }
  }

  /* The request rate around a moment, in words. */
  words(ms) {
    const { step, good, failed } = this.data.rate;
    const index = Math.floor(ms / 1000 / step);
    if (!(index in good)) return "";
    return `${good[index] / step} good and ${failed[index] / step} failed requests/s`;
  }

  redraw() {
    this.rate.redraw(false, true);
    this.latency.redraw(false, true);
  }
}
