"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const byId = new Map(data.nodes.map((node) => [node.id, node]));
const out = new Map(), into = new Map();
for (const edge of data.edges) {
  for (const [index, end] of [[out, edge.source], [into, edge.target]]) {
    if (!index.has(end)) index.set(end, []);
    index.get(end).push(edge);
  }
}
const bad = new Set(data.edges.filter((edge) => edge.kind === "escalates").map((edge) => edge.source));
const column = { agent: "agent", principal: "agent", intent: "intent", resource: "resource", target: "target" };
const items = new Map();
const search = document.getElementById("search"), system = document.getElementById("system");
const only = document.getElementById("only"), count = document.getElementById("count");
const about = document.getElementById("about"), lines = document.getElementById("lines");
let selected = null;

function element(name, text, className) {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  if (className) made.className = className;
  return made;
}

for (const node of data.nodes) {
  const item = element("li"), button = element("button", node.title);
  button.type = "button";
  button.title = node.note;
  button.setAttribute("aria-pressed", "false");
  if (node.system) button.append(element("small", node.system));
  if (node.kind === "principal") button.append(element("small", "no spec declares it"));
  if (node.kind === "target" || bad.has(node.id)) item.classList.add("bad");
  if (node.kind === "principal") item.classList.add("unknown");
  button.addEventListener("click", () => { selected = selected === node.id ? null : node.id; show(); });
  item.append(button);
  items.set(node.id, item);
  document.querySelector("#" + column[node.kind] + " ul").append(item);
}
for (const name of [...new Set(data.nodes.map((node) => node.system).filter(Boolean))].sort()) {
  const option = element("option", name);
  option.value = name;
  system.append(option);
}

function walk(start, index, other) {
  const found = new Set(), fresh = [...start];
  while (fresh.length) {
    for (const edge of index.get(fresh.pop()) || []) {
      const next = edge[other];
      if (edge.kind !== "delegates" && !found.has(next)) { found.add(next); fresh.push(next); }
    }
  }
  return found;
}

function around(start) {
  return new Set([...start, ...walk(start, out, "target"), ...walk(start, into, "source")]);
}

function shown() {
  let found = new Set(byId.keys());
  const keep = (some) => { found = new Set([...found].filter((id) => some.has(id))); };
  const text = search.value.trim().toLowerCase();
  if (text) {
    keep(around(data.nodes.filter((node) =>
      (node.title + " " + node.note + " " + (node.system || "")).toLowerCase().includes(text)).map((node) => node.id)));
  }
  if (system.value) {
    keep(around(data.nodes.filter((node) => node.system === system.value ||
      (node.kind === "target" && node.title.endsWith(" of " + system.value))).map((node) => node.id)));
  }
  if (only.checked) keep(around(bad));
  if (selected) keep(new Set([...around([selected]),
    ...(out.get(selected) || []).map((edge) => edge.target), ...(into.get(selected) || []).map((edge) => edge.source)]));
  return found;
}

function show() {
  const found = shown();
  for (const [id, item] of items) {
    item.hidden = !found.has(id);
    item.firstChild.setAttribute("aria-pressed", String(id === selected));
  }
  const agents = [...found].filter((id) => column[byId.get(id).kind] === "agent").length;
  count.textContent = agents + " of " + data.nodes.filter((node) => column[node.kind] === "agent").length + " agents, " +
    data.escalations.length + " escalations";
  tell();
  draw(found);
}

function tell() {
  about.replaceChildren();
  const node = byId.get(selected);
  if (!node) {
    about.append(element("h3", data.environment));
    about.append(element("p", data.live ? "As the systems are." : "As the specs want it."));
    about.append(element("p", "Click an agent, an intent, a resource or a target to see what leads to it, and where it leads."));
    return;
  }
  about.append(element("h3", node.title));
  if (node.note) about.append(element("p", node.note));
  if (node.system) about.append(element("p", "on " + node.system));
  for (const edge of [...(out.get(node.id) || []), ...(into.get(node.id) || [])]) {
    if (edge.kind === "delegates") {
      about.append(element("p", byId.get(edge.source).title + " " + edge.title + " to " + byId.get(edge.target).title));
    }
  }
  const paths = data.escalations.filter((one) => one.source === node.title || one.target === node.title);
  for (const one of paths.slice(0, 50)) {
    about.append(element("h3", one.source + (one.certain ? " comes to " : " may come to ") + one.target, "bad"));
    const list = element("ol");
    for (const link of one.path) {
      list.append(element("li", link.how + (link.rule ? " [" + link.rule + "]" : "") + (link.note ? " (" + link.note + ")" : "")));
    }
    about.append(list);
    if (one.closed_by.length) about.append(element("p", "closed by taking back " + one.closed_by.join(" or ")));
  }
  if (paths.length > 50) about.append(element("p", paths.length - 50 + " more"));
}

function draw(found) {
  lines.replaceChildren();
  if (!selected) return;
  const box = lines.getBoundingClientRect();
  for (const edge of data.edges.filter((one) => found.has(one.source) && found.has(one.target)).slice(0, 2000)) {
    const [a, b] = [edge.source, edge.target].map((id) => items.get(id).getBoundingClientRect());
    const frame = [edge.source, edge.target].map((id) => items.get(id).parentNode.getBoundingClientRect());
    if ([a, b].some((one, n) => one.bottom < frame[n].top || one.top > frame[n].bottom)) continue;
    const [x1, y1, x2, y2] = [a.right - box.left, (a.top + a.bottom) / 2 - box.top, b.left - box.left, (b.top + b.bottom) / 2 - box.top];
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    const bend = Math.max(20, (x2 - x1) / 2), top = frame[1].top - box.top;
    // An escalation passes over the columns between, above their texts.
    path.setAttribute("d", edge.kind === "escalates"
      ? `M${x1},${y1} H${x1 + 12} V${top} H${x2 - 12} V${y2} H${x2}`
      : `M${x1},${y1} C${x1 + bend},${y1} ${x2 - bend},${y2} ${x2},${y2}`);
    path.setAttribute("class", edge.kind + (edge.certain ? "" : " perhaps"));
    lines.append(path);
  }
}

search.addEventListener("input", show);
system.addEventListener("change", show);
only.addEventListener("change", show);
document.getElementById("clear").addEventListener("click", () => {
  selected = null; search.value = ""; system.value = ""; only.checked = false; show();
});
addEventListener("resize", () => draw(shown()));
document.querySelectorAll("ul").forEach((list) => list.addEventListener("scroll", () => draw(shown())));
show();
