"use strict";
/* The page: scenarios are drawn when they are opened, searched, filtered, printed. */
const sections = [...document.querySelectorAll("details.section")];
const payloads = new Map();
const drawn = new Map();
const PRINTED = 640; // pixels of a printed page

/* The payloads of a scenario, decoded once. */
async function read(section) {
  if (!payloads.has(section)) {
    const number = section.dataset.number;
    const [recorded, attached] = await Promise.all([Payload.read(`timeline-${number}`), Payload.read(`exhibits-${number}`)]);
    payloads.set(section, { recorded, attached });
  }
  return payloads.get(section);
}

function build(section) {
  if (drawn.has(section)) return;
  const { recorded, attached } = payloads.get(section);
  const place = section.querySelector(".timeline");
  place.querySelector(".pending").remove();
  const timeline = new Timeline(place, recorded);
  drawn.set(section, timeline);
  const exhibits = section.querySelector(".exhibits");
  if (exhibits && attached) {
    exhibits.querySelector(".pending").remove();
    new Exhibits(exhibits, attached, timeline);
  }
}

async function open(section) {
  await read(section);
  build(section);
}

for (const section of sections) {
  section.addEventListener("toggle", () => section.open && open(section));
  if (section.open) open(section);
}

/* search and filters */
const search = document.getElementById("search");
const filters = [...document.querySelectorAll(".filter")];
const texts = new Map(sections.map((section) => [section, `${section.closest(".chapter").querySelector("h3").textContent} ${section.textContent}`.toLowerCase()]));

function select() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const statuses = new Set(filters.filter((each) => each.getAttribute("aria-pressed") === "true").map((each) => each.dataset.status));
  let shown = 0;
  for (const section of sections) {
    const fits = statuses.has(section.dataset.status) && words.every((word) => texts.get(section).includes(word));
    section.hidden = !fits;
    shown += fits;
  }
  for (const chapter of document.querySelectorAll(".chapter")) {
    chapter.hidden = ![...chapter.querySelectorAll("details.section")].some((section) => !section.hidden);
  }
  const all = shown === sections.length;
  document.getElementById("matches").textContent = all ? "" : `${shown} of ${counted(sections.length, "scenario")} shown`;
}

search.addEventListener("input", select);
for (const filter of filters) {
  filter.addEventListener("click", () => {
    filter.setAttribute("aria-pressed", filter.getAttribute("aria-pressed") !== "true");
    select();
  });
}
document.getElementById("open-all").addEventListener("click", () => sections.forEach((section) => (section.open = !section.hidden)));
document.getElementById("close-all").addEventListener("click", () => sections.forEach((section) => (section.open = false)));

/* links to a scenario open it */
function follow() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target instanceof HTMLDetailsElement) {
    target.open = true;
    target.scrollIntoView();
    target.querySelector("summary").focus();
  }
}
addEventListener("hashchange", follow);
follow();

/* light and dark */
const theme = document.getElementById("theme");
const prefersDark = matchMedia("(prefers-color-scheme: dark)");
function isDark() {
  return document.documentElement.dataset.theme ? document.documentElement.dataset.theme === "dark" : prefersDark.matches;
}
function repaint() {
  theme.setAttribute("aria-pressed", isDark());
  for (const timeline of drawn.values()) timeline.plots?.redraw();
}
theme.addEventListener("click", () => {
  document.documentElement.dataset.theme = isDark() ? "light" : "dark";
  repaint();
});
prefersDark.addEventListener("change", repaint);
repaint();

/* print: all shown scenarios, unfolded, in light colours, at the width of the paper */
let before = null;
addEventListener("beforeprint", () => {
  before = { theme: document.documentElement.dataset.theme, closed: [...document.querySelectorAll("details:not([open]):not(.text-list):not(.attachment)")] };
  document.documentElement.dataset.theme = "light";
  for (const each of before.closed) each.open = true;
  for (const section of payloads.keys()) build(section);
  for (const timeline of drawn.values()) timeline.draw(PRINTED);
  repaint();
});
addEventListener("afterprint", () => {
  if (!before) return;
  if (before.theme) document.documentElement.dataset.theme = before.theme;
  else delete document.documentElement.dataset.theme;
  for (const each of before.closed) each.open = false;
  for (const timeline of drawn.values()) timeline.draw();
  repaint();
});
/* a browser prints at once, so that everything has to be drawn before */
const later = window.requestIdleCallback ? (work) => requestIdleCallback(work, { timeout: 200 }) : (work) => setTimeout(work, 50);
async function prepare(rest) {
  if (rest.length === 0) {
    document.documentElement.dataset.prepared = "true";
    return;
  }
  await (rest[0].open ? open(rest[0]) : read(rest[0]));
  later(() => prepare(rest.slice(1)));
}
later(() => prepare(sections));
