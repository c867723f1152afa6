/* All entries that match, one row each: sorted by any column; only rows in sight are elements. */

const ROW = 28, HEAD = 32;

function whenOf(i) {
  const at = startMs(entries, i);
  return severalDays ? `${day(at)} ${clock(at)}` : clock(at);
}

const severalDays = raw.summary.from && day(Date.parse(raw.summary.from)) !== day(Date.parse(raw.summary.to));
// key, title, width, text
const COLUMNS = [
  ["start", "Start", severalDays ? "13.5em" : "7.2em", whenOf],
  ["comm", "Program", "minmax(6em, 9em)", (i) => word(entries, "comm", i) || NONE],
  ["pid", "Process", "4.5em", (i) => entries.pid[i] || NONE],
  ["name", "Name", "minmax(12em, 1fr)", (i) => word(entries, "name", i)],
  ["remote", "Remote address", "minmax(8em, 13em)", (i) => word(entries, "remote", i)],
  ["dns", "DNS", "4.7em", (i) => duration(entries.spans.dns[i])],
  ["tcp", "TCP", "4.7em", (i) => duration(entries.spans.tcp[i])],
  ["tls", "TLS", "4.7em", (i) => duration(entries.spans.tls[i])],
  ["duration", "Total", "4.7em", (i) => duration(entries.duration[i])],
  ["result", "Result", "minmax(7em, 11em)", (i) => word(entries, "result", i)],
].filter(([key]) => key !== "dns" || entries.spans.dns.some((us) => us >= 0));
const NUMBERS = new Set(["pid", "dns", "tcp", "tls", "duration"]);
const grid = { key: "start", down: false, order: new Uint32Array(0), active: -1, rows: new Map() };

/* What a column is sorted by: texts by their rank among all different texts. */
function sortKey(key) {
  if (entries.spans[key]) return entries.spans[key];
  if (!words[key]) return entries[key];
  const ranked = words[key].map((text, i) => [text, i]).sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
  const rank = new Uint32Array(ranked.length);
  ranked.forEach(([, i], at) => { rank[i] = at; });
  return Uint32Array.from(entries[key], (i) => rank[i]);
}

function sortGrid() {
  const by = sortKey(grid.key);
  const sign = grid.down ? -1 : 1;
  grid.order = shown.slice().sort((a, b) => sign * (by[a] - by[b]) || a - b);
  grid.active = grid.order.length ? Math.min(Math.max(grid.active, 0), grid.order.length - 1) : -1;
  for (const [key] of COLUMNS) {
    const head = grid.heads.get(key);
    if (key === grid.key) head.setAttribute("aria-sort", grid.down ? "descending" : "ascending");
    else head.removeAttribute("aria-sort");
  }
}

function gridRow(at) {
  const i = grid.order[at];
  const row = make("div", { role: "row", className: "grid-row", id: `row-${at}`, "aria-rowindex": at + 2, "aria-selected": String(at === grid.active) });
  row.style.top = `${at * ROW}px`;
  for (const [key, , , text] of COLUMNS) {
    const cell = make("span", { role: "gridcell", className: NUMBERS.has(key) ? "number" : "" }, String(text(i)));
    if (key === "name" || key === "remote") cell.title = cell.textContent;
    if (key === "result" && entries.bad[i]) cell.className = "failure";
    row.append(cell);
  }
  row.addEventListener("click", () => activate(at));
  return row;
}

/* Height of the rows that are seen: the head stands above them. */
function inSight() {
  return grid.body.clientHeight - HEAD;
}

function fillGrid() {
  const first = Math.max(Math.floor(grid.body.scrollTop / ROW) - 8, 0);
  const last = Math.min(first + Math.ceil(inSight() / ROW) + 16, grid.order.length);
  for (const [at, row] of grid.rows) {
    if (at < first || at >= last) { row.remove(); grid.rows.delete(at); }
  }
  for (let at = first; at < last; at++) {
    if (!grid.rows.has(at)) {
      const row = gridRow(at);
      grid.rows.set(at, row);
      grid.space.append(row);
    }
  }
}

function drawGrid() {
  sortGrid();
  for (const row of grid.rows.values()) row.remove();
  grid.rows.clear();
  grid.space.style.height = `${grid.order.length * ROW}px`;
  grid.element.setAttribute("aria-rowcount", grid.order.length + 1);
  grid.empty.hidden = grid.order.length > 0;
  fillGrid();
  tellActive();
}

function tellActive() {
  if (grid.active >= 0 && grid.rows.has(grid.active)) grid.element.setAttribute("aria-activedescendant", `row-${grid.active}`);
  else grid.element.removeAttribute("aria-activedescendant");
}

function activate(at) {
  const before = grid.rows.get(grid.active);
  if (before) before.setAttribute("aria-selected", "false");
  grid.active = at;
  const top = at * ROW, bottom = top + ROW;
  if (top < grid.body.scrollTop) grid.body.scrollTop = top;
  else if (bottom > grid.body.scrollTop + inSight()) grid.body.scrollTop = bottom - inSight();
  fillGrid();
  const row = grid.rows.get(at);
  if (row) row.setAttribute("aria-selected", "true");
  tellActive();
  showDetails(grid.order[at]);
}

function showDetails(i) {
  const facts = [["Name", word(entries, "name", i)], ["Program", `${word(entries, "comm", i) || NONE}, process ${entries.pid[i]}`],
    ["Remote address", word(entries, "remote", i)], ["Container", word(entries, "container", i) || NONE],
    ["Phases", described(entries, i) || NONE], ["Total", duration(entries.duration[i])], ["Result", word(entries, "result", i)]];
  byId("details").replaceChildren(make("dl", {}, ...facts.map(([name, text]) => make("div", {}, make("dt", {}, name), make("dd", {}, text)))));
}

function onGridKey(event) {
  if (event.target.closest("button")) return;
  const page = Math.max(Math.floor(inSight() / ROW) - 1, 1);
  const last = grid.order.length - 1;
  const to = { ArrowDown: grid.active + 1, ArrowUp: grid.active - 1, PageDown: grid.active + page, PageUp: grid.active - page, Home: 0, End: last }[event.key];
  if (to === undefined || last < 0) return;
  event.preventDefault();
  activate(Math.min(Math.max(to, 0), last));
}

function gridHead() {
  grid.heads = new Map();
  const line = make("div", { role: "row", className: "grid-head" });
  for (const [key, title] of COLUMNS) {
    const button = make("button", { type: "button", className: "plain" }, title);
    button.addEventListener("click", () => {
      grid.down = grid.key === key ? !grid.down : NUMBERS.has(key);
      grid.key = key;
      grid.body.scrollTop = 0;
      drawGrid();
    });
    const head = make("span", { role: "columnheader", className: NUMBERS.has(key) ? "number" : "" }, button);
    grid.heads.set(key, head);
    line.append(head);
  }
  return line;
}

function setUpTable() {
  grid.space = make("div", { className: "grid-space", role: "presentation" });
  grid.empty = make("p", { className: "empty", hidden: true }, "No connection matches.");
  grid.body = make("div", { className: "grid-body", tabIndex: -1, role: "presentation" }, gridHead(), grid.empty, grid.space);
  grid.element = make("div", { className: "grid", role: "grid", tabIndex: 0, "aria-labelledby": "connections-title" }, grid.body);
  grid.element.style.setProperty("--columns", COLUMNS.map(([, , width]) => width).join(" "));
  byId("table").append(grid.element);
  grid.body.addEventListener("scroll", fillGrid, { passive: true });
  grid.element.addEventListener("keydown", onGridKey);
  listeners.push(drawGrid);
}
