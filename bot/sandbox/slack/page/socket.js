// The connection to the server: a WebSocket that reconnects automatically.

const FIRST_WAIT_MS = 300;
const LONGEST_WAIT_MS = 5_000;

export class Wire {
  #socket = null;
  #wait = FIRST_WAIT_MS;
  #onEvent;
  #onState;

  /** `onEvent` receives each decoded event, `onState` whether the connection is open. */
  constructor(onEvent, onState) {
    this.#onEvent = onEvent;
    this.#onState = onState;
    this.#connect();
  }

  #connect() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/ui/ws`);
    this.#socket = socket;
    socket.addEventListener("open", () => {
      this.#wait = FIRST_WAIT_MS;
      this.#onState(true);
    });
    socket.addEventListener("message", (event) => this.#onEvent(JSON.parse(event.data)));
    socket.addEventListener("close", () => {
      this.#onState(false);
      setTimeout(() => this.#connect(), this.#wait * (0.75 + Math.random() / 2));
      this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT_MS);
    });
  }

  /** Sends one event; returns false when there is no connection. */
  send(event) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(event));
    return true;
  }
}
