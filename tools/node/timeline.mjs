// SPDX-License-Identifier: MIT
// The Performance Timeline of one tracer: the buffer of Resource Timing and the observers, by the
// algorithms of https://www.w3.org/TR/performance-timeline/ and https://www.w3.org/TR/resource-timing/.
// Where the entries come from is connspan.mjs's. docs/timeline.md says where we deviate.

const SUPPORTED = Object.freeze(["resource"]);
const BUFFER_SIZE = 250;

const byStartTime = (a, b) => a.startTime - b.startTime || a.id - b.id;

function filtered(entries, name, type) {
  return entries
    .filter((entry) => (type === undefined || entry.entryType === type) && (name === undefined || entry.name === name))
    .sort(byStartTime);
}

// One entry: the attributes of PerformanceResourceTiming, and what connspan knows besides.
export class PerformanceResourceTiming {
  constructor(fields) {
    Object.freeze(Object.assign(this, fields));
  }

  toJSON() {
    return { ...this };
  }
}

class PerformanceObserverEntryList {
  #entries;

  constructor(entries) {
    this.#entries = entries;
  }

  getEntries() {
    return filtered(this.#entries);
  }

  getEntriesByType(type) {
    return filtered(this.#entries, undefined, type);
  }

  getEntriesByName(name, type) {
    return filtered(this.#entries, name, type);
  }
}

// Entries in, observers out. onWatched(true) is called when somebody begins to observe, and
// onWatched(false) when nobody does any more.
export class Timeline {
  buffer = [];
  secondary = [];
  limit = BUFFER_SIZE;
  fullPending = false;
  dropped = 0;
  registered = new Set();
  taskQueued = false;
  onWatched = () => {};
  onFull = () => {};

  register(observer) {
    this.registered.add(observer);
    this.onWatched(true);
  }

  unregister(observer) {
    if (this.registered.delete(observer) && this.registered.size === 0) this.onWatched(false);
  }

  // "Queue a PerformanceEntry": observers first, whether there is room in the buffer or not.
  queue(entry) {
    for (const observer of this.registered) observer.give(entry);
    if (this.registered.size) this.queueObserverTask();
    this.keep(entry);
  }

  // "Add a PerformanceResourceTiming entry"
  keep(entry) {
    if (this.buffer.length < this.limit && !this.fullPending) {
      this.buffer.push(entry);
      return;
    }
    if (!this.fullPending) {
      this.fullPending = true;
      setImmediate(() => this.fireBufferFull());
    }
    this.secondary.push(entry);
  }

  // "Fire a buffer full event"
  fireBufferFull() {
    while (this.secondary.length) {
      const before = this.secondary.length;
      if (this.buffer.length >= this.limit) this.onFull();
      while (this.secondary.length && this.buffer.length < this.limit) this.buffer.push(this.secondary.shift());
      if (before <= this.secondary.length) {
        this.dropped += this.secondary.length;
        this.secondary = [];
      }
    }
    this.fullPending = false;
  }

  queueObserverTask() {
    if (this.taskQueued) return;
    this.taskQueued = true;
    setImmediate(() => {
      this.taskQueued = false;
      for (const observer of [...this.registered]) observer.deliver();
    });
  }
}

// The two globals of a page, on one timeline.
export function globalsOf(timeline, origin) {
  class PerformanceObserver {
    #callback;
    #mode;
    #types = new Set();
    #buffer = [];
    #requiresDropped = false;
    #inner = {
      give: (entry) => {
        if (this.#types.has(entry.entryType)) this.#buffer.push(entry);
      },
      deliver: () => this.#deliver(),
    };

    static get supportedEntryTypes() {
      return SUPPORTED;
    }

    constructor(callback) {
      if (typeof callback !== "function") throw new TypeError("an observer needs a callback");
      this.#callback = callback;
    }

    observe({ type, entryTypes, ...others } = {}) {
      if (type === undefined && entryTypes === undefined) throw new TypeError("neither type nor entryTypes");
      if (entryTypes !== undefined && (type !== undefined || Object.keys(others).length))
        throw new TypeError("entryTypes goes alone");
      const mode = type === undefined ? "multiple" : "single";
      if (this.#mode !== undefined && this.#mode !== mode)
        throw new DOMException(`this observer is ${this.#mode}`, "InvalidModificationError");
      this.#mode = mode;
      this.#requiresDropped = true;
      const wanted = (entryTypes ?? [type]).filter((one) => SUPPORTED.includes(one));
      if (!wanted.length) return;
      this.#types = new Set(mode === "single" ? [...this.#types, ...wanted] : wanted);
      timeline.register(this.#inner);
      if (others.buffered) {
        this.#buffer.push(...filtered(timeline.buffer, undefined, type));
        timeline.queueObserverTask();
      }
    }

    #deliver() {
      const entries = this.takeRecords();
      if (!entries.length) return;
      const options = this.#requiresDropped ? { droppedEntriesCount: timeline.dropped } : {};
      this.#requiresDropped = false;
      this.#callback.call(this, new PerformanceObserverEntryList(entries), this, options);
    }

    takeRecords() {
      const entries = this.#buffer;
      this.#buffer = [];
      return entries;
    }

    disconnect() {
      timeline.unregister(this.#inner);
      this.#types = new Set();
      this.#buffer = [];
    }
  }

  class Performance extends EventTarget {
    onresourcetimingbufferfull = null;

    // Milliseconds of the Unix epoch at which entries have the time 0.
    get timeOrigin() {
      return origin.unixNs / 1e6;
    }

    now() {
      return (Number(process.hrtime.bigint()) - origin.monotonicNs) / 1e6;
    }

    getEntries() {
      return filtered(timeline.buffer);
    }

    getEntriesByType(type) {
      return filtered(timeline.buffer, undefined, type);
    }

    getEntriesByName(name, type) {
      return filtered(timeline.buffer, name, type);
    }

    setResourceTimingBufferSize(size) {
      timeline.limit = size;
    }

    clearResourceTimings() {
      timeline.buffer = [];
    }
  }

  const performance = new Performance();
  timeline.onFull = () => {
    const event = new Event("resourcetimingbufferfull");
    performance.onresourcetimingbufferfull?.(event);
    performance.dispatchEvent(event);
  };
  return { performance, PerformanceObserver };
}
