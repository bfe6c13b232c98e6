/**
 * For a page that puts host.html into a frame: it keeps for its tab who has signed in there, since many browsers give
 * a frame of another site no storage. One tag, before or after the frame:
 *
 *   <script src="https://GATEWAY/v1/facades/PLATFORM/genesys_wwe/keeper.js"></script>
 *
 * It hears and answers frames of this page that are of the script's own origin, and nobody else.
 */
(() => {
  'use strict';

  const { origin, href } = new URL('.', /** @type {HTMLScriptElement} */ (document.currentScript).src);
  const keeper = keeperFor(href);

  /** @param {Window | null} frame */
  const greet = (frame) => frame?.postMessage({ trunkline: 1, hello: { kept: keeper.kept() } }, origin);

  for (const { contentWindow } of document.querySelectorAll('iframe')) greet(contentWindow); // it may be there already
  addEventListener('message', ({ source, origin: from, data }) => {
    const frames = [...document.querySelectorAll('iframe')].map((one) => one.contentWindow);
    if (from !== origin || data?.trunkline !== 1 || !frames.includes(/** @type {Window} */ (source))) return;
    if (data.ready === 'frame') greet(/** @type {Window} */ (source));
    else if (data.keep !== undefined) keeper.keep(data.keep);
  });
})();
