/**
 * Stands in front of each script that a page of the CRM's loads beside a frame of ours, in one text with it: it keeps
 * for the tab who has signed in there. A frame of another site has no storage of its own in many browsers; what is
 * kept here only pages of the CRM's origin can read, which could ask the frame anything.
 */
const keeperFor = (/** @type {string} */ frame) => {
  'use strict';

  const name = `trunkline ${frame}`;

  /** @param {(there: Storage) => unknown} use */
  const stored = (use) => {
    try {
      return use(sessionStorage);
    } catch {
      return null; // there is no storage, or somebody else wrote there: then a reload asks who it is
    }
  };

  return {
    /** What a hello to the frame says. */
    kept: () => stored((there) => JSON.parse(there.getItem(name) ?? 'null')),
    /** @param {object | null} who as the frame says it; null: nobody any more */
    keep: (who) => stored((there) => (who ? there.setItem(name, JSON.stringify(who)) : there.removeItem(name))),
  };
};
