"use strict";
// Everything on the page is built from the JSON in #data, by text nodes and attributes only: names from strangers
// never become markup. The state of the page is in the hash (#view=components&q=openssl&eco=deb&c=12).
const data = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);
const PALETTE = ["#2a9d8f", "#4c78a8", "#e0a03b", "#b5608f", "#6b8e3d", "#d1644b", "#7a6bb8", "#3f9bc1", "#a0785a", "#8a929b"];
const CHUNK = 150;

function el(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== false) node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== undefined && child !== ""));
  return node;
}

// Components arrive as arrays in the order of data.fields; number 0 is the subject.
const all = data.components.map((values, number) => {
  const item = { number, needs: data.edges[number] || [], neededBy: [] };
  data.fields.forEach((field, position) => { item[field] = values[position]; });
  item.ecosystem = item.ecosystem || item.type;
  item.text = [item.namespace, item.name, item.version, item.purl, item.license, item.supplier, item.ecosystem,
    ...item.cpes, ...item.occurrences.map((place) => place[0])].join("\n").toLowerCase();
  return item;
});
for (const item of all) for (const need of item.needs) all[need].neededBy.push(item.number);
const components = all.slice(1);

function tally(key) {
  const counts = new Map();
  for (const item of components) {
    const values = Array.isArray(item[key]) ? (item[key].length ? item[key] : [""]) : [item[key]];
    for (const value of values) counts.set(value, (counts.get(value) || 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
}
const ecosystems = tally("ecosystem");
const licenses = tally("licenses");
const colors = new Map(ecosystems.map(([name], index) => [name, PALETTE[Math.min(index, PALETTE.length - 1)]]));

// ---- state -----------------------------------------------------------------------------------------------------
const DEFAULTS = { view: "components", q: "", eco: "", lic: "", pre: "", sort: "name", c: "" };
let state = { ...DEFAULTS };
function read() {
  const found = { ...DEFAULTS };
  for (const [key, value] of new URLSearchParams(location.hash.slice(1))) if (key in DEFAULTS) found[key] = value;
  return found;
}
function go(change) {
  state = { ...state, ...change };
  const kept = Object.entries(state).filter(([key, value]) => value !== DEFAULTS[key]);
  const hash = new URLSearchParams(kept).toString();
  history.replaceState(null, "", hash ? "#" + hash : location.pathname + location.search);
  show();
}

function many(count) {
  return `${count.toLocaleString("en")} component${count === 1 ? "" : "s"}`;
}

// ---- header ----------------------------------------------------------------------------------------------------
function tile(label, value, warn) {
  return el("div", warn ? { class: "warn" } : {}, el("dt", {}, label), el("dd", {}, value.toLocaleString("en")));
}
const unlicensed = components.filter((item) => !item.license).length;
$("tiles").append(
  tile("components", components.length),
  tile("ecosystems", ecosystems.length),
  tile("distinct licences", licenses.filter(([name]) => name).length),
  tile("without licence", unlicensed, unlicensed > 0),
  tile("dependencies", data.edges.reduce((sum, needs) => sum + needs.length, 0)),
  ...(data.layers.length ? [tile("layers", data.layers.length)] : []),
  tile("entries skipped", data.skipped.length, data.skipped.length > 0));

const VIEWS = [["components", "Components", components.length], ["dependencies", "Dependencies", ""],
  ...(data.layers.length ? [["layers", "Layers", data.layers.length]] : []),
  ["skipped", "Skipped", data.skipped.length], ["document", "Document", ""]];
for (const [name, label, count] of VIEWS) {
  $("tabs").append(el("button", { role: "tab", id: "tab-" + name, type: "button", "aria-controls": "view-" + name,
    onclick: () => go({ view: name, c: "" }) }, label, count === "" ? "" : el("small", {}, count.toLocaleString("en"))));
}
$("tabs").addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const names = VIEWS.map(([name]) => name);
  const next = names[(names.indexOf(state.view) + step + names.length) % names.length];
  go({ view: next });
  $("tab-" + next).focus();
});
$("theme").addEventListener("click", () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
});

// ---- charts ----------------------------------------------------------------------------------------------------
function svg(tag, attributes, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}
const clip = (text, length) => (text.length > length ? text.slice(0, length - 1) + "…" : text);
function chart(holder, rows, key, color) {
  const shown = rows.length > 8 ? rows.slice(0, 7) : rows;
  const rest = rows.slice(shown.length);
  const height = 27, width = 520, left = 172, right = 48, rail = width - left - right;
  const total = shown.length + (rest.length ? 1 : 0);
  const most = Math.max(1, ...shown.map(([, count]) => count));
  const picture = svg("svg", { viewBox: `0 0 ${width} ${Math.max(1, total) * height}`, role: "group" });
  const draw = (name, label, count, index, fill) => {
    const y = index * height;
    const size = Math.max(3, (count / most) * rail);
    const group = svg("g", { "data-name": name },
      svg("title", {}, `${label}: ${count} of ${components.length}`),
      svg("rect", { x: 0, y, width, height, fill: "transparent" }),
      svg("text", { x: 0, y: y + 18, class: "label" }, clip(label, 23)),
      svg("rect", { x: left, y: y + 8, width: rail, height: 11, rx: 3, class: "rail" }),
      svg("rect", { x: left, y: y + 8, width: size, height: 11, rx: 3, fill, class: "fill" }),
      svg("text", { x: width, y: y + 18, class: "n" }, count.toLocaleString("en")));
    const pick = () => go({ [key]: state[key] === (name || "-") ? "" : name || "-" });
    for (const [attribute, value] of Object.entries({ role: "button", tabindex: "0", "aria-label": `${label}, ${count}` })) {
      group.setAttribute(attribute, value);
    }
    group.addEventListener("click", pick);
    group.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); pick(); }
    });
    picture.append(group);
  };
  shown.forEach(([name, count], index) => draw(name, name || "none stated", count, index, color(name)));
  if (rest.length) {
    const y = shown.length * height + 18;
    picture.append(svg("text", { x: 0, y, class: "rest" }, `and ${rest.length.toLocaleString("en")} more`));
  }
  holder.append(picture);
}
chart($("chart-eco"), ecosystems, "eco", (name) => colors.get(name));
chart($("chart-lic"), licenses, "lic", (name) => (name ? "var(--accent)" : "var(--warn)"));
function markCharts() {
  for (const [id, picked] of [["chart-eco", state.eco], ["chart-lic", state.lic]]) {
    for (const group of $(id).querySelectorAll("g[role]")) {
      const on = picked !== "" && (group.dataset.name || "-") === picked;
      group.setAttribute("aria-pressed", String(on));
      group.classList.toggle("dimmed", picked !== "" && !on);
    }
  }
}

// ---- component list --------------------------------------------------------------------------------------------
const COLUMNS = [["name", "Name"], ["version", "Version"], ["ecosystem", "Ecosystem"], ["license", "Licence"], ["place", "Found in"]];
const order = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
function place(item) {
  const [path, layer] = item.occurrences[0] || ["", -1];
  return { path, layer, more: item.occurrences.length - 1 };
}
function matches() {
  const words = state.q.toLowerCase().split(/\s+/).filter(Boolean);
  const wanted = (value, filter) => filter === "" || (value || "-") === filter;
  const licensed = (item) => state.lic === "" || (state.lic === "-" ? !item.license : item.licenses.includes(state.lic));
  const down = state.sort.startsWith("-"), key = state.sort.replace("-", "");
  const value = (item) => (key === "place" ? place(item).path : item[key] || "");
  return components
    .filter((item) => wanted(item.ecosystem, state.eco) && licensed(item)
      && wanted(item.presence, state.pre) && words.every((word) => item.text.includes(word)))
    .sort((a, b) => (down ? -1 : 1) * order.compare(value(a), value(b)) || order.compare(a.name, b.name) || a.number - b.number);
}
function marked(text) {
  const words = state.q.toLowerCase().split(/\s+/).filter(Boolean);
  const lower = text.toLowerCase();
  const word = words.find((candidate) => lower.includes(candidate));
  if (!word || lower.length !== text.length) return [text];
  const start = lower.indexOf(word);
  return [text.slice(0, start), el("mark", {}, text.slice(start, start + word.length)), text.slice(start + word.length)];
}
function cell(text, attributes) {
  return el("span", { role: "cell", title: text || undefined, ...attributes }, ...(text ? marked(text) : [el("span", { class: "none" }, "–")]));
}
function row(item) {
  const { path, layer, more } = place(item);
  const where = path + (more > 0 ? ` (+${more})` : "");
  const spot = cell(where, { class: "soft" });
  if (layer >= 0) spot.prepend(el("span", { class: "tag layer", title: "layer " + layer }, "#" + layer));
  return el("div", { class: "row body", role: "row", tabindex: "-1", "data-c": item.number, onclick: () => go({ c: String(item.number) }) },
    el("span", { role: "cell", class: "name", title: fullName(item) },
      item.namespace ? el("span", { class: "ns" }, ...marked(item.namespace), "/") : "", ...marked(item.name), ...tags(item)),
    item.version ? cell(item.version, { class: "mono" }) : cell(item.range, { class: "mono soft" }),
    el("span", { role: "cell", class: "eco" }, el("i", { class: "dot", "data-color": item.ecosystem }), item.ecosystem),
    cell(item.license), spot);
}
function fullName(item) { return (item.namespace ? item.namespace + "/" : "") + item.name; }
function tags(item) {
  const found = [];
  if (item.presence === "declared") found.push(el("span", { class: "tag" }, "declared"));
  if (item.scope === "excluded") found.push(el("span", { class: "tag" }, "development"));
  if (item.scope === "optional") found.push(el("span", { class: "tag" }, "optional"));
  return found;
}
function paint(root) {
  for (const dot of root.querySelectorAll(".dot")) dot.style.background = colors.get(dot.dataset.color) || PALETTE[9];
}
let found = [], shownRows = 0, listKey = null;
function grow() {
  const next = found.slice(shownRows, shownRows + CHUNK);
  const fragment = document.createDocumentFragment();
  next.forEach((item) => fragment.append(row(item)));
  paint(fragment);
  $("rows").append(fragment);
  if (shownRows === 0 && $("rows").firstChild) $("rows").firstChild.tabIndex = 0;
  shownRows += next.length;
}
function list() {
  const key = JSON.stringify([state.q, state.eco, state.lic, state.pre, state.sort]);
  if (key === listKey) return;
  listKey = key;
  found = matches();
  shownRows = 0;
  $("rows").replaceChildren();
  grow();
  $("none").hidden = found.length > 0;
  $("nothing").textContent = components.length ? "No component matches." : "No components.";
  $("reset").hidden = components.length === 0;
  const total = components.length.toLocaleString("en");
  $("count").textContent = found.length === components.length ? many(components.length) : `${found.length.toLocaleString("en")} of ${total}`;
  $("head").replaceChildren(...COLUMNS.map(([name, label]) => {
    const up = state.sort === name, down = state.sort === "-" + name;
    return el("span", { role: "columnheader", "aria-sort": up ? "ascending" : down ? "descending" : "none" },
      el("button", { type: "button", onclick: () => go({ sort: up ? "-" + name : name }) }, label + (up ? " ↑" : down ? " ↓" : "")));
  }));
  chips();
}
const presences = tally("presence");
function chips() {
  const chip = (label, on, change) => el("button", { type: "button", class: on ? "on" : "", "aria-pressed": String(on), onclick: () => go(change) }, label);
  const items = [];
  if (presences.length > 1) {
    for (const [name] of presences) items.push(chip(name, state.pre === name, { pre: state.pre === name ? "" : name }));
  }
  if (state.eco) items.push(chip(`ecosystem: ${state.eco} ✕`, true, { eco: "" }));
  if (state.lic) items.push(chip(`licence: ${state.lic === "-" ? "none stated" : state.lic} ✕`, true, { lic: "" }));
  $("chips").replaceChildren(...items);
}
new IntersectionObserver((entries) => { if (entries.some((entry) => entry.isIntersecting)) grow(); }, { rootMargin: "600px" }).observe($("more"));
$("q").addEventListener("input", () => go({ q: $("q").value }));
$("reset").addEventListener("click", () => { go({ q: "", eco: "", lic: "", pre: "" }); $("q").focus(); });
$("rows").addEventListener("keydown", (event) => {
  const current = event.target.closest(".row");
  const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
  if (!current) return;
  if (event.key === "Enter" || event.key === " ") { event.preventDefault(); go({ c: current.dataset.c }); }
  if (!step) return;
  event.preventDefault();
  if (!current.nextElementSibling) grow();
  if (current[step]) current[step].focus(); else if (event.key === "ArrowUp") $("q").focus();
});
$("q").addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown" && $("rows").firstChild) { event.preventDefault(); $("rows").firstChild.focus(); }
});

// ---- dependency tree: nodes are made when they are opened, so size and cycles do not matter ------------------------
const byName = (a, b) => order.compare(all[a].name, all[b].name) || a - b;
function node(number, ancestors, level) {
  const item = all[number];
  const cycle = ancestors.includes(number);
  const needs = cycle ? [] : [...item.needs].sort(byName);
  const branch = el("li", { role: "treeitem", tabindex: "-1", "aria-level": level, "data-c": number,
    "aria-expanded": needs.length ? "false" : undefined },
    el("div", { class: "node" },
      el("span", { class: "twist", "aria-hidden": "true" }, needs.length ? "▶" : ""),
      el("i", { class: "dot", "data-color": item.ecosystem }),
      el("span", { class: "name" }, fullName(item)),
      el("span", { class: "mono soft" }, item.version || item.range),
      ...tags(item),
      cycle ? el("span", { class: "tag warn" }, "↺ cycle") : "",
      needs.length ? el("span", { class: "tag" }, String(needs.length)) : ""));
  branch.open = () => {
    if (!needs.length || branch.getAttribute("aria-expanded") === "true") return;
    const inner = el("ul", { role: "group" });
    fill(inner, needs, [...ancestors, number], level + 1, 0);
    branch.append(inner);
    branch.setAttribute("aria-expanded", "true");
  };
  branch.shut = () => {
    if (branch.getAttribute("aria-expanded") !== "true") return;
    branch.lastChild.remove();
    branch.setAttribute("aria-expanded", "false");
  };
  return branch;
}
function fill(inner, needs, ancestors, level, from) {
  const next = needs.slice(from, from + 200);
  inner.append(...next.map((need) => node(need, ancestors, level)));
  const left = needs.length - from - next.length;
  if (left > 0) {
    const more = el("li", {}, el("button", { class: "link", type: "button", onclick: () => { more.remove(); fill(inner, needs, ancestors, level, from + 200); } }, `${left} more …`));
    inner.append(more);
  }
  paint(inner);
}
function tree() {
  if ($("tree").firstChild) return;
  const reached = new Set([0]);
  for (const queue = [0]; queue.length;) for (const need of all[queue.pop()].needs) if (!reached.has(need)) { reached.add(need); queue.push(need); }
  const roots = [0, ...components.filter((item) => !reached.has(item.number) && !item.neededBy.length).map((item) => item.number).sort(byName)];
  fill($("tree"), roots, [], 1, 0);
  $("tree").firstChild.tabIndex = 0;
  $("tree").firstChild.open();
}
$("tree").addEventListener("click", (event) => {
  const branch = event.target.closest("li[role=treeitem]");
  if (!branch || !event.target.closest(".node")) return;
  branch.focus();
  if (event.target.closest(".name")) return go({ c: branch.dataset.c });
  if (branch.getAttribute("aria-expanded") === "true") branch.shut(); else branch.open();
});
$("tree").addEventListener("keydown", (event) => {
  const branch = event.target.closest("li[role=treeitem]");
  if (!branch) return;
  const items = () => [...$("tree").querySelectorAll("li[role=treeitem]")];
  const move = (target) => target && target.focus();
  const open = branch.getAttribute("aria-expanded") === "true";
  if (event.key === "ArrowRight") { if (open) move(branch.querySelector("li")); else branch.open(); }
  else if (event.key === "ArrowLeft") { if (open) branch.shut(); else move(branch.parentElement.closest("li")); }
  else if (event.key === "ArrowDown") move(items()[items().indexOf(branch) + 1]);
  else if (event.key === "ArrowUp") move(items()[items().indexOf(branch) - 1]);
  else if (event.key === "Enter") go({ c: branch.dataset.c });
  else return;
  event.preventDefault();
});

// ---- layers, skipped entries, document -------------------------------------------------------------------------
const size = (bytes) => (bytes >= 1e6 ? (bytes / 1e6).toFixed(1) + " MB" : bytes >= 1e3 ? (bytes / 1e3).toFixed(1) + " kB" : bytes + " B");
$("layers").append(...data.layers.map((layer) => {
  const count = components.filter((item) => item.occurrences.some((spot) => spot[1] === layer.position)).length;
  return el("div", {}, el("span", { class: "index" }, "#" + layer.position),
    el("div", {}, el("div", {}, layer.created_by || "no history"), el("p", { class: "mono soft" }, layer.digest)),
    el("span", { class: "soft" }, `${many(count)}${layer.size ? " · " + size(layer.size) : ""}`));
}));
$("skipped").append(...data.skipped.map((entry, index) => el("div", {}, el("span", { class: "index" }, String(index + 1)),
  el("div", {}, el("code", {}, entry.path), el("p", { class: "soft" }, entry.reason)),
  el("span", { class: "soft" }, entry.layer >= 0 ? "layer " + entry.layer : ""))));
if (!data.skipped.length) $("skipped").append(el("p", { class: "empty" }, "Nothing was skipped: every file of interest could be read."));
const fact = (label, ...value) => el("div", {}, el("dt", {}, label), el("dd", {}, ...value));
$("document").append(...data.document.map(([label, value]) => fact(label, value)));

// ---- one component ---------------------------------------------------------------------------------------------
function link(number) {
  const item = all[number];
  return el("button", { class: "link", type: "button", onclick: () => go({ c: String(number) }) }, `${fullName(item)} ${item.version || item.range}`);
}
function address(url) {
  return /^https?:\/\//i.test(url) ? el("a", { href: url, rel: "noreferrer noopener", target: "_blank" }, url) : el("code", {}, url);
}
function pathTo(number) {
  const from = new Map([[0, null]]);
  for (const queue = [0]; queue.length;) {
    const current = queue.shift();
    if (current === number) break;
    for (const need of all[current].needs) if (!from.has(need)) { from.set(need, current); queue.push(need); }
  }
  const path = [];
  for (let current = number; from.has(current) && current !== null; current = from.get(current)) path.unshift(current);
  return path;
}
function section(title, items) {
  if (!items.length) return [];
  const shown = items.slice(0, 60);
  const rest = items.length > shown.length ? [el("li", { class: "soft" }, `and ${items.length - shown.length} more`)] : [];
  return [el("h3", {}, `${title} (${items.length})`), el("ul", {}, ...shown.map((entry) => el("li", {}, ...[entry].flat())), ...rest)];
}
let returnTo = null, openPanel = "";
function panel() {
  const item = all[Number(state.c)];
  const open = state.c !== "" && item !== undefined;
  if (openPanel === state.c) return;
  openPanel = state.c;
  for (const line of document.querySelectorAll(".row.body[aria-selected]")) line.removeAttribute("aria-selected");
  if (!open) {
    $("panel").hidden = true;
    if (returnTo) returnTo.focus();
    returnTo = null;
    return;
  }
  const selected = document.querySelector(`.row.body[data-c="${item.number}"]`);
  if (selected) selected.setAttribute("aria-selected", "true");
  if ($("panel").hidden) returnTo = document.activeElement === document.body ? selected : document.activeElement;
  const rows = [["Version", item.version], ["Wanted", item.range], ["Ecosystem", item.ecosystem], ["Type", item.type],
    ["Licence", item.license], ["Supplier", item.supplier], ["Author", item.author], ["Presence", item.presence],
    ["Needed for", item.scope === "excluded" ? "development" : item.scope], ["Owned by", item.owned_by], ["Copyright", item.copyright]];
  const path = pathTo(item.number).slice(0, -1);
  $("panel").replaceChildren(
    el("button", { class: "quiet close", type: "button", "aria-label": "Close", onclick: () => go({ c: "" }) }, "✕"),
    el("h2", { id: "panel-name" }, fullName(item)),
    item.description ? el("p", { class: "sub" }, item.description) : "",
    item.purl ? el("p", {}, el("code", {}, item.purl)) : "",
    el("dl", { class: "facts" }, ...rows.filter(([, value]) => value).map(([label, value]) => fact(label, value))),
    ...(path.length ? [el("h3", {}, "Why it is here"), el("p", { class: "path" }, ...path.flatMap((step) => [link(step), " → "]), fullName(item))] : []),
    ...section("Needs", [...item.needs].sort(byName).map(link)),
    ...section("Needed by", [...item.neededBy].sort(byName).map(link)),
    ...section("Found in", item.occurrences.map(([spot, layer]) => [el("code", {}, spot), layer >= 0 ? el("span", { class: "tag" }, "layer " + layer) : ""])),
    ...section("Digests", item.digests.map((digest) => el("code", {}, digest))),
    ...section("CPE", item.cpes.map((cpe) => el("code", {}, cpe))),
    ...section("References", item.references.map(([kind, url]) => [el("span", { class: "soft" }, kind + " "), address(url)])),
    ...section("Properties", item.properties.map(([name, value]) => [el("span", { class: "soft" }, name + " "), el("code", {}, value)])));
  $("panel").hidden = false;
  $("panel").scrollTop = 0;
  $("panel").focus();
}

// ---- all of it -------------------------------------------------------------------------------------------------
function show() {
  if (!VIEWS.some(([name]) => name === state.view)) state.view = "components";
  for (const [name] of VIEWS) {
    const on = name === state.view;
    $("tab-" + name).setAttribute("aria-selected", String(on));
    $("tab-" + name).tabIndex = on ? 0 : -1;
    $("view-" + name).hidden = !on;
  }
  if ($("q").value !== state.q) $("q").value = state.q;
  if (state.view === "components") { list(); markCharts(); }
  if (state.view === "dependencies") tree();
  panel();
}
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && state.c !== "") go({ c: "" });
  else if (event.key === "Escape" && event.target === $("q")) go({ q: "" });
  else if (event.key === "/" && !/^(input|textarea)$/i.test(event.target.tagName) && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    go({ view: "components", c: "" });
    $("q").focus();
  }
});
window.addEventListener("hashchange", () => { state = read(); show(); });
state = read();
show();
