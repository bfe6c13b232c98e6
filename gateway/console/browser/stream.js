/**
 * The event stream: a WebSocket that is opened with a ticket, goes on where it was after a cut, and begins with
 * a snapshot where it cannot.
 */

import { address, post, Problem } from './api.js';
import { credential, signOut } from './session.js';

const FIRST_PAUSE_S = 1;
const LONGEST_PAUSE_S = 30;
/** Close codes after which the same again is of no use. */
const REFUSED = 4403;
const OVER = 4401;

/** One stream. */
export class Follow {
  /**
   * @param {{filter?: object, snapshot?: boolean, after?: string | number,
   *          told: (frame: any) => void, state: (state: string, why: string) => void}} wanted
   * `state` is told `connecting`, `live`, `waiting` (for the next attempt) and `over`.
   */
  constructor(wanted) {
    this.wanted = wanted;
    this.resume = wanted.after ?? null;
    this.cursor = 0;
    this.pause_s = FIRST_PAUSE_S;
    this.stopped = false;
  }

  start() {
    this.wanted.state('connecting', '');
    this.open().catch((error) => this.failed(error));
    return this;
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.timer);
    this.socket?.close();
  }

  async open() {
    const shown = credential();
    const { ticket } = await post('v1/stream-tickets');
    if (this.stopped) return;
    const url = address('v1/stream', { ticket });
    url.protocol = url.protocol.replace('http', 'ws');
    const socket = new WebSocket(url);
    this.socket = socket;
    let refused = '';
    socket.onopen = () => socket.send(JSON.stringify(this.subscription()));
    socket.onmessage = ({ data }) => {
      const frame = JSON.parse(data);
      if (frame.type === 'stream.error') refused = frame.message;
      else this.take(frame);
    };
    socket.onclose = ({ code, reason }) => this.closed(code, refused || reason, shown);
  }

  subscription() {
    const { filter = {}, snapshot = false } = this.wanted;
    return { type: 'subscribe', filter, snapshot, ...(this.resume === null ? {} : { after: this.resume }) };
  }

  take(frame) {
    switch (frame.type) {
      case 'stream.subscribed':
        this.pause_s = FIRST_PAUSE_S;
        this.wanted.state('live', '');
        this.resume = frame.resume;
        break;
      case 'stream.progress':
        this.resume = frame.resume;
        break;
      case 'stream.gap':
        this.cursor = 0; // of another journal, perhaps
        this.wanted.told(frame);
        break;
      case 'stream.snapshot':
        this.cursor = frame.cursor;
        this.wanted.told(frame);
        break;
      default:
        if (frame.cursor <= this.cursor) return; // told before the cut
        this.cursor = frame.cursor;
        this.wanted.told(frame);
    }
  }

  closed(code, why, shown) {
    if (this.stopped) return;
    if (code === OVER && shown !== credential()) this.again(''); // somebody has signed in meanwhile
    else if (code === OVER) {
      this.stop();
      signOut(why || 'the key or token is over');
    } else if (code === REFUSED) this.end(why);
    else this.again(why);
  }

  failed(error) {
    if (this.stopped || (error instanceof Problem && error.status === 401)) return;
    if (error instanceof Problem && error.status === 403) this.end(error.message);
    else this.again(error.message);
  }

  end(why) {
    this.stopped = true;
    this.wanted.state('over', why);
  }

  again(why) {
    this.wanted.state('waiting', why);
    this.timer = setTimeout(() => this.start(), this.pause_s * 1000 * (0.5 + Math.random()));
    this.pause_s = Math.min(LONGEST_PAUSE_S, this.pause_s * 2);
  }
}
