/* The chart answers: pointer and keys choose a span of time, a line of text says what is there. */

function columnAt(event) {
  const box = byId("chart").getBoundingClientRect();
  const part = (event.clientX - box.left - LEFT) / (box.width - LEFT - RIGHT);
  return Math.min(Math.max(Math.floor(part * chart.cells.columns), 0), chart.cells.columns - 1);
}

function timeOf(column) {
  const [first, last] = chart.time;
  return first + (column / chart.cells.columns) * (last - first);
}

function say(column) {
  const list = chart.cells.perColumn[column];
  const from = clock(raw.base + timeOf(column), 0), to = clock(raw.base + timeOf(column + 1), 0);
  byId("chart-say").textContent = !list ? "" : `${from} to ${to}: ${count(list.length)} connections`
    + (list.length ? `, median ${duration(quantile(list, 0.5))}, p99 ${duration(quantile(list, 0.99))}` : "");
}

function keepSelection() {
  const from = timeOf(Math.min(chart.anchor, chart.cursor));
  const to = timeOf(Math.max(chart.anchor, chart.cursor) + 1);
  chart.anchor = -1;
  // The last column's end is the last entry, which belongs to it.
  ask({ from, to: to >= chart.time[1] ? Infinity : to });
}

function onChartKey(event) {
  const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10 }[event.key];
  if (event.key === "Escape") {
    chart.anchor = chart.cursor = -1;
    ask({ from: -Infinity, to: Infinity });
  } else if (step) {
    event.preventDefault();
    const before = chart.cursor < 0 ? 0 : chart.cursor;
    if (event.shiftKey && chart.anchor < 0) chart.anchor = before;
    if (!event.shiftKey) chart.anchor = -1;
    chart.cursor = Math.min(Math.max(before + step, 0), chart.cells.columns - 1);
    say(chart.cursor);
    drawChart(false);
  }
}

function setUpChart() {
  const canvas = byId("chart");
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    chart.anchor = chart.cursor = columnAt(event);
  });
  canvas.addEventListener("pointermove", (event) => {
    chart.cursor = columnAt(event);
    say(chart.cursor);
    drawChart(false);
  });
  canvas.addEventListener("pointerup", () => {
    if (chart.anchor >= 0 && chart.anchor !== chart.cursor) keepSelection();
    else { chart.anchor = -1; ask({ from: -Infinity, to: Infinity }); }
  });
  canvas.addEventListener("pointerleave", () => { chart.cursor = -1; drawChart(false); });
  canvas.addEventListener("keydown", onChartKey);
  canvas.addEventListener("keyup", (event) => { if (event.key === "Shift" && chart.anchor >= 0) keepSelection(); });
  for (const input of document.querySelectorAll('input[name="metric"]')) {
    input.disabled = !entries.spans[input.value].some((us) => us >= 0);
    input.addEventListener("change", () => { chart.metric = input.value; chart.range = spanOfLatency(input.value); drawChart(); });
  }
  chart.time = spanOfTime();
  chart.range = spanOfLatency(chart.metric);
  canvas.setAttribute("aria-label", "Connections by start time and latency");
  new ResizeObserver(() => drawChart()).observe(canvas);
  listeners.push(() => drawChart());
}
