/* Latency over time: how many connections took how long when, with the median and p99 above it.
 * Both axes are cut into cells; latency is logarithmic. */

const LEFT = 62, RIGHT = 14, TOP = 10, BOTTOM = 28, CELL = 6;
const chart = { metric: "total", cells: null, cursor: -1, anchor: -1 };

function spanOfTime() {
  let first = Infinity, last = -Infinity;
  for (let i = 0; i < entries.size; i++) {
    first = Math.min(first, entries.start[i]);
    last = Math.max(last, entries.start[i]);
  }
  return entries.size ? [first, Math.max(last, first + 1)] : [0, 1];
}

/* Whole decades around 99.9 % of what there is, so that the axis stands still while filtering. */
function spanOfLatency(metric) {
  const values = entries.spans[metric].filter((us) => us >= 0).sort();
  if (!values.length) return [1, 4];
  const low = Math.log10(Math.max(values[Math.floor(values.length * 0.001)], 10));
  const high = Math.log10(Math.max(values[values.length - 1], 100));
  return [Math.floor(low * 2) / 2, Math.max(Math.ceil(high * 2 + 0.01) / 2, Math.floor(low * 2) / 2 + 1)];
}

function cut(width, height) {
  const columns = Math.max(Math.floor((width - LEFT - RIGHT) / CELL), 10);
  const rows = Math.max(Math.floor((height - TOP - BOTTOM) / CELL), 10);
  const [first, last] = chart.time;
  const [low, high] = chart.range;
  const counts = new Uint32Array(columns * rows);
  const perColumn = Array.from({ length: columns }, () => []);
  const span = entries.spans[chart.metric];
  for (const i of shown) {
    if (span[i] < 0) continue;
    const column = Math.min(Math.floor(((entries.start[i] - first) / (last - first)) * columns), columns - 1);
    const y = (Math.log10(Math.max(span[i], 1)) - low) / (high - low);
    const row = Math.min(Math.max(Math.floor(y * rows), 0), rows - 1);
    counts[column * rows + row]++;
    perColumn[column].push(span[i]);
  }
  for (const list of perColumn) list.sort((a, b) => a - b);
  return { columns, rows, counts, perColumn, width, height };
}

function quantile(sorted, q) {
  return sorted[Math.min(Math.ceil(sorted.length * q), sorted.length) - 1];
}

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

const plotX = (cells, column) => LEFT + (column / cells.columns) * (cells.width - LEFT - RIGHT);
const plotY = (cells, us) => {
  const [low, high] = chart.range;
  const y = Math.min(Math.max((Math.log10(Math.max(us, 1)) - low) / (high - low), 0), 1);
  return cells.height - BOTTOM - y * (cells.height - TOP - BOTTOM);
};

function drawCells(context, cells) {
  const peak = Math.max(cells.counts.reduce((a, b) => Math.max(a, b), 0), 1);
  const low = colour("--heat-low").split(",").map(Number);
  const high = colour("--heat-high").split(",").map(Number);
  const width = (cells.width - LEFT - RIGHT) / cells.columns;
  const height = (cells.height - TOP - BOTTOM) / cells.rows;
  for (let column = 0; column < cells.columns; column++) {
    for (let row = 0; row < cells.rows; row++) {
      const n = cells.counts[column * cells.rows + row];
      if (!n) continue;
      const part = Math.sqrt(n / peak); // a few are seen, and many do not drown them
      context.fillStyle = `rgb(${low.map((c, k) => Math.round(c + (high[k] - c) * part))})`;
      context.fillRect(LEFT + column * width, cells.height - BOTTOM - (row + 1) * height, Math.ceil(width - 0.5), Math.ceil(height - 0.5));
    }
  }
}

/* A line over the columns that have enough connections to speak of. */
function drawLine(context, cells, q, name, dash) {
  const least = q > 0.9 ? 8 : 1;
  context.beginPath();
  let down = false;
  cells.perColumn.forEach((list, column) => {
    if (list.length < least) { down = down && list.length > 0; return; }
    const x = plotX(cells, column + 0.5), y = plotY(cells, quantile(list, q));
    if (down) context.lineTo(x, y); else context.moveTo(x, y);
    down = true;
  });
  context.strokeStyle = colour("--paper"); // a rim, so that it is seen on cells of any shade
  context.lineWidth = 4.5;
  context.stroke();
  context.strokeStyle = colour(name);
  context.lineWidth = 1.6;
  context.setLineDash(dash);
  context.stroke();
  context.setLineDash([]);
}

function drawLatencyAxis(context, cells) {
  const [low, high] = chart.range;
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (let exponent = Math.ceil(low); exponent <= high; exponent++) {
    for (const factor of high - low > 3 ? [1] : [1, 2, 5]) {
      const us = factor * 10 ** exponent;
      if (Math.log10(us) > high + 1e-9) continue;
      const y = Math.round(plotY(cells, us)) + 0.5;
      context.strokeStyle = colour("--line");
      context.beginPath();
      context.moveTo(LEFT, y);
      context.lineTo(cells.width - RIGHT, y);
      context.stroke();
      context.fillText(tick(us), LEFT - 8, y);
    }
  }
}

const TIME_STEPS_S = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 10800, 21600, 43200, 86400];

function drawTimeAxis(context, cells) {
  const [first, last] = chart.time;
  const wanted = Math.max((cells.width - LEFT - RIGHT) / 110, 2);
  const step = 1000 * (TIME_STEPS_S.find((s) => s * 1000 * wanted >= last - first) || Math.ceil((last - first) / wanted / 86400e3) * 86400);
  const zone = new Date(raw.base).getTimezoneOffset() * 60000;
  context.textBaseline = "alphabetic";
  for (let at = Math.ceil((raw.base + first - zone) / step) * step + zone - raw.base; at <= last; at += step) {
    const x = LEFT + ((at - first) / (last - first)) * (cells.width - LEFT - RIGHT);
    const text = step >= 86400e3 ? day(raw.base + at) : step >= 60000 ? clock(raw.base + at, 0).slice(0, 5) : clock(raw.base + at, step < 1000 ? 3 : 0);
    context.textAlign = x < LEFT + 20 ? "left" : x > cells.width - RIGHT - 24 ? "right" : "center";
    context.fillRect(Math.round(x), cells.height - BOTTOM, 1, 4);
    context.fillText(text, x, cells.height - 8);
  }
}

function drawSelection(context, cells) {
  const [first, last] = chart.time;
  const x = (at) => LEFT + ((Math.min(Math.max(at, first), last) - first) / (last - first)) * (cells.width - LEFT - RIGHT);
  if (asked.from > -Infinity || asked.to < Infinity) {
    context.strokeStyle = colour("--accent");
    context.lineWidth = 1.5;
    context.strokeRect(x(asked.from), TOP, x(asked.to) - x(asked.from), cells.height - TOP - BOTTOM);
  }
  if (chart.anchor >= 0 && chart.cursor >= 0) {
    const [a, b] = [Math.min(chart.anchor, chart.cursor), Math.max(chart.anchor, chart.cursor) + 1];
    context.fillStyle = colour("--accent");
    context.globalAlpha = 0.18;
    context.fillRect(plotX(cells, a), TOP, plotX(cells, b) - plotX(cells, a), cells.height - TOP - BOTTOM);
    context.globalAlpha = 1;
  } else if (chart.cursor >= 0) {
    context.fillStyle = colour("--accent");
    context.fillRect(plotX(cells, chart.cursor + 0.5), TOP, 1, cells.height - TOP - BOTTOM);
  }
}

function drawKey(context, cells) {
  const draw = (x, text, name, dash) => {
    context.strokeStyle = colour(name);
    context.lineWidth = 1.6;
    context.setLineDash(dash);
    context.beginPath();
    context.moveTo(x, TOP + 8);
    context.lineTo(x + 18, TOP + 8);
    context.stroke();
    context.setLineDash([]);
    context.fillText(text, x + 23, TOP + 8);
  };
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.fillStyle = colour("--ink");
  draw(cells.width - RIGHT - 122, "median", "--p50", []);
  draw(cells.width - RIGHT - 46, "p99", "--p99", [5, 3]);
}

function drawChart(recut = true) {
  const canvas = byId("chart");
  const { width, height } = canvas.getBoundingClientRect();
  const scale = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const context = canvas.getContext("2d");
  context.scale(scale, scale);
  context.font = "12px system-ui, sans-serif";
  if (recut || !chart.cells || chart.cells.width !== width) chart.cells = cut(width, height);
  context.fillStyle = colour("--soft");
  drawLatencyAxis(context, chart.cells);
  drawTimeAxis(context, chart.cells);
  drawCells(context, chart.cells);
  drawLine(context, chart.cells, 0.5, "--p50", []);
  drawLine(context, chart.cells, 0.99, "--p99", [5, 3]);
  drawKey(context, chart.cells);
  drawSelection(context, chart.cells);
}
