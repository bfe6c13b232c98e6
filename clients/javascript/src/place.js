// Where to go on: the `resume` that the gateway told last, and the event that was told after it, if any.
// As text it can be kept, and given as `after` another time. Nobody needs to look inside.

export class Place {
  /**
   * @param {string} resume
   * @param {number} cursor
   * @param {string} eventId
   */
  constructor(resume = "", cursor = 0, eventId = "") {
    this.resume = resume;
    this.cursor = cursor;
    this.eventId = eventId;
  }

  /** A place that was kept, or whatever else the gateway takes as `after`. */
  static read(/** @type {string | number | null | undefined} */ text) {
    const [resume = "", cursor = "0", eventId = ""] = String(text ?? "").split(" ");
    return new Place(resume, Number(cursor), eventId);
  }

  toString() {
    return this.eventId ? `${this.resume} ${this.cursor} ${this.eventId}` : this.resume;
  }

  told(/** @type {number} */ cursor, /** @type {string} */ eventId) {
    return new Place(this.resume, cursor, eventId);
  }

  /** For the gateway, which has our event still. */
  get after() {
    return this.eventId ? this.cursor : this.before;
  }

  /** For the gateway, which has lost our event; undefined: there is nothing to go on from. */
  get before() {
    if (!this.resume) return undefined;
    return /^\d+$/.test(this.resume) ? Number(this.resume) : this.resume;
  }
}
