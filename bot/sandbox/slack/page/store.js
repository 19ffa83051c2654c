// The data of the page: users, channels and messages, updated by the server's events.

const isTop = (message) => !message.thread_ts || message.thread_ts === message.ts || message.subtype === "thread_broadcast";
const byTime = (one, other) => Number(one.ts) - Number(other.ts);

export class Store {
  me = null;
  users = {};
  channels = {};
  commands = [];
  scenario = { title: "", subtitle: "" };
  mode = "socket";
  connections = 0;
  homes = new Map();
  #messages = new Map();
  #ephemerals = new Map();
  #read = new Map();

  /** Applies a server event; returns whether the page may have changed. */
  apply(event) {
    const take = this[`on_${event.type}`];
    if (!take) return false;
    take.call(this, event);
    return true;
  }

  on_snapshot(event) {
    this.users = event.users;
    this.channels = event.channels;
    this.commands = event.commands ?? [];
    this.scenario = { title: event.title ?? "", subtitle: event.subtitle ?? "" };
    this.mode = event.mode;
    this.connections = event.conn ?? 0;
    this.homes = new Map(Object.entries(event.homes ?? {}));
    this.#messages = new Map(Object.keys(this.channels).map((id) => [id, new Map()]));
    for (const [channel, list] of Object.entries(event.messages ?? {})) {
      for (const message of list) this.#put(channel, message);
    }
    if (!this.people().some((person) => person.id === this.me)) this.me = event.me_default ?? this.people()[0]?.id ?? null;
    for (const person of this.people()) {
      for (const id of Object.keys(this.channels)) if (!this.#read.has(`${person.id}/${id}`)) this.#markRead(person.id, id);
    }
  }

  on_message(event) {
    this.#put(event.channel, event.message);
  }

  on_message_changed(event) {
    const known = (this.#ephemerals.get(event.channel) ?? []).find((entry) => entry.message.ts === event.message.ts);
    if (known) known.message = { ...event.message, is_ephemeral: true };
    else if (!event.message.is_ephemeral) this.#put(event.channel, event.message);
  }

  on_message_deleted(event) {
    this.#messages.get(event.channel)?.delete(event.ts);
    this.dismiss(event.channel, event.ts);
  }

  on_ephemeral(event) {
    const list = this.#ephemerals.get(event.channel) ?? [];
    const others = list.filter((entry) => entry.message.ts !== event.message.ts);
    this.#ephemerals.set(event.channel, [...others, { user: event.user, message: { ...event.message, is_ephemeral: true } }]);
  }

  on_conn(event) {
    this.connections = event.n;
  }

  on_home(event) {
    this.homes.set(event.user ?? this.me, event.view);
  }

  on_channel_join(event) {
    const channel = this.channels[event.channel];
    if (!channel) return;
    const members = event.info?.members ?? [...new Set([...(channel.members ?? []), event.user])];
    this.channels[channel.id] = { ...channel, members };
  }

  #put(channel, message) {
    if (!this.#messages.has(channel)) this.#messages.set(channel, new Map());
    this.#messages.get(channel).set(message.ts, message);
  }

  /** Removes an ephemeral message. */
  dismiss(channel, ts) {
    const list = this.#ephemerals.get(channel) ?? [];
    this.#ephemerals.set(channel, list.filter((entry) => entry.message.ts !== ts));
  }

  /** Returns the users to choose from, in the server's order. */
  people() {
    return Object.values(this.users).filter((user) => !user.is_bot && user.id !== "USLACKBOT");
  }

  /** Returns the apps of the workspace. */
  apps() {
    return Object.values(this.users).filter((user) => user.is_bot);
  }

  /** Returns the channels visible to `me`; private ones for members only. */
  myChannels() {
    return Object.values(this.channels).filter((channel) => !channel.is_private || (channel.members ?? []).includes(this.me));
  }

  find(channel, ts) {
    return this.#messages.get(channel)?.get(ts);
  }

  #mine(channel) {
    return (this.#ephemerals.get(channel) ?? []).filter((entry) => entry.user === this.me).map((entry) => entry.message);
  }

  /** Returns a channel's top-level messages, oldest first, with the ephemeral ones of `me`. */
  top(channel) {
    const shared = [...(this.#messages.get(channel)?.values() ?? [])].filter(isTop);
    const own = this.#mine(channel).filter((message) => isTop(message) || !this.find(channel, message.thread_ts));
    return [...shared, ...own].sort(byTime);
  }

  /** Returns a thread with its parent, oldest first. */
  thread(channel, root) {
    const inside = (message) => message.ts === root || message.thread_ts === root;
    return [...(this.#messages.get(channel)?.values() ?? []), ...this.#mine(channel)].filter(inside).sort(byTime);
  }

  /** Returns the number of replies, their authors, and the time of the last one in seconds since the epoch. */
  replies(channel, root) {
    const list = [...(this.#messages.get(channel)?.values() ?? [])].filter((message) => message.thread_ts === root && message.ts !== root);
    return { count: list.length, authors: [...new Set(list.map((message) => message.user))], last: Math.max(...list.map((message) => Number(message.ts))) };
  }

  #markRead(user, channel) {
    const newest = Math.max(0, ...[...(this.#messages.get(channel)?.keys() ?? [])].map(Number), ...this.#mine(channel).map((message) => Number(message.ts)));
    this.#read.set(`${user}/${channel}`, newest);
  }

  /** Marks the channel as read by `me`. */
  markRead(channel) {
    this.#markRead(this.me, channel);
  }

  /** Returns the number of unread top-level messages. */
  unread(channel) {
    const seen = this.#read.get(`${this.me}/${channel}`) ?? 0;
    return this.top(channel).filter((message) => Number(message.ts) > seen && message.user !== this.me).length;
  }
}
