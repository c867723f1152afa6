/* How figures are written. Text only: nothing from an entry ever becomes markup. */

const NONE = "–";

function inUnit(us) {
  if (us < 1e3) return [us, "µs"];
  if (us < 1e6) return [us / 1e3, "ms"];
  return us < 6e8 ? [us / 1e6, "s"] : [us / 6e7, "min"];
}

/* Microseconds with three digits and a unit. */
function duration(us) {
  if (us === null || us === undefined || us < 0) return NONE;
  if (us < 1000) return `${Math.round(us)} µs`;
  const [value, unit] = inUnit(us);
  return `${value < 9.995 ? value.toFixed(2) : value < 99.95 ? value.toFixed(1) : value.toFixed(0)} ${unit}`;
}

/* A tick of an axis: no more digits than it needs. */
function tick(us) {
  if (us === 0) return "0";
  const [value, unit] = inUnit(us);
  return `${Number(value.toPrecision(3))} ${unit}`;
}

function count(number) {
  return number.toLocaleString("en");
}

function percent(part, whole) {
  return whole ? `${((100 * part) / whole).toFixed(part && part / whole < 0.1 ? 2 : 1)} %` : "";
}

function pad(number, digits = 2) {
  return String(number).padStart(digits, "0");
}

/* In the time zone of who looks at it. */
function clock(unixMs, digits = 3) {
  const date = new Date(unixMs);
  const time = `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
  return digits ? `${time}.${pad(date.getMilliseconds(), 3)}` : time;
}

function day(unixMs) {
  const date = new Date(unixMs);
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
}

/* An element with properties, attributes (aria-..., role, data-...) and children, which are
 * elements or text. */
function make(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.includes("-") || key === "role") element.setAttribute(key, value);
    else element[key] = value;
  }
  element.append(...children);
  return element;
}

function byId(id) {
  return document.getElementById(id);
}
