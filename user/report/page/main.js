/* The top of the page, and the start. */

function addFigure(name, value, note = "", bad = false) {
  byId("figures").append(make("div", { className: bad ? "bad" : "" }, make("dt", {}, name),
    make("dd", {}, value, ...(note ? [make("small", {}, note)] : []))));
}

function drawSummary() {
  const { all, hosts, from, to, dropped } = raw.summary;
  const lost = Object.values(dropped).reduce((a, b) => a + b, 0);
  byId("hosts").textContent = hosts.length ? `on ${hosts.join(", ")}` : "";
  if (from) {
    const [first, last] = [Date.parse(from), Date.parse(to)];
    const end = day(first) === day(last) ? clock(last, 0) : `${day(last)} ${clock(last, 0)}`;
    byId("period").textContent = `${day(first)} ${clock(first, 0)} to ${end}`;
  }
  addFigure("Connections", count(all.connections));
  addFigure("Failed", count(all.failed), percent(all.failed, all.connections), all.failed > 0);
  if (all.failedLater) addFigure("Failed later", count(all.failedLater), "requests, late handshakes", true);
  for (const span of ["dns", "tcp", "tls", "total"]) {
    if (all[span]) addFigure(`${PHASE_NAMES[span]}, median and p99`, duration(all[span].p50 * 1000), duration(all[span].p99 * 1000));
  }
  if (raw.summary.abandoned) addFigure("Abandoned", count(raw.summary.abandoned), "not shown");
  addFigure("Lost", count(lost), "", lost > 0);
  if (raw.offered > entries.size) {
    byId("sample").hidden = false;
    byId("sample").textContent = `Summary and percentiles are of all ${count(raw.offered)} entries. Chart and table show a fair sample of ${count(entries.size)}; the slowest are all there.`;
  }
}

function setUpTheme() {
  const button = byId("theme");
  const use = (theme) => {
    document.documentElement.dataset.theme = theme;
    button.setAttribute("aria-pressed", String(theme === "dark"));
    if (chart.cells) drawChart(false);
  };
  button.addEventListener("click", () => use(document.documentElement.dataset.theme === "dark" ? "light" : "dark"));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", (event) => use(event.matches ? "dark" : "light"));
  use(document.documentElement.dataset.theme);
}

setUpTheme();
drawSummary();
setUpFilters();
setUpChart();
setUpWaterfall();
setUpGroups();
setUpTable();
refilter();
document.documentElement.dataset.readyMs = performance.now().toFixed(0);
