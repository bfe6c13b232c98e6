/**
 * The window in which an agent signs in. A page of ours opens it: it begins, hands the page the secret with which
 * that fetches its token, and goes on to the provider, which sends the agent back to a page with this script.
 *
 * The secret is handed over before the provider's pages come, as they may cut us off from whoever opened us, and to
 * our own origin only. A page of somebody else's that opens this window gets nothing, and it goes nowhere.
 */

const status = /** @type {HTMLElement} */ (document.getElementById('status'));
const platform = new URLSearchParams(location.search).get('platform');

/**
 * Hand the secret over, and wait until it is there: a message of a window that has gone on may be lost.
 * @param {string} pickUp
 */
function handOver(pickUp) {
  return new Promise((resolve) => {
    addEventListener('message', ({ source, origin, data }) => {
      if (source === opener && origin === location.origin && data?.trunkline === 1 && data.pickingUp) resolve(null);
    });
    opener.postMessage({ trunkline: 1, pickUp }, location.origin);
  });
}

async function begin() {
  if (!opener) return 'Sign in from the page that asks for it: this window was opened without one.';
  const answer = await fetch(new URL('../sign-in', import.meta.url), {
    method: 'POST',
    body: JSON.stringify({ platform_id: platform }),
  });
  const begun = await answer.json();
  if (!answer.ok) return begun.detail;
  status.textContent = 'Waiting for the page that asked';
  await handOver(begun.pick_up);
  location.replace(begun.location);
  return 'Going on to where you sign in';
}

if (status.dataset.step === 'begin') status.textContent = await begin();
else if (status.dataset.step === 'done') close(); // the page that asked has what it wants
