/**
 * The newer channel that the library's releases from 2.18 on open over the same frame. We answer the handshake and
 * what the library itself asks on it, and refuse the rest by its own word: unanswered, a page waits for 30 s.
 */

/** @type {Record<string, (panel: {origin: string, region: string}) => unknown>} */
const ANSWERS = {
  'contact/getInstanceDetails': (panel) => panel,
  'contact/isPreviewMode': () => false,
  'agent/getNetworkConnectionStatus': () => 'connected',
  sendActivity: () => null,
};

/**
 * @param {string} origin of the page around us
 * @param {{origin: string, region: string}} panel
 */
export function offerSdk(origin, panel) {
  const { port1, port2 } = new MessageChannel();
  const answer = (/** @type {any} */ asked) => {
    const { namespace, command, requestId } = asked;
    const known = ANSWERS[command];
    const said = { type: 'response', namespace, requestId };
    if (known) return { ...said, isError: false, data: known(panel) };
    return { ...said, isError: true, errorKey: 'handlerNotFound', reason: `${command} is not available here`, details: { command } };
  };
  port1.onmessage = ({ data }) => {
    if (data?.type === 'cross-domain-site-ready') {
      const status = { initialized: true, startTime: new Date() };
      port1.postMessage({ type: 'acknowledge', connectionId: data.providerId, status, healthCheckInterval: 0 });
    } else if (data?.type === 'request') {
      port1.postMessage(answer(data));
    } else if (data?.type === 'healthCheck') {
      port1.postMessage({ type: 'healthCheckResponse', time: Date.now(), counter: 0 });
    }
  };
  parent.postMessage({ type: 'cross-domain-adapter-init' }, origin, [port2]);
}
