/**
 * What a script adds to the contract's page: a search, and a form at each operation that asks this gateway.
 * Without it the page is whole. The key is the one that the console was signed in with in this tab, or what is
 * written here; it is kept for the tab alone.
 */

const KEPT = 'trunkline.credential';

/** An element; functions listen. Text stays text. */
function h(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === 'function') made.addEventListener(key.slice(2), value);
    else if (value !== false) made.setAttribute(key, value === true ? '' : value);
  }
  made.append(...children);
  return made;
}

const articles = [...document.querySelectorAll('article')].map((article) => ({
  article,
  said: article.textContent.toLowerCase(),
  link: document.querySelector(`nav a[href="#${CSS.escape(article.id)}"]`),
}));

/** Show what has all of these words in it. */
function search(wanted) {
  const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const { article, said, link } of articles) {
    const fits = words.every((word) => said.includes(word));
    found += fits ? 1 : 0;
    article.hidden = !fits;
    if (link) link.hidden = !fits;
  }
  for (const heading of document.querySelectorAll('main h2')) {
    let next = heading.nextElementSibling;
    let any = false;
    for (; next && next.localName !== 'h2'; next = next.nextElementSibling) any ||= next.localName === 'article' && !next.hidden;
    heading.hidden = !any;
  }
  return found;
}

const count = h('span', { role: 'status', class: 'dim' });
const box = h('input', { type: 'search', id: 'search', autocomplete: 'off', oninput: () => {
  const found = search(box.value);
  count.textContent = box.value ? `${found} of ${articles.length}` : '';
} });
document.querySelector('nav').prepend(h('label', { for: 'search' }, 'Search'), box, count);

// where we are, in place of the documentation's address
const here = new URL('..', import.meta.url).href.replace(/\/$/, '');
for (const line of document.querySelectorAll('pre.curl')) line.textContent = line.textContent.replace('http://127.0.0.1:8080', here);

let made = 0;

/** A labelled control. */
function field(label, control, what) {
  made += 1;
  control.id = `try${made}`;
  return h('p', { class: 'field' }, h('label', { for: control.id }, label), control, ...(what ? [h('small', { class: 'dim' }, what.replaceAll('`', ''))] : []));
}

/** The form of one operation. */
function form({ method, path, places, body, takes }) {
  const inputs = places.map((one) => ({ ...one, control: h('input', { autocomplete: 'off', required: one.in === 'path' }) }));
  const text = body === null ? null : h('textarea', { rows: 6, spellcheck: 'false' });
  if (text) text.value = body && JSON.stringify(JSON.parse(body), null, 2);
  const key = h('input', { type: 'password', autocomplete: 'off' });
  key.value = sessionStorage.getItem(KEPT) ?? '';
  const answer = h('div', { role: 'status' });
  const send = async (event) => {
    event.preventDefault();
    const of = (place) => inputs.filter((one) => one.in === place && one.control.value);
    let address = path;
    for (const one of of('path')) address = address.replace(`{${one.name}}`, encodeURIComponent(one.control.value));
    const url = new URL(here + address);
    for (const one of of('query')) url.searchParams.append(one.name, one.control.value);
    const headers = Object.fromEntries(of('header').map((one) => [one.name, one.control.value]));
    if (key.value) {
      sessionStorage.setItem(KEPT, key.value);
      headers.Authorization = `Bearer ${key.value}`;
    }
    if (text?.value) headers['Content-Type'] = takes;
    answer.replaceChildren(h('p', { class: 'dim' }, 'Asking …'));
    try {
      const told = await fetch(url, { method, headers, body: text?.value || undefined, cache: 'no-store', credentials: 'omit' });
      const said = await told.text();
      answer.replaceChildren(h('p', {}, h('b', {}, `${told.status} ${told.statusText}`)), h('pre', { tabindex: '0' }, pretty(said) || '(no body)'));
    } catch (error) {
      answer.replaceChildren(h('p', {}, `The gateway is not reached: ${error.message}`));
    }
  };
  return h(
    'form',
    { onsubmit: send },
    ...inputs.map((one) => field(one.name, one.control, one.what)),
    ...(text ? [field('Body', text)] : []),
    field('Key or token', key, 'An open gateway on this machine needs none.'),
    h('p', {}, h('button', { type: 'submit' }, `Send ${method}`)),
    answer,
  );
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

for (const article of document.querySelectorAll('article[data-try]')) {
  const details = h('details', { ontoggle: () => {
    if (details.open && details.children.length === 1) details.append(form(JSON.parse(article.dataset.try)));
  } }, h('summary', {}, 'Try it'));
  article.append(details);
}
