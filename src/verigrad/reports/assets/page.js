"use strict";
// All text of models and data goes through textContent: nothing in it can become markup.
const data = (id) => JSON.parse(document.getElementById(id).textContent);
const make = (tag, cls, text) => {
  const node = document.createElement(tag);
  if (cls) node.className = cls;
  if (text !== undefined && text !== null) node.textContent = text;
  return node;
};
const short = (value) => {
  if (value === null || value === undefined) return "–";
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString("en").replace(/,/g, "\u202f");
  return String(Number(value.toPrecision(3))).replace("-", "\u2212");
};
const signed = (value) => (value === null ? "–" : (value > 0 ? "+" : "") + short(value));

// theme ------------------------------------------------------------------------------------------
const root = document.documentElement;
const dark = matchMedia("(prefers-color-scheme: dark)");
if (!root.dataset.theme) root.dataset.theme = dark.matches ? "dark" : "light";
dark.addEventListener("change", () => { root.dataset.theme = dark.matches ? "dark" : "light"; });
document.getElementById("theme").addEventListener("click", () => {
  root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
});

// charts: numbers under the mouse ----------------------------------------------------------------
const charts = data("chart-data");
const SVG = "http://www.w3.org/2000/svg";
document.querySelectorAll("figure[data-chart]").forEach((figure) => {
  const chart = charts[figure.dataset.chart];
  const svg = figure.querySelector("svg");
  const [left, right, top, bottom, width] = chart.area;
  const xs = [...new Set(chart.series.flatMap((line) => line.points.map((point) => point[0])))];
  const format = (value) => (chart.percent ? short(100 * value) + " %" : short(value));
  const place = (x) => left + ((x - chart.x[0]) / (chart.x[1] - chart.x[0] || 1)) * (right - left);
  const cursor = document.createElementNS(SVG, "line");
  cursor.setAttribute("class", "cursor");
  cursor.setAttribute("y1", top);
  cursor.setAttribute("y2", bottom);
  const tip = make("div", "tip");
  const leave = () => { cursor.remove(); tip.remove(); };
  svg.addEventListener("mouseleave", leave);
  svg.addEventListener("mousemove", (event) => {
    const box = svg.getBoundingClientRect();
    const at = ((event.clientX - box.left) / box.width) * width;
    const x = xs.reduce((a, b) => (Math.abs(place(b) - at) < Math.abs(place(a) - at) ? b : a));
    tip.replaceChildren(make("b", "", "step " + short(x)));
    chart.series.slice().reverse().forEach((line) => {
      const point = line.points.find((found) => found[0] === x);
      if (!point) return;
      const entry = make("div", line.colour);
      const bounds = point.length === 4 && point[2] !== null ? ` [${format(point[2])}, ${format(point[3])}]` : "";
      entry.append(make("i"), make("span", "", `${line.label} ${format(point[1])}${bounds}`));
      tip.append(entry);
    });
    cursor.setAttribute("x1", place(x));
    cursor.setAttribute("x2", place(x));
    svg.append(cursor);
    figure.append(tip);
    const frame = figure.getBoundingClientRect();
    const offset = (place(x) / width) * box.width + box.left - frame.left;
    const fits = offset + 12 + tip.offsetWidth < figure.clientWidth;
    tip.style.left = (fits ? offset + 12 : Math.max(4, offset - tip.offsetWidth - 12)) + "px";
    tip.style.top = box.top - frame.top + 8 + "px";
  });
});

// rollouts ---------------------------------------------------------------------------------------
const { rows, reasons } = data("rollout-data");
const PAGE = 40;
const groupOf = (row) => [row.source, row.step, row.group].join("/");
const groups = new Map();
rows.forEach((row, index) => {
  row.index = index;
  row.text = row.response.map((part) => part[0]).join("");
  row.question = row.prompt.filter((m) => m[0] === "user").map((m) => m[1]).pop() || "";
  row.haystack = [row.question, row.text, row.answer, row.extracted, row.problem].join("\n").toLowerCase();
  groups.set(groupOf(row), [...(groups.get(groupOf(row)) || []), row]);
});
const isMixed = (row) => new Set(groups.get(groupOf(row)).map((mate) => mate.reward)).size > 1;
const input = (id) => document.getElementById("f-" + id);
const fill = (id, values, show) => {
  const all = make("option", "", "all");
  all.value = "";
  input(id).append(all, ...values.map((value) => {
    const option = make("option", "", show(value));
    option.value = value;
    return option;
  }));
};
const counted = (key) => {
  const counts = new Map();
  rows.forEach((row) => counts.set(row[key], (counts.get(row[key]) || 0) + 1));
  return counts;
};
const plain = (name) => name.replace(/_/g, " ");
const byReason = counted("reason");
const byFate = counted("fate");
const bySource = counted("source");
fill("source", [...bySource.keys()], (name) => `${plain(name)} (${bySource.get(name)})`);
if (bySource.has("training")) input("source").value = "training";
fill("step", [...counted("step").keys()], String);
fill("reason", [...byReason.keys()], (name) => `${plain(name)} (${byReason.get(name)})`);
fill("fate", [...byFate.keys()], (name) => `${plain(name)} (${byFate.get(name)})`);

let limit = PAGE;
let opened = null;
const holder = document.getElementById("rows");

function matching() {
  const [source, step, reason, outcome, fate] = ["source", "step", "reason", "outcome", "fate"].map((id) => input(id).value);
  const needle = input("text").value.trim().toLowerCase();
  return rows.filter((row) =>
    (!source || row.source === source) && (!step || String(row.step) === step) && (!reason || row.reason === reason) && (!fate || row.fate === fate) &&
    (outcome !== "pass" || row.score === 1) && (outcome !== "fail" || row.score !== 1) &&
    (outcome !== "mixed" || isMixed(row)) && (!needle || row.haystack.includes(needle)));
}

function render() {
  const found = matching();
  const head = make("div", "line1 head");
  head.append(...["no.", "verdict", "problem", "end of the response", "extracted", "reward", "adv.", "tokens"].map((name, index) =>
    make("span", (index > 4 ? "num" : "") + (index === 3 || index === 4 || index > 5 ? " wide" : ""), name)));
  const page = found.slice(0, limit);
  holder.replaceChildren(head, ...page.map((row, place) => rowNode(row, !place || groupOf(page[place - 1]) !== groupOf(row))));
  input("count").textContent = `${found.length} of ${rows.length} match`;
  const more = document.getElementById("more");
  more.hidden = found.length <= limit;
  more.textContent = `show ${Math.min(PAGE, found.length - limit)} more of ${found.length - limit}`;
}

const labelled = (tag, cls, text) => {
  const node = make(tag, cls);
  node.append(make("span", "", text));
  return node;
};

function rowNode(row, isFirst) {
  const node = make("div", isFirst ? "row first" : "row");
  const line = make("button", "line1");
  line.type = "button";
  line.setAttribute("aria-expanded", String(opened === row.index));
  const direction = row.advantage > 0 ? " up" : row.advantage < 0 ? " down" : "";
  line.append(
    make("span", "muted", `${row.step}.${row.group}.${row.sample}`),
    labelled("span", "badge r-" + row.reason, plain(row.reason)),
    make("span", "", row.question.slice(0, 160)),
    make("span", "mono wide muted", (row.text.length > 44 ? "…" : "") + row.text.slice(-44).replace(/\s+/g, " ") || "(empty)"),
    make("span", "mono wide", row.extracted === null ? "–" : row.extracted.slice(0, 80)),
    make("span", "num", short(row.reward)),
    make("span", "num wide" + direction, signed(row.advantage)),
    make("span", "num wide muted", short(row.length)));
  line.addEventListener("click", () => {
    opened = opened === row.index ? null : row.index;
    history.replaceState(null, "", opened === null ? "#browser" : "#rollout-" + opened);
    render();
  });
  node.append(line);
  if (opened === row.index) node.append(detail(row));
  return node;
}

function block(title, ...nodes) {
  const node = make("div");
  node.append(make("h4", "", title), ...nodes);
  return node;
}

function messages(list) {
  return list.map(([role, text]) => block(role, make("pre", "", text)));
}

function responseNode(row) {
  const box = make("pre");
  row.response.forEach(([text, kind]) => box.append(kind === "answer" ? make("mark", "", text) : document.createTextNode(text)));
  if (!row.text) box.append(make("span", "muted", "(empty)"));
  return box;
}

function tokensNode(row) {
  const { logps, pieces, left_out: leftOut } = row.tokens;
  if (!logps.length) return [];
  const known = logps.filter((logp) => logp !== null);
  const surprise = known.reduce((sum, logp) => sum - logp, 0) / (known.length || 1);
  const title = `Tokens by probability: mean surprise ${short(surprise)} nats` + (leftOut ? `, ${leftOut} more tokens left out` : "");
  const hint = (index) => (logps[index] === null ? "not written by the policy" : `p = ${short(Math.exp(logps[index]))}`);
  if (!pieces) {
    const strip = make("div", "strip");
    logps.forEach((logp, index) => {
      const bar = make("i");
      bar.style.height = Math.max(4, 100 * Math.min(1, -(logp || 0) / 3)) + "%";
      bar.title = hint(index);
      strip.append(bar);
    });
    return [block(title + " (taller: less likely)", strip)];
  }
  const box = make("pre");
  pieces.forEach((piece, index) => {
    const node = make("span", "tok", piece);
    const shade = Math.round(100 * (1 - Math.exp(logps[index] || 0)));
    if (shade > 4) node.style.background = `color-mix(in srgb, var(--violet) ${Math.min(80, shade)}%, transparent)`;
    node.title = hint(index);
    box.append(node);
  });
  return [block(title + " (stronger colour: less likely)", box)];
}

function factsNode(row) {
  const table = make("table", "facts");
  const fact = (name, value) => {
    if (value === null || value === undefined || value === "") return;
    const line = make("tr");
    line.append(make("th", "", name), typeof value === "string" ? make("td", "", value) : value);
    table.append(line);
  };
  const mono = (text) => (text === null ? null : make("td", "mono", text));
  fact("extracted", mono(row.extracted));
  fact("found by", row.how && plain(row.how));
  fact("compared", mono(row.ours));
  fact("with", mono(row.theirs));
  fact("reference", mono(row.answer));
  fact("decided by", [row.method, row.certainty].filter(Boolean).join(", "));
  row.evidence.forEach(([name, value]) => fact(plain(name), mono(value)));
  fact("score", row.score === null ? "none (" + row.status + ")" : short(row.score));
  row.terms.forEach(([name, value]) => fact("reward: " + plain(name), signed(value)));
  fact("reward", row.reward === null ? "none: not trained on" : short(row.reward));
  fact("advantage", signed(row.advantage));
  fact("used", plain(row.fate));
  fact("ended by", row.stop === "length" ? "the token limit" : row.stop);
  fact("verifier", `${row.verifier} (${row.digest})`);
  fact("problem", [row.task, row.problem].filter(Boolean).join(" "));
  return table;
}

function matesNode(row) {
  const holder = make("div", "mates");
  groups.get(groupOf(row)).forEach((mate) => {
    const chip = labelled("button", `r-${mate.reason}` + (mate === row ? " here" : ""), `${mate.sample}: ${mate.extracted ?? plain(mate.reason)}`.slice(0, 40));
    chip.type = "button";
    chip.title = `${plain(mate.reason)}, reward ${short(mate.reward)}, advantage ${signed(mate.advantage)}`;
    chip.addEventListener("click", () => openRow(mate.index));
    holder.append(chip);
  });
  return block("The group: other attempts at this problem", holder);
}

function detail(row) {
  const node = make("div", "open");
  const left = make("div");
  left.append(...messages(row.prompt), ...messages(row.before), block("response", responseNode(row)), ...tokensNode(row), matesNode(row));
  const right = make("div");
  const why = labelled("p", "badge r-" + row.reason, reasons[row.reason]);
  right.append(make("h4", "", `why: ${plain(row.reason)}`), why, factsNode(row));
  node.append(left, right);
  return node;
}

function openRow(index) {
  opened = index;
  const place = matching().findIndex((row) => row.index === index);
  if (place < 0) ["source", "step", "reason", "outcome", "fate", "text"].forEach((id) => { input(id).value = ""; });
  limit = Math.max(limit, matching().findIndex((row) => row.index === index) + 1);
  history.replaceState(null, "", "#rollout-" + index);
  render();
  holder.querySelector('[aria-expanded="true"]').scrollIntoView({ block: "start" });
}

["source", "step", "reason", "outcome", "fate", "text"].forEach((id) => input(id).addEventListener("input", () => {
  limit = PAGE;
  render();
}));
document.getElementById("more").addEventListener("click", () => { limit += PAGE; render(); });
render();
const wanted = /^#rollout-(\d+)$/.exec(location.hash);
if (wanted && rows[Number(wanted[1])]) openRow(Number(wanted[1]));
