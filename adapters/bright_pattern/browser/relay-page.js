/** The ready page: it loads the vendor's script from where the operator says, and the relay beside it. */

const shown = /** @type {HTMLElement} */ (document.getElementById('status'));

/**
 * @param {string} src
 * @param {Record<string, string>} [attributes]
 */
function load(src, attributes = {}) {
  return new Promise((resolve, reject) => {
    const script = Object.assign(document.createElement('script'), { src, onload: resolve });
    script.onerror = () => reject(new Error(`${src} cannot be loaded`));
    for (const [name, value] of Object.entries(attributes)) script.setAttribute(name, value);
    document.body.append(script);
  });
}

try {
  const { script } = await (await fetch('relay.json')).json();
  if (!script) throw new Error("the platform's settings do not say where the vendor's script is");
  await load(script);
  const { origin } = new URL(script); // for the older script: it asks a desktop of that origin
  const attributes = { type: 'module', 'data-status': 'status', 'data-origin': origin };
  await load(new URL('relay.js', import.meta.url).href, attributes);
} catch (error) {
  shown.dataset.state = 'refused';
  shown.textContent = /** @type {Error} */ (error).message;
}
