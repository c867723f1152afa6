/* The entries as columns. Times in the data are integers: milliseconds since `base` for the start,
 * microseconds since the start for the marks, -1 where a connection did not get there. */

const raw = JSON.parse(byId("data").textContent);
byId("data").remove();

const PHASES = ["dns", "tcp", "tls"];
const PHASE_NAMES = { dns: "DNS", tcp: "TCP", tls: "TLS", total: "total" };

function columnsOf(set) {
  const columns = { size: set.start.length };
  for (const [key, values] of Object.entries(set)) {
    columns[key] = key === "start" ? Float64Array.from(values) : Int32Array.from(values);
  }
  return columns;
}

const words = raw.words; // name, comm, remote, container, result: each a list of texts
const entries = columnsOf(raw.entries);
const slowest = columnsOf(raw.slowest);

/* How long a phase took, -1 if it was not completed. */
function spans(set) {
  const make = (from, to) => {
    const span = new Int32Array(set.size);
    for (let i = 0; i < set.size; i++) span[i] = from[i] >= 0 && to[i] >= from[i] ? to[i] - from[i] : -1;
    return span;
  };
  const total = new Int32Array(set.size);
  for (let i = 0; i < set.size; i++) total[i] = set.bad[i] ? -1 : set.duration[i];
  return {
    dns: make(set.dnsStart, set.dnsEnd), tcp: make(set.connect, set.established),
    tls: make(set.tlsStart, set.tlsEnd), total,
  };
}

entries.spans = spans(entries);
slowest.spans = spans(slowest);

function word(set, key, i) {
  return words[key][set[key][i]];
}

/* When entry i began, on the wall clock. */
function startMs(set, i) {
  return raw.base + set.start[i];
}
