/* What is asked for, and which entries answer it. Everything on the page but the summary and the
 * percentiles follows. */

const asked = { search: "", program: "", outcome: "", from: -Infinity, to: Infinity };
const listeners = [];
let shown = new Uint32Array(0);
let shownSlow = new Uint32Array(0);

/* A search looks at each different text once, not at each entry. */
function matches(key, needle) {
  return Uint8Array.from(words[key], (text) => (text.toLowerCase().includes(needle) ? 1 : 0));
}

function searcher(search) {
  const needle = search.trim().toLowerCase();
  if (!needle) return () => true;
  const keys = ["name", "remote", "comm", "container", "result"];
  const hits = keys.map((key) => matches(key, needle));
  const pid = /^\d+$/.test(needle) ? Number(needle) : -1;
  return (set, i) => set.pid[i] === pid || keys.some((key, k) => hits[k][set[key][i]]);
}

function select(set) {
  const program = asked.program === "" ? -1 : words.comm.indexOf(asked.program);
  const outcome = { "": -1, connected: 0, failed: 1 }[asked.outcome];
  const found = searcher(asked.search);
  const picked = new Uint32Array(set.size);
  let used = 0;
  for (let i = 0; i < set.size; i++) {
    if (asked.program !== "" && set.comm[i] !== program) continue;
    if (outcome >= 0 && set.bad[i] !== outcome) continue;
    if (set.start[i] < asked.from || set.start[i] >= asked.to) continue;
    if (found(set, i)) picked[used++] = i;
  }
  return picked.slice(0, used);
}

function refilter() {
  shown = select(entries);
  shownSlow = select(slowest);
  byId("shown").textContent = shown.length === entries.size
    ? `${count(entries.size)} connections`
    : `${count(shown.length)} of ${count(entries.size)} connections`;
  for (const listener of listeners) listener();
}

function ask(change) {
  Object.assign(asked, change);
  byId("search").value = asked.search;
  byId("program").value = asked.program;
  byId("outcome").value = asked.outcome;
  refilter();
}

function setUpFilters() {
  const seen = new Map();
  for (let i = 0; i < entries.size; i++) seen.set(entries.comm[i], (seen.get(entries.comm[i]) || 0) + 1);
  const programs = [...seen].sort((a, b) => b[1] - a[1]);
  byId("program").append(
    make("option", { value: "" }, "all"),
    ...programs.map(([comm, n]) => make("option", { value: words.comm[comm] }, `${words.comm[comm] || NONE} (${count(n)})`)),
  );
  let waiting = 0;
  byId("search").addEventListener("input", (event) => {
    asked.search = event.target.value; // at once: another filter may be chosen before we look
    clearTimeout(waiting);
    waiting = setTimeout(refilter, 60);
  });
  byId("program").addEventListener("change", (event) => ask({ program: event.target.value }));
  byId("outcome").addEventListener("change", (event) => ask({ outcome: event.target.value }));
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  byId("filters").addEventListener("reset", (event) => {
    event.preventDefault();
    ask({ search: "", program: "", outcome: "", from: -Infinity, to: Infinity });
  });
}
