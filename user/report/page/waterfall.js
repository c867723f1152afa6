/* The slowest connections as bars from a common start, phase by phase. */

const WATERFALL_ROWS = 20;
let waterfallRows = WATERFALL_ROWS;

/* Ticks at 1, 2 or 5 of a power of ten, about six of them. */
function ticks(end) {
  const rough = Math.max(end, 1) / 6;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((f) => f * power).find((s) => s >= rough);
  return Array.from({ length: Math.floor(end / step) + 1 }, (_, i) => i * step);
}

/* [class, from, to] of what happened; a phase that did not end lasted as long as the connection. */
function segments(set, i) {
  const marks = [["dns", "dnsStart", "dnsEnd"], ["tcp", "connect", "established"], ["tls", "tlsStart", "tlsEnd"]];
  return marks.filter(([, from]) => set[from][i] >= 0)
    .map(([name, from, to]) => [name, set[from][i], set[to][i] >= 0 ? set[to][i] : set.duration[i]]);
}

function described(set, i) {
  const parts = segments(set, i).map(([name, from, to]) => `${PHASE_NAMES[name]} ${duration(to - from)}`);
  if (set.syn[i]) parts.push(`SYN sent ${set.syn[i] + 1} times`);
  return parts.join(", ");
}

function bar(set, i, end, rules) {
  const place = (element, from, to) => {
    element.style.left = `${(100 * from) / end}%`;
    if (to !== undefined) element.style.width = `${(100 * (to - from)) / end}%`;
    return element;
  };
  const cell = make("div", { className: "bar", role: "cell", title: described(set, i), "aria-label": described(set, i) });
  cell.append(...rules.map((at) => place(make("i", { className: "rule" }), at)));
  cell.append(place(make("i"), 0, set.duration[i]));
  cell.append(...segments(set, i).map(([name, from, to]) => place(make("i", { className: name }), from, to)));
  if (set.bad[i]) cell.append(place(make("i", { className: "end" }), set.duration[i]));
  return cell;
}

function waterfallRow(set, i, end, rules) {
  const result = word(set, "result", i) + (set.syn[i] ? ", SYN again" : "");
  return make("div", { role: "row" },
    make("div", { className: "soft time", role: "cell" }, clock(startMs(set, i))),
    make("div", { className: "program", role: "cell" }, word(set, "comm", i) || NONE),
    make("div", { role: "cell", title: word(set, "name", i) }, word(set, "name", i)),
    bar(set, i, end, rules),
    make("div", { className: "number", role: "cell" }, duration(set.duration[i])),
    make("div", { className: set.bad[i] ? "failure" : "soft", role: "cell" }, result));
}

function waterfallHead(end, rules) {
  const axis = make("div", { className: "axis", role: "columnheader", "aria-label": "phases" });
  for (const at of rules) {
    const label = make("span", {}, tick(at));
    label.style.left = `${(100 * at) / end}%`;
    axis.append(label);
  }
  const heads = ["Start", "Program", "Name"].map((text, k) => make("div", { role: "columnheader", className: ["time", "program", ""][k] }, text));
  return make("div", { role: "row" }, ...heads, axis,
    make("div", { role: "columnheader", className: "number" }, "Total"),
    make("div", { role: "columnheader" }, "Result"));
}

/* The slowest of what is shown: those that were kept for it, and the sampled entries. At most half
 * of them failed, so that timeouts do not hide who is slow but connects. */
function slowestShown(limit) {
  const rows = [];
  const known = new Set();
  const add = (set, picked) => {
    for (const i of picked) rows.push([set, i]);
  };
  add(slowest, shownSlow);
  for (const i of shownSlow) known.add(slowest.order[i]);
  add(entries, shown.filter((i) => !known.has(entries.order[i])));
  rows.sort((a, b) => b[0].duration[b[1]] - a[0].duration[a[1]] || a[0].order[a[1]] - b[0].order[b[1]]);
  const good = rows.filter(([set, i]) => !set.bad[i]), bad = rows.filter(([set, i]) => set.bad[i]);
  const others = Math.min(limit - Math.min(bad.length, limit >> 1), good.length);
  const picked = new Set([...good.slice(0, others), ...bad.slice(0, limit - others)]);
  return [rows.filter((row) => picked.has(row)), rows.length];
}

function drawWaterfall() {
  const [rows, all] = slowestShown(waterfallRows);
  const place = byId("waterfall");
  byId("more").hidden = rows.length >= all || waterfallRows >= 200;
  if (!rows.length) {
    place.replaceChildren(make("p", { className: "empty" }, "No connection matches."));
    return;
  }
  const longest = rows.reduce((most, [set, i]) => Math.max(most, set.duration[i]), 1);
  const rules = ticks(longest);
  const end = Math.max(longest, rules[rules.length - 1]);
  place.replaceChildren(waterfallHead(end, rules), ...rows.map(([set, i]) => waterfallRow(set, i, end, rules)));
}

function setUpWaterfall() {
  const place = byId("waterfall");
  place.setAttribute("role", "table");
  place.setAttribute("aria-labelledby", "slow-title");
  byId("more").addEventListener("click", () => { waterfallRows += 40; drawWaterfall(); });
  listeners.push(() => { waterfallRows = WATERFALL_ROWS; drawWaterfall(); });
}
