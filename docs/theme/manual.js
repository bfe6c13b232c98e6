// The manual's search and its menu on narrow screens. Without this script the pages are whole.
// @ts-check

/** @typedef {{location: string, title: string, text: string}} Entry */

const MOST = 12; // results that are shown
const AROUND = 70; // characters of text on either side of what was found

const base = document.body.dataset.base ?? ".";
const query = /** @type {HTMLInputElement} */ (document.getElementById("query"));
const found = /** @type {HTMLElement} */ (document.getElementById("found"));
const menu = /** @type {HTMLButtonElement} */ (document.getElementById("menu"));
const pages = /** @type {HTMLElement} */ (document.getElementById("pages"));

/** @type {Promise<Entry[]> | undefined} */
let index;

/** @returns {Promise<Entry[]>} every part of every page, fetched when it is first asked for */
function entries() {
  index ??= fetch(`${base}/search/search_index.json`).then(async (answer) => (await answer.json()).docs);
  return index;
}

/**
 * How well a part fits: by how many of the words it has, then by where; a title counts more than a text.
 * @param {Entry} entry
 * @param {string[]} words
 * @returns {number} 0: not at all
 */
function weight(entry, words) {
  const title = entry.title.toLowerCase();
  const text = entry.text.toLowerCase();
  let sum = 0;
  for (const word of words) {
    const count = text.split(word).length - 1;
    const has = title.includes(word) || count;
    sum += (has ? 1000 : 0) + (title.includes(word) ? 20 : 0) + (title === word ? 20 : 0) + Math.min(count, 5);
  }
  return entry.location.includes("#") ? sum : sum * 0.9; // a whole page, which its parts are told of too
}

/**
 * The text around the first word, with the words marked.
 * @param {string} text
 * @param {string[]} words
 * @returns {HTMLElement}
 */
function excerpt(text, words) {
  const lower = text.toLowerCase();
  const places = words.map((word) => lower.indexOf(word)).filter((at) => at >= 0);
  const from = Math.max(0, Math.min(...places, Infinity) - AROUND);
  const piece = text.slice(Number.isFinite(from) ? from : 0, (Number.isFinite(from) ? from : 0) + 3 * AROUND);
  const shown = document.createElement("span");
  const any = new RegExp(`(${words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|")})`, "gi");
  for (const [at, part] of piece.split(any).entries()) {
    const node = at % 2 ? document.createElement("mark") : document.createElement("span");
    node.textContent = part;
    shown.append(node);
  }
  return shown;
}

async function search() {
  const words = query.value.toLowerCase().split(/\s+/).filter((word) => word.length > 1);
  if (!words.length) {
    found.hidden = true;
    return;
  }
  const all = await entries();
  const fitting = all
    .map((entry) => ({ entry, weight: weight(entry, words) }))
    .filter((one) => one.weight)
    .sort((one, other) => other.weight - one.weight)
    .slice(0, MOST);
  found.replaceChildren(
    ...fitting.map(({ entry }) => {
      const link = document.createElement("a");
      const title = document.createElement("b");
      link.href = `${base}/${entry.location}`;
      title.textContent = entry.title;
      link.append(title, excerpt(entry.text, words));
      return link;
    }),
  );
  if (!fitting.length) {
    const nothing = document.createElement("p");
    nothing.textContent = "Nothing has any of these words.";
    found.append(nothing);
  }
  found.hidden = false;
}

/** @param {number} step to the next result, or back */
function move(step) {
  const links = [...found.querySelectorAll("a")];
  const at = links.indexOf(/** @type {HTMLAnchorElement} */ (document.activeElement)) + step;
  (at < 0 ? query : (links[at] ?? links[links.length - 1]))?.focus();
}

document.body.classList.add("scripted");
query.hidden = false;
menu.hidden = false;
query.addEventListener("input", search);
query.addEventListener("focus", search);
menu.addEventListener("click", () => {
  menu.setAttribute("aria-expanded", String(pages.classList.toggle("open")));
});
document.addEventListener("keydown", (event) => {
  const typing = event.target instanceof HTMLInputElement;
  if (event.key === "Escape") {
    found.hidden = true;
  } else if (event.key === "/" && !typing) {
    event.preventDefault();
    query.focus();
  } else if (!found.hidden && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    event.preventDefault();
    move(event.key === "ArrowDown" ? 1 : -1);
  }
});
document.addEventListener("click", (event) => {
  if (event.target instanceof Node && !found.contains(event.target) && event.target !== query) {
    found.hidden = true;
  }
});
for (const table of document.querySelectorAll("main table")) {
  const wrap = document.createElement("div"); // a wide one scrolls by itself
  wrap.className = "table";
  wrap.tabIndex = 0;
  wrap.setAttribute("role", "group");
  wrap.setAttribute("aria-label", "Table");
  table.replaceWith(wrap);
  wrap.append(table);
}
document.querySelector("#pages a[aria-current]")?.scrollIntoView({ block: "nearest" });
