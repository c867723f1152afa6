/* The percentiles of all connections, as connspan counted them, not of the sample; one row per name,
 * program, remote address or container. A key narrows the rest of the page to it. */

const GROUP_TITLES = { name: "Names", comm: "Programs", remote: "Remote addresses", container: "Containers" };
const KEY_TITLES = { name: "Name", comm: "Program", remote: "Remote address", container: "Container" };
const FIGURES = ["p50", "p99", "max"];
const groups = { table: 0, key: "connections", down: true };

function figure(row, key) {
  if (!key.includes(".")) return row[key];
  const [span, name] = key.split(".");
  return row[span] ? row[span][name] : -1;
}

function sortedRows(table) {
  const sign = groups.down ? -1 : 1;
  return [...table.rows].sort((a, b) => {
    const [x, y] = [figure(a, groups.key), figure(b, groups.key)];
    return sign * (x < y ? -1 : x > y ? 1 : 0);
  });
}

function sortHead(key, text) {
  const button = make("button", { type: "button", className: "plain" }, text);
  button.addEventListener("click", () => {
    groups.down = groups.key === key ? !groups.down : key !== "key";
    groups.key = key;
    drawGroups();
    byId("groups").querySelector(`[data-key="${key}"] button`).focus();
  });
  const head = make("th", { scope: "col", "data-key": key }, button);
  if (groups.key === key) head.setAttribute("aria-sort", groups.down ? "descending" : "ascending");
  return head;
}

function spansOf(table) {
  return ["dns", "tcp", "tls", "total"].filter((span) => table.rows.some((row) => row[span]));
}

/* What failed later has a column where something did. */
function countsOf(table) {
  const later = [...table.rows, table.others].some((row) => row && row.failedLater);
  return [["connections", "Connections"], ["failed", "Failed"], ...(later ? [["failedLater", "Failed later"]] : [])];
}

function groupHead(table, counts, used) {
  const top = make("tr", {}, make("td", { colSpan: 1 + counts.length }));
  for (const span of used) top.append(make("th", { colSpan: FIGURES.length, scope: "colgroup", className: span }, make("span", {}, PHASE_NAMES[span])));
  const line = make("tr", {}, sortHead("key", KEY_TITLES[table.by]), ...counts.map(([key, title]) => sortHead(key, title)));
  for (const span of used) line.append(...FIGURES.map((name) => sortHead(`${span}.${name}`, name)));
  return make("thead", {}, top, line);
}

function keyCell(table, row) {
  if (row.key === undefined) return make("td", {}, `${count(row.keys)} others`);
  const text = table.by === "container" && row.key.length === 64 ? row.key.slice(0, 12) : row.key;
  const button = make("button", { type: "button", className: "plain", title: `Show only ${row.key}` }, text);
  button.addEventListener("click", () => ask(table.by === "comm" ? { program: row.key === "-" ? "" : row.key } : { search: row.key === "-" ? "" : row.key }));
  return make("td", {}, button);
}

function groupRow(table, row, counts, used) {
  const line = make("tr", {}, keyCell(table, row), ...counts.map(([key]) => make("td", {}, row[key] || key === "connections" ? count(row[key]) : NONE)));
  for (const span of used) {
    for (const name of FIGURES) line.append(make("td", {}, row[span] ? duration(row[span][name] * 1000) : NONE));
  }
  return line;
}

function drawGroups() {
  const table = raw.tables[groups.table];
  const [counts, used] = [countsOf(table), spansOf(table)];
  const body = make("tbody", {}, ...sortedRows(table).map((row) => groupRow(table, row, counts, used)));
  if (table.others) body.append(groupRow(table, table.others, counts, used));
  byId("groups").replaceChildren(make("table", { "aria-labelledby": "groups-title" }, groupHead(table, counts, used), body));
  byId("groups-note").textContent = table.missed
    ? `Too many to count each: a row may lack up to ${count(table.missed)} connections, which the others have.`
    : "";
}

function setUpGroups() {
  const tabs = raw.tables.map((table, i) => make("button", { type: "button", role: "tab", "aria-selected": String(i === 0), tabIndex: i ? -1 : 0 }, GROUP_TITLES[table.by]));
  const choose = (i, focus) => {
    groups.table = i;
    tabs.forEach((tab, k) => { tab.setAttribute("aria-selected", String(k === i)); tab.tabIndex = k === i ? 0 : -1; });
    if (focus) tabs[i].focus();
    drawGroups();
  };
  tabs.forEach((tab, i) => {
    tab.addEventListener("click", () => choose(i, false));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (step) choose((i + step + tabs.length) % tabs.length, true);
    });
  });
  byId("tabs").append(...tabs);
  if (raw.tables.length) drawGroups();
}
