/**
 * What to do about a link that is not there, from what the gateway says of it.
 */

const ADVICE = [
  [/relay went away/i, 'The agent’s page was closed or lost its connection. It comes back when it is open again.'],
  [/token|credential|expired|not let in|signature/i, 'Hand the agent’s page a fresh token, then reload it.'],
  [/password|invalid_credentials|not accepted|log ?in/i, 'Check the password that the configuration has for this agent.'],
  [/refused|unreachable|resolve|look-?up|timed? ?out|connect call|no route|certificate|TLS/i,
    'Check the address in the configuration, and that the platform is up. It is tried again by itself.'],
  [/version|protocol|reload/i, 'Reload the agent’s page: its script is of another version.'],
  [/origin/i, 'Add the page’s origin to the platform’s origins in the configuration.'],
  [/standby/i, 'The gateway is on standby: trunkline activate ends that.'],
  [/taken over|signed in elsewhere|another/i, 'The agent has signed in elsewhere. Close one of the two.'],
];

/** In one sentence; empty if there is nothing to do. */
export function advice(platform) {
  if (platform.state === 'connected' && !platform.failing.length) return '';
  const reason = platform.reason || platform.failing[0]?.reason || '';
  if (!reason) return platform.links ? 'It is connecting.' : 'Open the page with its relay in an agent’s browser, or see the log.';
  const found = ADVICE.find(([pattern]) => pattern.test(reason));
  return found ? found[1] : 'It is tried again by itself. The log has the whole story.';
}
