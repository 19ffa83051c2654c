// The current location, stored in the URL fragment, so that the browser's Back button closes a thread.

const LOOPBACK = new Set(["127.0.0.1", "localhost", "[::1]"]);

/** Returns {view: "channel" | "list" | "home", channel, thread, focus} of a fragment such as "#/C1/1700000000.000100". */
export function readPlace(hash) {
  const [first = "", thread = null, focus = null] = hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
  if (first === "list" || first === "home") return { view: first, channel: null, thread: null, focus: null };
  return { view: "channel", channel: first || null, thread, focus };
}

/** Returns the fragment of a channel, a thread, or a message in a thread. */
export function address(channel, thread, focus) {
  return `#/${[channel, thread, focus].filter(Boolean).join("/")}`;
}

/** Returns the location of a permalink (`/archives/C1/p1700000000000100`), or null. */
export function permalinkPlace(href) {
  const url = new URL(href, location.href);
  const here = url.host === location.host || LOOPBACK.has(url.hostname);
  const match = /^\/archives\/(\w+)(?:\/p(\d+)(\d{6}))?\/?$/.exec(url.pathname);
  if (!here || !match) return null;
  const [, channel, seconds, micros] = match;
  if (!seconds) return address(channel);
  const ts = `${seconds}.${micros}`;
  return address(channel, url.searchParams.get("thread_ts") ?? ts, ts);
}
