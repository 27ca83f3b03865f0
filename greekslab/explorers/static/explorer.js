// The browser's half of an explorer: draws controls and panels, asks the kernel or walks the page's grid.
// One ES module without dependencies. What travels is described in panels.py, controls.py and grid.py.

const WAIT_FOR_KERNEL = 8000; // ms without an answer after which the reader is told so
const MINUS = "\u2212", THIN = "\u202f", NBSP = "\u00a0";
const DASHES = { solid: "", dashed: "7 4", dotted: "1.5 4", dashdot: "8 3 1.5 3", longdash: "13 4", shortdash: "4 3" };
const DASH_NAMES = Object.keys(DASHES);
let serial = 0; // makes element ids unique on a page with several explorers

// ---------------------------------------------------------------------------------- words and numbers

const esc = (text) => String(text).replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);

function fixed(value, digits) {
  const text = Math.abs(value).toFixed(digits);
  const [whole, part] = text.split(".");
  const grouped = whole.length > 3 ? whole.replace(/\B(?=(\d{3})+$)/g, THIN) : whole;
  return (value < 0 && Number(text) !== 0 ? MINUS : "") + grouped + (part ? "." + part : "");
}

// Decimals that show all values exactly, but no more than `significant` digits of the largest.
function decimals(values, significant) {
  const top = Math.max(...values.map(Math.abs), 0);
  if (!(top > 0)) return 0;
  const most = Math.min(12, Math.max(0, significant - 1 - Math.floor(Math.log10(top))));
  const exact = (digits) => values.every((v) => Math.abs(v - Number(v.toFixed(digits))) <= 1e-9 * top);
  let digits = 0;
  while (digits < most && !exact(digits)) digits += 1;
  return digits;
}

// A short form for narrow places, by the largest number beside it: 12 345 -> 12.3k (3 digits), 12k (2).
function brief(value, scale, significant) {
  const [size, letter] = scale >= 1e9 ? [1e9, "B"] : scale >= 1e6 ? [1e6, "M"] : scale >= 1e4 ? [1e3, "k"] : [1, ""];
  const top = scale / size || 1;
  const text = fixed(value / size, Math.min(8, Math.max(0, significant - 1 - Math.floor(Math.log10(top)))));
  return /^[\u2212]?0(\.0+)?$/.test(text) ? "0" : text + letter;
}

const withUnit = (text, unit) => (unit ? text + NBSP + unit : text);
const isNumber = (value) => typeof value === "number";
const split = (label) => {
  const at = (label || "").lastIndexOf(", ");
  return at < 0 ? [label || "", ""] : [label.slice(0, at), label.slice(at + 2)];
};

function niceStep(span, count) {
  const raw = span / Math.max(1, count);
  const power = Math.pow(10, Math.floor(Math.log10(raw)));
  const lead = raw / power;
  return power * (lead < Math.SQRT2 ? 1 : lead < Math.sqrt(10) ? 2 : lead < Math.sqrt(50) ? 5 : 10);
}

function ticks(low, high, count) {
  const step = niceStep(high - low, count);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const marks = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k += 1) marks.push(Number((k * step).toFixed(digits)));
  return { marks, digits, step };
}

// Ends of an axis. The axis stays put while the numbers still fit and fill it well, so that what moves
// under the reader's hand is the line and not the scale.
function axisRange(before, low, high, count) {
  if (low > 0 && low < 0.6 * high) low = 0;
  if (high < 0 && high > 0.6 * low) high = 0;
  if (before && low >= before[0] && high <= before[1] && high - low >= 0.5 * (before[1] - before[0])) return before;
  if (!(high > low)) [low, high] = low === 0 ? [-1, 1] : [low - Math.abs(low) * 0.1, high + Math.abs(high) * 0.1];
  const step = niceStep(high - low, count) / 2;
  return [Math.floor(low / step + 1e-9) * step, Math.ceil(high / step - 1e-9) * step];
}

const pen = document.createElement("canvas").getContext("2d");
function textWidth(text, size, host) {
  const family = (host && getComputedStyle(host).fontFamily) || "sans-serif";
  const font = `${size}px ${family}`;
  if (pen.font !== font) pen.font = font;
  return pen.measureText(text).width;
}

// JupyterLab takes arrow keys for its cells, also from a focused slider, unless the focused element says no.
const TAKES_KEYS = ["input", "select", "textarea", "button", "summary"];

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  if (TAKES_KEYS.includes(tag) || "tabindex" in attributes) node.setAttribute("data-lm-suppress-shortcuts", "true");
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "class") node.className = value;
    else if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

// ---------------------------------------------------------------------------------- panels

const colourOf = (series, place) => (series.colour ?? place) % 6;
const dashOf = (series, place) => series.dash || DASH_NAMES[place % DASH_NAMES.length];

// A frame with title, plot, read-out for keyboard users and the drawn numbers as a table.
function frame(place, kind) {
  const title = make("figcaption", { class: "gl-title" });
  const head = make("div", { class: "gl-head" });
  const plot = make("div", { class: "gl-plot", role: kind === "table" ? "group" : "img", tabindex: "0" });
  const tip = make("div", { class: "gl-tip", "aria-hidden": "true", hidden: true });
  const stage = make("div", { class: "gl-stage" }, plot, tip);
  const foot = make("div", { class: "gl-foot" });
  const spoken = make("div", { class: "gl-hidden", "aria-live": "polite" });
  const values = make("div", { class: "gl-values", tabindex: "0", role: "region", "aria-label": "values" });
  const details = make("details", { class: "gl-details" }, make("summary", {}, "values"), values);
  const node = make("figure", { class: `gl-panel gl-${kind}`, "data-panel": String(place), "data-kind": kind },
    title, head, stage, foot, spoken);
  if (kind !== "table") node.append(details);
  return { node, title, head, plot, tip, stage, foot, spoken, values };
}

function heading(parts, panel) {
  parts.title.innerHTML = esc(panel.title) + (panel.unit ? ` <span class="gl-unit">${esc(panel.unit)}</span>` : "");
}

function valueTable(parts, corner, columns, rows, labels) {
  const head = `<thead><tr><th scope="col">${esc(corner)}</th>${columns.map((c) => `<th scope="col">${esc(c)}</th>`).join("")}</tr></thead>`;
  const digits = columns.map((_, j) => decimals(rows.map((row) => row[j]).filter(isNumber), 6));
  const cell = (v, j) => (isNumber(v) ? `<td data-value="${v}">${fixed(v, digits[j])}</td>` : "<td></td>");
  const body = rows.map((row, i) => `<tr><th scope="row"${isNumber(labels[i]) ? ` data-value="${labels[i]}"` : ""}>${esc(
    isNumber(labels[i]) ? fixed(labels[i], decimals(labels, 6)) : labels[i])}</th>${row.map(cell).join("")}</tr>`);
  parts.values.innerHTML = `<table>${head}<tbody>${body.join("")}</tbody></table>`;
}

function legend(panel, swatch) {
  if (panel.series.length < 2) return "";
  return `<ul class="gl-legend">${panel.series.map((s, i) => `<li>${swatch(s, i)}${esc(s.name)}</li>`).join("")}</ul>`;
}

// Put the read-out beside a point of the plot, inside the frame.
function placeTip(parts, html, x, y) {
  const { tip, stage } = parts;
  tip.innerHTML = html;
  tip.hidden = false;
  const room = stage.clientWidth, wide = tip.offsetWidth, tall = tip.offsetHeight;
  const left = x + 14 + wide <= room ? x + 14 : x - 14 - wide >= 0 ? x - 14 - wide : Math.max(0, room - wide);
  tip.style.left = `${left}px`;
  tip.style.top = `${Math.max(-8, Math.min(y - tall / 2, stage.clientHeight - tall))}px`;
}

// Pointer and keyboard pick a place in a plot; `show` draws it and gives the words to speak.
function picking(parts, { at, move, show, clear }) {
  const { plot, spoken } = parts;
  let current = null;
  const pick = (next, speak) => {
    if (next === null) return drop();
    current = next;
    const words = show(next);
    if (speak) spoken.textContent = words;
  };
  const drop = () => {
    current = null;
    parts.tip.hidden = true;
    spoken.textContent = "";
    clear();
  };
  plot.addEventListener("pointermove", (event) => pick(at(event), false));
  plot.addEventListener("pointerdown", (event) => pick(at(event), false));
  plot.addEventListener("pointerleave", drop);
  plot.addEventListener("blur", drop);
  plot.addEventListener("keydown", (event) => {
    if (event.key === "Escape") return drop();
    const next = move(current, event);
    if (next === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    pick(next, true);
  });
  return { again: () => current !== null && pick(current, false), drop };
}

function linesPanel(place) {
  const parts = frame(place, "lines");
  let panel = null, range = null, scale = null;

  function draw() {
    const width = Math.max(220, parts.plot.clientWidth || 640);
    const tall = Math.round(Math.min(330, Math.max(210, width * 0.5)));
    const { x, series, markers = [], vlines = [] } = panel;
    const ys = [...series.flatMap((s) => s.y.filter(isNumber)), ...markers.map((m) => m[1])];
    const xs = [...x, ...markers.map((m) => m[0])];
    const x0 = Math.min(...xs), x1 = Math.max(...xs);
    const rowsOfTicks = Math.max(3, Math.round(tall / 52));
    range = panel.yRange || axisRange(range, Math.min(...(ys.length ? ys : [0])), Math.max(...(ys.length ? ys : [1])), rowsOfTicks);
    const [y0, y1] = range;
    const yTicks = ticks(y0, y1, rowsOfTicks);
    const size = 12;
    const long = (list) => Math.max(...list.map((t) => textWidth(t, size, parts.plot)));
    const top = Math.max(...yTicks.marks.map(Math.abs));
    let yText = yTicks.marks.map((t) => fixed(t, yTicks.digits));
    if (top >= 1e6 || (width < 420 && top >= 1e4)) yText = shortTicks(yTicks);
    const left = Math.ceil(long(yText)) + 10;

    // labels of vertical lines stand in rows above the plot, so that none covers another
    const right = 14;
    const X = (v) => left + ((v - x0) / (x1 - x0)) * (width - left - right);
    const rows = [];
    const named = [...vlines].sort((a, b) => a[0] - b[0]).filter(([v]) => v >= x0 && v <= x1).map(([v, label]) => {
      const w = label ? textWidth(label, size, parts.plot) : 0;
      const middle = Math.min(width - w / 2 - 1, Math.max(w / 2 + 1, X(v)));
      let row = 0;
      while (label && rows[row] !== undefined && rows[row] > middle - w / 2 - 10) row += 1;
      if (label) rows[row] = middle + w / 2;
      return { v, label, middle, row };
    });
    const above = 10 + rows.length * 17, below = 26, full = tall + rows.length * 17;
    const Y = (v) => above + ((y1 - v) / (y1 - y0)) * (full - below - above);
    const svg = [`<svg viewBox="0 0 ${width} ${full}" width="${width}" height="${full}" aria-hidden="true" focusable="false">`];
    const clip = `gl-clip-${(serial += 1)}`;
    svg.push(`<clipPath id="${clip}"><rect x="${left}" y="${above - 2}" width="${width - left - right + 1}" height="${full - above - below + 4}"/></clipPath>`);

    yTicks.marks.forEach((t, i) => {
      const zero = t === 0 && y0 < 0;
      svg.push(`<line class="${zero ? "gl-zero" : "gl-grid"}" x1="${left}" x2="${width - right}" y1="${Y(t).toFixed(1)}" y2="${Y(t).toFixed(1)}"/>`);
      svg.push(`<text class="gl-tick" x="${left - 8}" y="${(Y(t) + 4).toFixed(1)}" text-anchor="end">${yText[i]}</text>`);
    });
    svg.push(`<line class="gl-axis" x1="${left}" x2="${width - right}" y1="${full - below}" y2="${full - below}"/>`);
    let xTicks, xText, count = Math.max(2, Math.floor((width - left) / 72));
    do { // fewer, until none touches the next
      xTicks = ticks(x0, x1, count);
      xText = xTicks.marks.map((t) => fixed(t, xTicks.digits));
      count -= 1;
    } while (count > 0 && long(xText) + 20 > (xTicks.step / (x1 - x0)) * (width - left - right));
    xTicks.marks.forEach((t, i) => {
      const w = textWidth(xText[i], size, parts.plot);
      const middle = Math.min(width - w / 2, Math.max(w / 2, X(t)));
      svg.push(`<line class="gl-axis" x1="${X(t).toFixed(1)}" x2="${X(t).toFixed(1)}" y1="${full - below}" y2="${full - below + 5}"/>`);
      svg.push(`<text class="gl-tick" x="${middle.toFixed(1)}" y="${full - 6}" text-anchor="middle">${xText[i]}</text>`);
    });
    const baseOf = (row) => 12 + (rows.length - 1 - row) * 17;
    for (const { v, label, row } of named)
      svg.push(`<line class="gl-vline" x1="${X(v).toFixed(1)}" x2="${X(v).toFixed(1)}" y1="${label ? baseOf(row) + 5 : above}" y2="${full - below}"/>`);
    for (const { label, middle, row } of named) // over the lines, so that none strikes a name through
      if (label) svg.push(`<text class="gl-note" x="${middle.toFixed(1)}" y="${baseOf(row)}" text-anchor="middle">${esc(label)}</text>`);
    svg.push(`<g clip-path="url(#${clip})">`);
    series.forEach((s, i) => {
      const paths = path(x, s.y, X, Y);
      svg.push(`<path class="gl-line" data-series="${i}" style="stroke:var(--gl-c${colourOf(s, i)})" stroke-dasharray="${DASHES[dashOf(s, i)]}" d="${paths}"/>`);
    });
    svg.push("</g>");
    const taken = [], drawnLines = markers.length ? series.map((s) => x.map((v, i) => isNumber(s.y[i]) && [X(v), Y(s.y[i])])) : [];
    const places = markers.map(([mx, my]) => [X(mx), Y(my)]);
    for (const [mx, my] of markers) taken.push([X(mx) - 5, Y(my) - 5, X(mx) + 5, Y(my) + 5]);
    for (const [mx, my] of markers) svg.push(`<circle class="gl-marker" cx="${X(mx).toFixed(1)}" cy="${Y(my).toFixed(1)}" r="4"/>`);
    markers.forEach(([mx, my, label], i) => {
      if (!label) return;
      const spot = free(X(mx), Y(my), textWidth(label, 11.5, parts.plot), { taken, others: places.filter((_, j) => j !== i), lines: drawnLines, own: i },
        [left, above - 4, width - 2, full - below]);
      if (!spot) return; // no room: the read-out still names it
      taken.push(spot.box);
      svg.push(`<text class="gl-mark" x="${spot.x.toFixed(1)}" y="${spot.y.toFixed(1)}" text-anchor="${spot.anchor}">${esc(label)}</text>`);
    });
    svg.push('<g class="gl-cross"></g></svg>');
    parts.plot.innerHTML = svg.join("");
    scale = { X, Y, left, right: width - right, above, bottom: full - below, width };
  }

  function shortTicks({ marks, step }) {
    const top = Math.max(...marks.map(Math.abs));
    const [by, letter] = top >= 1e9 ? [1e9, "B"] : top >= 1e6 ? [1e6, "M"] : [1e3, "k"];
    const digits = Math.max(0, -Math.floor(Math.log10(step / by) + 1e-9));
    return marks.map((t) => (t === 0 ? "0" : fixed(t / by, digits) + letter));
  }

  const picker = picking(parts, {
    at(event) {
      const box = parts.plot.getBoundingClientRect();
      const px = ((event.clientX - box.left) / box.width) * scale.width;
      let best = 0;
      panel.x.forEach((v, i) => { if (Math.abs(scale.X(v) - px) < Math.abs(scale.X(panel.x[best]) - px)) best = i; });
      return best;
    },
    move(current, event) {
      const last = panel.x.length - 1, far = Math.max(1, Math.round(last / 10));
      const steps = { ArrowRight: 1, ArrowLeft: -1, PageUp: far, PageDown: -far };
      if (event.key === "Home") return 0;
      if (event.key === "End") return last;
      if (!(event.key in steps)) return undefined;
      return current === null ? Math.round(last / 2) : Math.min(last, Math.max(0, current + steps[event.key] * (event.shiftKey ? far : 1)));
    },
    show(index) {
      index = Math.min(index, panel.x.length - 1);
      const x = panel.x[index], [name, unit] = split(panel.xLabel);
      const yUnit = split(panel.yLabel)[1];
      const all = panel.series.flatMap((s) => s.y.filter(isNumber));
      const digits = decimals(all, 5);
      const cross = parts.plot.querySelector(".gl-cross");
      const px = scale.X(x);
      const dots = panel.series.map((s, i) => (isNumber(s.y[index])
        ? `<circle cx="${px}" cy="${scale.Y(s.y[index])}" r="4.5" style="fill:var(--gl-c${colourOf(s, i)})"/>` : "")).join("");
      cross.innerHTML = `<line x1="${px}" x2="${px}" y1="${scale.above}" y2="${scale.bottom}"/>${dots}`;
      const where = withUnit(fixed(x, decimals(panel.x, 6)), unit);
      const rows = panel.series.map((s, i) => [lineSwatch(s, i), s.name, isNumber(s.y[index]) ? fixed(s.y[index], digits) : "\u2013"]);
      const near = (panel.markers || []).filter(([mx, , label]) => label && Math.abs(scale.X(mx) - px) < 7);
      const shown = parts.plot.clientWidth / scale.width || 1;
      placeTip(parts, `<div class="gl-tip-head">${esc(name ? name + " " : "")}<b>${esc(where)}</b></div><table>${
        rows.map(([swatch, label, value]) => `<tr><td>${swatch}</td><td>${esc(label)}</td><td class="gl-num">${value}</td></tr>`).join("")}${
        near.map(([, my, label]) => `<tr><td><i class="gl-dot"></i></td><td>${esc(label)}</td><td class="gl-num">${fixed(my, digits)}</td></tr>`).join("")
      }</table>`, px * shown, (scale.above + (scale.bottom - scale.above) * 0.35) * shown);
      return `${name} ${where}: ${rows.map(([, label, value]) => `${label} ${withUnit(value, yUnit)}`).join(", ")}`;
    },
    clear() {
      const cross = parts.plot.querySelector(".gl-cross");
      if (cross) cross.innerHTML = "";
    },
  });

  return {
    node: parts.node,
    update(next) {
      panel = next;
      heading(parts, panel);
      parts.head.innerHTML = legend(panel, lineSwatch) + (panel.yLabel ? `<div class="gl-axis-name">${esc(panel.yLabel)}</div>` : "");
      parts.foot.innerHTML = panel.xLabel ? `<div class="gl-axis-name gl-x-name">${esc(panel.xLabel)}</div>` : "";
      draw();
      const [, unit] = split(panel.yLabel);
      parts.plot.setAttribute("aria-label", `Chart of lines: ${panel.title}. ${panel.series.map((s) => {
        const y = s.y.filter(isNumber), digits = decimals(y, 4);
        return y.length ? `${s.name}: from ${fixed(y[0], digits)} to ${withUnit(fixed(y[y.length - 1], digits), unit)}` : s.name;
      }).join("; ")}. Arrow keys read values.`);
      valueTable(parts, panel.xLabel || "x", panel.series.map((s) => s.name), panel.x.map((_, i) => panel.series.map((s) => s.y[i])), panel.x);
      if (panel.markers && panel.markers.length) {
        const digits = decimals(panel.markers.map((m) => m[1]), 6);
        parts.values.insertAdjacentHTML("beforeend", `<table class="gl-markers"><thead><tr><th scope="col">point</th><th scope="col">${esc(
          panel.xLabel || "x")}</th><th scope="col">${esc(panel.yLabel || "y")}</th></tr></thead><tbody>${panel.markers.map(([mx, my, label]) =>
          `<tr><th scope="row">${esc(label)}</th><td data-value="${mx}">${fixed(mx, decimals(panel.markers.map((m) => m[0]), 6))}</td><td data-value="${my}">${fixed(my, digits)}</td></tr>`).join("")}</tbody></table>`);
      }
      picker.again();
    },
    resize() { if (panel) { draw(); picker.again(); } },
    forget() { range = null; },
  };
}

function path(x, y, X, Y) {
  let d = "", pen_down = false;
  for (let i = 0; i < x.length; i += 1) {
    if (!isNumber(y[i])) { pen_down = false; continue; }
    d += `${pen_down ? "L" : "M"}${X(x[i]).toFixed(2)} ${Y(y[i]).toFixed(2)}`;
    pen_down = true;
  }
  return d;
}

const lineSwatch = (s, i) =>
  `<svg class="gl-swatch" width="26" height="10" aria-hidden="true"><line x1="1" x2="25" y1="5" y2="5" style="stroke:var(--gl-c${colourOf(s, i)})" stroke-dasharray="${DASHES[dashOf(s, i)]}"/></svg>`;

// A free place for a marker's label around it: first one that no line crosses, else one clear of labels and points.
function free(x, y, width, { taken, others, lines, own }, [left, top, right, bottom]) {
  const spot = (dx, dy) => {
    const anchor = dx > 0 ? "start" : dx < 0 ? "end" : "middle";
    const from = x + dx - (dx > 0 ? 0 : dx < 0 ? width : width / 2);
    return { x: x + dx, y: y + dy, anchor, box: [from - 1, y + dy - 10, from + width + 1, y + dy + 3] };
  };
  const hits = (a, b) => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
  // nearest to its own point, or a reader would take it for the neighbour's
  const far = (box, [px, py]) => Math.hypot(Math.max(box[0] - px, 0, px - box[2]), Math.max(box[1] - py, 0, py - box[3]));
  const nearest = ({ box }) => others.every((point) => far(box, point) > far(box, [x, y]) + 1);
  const open = [[0, -9], [8, -6], [-8, -6], [0, 18], [8, 14], [-8, 14], [9, 4], [-9, 4]].map(([dx, dy]) => spot(dx, dy)).filter(nearest).filter(({ box }) =>
    box[0] >= left && box[2] <= right && box[1] >= top && box[3] <= bottom && taken.every((other, i) => i === own || !hits(box, other)));
  const crossed = ({ box }) => lines.some((line) => line.some((b, i) => {
    const a = line[i - 1];
    if (!a || !b || b[0] < box[0] || a[0] > box[2]) return false;
    const at = (px) => (b[0] === a[0] ? b[1] : a[1] + ((b[1] - a[1]) * (px - a[0])) / (b[0] - a[0]));
    const ends = [at(Math.max(a[0], box[0])), at(Math.min(b[0], box[2]))];
    return Math.min(...ends) < box[3] && Math.max(...ends) > box[1];
  }));
  return open.find((place) => !crossed(place)) || open[0];
}

function barsPanel(place) {
  const parts = frame(place, "bars");
  let panel = null, range = null;
  // a long unit stands in the title only
  const shortUnit = () => (panel.unit && panel.unit.length <= 6 ? esc(panel.unit) : "");
  const sums = () => panel.categories.map((_, c) => {
    const ys = panel.series.map((s) => s.y[c]).filter(isNumber);
    const plus = ys.filter((v) => v > 0).reduce((a, b) => a + b, 0), minus = ys.filter((v) => v < 0).reduce((a, b) => a + b, 0);
    return { plus, minus, total: plus + minus };
  });

  function draw() {
    const all = sums(), width = Math.max(200, parts.plot.clientWidth || 600);
    const low = Math.min(0, ...all.map((s) => s.minus)), high = Math.max(0, ...all.map((s) => s.plus));
    // bars start at zero and fill the frame; the scale stays while they fill more than half of it
    if (!range || low < range[0] || high > range[1] || high - low < 0.5 * (range[1] - range[0])) range = high > low ? [low, high] : [0, 1];
    const at = (v) => ((v - range[0]) / (range[1] - range[0])) * 100;
    const partDigits = decimals(panel.series.flatMap((s) => s.y.filter(isNumber)), 4);
    const digits = Math.min(partDigits, decimals(all.map((s) => s.total), 5)); // a total is no finer than its parts
    parts.plot.innerHTML = panel.categories.map((name, c) => {
      const signed = all[c].minus < 0 && all[c].plus > 0; // then a mark shows where the total lies
      let up = 0, down = 0;
      const blocks = panel.series.map((s, i) => {
        const v = s.y[c];
        if (!isNumber(v) || v === 0) return "";
        const from = v > 0 ? up : down + v, to = v > 0 ? up + v : down;
        if (v > 0) up += v; else down += v;
        const share = at(to) - at(from), text = fixed(v, partDigits);
        const room = textWidth(text, 11.5, parts.plot) + 14, middle = at((from + to) / 2);
        const clear = !signed || (Math.abs(at(all[c].total) - middle) / 100) * width > room / 2 + 3;
        const fits = panel.series.length > 1 && (share / 100) * width > room + 4 && clear;
        return `<div class="gl-block gl-fill-${colourOf(s, i)} gl-hatch-${i % 6}" data-series="${i}" style="left:${at(from).toFixed(3)}%;width:${share.toFixed(3)}%">${
          fits ? `<span>${text}</span>` : ""}</div>`;
      }).join("");
      const total = fixed(all[c].total, digits);
      const sum = signed ? `<div class="gl-sum" style="left:${at(all[c].total).toFixed(3)}%"></div>` : "";
      return `<div class="gl-bar" data-category="${c}"><div class="gl-bar-head"><span class="gl-bar-name">${esc(name)}</span><span class="gl-total" data-value="${
        all[c].total}">${withUnit(total, shortUnit())}</span></div><div class="gl-track">${blocks}${
        range[0] < 0 ? `<div class="gl-bar-zero" style="left:${at(0).toFixed(3)}%"></div>` : ""}${sum}</div></div>`;
    }).join("");
  }

  const picker = picking(parts, {
    at(event) {
      const bar = event.target.closest(".gl-bar");
      return bar ? Number(bar.dataset.category) : null;
    },
    move(current, event) {
      const last = panel.categories.length - 1;
      const steps = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };
      if (event.key === "Home") return 0;
      if (event.key === "End") return last;
      if (!(event.key in steps)) return undefined;
      return current === null ? 0 : Math.min(last, Math.max(0, current + steps[event.key]));
    },
    show(c) {
      c = Math.min(c, panel.categories.length - 1);
      const { total } = sums()[c], digits = decimals(panel.series.flatMap((s) => s.y.filter(isNumber)), 5);
      parts.plot.querySelectorAll(".gl-bar").forEach((bar, i) => bar.classList.toggle("gl-on", i === c));
      const rows = panel.series.map((s, i) => [s.name, s.y[c], i, s]).filter(([, v]) => isNumber(v) && v !== 0);
      const bar = parts.plot.children[c];
      if (panel.series.length > 1) {
        placeTip(parts, `<div class="gl-tip-head"><b>${esc(panel.categories[c])}</b></div><table>${rows.map(([name, v, i, s]) =>
          `<tr><td>${barSwatch(s, i)}</td><td>${esc(name)}</td><td class="gl-num">${fixed(v, digits)}</td></tr>`).join("")
        }<tr class="gl-tip-sum"><td></td><td>total</td><td class="gl-num">${withUnit(fixed(total, digits), esc(panel.unit || ""))}</td></tr></table>`,
        parts.stage.clientWidth * 0.55, bar.offsetTop + bar.offsetHeight + 40);
      }
      return `${panel.categories[c]}: ${rows.map(([name, v]) => `${name} ${fixed(v, digits)}`).join(", ")}; total ${withUnit(fixed(total, digits), panel.unit)}`;
    },
    clear() { parts.plot.querySelectorAll(".gl-on").forEach((bar) => bar.classList.remove("gl-on")); },
  });

  return {
    node: parts.node,
    update(next) {
      panel = next;
      heading(parts, panel);
      parts.head.innerHTML = legend(panel, barSwatch);
      draw();
      const all = sums(), digits = decimals(all.map((s) => s.total), 5);
      parts.plot.setAttribute("aria-label", `Bars: ${panel.title}. ${panel.categories.map((name, c) =>
        `${name}: ${withUnit(fixed(all[c].total, digits), panel.unit)}`).join("; ")}. Arrow keys read the parts.`);
      const total = panel.series.length > 1;
      valueTable(parts, "", [...panel.series.map((s) => s.name), ...(total ? ["total"] : [])],
        panel.categories.map((_, c) => [...panel.series.map((s) => s.y[c]), ...(total ? [all[c].total] : [])]), panel.categories);
      picker.again();
    },
    resize() { if (panel) { draw(); picker.again(); } },
    forget() { range = null; },
  };
}

const barSwatch = (s, i) => `<i class="gl-chip gl-fill-${colourOf(s, i)} gl-hatch-${i % 6}"></i>`;

function matrixPanel(place) {
  const parts = frame(place, "matrix");
  let panel = null, turned = false;
  const shape = () => [panel.rows.length, panel.columns.length];
  const cellAt = (i, j) => parts.plot.querySelector(`td[data-cell="${i},${j}"]`);

  function draw() {
    const flat = panel.values.flat().filter(isNumber), top = Math.max(...flat.map(Math.abs), 0);
    const digits = decimals(flat, 4), full = (v) => fixed(v, digits);
    const short = (v) => brief(v, top, 3), shortest = (v) => brief(v, top, 2);
    const size = 12, width = Math.max(220, parts.plot.clientWidth || 640);
    const widest = (list) => Math.max(...list.map((t) => textWidth(t, size, parts.plot)), 0);
    // room for the labels of the rows: the longest, or less where that would be a third of the width
    const sideOf = (labels, name) => Math.ceil(Math.min(widest([...labels, name || ""]), width * 0.3)) + 14;
    const fits = (across, down, form) => {
      const cell = (width - sideOf(down, down === panel.rows ? panel.rowLabel : panel.columnLabel)) / across.length - 2;
      const labels = Math.max(...across.flatMap((t) => t.split(" ")).map((t) => textWidth(t, size, parts.plot)), 0);
      const printed = panel.words ? panel.words.flat() : flat.map(form);
      return cell >= Math.max(widest(printed) * 1.06 + 7, labels + 5); // the ringed number is bold
    };
    const { rows, columns } = panel;
    turned = false;
    // narrow: shorter numbers; then rows and columns change places; then smaller type
    let form = [full, short, shortest].find((way) => fits(columns, rows, way)), small = false;
    if (!form && columns.length > rows.length) {
      form = [full, short, shortest].find((way) => fits(rows, columns, way));
      turned = Boolean(form);
    }
    if (!form) [form, small] = [shortest, true];
    const down = turned ? columns : rows, across = turned ? rows : columns;
    const names = turned ? [panel.columnLabel, panel.rowLabel] : [panel.rowLabel, panel.columnLabel];
    const cell = (a, b) => {
      const [i, j] = turned ? [b, a] : [a, b];
      const v = panel.values[i][j];
      if (!isNumber(v)) return '<td class="gl-none"></td>';
      const ringed = panel.ring && panel.ring[0] === i && panel.ring[1] === j;
      const share = top > 0 ? Math.round((Math.abs(v) / top) * 68) : 0;
      return `<td data-cell="${i},${j}" data-value="${v}" class="gl-cell${ringed ? " gl-ring" : ""}" style="--gl-tone:var(--gl-${v < 0 ? "loss" : "gain"});--gl-share:${share}%">${panel.words ? esc(panel.words[i][j]) : form(v)}</td>`;
    };
    parts.plot.innerHTML = `<table class="gl-grid-table${small ? " gl-small" : ""}" style="max-width:${
      sideOf(down, names[0]) + across.length * 150}px"><colgroup><col style="width:${
      sideOf(down, names[0])}px"></colgroup><thead>${
      names[1] ? `<tr><td></td><th class="gl-axis-name" colspan="${across.length}">${esc(names[1])}</th></tr>` : ""
    }<tr><th class="gl-axis-name gl-corner">${esc(names[0] || "")}</th>${across.map((t) => `<th>${esc(t)}</th>`).join("")}</tr></thead><tbody>${
      down.map((t, a) => `<tr><th>${esc(t)}</th>${across.map((_, b) => cell(a, b)).join("")}</tr>`).join("")}</tbody></table>`;
  }

  const say = (i, j) => `${panel.columns[j]}, ${panel.rows[i]}: ${panel.words ? `${panel.words[i][j]}, ` : ""}${withUnit(fixed(panel.values[i][j], decimals(panel.values.flat().filter(isNumber), 5)), panel.unit)}`;
  const picker = picking(parts, {
    at(event) {
      const cell = event.target.closest("td[data-cell]");
      return cell ? cell.dataset.cell.split(",").map(Number) : null;
    },
    move(current, event) {
      const [rows, columns] = shape();
      const plain = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
      if (!plain) return undefined;
      if (current === null) return panel.ring || firstCell();
      const step = turned ? [plain[1], plain[0]] : plain;
      let [i, j] = current;
      for (;;) {
        [i, j] = [i + step[0], j + step[1]];
        if (i < 0 || j < 0 || i >= rows || j >= columns) return current;
        if (isNumber(panel.values[i][j])) return [i, j];
      }
    },
    show([i, j]) {
      parts.plot.querySelectorAll(".gl-on").forEach((cell) => cell.classList.remove("gl-on"));
      const cell = cellAt(i, j);
      if (!cell) return "";
      cell.classList.add("gl-on");
      const words = say(i, j), cut = words.lastIndexOf(": ");
      const box = cell.getBoundingClientRect(), home = parts.stage.getBoundingClientRect();
      placeTip(parts, `<div class="gl-tip-head">${esc(words.slice(0, cut))}</div><b>${esc(words.slice(cut + 2))}</b>`,
        box.left + box.width / 2 - home.left + 8, box.top - home.top - 14);
      return words;
    },
    clear() { parts.plot.querySelectorAll(".gl-on").forEach((cell) => cell.classList.remove("gl-on")); },
  });
  const firstCell = () => {
    const i = panel.values.findIndex((row) => row.some(isNumber));
    return i < 0 ? null : [i, panel.values[i].findIndex(isNumber)];
  };

  return {
    node: parts.node,
    update(next) {
      panel = next;
      heading(parts, panel);
      draw();
      const ring = panel.ring && isNumber(panel.values[panel.ring[0]][panel.ring[1]]) ? say(...panel.ring) : "";
      parts.foot.innerHTML = ring ? `<p class="gl-ring-note"><i class="gl-ring-sign"></i>${esc(ring)}</p>` : "";
      parts.plot.setAttribute("aria-label", `Matrix: ${panel.title}, ${panel.rows.length} rows by ${panel.columns.length} columns.${
        ring ? ` Ringed: ${ring}.` : ""} Arrow keys read the cells.`);
      valueTable(parts, panel.rowLabel || "", panel.columns, panel.values, panel.rows);
      picker.again();
    },
    resize() { if (panel) { draw(); picker.again(); } },
    forget() {},
  };
}

function tablePanel(place) {
  const parts = frame(place, "table");
  // where the columns do not fit, every row becomes a small list
  const fit = () => {
    parts.plot.classList.remove("gl-stacked");
    parts.plot.classList.toggle("gl-stacked", parts.plot.scrollWidth > parts.plot.clientWidth + 1);
  };
  // names of instruments do not break at their hyphens
  const whole = (text) => esc(text).replace(/[A-Z0-9]+(-[A-Z0-9]+)+(:[a-z]+)?/g, '<span class="gl-whole">$&</span>');
  const numeric = (text) => /^[\s+\-\u2212\u2013\u00b1~<>\u2264\u2265]*\d/.test(text) || /^[\u2013\u2014-]?$/.test(text.trim());
  return {
    node: parts.node,
    update(panel) {
      heading(parts, panel);
      const right = panel.columns.map((_, j) => panel.rows.length > 0 && panel.rows.some((r) => r[j].trim()) && panel.rows.every((r) => numeric(r[j])));
      const side = (j) => (right[j] ? ' class="gl-num"' : "");
      parts.plot.classList.add("gl-values");
      parts.plot.setAttribute("aria-label", `Table: ${panel.title}`);
      parts.plot.innerHTML = `<table><thead><tr>${panel.columns.map((c, j) => `<th scope="col"${side(j)}>${esc(c)}</th>`).join("")}</tr></thead><tbody>${
        panel.rows.map((row) => `<tr>${row.map((c, j) => `<td${side(j)} data-label="${esc(panel.columns[j])}">${whole(c)}</td>`).join("")}</tr>`).join("")}</tbody></table>`;
      fit();
    },
    resize() { fit(); },
    forget() {},
  };
}

const PANELS = { lines: linesPanel, bars: barsPanel, matrix: matrixPanel, table: tablePanel };

// ---------------------------------------------------------------------------------- controls

// Each control gives: node, get() its value, put(value) it there, and calls `changed` when the reader moves it.
function wrapper(spec, fixedHere, id, ...children) {
  const node = make("div", { class: `gl-control gl-${spec.kind}`, "data-control": spec.name, "data-kind": spec.kind }, ...children);
  if (fixedHere) {
    node.classList.add("gl-fixed");
    node.append(fixedNote(fixedHere));
  }
  return node;
}

function fixedNote({ live }, words = "fixed on this page") {
  const note = make("small", { class: "gl-fixed-note" }, words);
  if (live) note.append(" \u00b7 ", make("a", { href: live }, "change it live"));
  return note;
}

function sliderControl(spec, { id, onPage, fixedHere, changed }) {
  const digits = decimals([spec.step, spec.low, ...(onPage && spec.page ? spec.page : [])], 8);
  const words = (v) => withUnit(fixed(v, digits), spec.unit);
  const stops = onPage && spec.page ? spec.page : null; // the page has these values only
  const input = make("input", { type: "range", id, name: spec.name, disabled: Boolean(fixedHere),
    min: stops ? stops[0] : spec.low, max: stops ? stops[stops.length - 1] : spec.high, step: stops ? "any" : spec.step });
  const output = make("output", { for: id, class: "gl-value" });
  const nearest = (v) => stops.reduce((a, b) => (Math.abs(b - v) < Math.abs(a - v) ? b : a));
  let value = spec.value;
  const put = (next) => {
    value = next;
    input.value = String(next);
    output.textContent = words(next);
    input.setAttribute("aria-valuetext", output.textContent);
    const share = (Number(input.value) - Number(input.min)) / (Number(input.max) - Number(input.min));
    input.style.setProperty("--gl-done", `${(share * 100).toFixed(1)}%`);
  };
  input.addEventListener("input", () => {
    const next = stops ? nearest(Number(input.value)) : Number(input.value);
    const moved = next !== value;
    put(next);
    if (moved) changed();
  });
  if (stops) {
    input.addEventListener("keydown", (event) => {
      const at = stops.indexOf(value), last = stops.length - 1, far = Math.max(1, Math.round(last / 5));
      const go = { ArrowRight: at + 1, ArrowUp: at + 1, ArrowLeft: at - 1, ArrowDown: at - 1, PageUp: at + far, PageDown: at - far, Home: 0, End: last }[event.key];
      if (go === undefined) return;
      event.preventDefault();
      const next = stops[Math.min(last, Math.max(0, go))];
      if (next === value) return;
      put(next);
      changed();
    });
  }
  const head = make("div", { class: "gl-control-head" }, make("label", { for: id }, spec.label), output);
  return { node: wrapper(spec, fixedHere, id, head, input), get: () => value, put };
}

function choiceControl(spec, { id, onPage, fixedHere, changed }) {
  const select = make("select", { id, name: spec.name, disabled: Boolean(fixedHere) });
  for (const [key, words] of spec.options) {
    if (!onPage || !spec.page || spec.page.includes(key)) select.append(make("option", { value: key }, words));
  }
  const printed = make("span", { class: "gl-print gl-value" });
  const put = (next) => {
    select.value = next;
    printed.textContent = (spec.options.find(([key]) => key === next) || [null, next])[1];
  };
  select.addEventListener("change", () => { put(select.value); changed(); });
  const head = make("div", { class: "gl-control-head" }, make("label", { for: id }, spec.label), printed);
  return { node: wrapper(spec, fixedHere, id, head, select), get: () => select.value, put };
}

function toggleControl(spec, { id, fixedHere, changed }) {
  const box = make("input", { type: "checkbox", id, name: spec.name, disabled: Boolean(fixedHere) });
  const printed = make("span", { class: "gl-print gl-value" });
  const put = (next) => { box.checked = next; printed.textContent = next ? "on" : "off"; };
  box.addEventListener("change", () => { put(box.checked); changed(); });
  const label = make("label", { for: id, class: "gl-check" }, box, make("span", {}, spec.label), printed);
  return { node: wrapper(spec, fixedHere, id, label), get: () => box.checked, put };
}

function legsControl(spec, { id, onPage, fixedHere, changed }) {
  const list = `${id}-list`;
  const locked = onPage; // legs are edited with a kernel only
  let rows = [], csv = null, timer = null;
  const body = make("tbody");
  const table = make("table", { class: "gl-legs-table" },
    make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "instrument"), make("th", { scope: "col" }, "quantity"), make("th", { scope: "col" }, make("span", { class: "gl-hidden" }, "change")))), body);
  const offered = make("datalist", { id: list });
  offered.append(...spec.instruments.map((name) => make("option", { value: name })));
  const books = make("select", { id: `${id}-book`, disabled: onPage && !spec.page });
  const own = make("option", { value: "", disabled: true, hidden: true }, "your own legs");
  books.append(own);
  const pages = onPage && spec.page ? spec.page : null;
  spec.books.filter(([label]) => !pages || pages.some((value) => value.book === label)).forEach(([label]) => books.append(make("option", { value: label }, label)));
  if (pages && pages.some((value) => !value.book)) { own.hidden = own.disabled = false; own.textContent = "start"; }

  const finished = () => rows.filter((row) => row.name.trim() && row.quantity !== "" && Number.isFinite(Number(row.quantity)));
  const legs = () => finished().map((row) => [row.name.trim(), Number(row.quantity)]);
  const bookOf = (these) => (spec.books.find(([, rows]) => JSON.stringify(rows) === JSON.stringify(these)) || [""])[0];
  const get = () => {
    if (csv !== null) return { csv };
    const these = legs(), book = bookOf(these);
    return book ? { legs: these, book } : { legs: these };
  };
  const send = () => { clearTimeout(timer); books.value = csv === null ? bookOf(legs()) : ""; changed(); };
  const sendSoon = () => { clearTimeout(timer); timer = setTimeout(send, 350); };

  function rowNode(row, at) {
    const name = make("input", { type: "text", list, value: row.name, placeholder: "type to search", "aria-label": `leg ${at + 1}: instrument`, disabled: locked, spellcheck: "false", autocomplete: "off" });
    const quantity = make("input", { type: "number", step: "any", value: row.quantity, "aria-label": `leg ${at + 1}: quantity`, disabled: locked, inputmode: "decimal" });
    name.addEventListener("input", () => { row.name = name.value; if (spec.instruments.includes(name.value)) send(); });
    name.addEventListener("change", () => { row.name = name.value; if (!spec.instruments.includes(name.value)) send(); });
    quantity.addEventListener("input", () => { row.quantity = quantity.value; sendSoon(); });
    quantity.addEventListener("change", () => { row.quantity = quantity.value; send(); });
    const flip = make("button", { type: "button", class: "gl-icon", title: "flip the sign", "aria-label": `leg ${at + 1}: flip the sign`, disabled: locked, onclick: () => {
      row.quantity = String(-Number(row.quantity || 0));
      quantity.value = row.quantity;
      send();
    } }, "\u00b1");
    const remove = make("button", { type: "button", class: "gl-icon", title: "remove", "aria-label": `leg ${at + 1}: remove`, disabled: locked, onclick: () => {
      rows.splice(at, 1);
      show();
      const next = body.querySelectorAll('[aria-label$=": remove"]')[Math.min(at, rows.length - 1)];
      (next || add).focus();
      send();
    } }, "\u00d7");
    return make("tr", {}, make("td", {}, name), make("td", {}, quantity), make("td", { class: "gl-legs-do" }, locked ? null : flip, locked ? null : remove));
  }
  const show = () => {
    body.replaceChildren(...rows.map(rowNode));
    if (!rows.length) body.append(make("tr", {}, make("td", { colspan: "3", class: "gl-quiet" }, "no legs")));
    table.hidden = add.hidden = csv !== null;
    inUse.hidden = csv === null;
  };
  const add = make("button", { type: "button", class: "gl-button", disabled: locked, onclick: () => {
    rows.push({ name: "", quantity: "1" });
    show();
    body.lastElementChild.querySelector("input").focus();
  } }, "Add leg");

  const text = make("textarea", { rows: "4", "aria-label": "CSV of the book", spellcheck: "false", placeholder: `instrument,quantity\n${spec.instruments[0] || "BTC-PERP"},1`, disabled: locked });
  const useCsv = (content) => {
    csv = content;
    paste.open = true;
    inUseWords.textContent = `Book from CSV, ${Math.max(0, content.trim().split(/\r?\n/).length - 1)} rows. `;
    edit.hidden = !csvRows(content);
    show();
    send();
  };
  const file = make("input", { type: "file", accept: ".csv,text/csv,text/plain", "aria-label": "CSV file of the book", disabled: locked, onchange: async () => {
    if (!file.files.length) return;
    text.value = await file.files[0].text();
    file.value = "";
    useCsv(text.value);
  } });
  const apply = make("button", { type: "button", class: "gl-button", disabled: locked, onclick: () => text.value.trim() && useCsv(text.value) }, "Use this CSV");
  const paste = make("details", { class: "gl-csv" }, make("summary", {}, "Paste or upload a CSV"),
    make("p", { class: "gl-quiet" }, "First line: instrument,quantity or instrument,quantity,entry_price. It stays in your session."),
    text, make("div", { class: "gl-legs-row" }, apply, file));
  const inUseWords = make("span");
  const edit = make("button", { type: "button", class: "gl-button", onclick: () => {
    rows = csvRows(csv);
    csv = null;
    show();
    send();
  } }, "Edit as legs");
  const drop = make("button", { type: "button", class: "gl-button", onclick: () => { csv = null; show(); send(); } }, "Back to the legs before");
  const inUse = make("p", { class: "gl-legs-row", hidden: true }, inUseWords, edit, drop);

  const put = (value) => {
    clearTimeout(timer);
    if ("csv" in value) {
      csv = text.value = value.csv;
      inUseWords.textContent = `Book from CSV, ${Math.max(0, csv.trim().split(/\r?\n/).length - 1)} rows. `;
      edit.hidden = !csvRows(csv);
    } else {
      csv = null;
      if (JSON.stringify(value.legs) !== JSON.stringify(legs()) || !rows.length) {
        rows = value.legs.map(([name, quantity]) => ({ name, quantity: String(quantity) }));
      }
    }
    books.value = csv === null ? bookOf(value.legs) : "";
    show();
  };
  books.addEventListener("change", () => {
    const found = spec.books.find(([label]) => label === books.value);
    const start = pages && pages.find((value) => !value.book);
    put({ legs: found ? found[1] : start.legs });
    changed();
  });
  const chooser = spec.books.length ? make("div", { class: "gl-legs-row" }, make("label", { for: `${id}-book` }, "Load a book"), books) : null;
  const node = make("fieldset", { class: "gl-control gl-legs", "data-control": spec.name, "data-kind": "legs" },
    make("legend", {}, spec.label), chooser, offered, table, inUse, make("div", { class: "gl-legs-row" }, locked ? null : add), locked ? null : paste);
  if (locked) {
    node.classList.add("gl-fixed");
    node.append(fixedNote(fixedHere || { live: liveLink() }, pages ? "Legs are fixed on this page" : "fixed on this page"));
  }
  return { node, get, put };
}

// Legs of a plain CSV, or null where it holds more than instruments and quantities.
function csvRows(content) {
  const lines = content.trim().split(/\r?\n/).map((line) => line.split(",").map((cell) => cell.trim().replace(/^"(.*)"$/, "$1")));
  const head = lines[0].map((name) => name.toLowerCase());
  if (head.length !== 2 || !head.includes("instrument") || !head.includes("quantity")) return null;
  const [n, q] = [head.indexOf("instrument"), head.indexOf("quantity")];
  const rows = lines.slice(1).map((line) => ({ name: line[n] || "", quantity: line[q] || "" }));
  return rows.every((row) => row.name && row.quantity !== "" && Number.isFinite(Number(row.quantity))) ? rows : null;
}

const CONTROLS = { slider: sliderControl, choice: choiceControl, toggle: toggleControl, legs: legsControl };

function liveLink(notebook) {
  const links = [...document.querySelectorAll("a.live-link")];
  const link = links.find((a) => notebook && a.href.includes(notebook)) || links[0];
  return link ? link.href : "";
}

// ---------------------------------------------------------------------------------- where views come from

function bytesOf(data) {
  if (!data) return new Uint8Array(0);
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

async function unpack(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).json();
}

function fill(node, columns, point) {
  if (Array.isArray(node)) return node.map((part) => (part !== null && typeof part === "object" ? fill(part, columns, point) : part));
  if (node === null || typeof node !== "object") return node;
  if ("$" in node) { const column = columns[node.$]; return column.u[column.i[point]]; }
  return Object.fromEntries(Object.entries(node).map(([key, part]) => [key, fill(part, columns, point)]));
}

// Walk the views that the page carries.
function fromGrid(grid, specs) {
  const same = (a, b) => (typeof a === "number" ? Math.abs(a - b) < 1e-9 * Math.max(1, Math.abs(a)) : JSON.stringify(a) === JSON.stringify(b));
  return (values) => {
    let point = 0;
    grid.axes.forEach((name, axis) => {
      const place = specs.find((spec) => spec.name === name).page.findIndex((value) => same(value, values[name]));
      point = point * grid.shape[axis] + Math.max(0, place);
    });
    return fill(grid.view, grid.columns, point);
  };
}

// ---------------------------------------------------------------------------------- the explorer

// Two panels stand side by side where there is room; one with many columns, or without a neighbour, has the row.
function arrange(panels) {
  const wide = panels.map((panel) => (panel.kind === "matrix" && panel.columns.length > 7) || (panel.kind === "table" && panel.columns.length > 5));
  for (let place = 0; place < panels.length; place += 1) {
    if (wide[place]) continue;
    if (place + 1 < panels.length && !wide[place + 1]) place += 1;
    else wide[place] = true;
  }
  return wide;
}

function render({ model, el }) {
  const specs = model.get("controls"), bytes = bytesOf(model.get("grid")), onPage = bytes.byteLength > 0;
  const notebook = model.get("notebook"), title = model.get("title"), key = `gl-${(serial += 1)}-${Math.random().toString(36).slice(2, 7)}`;
  const live = onPage ? liveLink(notebook) : "";

  const name = make("h3", { class: "gl-name", id: `${key}-name` }, title);
  const reset = make("button", { type: "button", class: "gl-button gl-reset" }, "Reset");
  const alert = make("p", { class: "gl-alert", role: "alert", hidden: true });
  const status = make("p", { class: "gl-status", role: "status" });
  const finding = make("p", { class: "gl-finding", "aria-live": "polite" });
  const box = make("div", { class: "gl-controls" });
  const panels = make("div", { class: "gl-panels" });
  const root = make("section", { class: "gl-explorer", "aria-labelledby": `${key}-name`,
    "data-state": "busy", "data-source": onPage ? "grid" : "kernel" },
  make("header", { class: "gl-header" }, name, reset), box, alert, status, finding, panels);
  el.replaceChildren(root);

  const controls = Object.fromEntries(specs.map((spec, place) => {
    const fixedHere = onPage && !spec.page ? { live } : null;
    const control = CONTROLS[spec.kind](spec, { id: `${key}-${place}`, onPage, fixedHere, changed: () => changed(spec.name) });
    box.append(control.node);
    return [spec.name, control];
  }));
  reset.hidden = onPage && !specs.some((spec) => spec.page);
  const values = () => Object.fromEntries(Object.entries(controls).map(([name, control]) => [name, control.get()]));
  const put = (these) => Object.entries(these).forEach(([name, value]) => controls[name] && controls[name].put(value));
  let drawn = [], touched = null;

  function show(view) {
    const kinds = view.panels.map((panel) => panel.kind).join();
    if (kinds !== drawn.kinds) {
      drawn = view.panels.map((panel, place) => PANELS[panel.kind](place));
      drawn.kinds = kinds;
      panels.replaceChildren(...drawn.map((panel) => panel.node));
    }
    arrange(view.panels).forEach((wide, place) => drawn[place].node.classList.toggle("gl-wide", wide));
    view.panels.forEach((panel, place) => drawn[place].update(panel));
    if (finding.textContent !== view.finding) finding.textContent = view.finding;
    complain("");
  }
  function complain(message) {
    alert.hidden = !message;
    if (alert.textContent !== message) alert.textContent = message;
    const legs = specs.find((spec) => spec.kind === "legs");
    if (message && legs && touched === legs.name) controls[legs.name].node.append(alert);
    else if (message) box.after(alert);
    root.classList.toggle("gl-stale", Boolean(message));
  }
  const state = (word) => { root.dataset.state = word; };

  let ask = () => {};
  const changed = (name) => { touched = name; ask(); };
  reset.addEventListener("click", () => {
    put(Object.fromEntries(specs.map((spec) => [spec.name, spec.value])));
    drawn.forEach((panel) => panel.forget());
    changed(null);
  });

  // with a kernel: one request at a time; when its answer comes, the latest setting goes next
  let pending = null, waiting = false, timer = null, stopped = false;
  function send() {
    const seq = Math.max(model.get("answer").seq || 0, (model.get("asked") || {}).seq || 0) + 1;
    pending = seq;
    waiting = false;
    state("busy");
    clearTimeout(timer);
    timer = setTimeout(() => {
      status.textContent = "Waiting for the kernel. If it was restarted, run the cell again.";
      pending = null; // the next move asks afresh
    }, WAIT_FOR_KERNEL);
    model.set("asked", { seq, values: values() });
    model.save_changes();
  }
  function answered() {
    const answer = model.get("answer");
    const mine = pending !== null && answer.seq === pending;
    if (pending !== null && answer.seq < pending) return; // of an older request
    if (mine) {
      clearTimeout(timer);
      pending = null;
      status.textContent = "";
    } else if (!waiting) {
      status.textContent = "";
      put(answer.values); // moved from Python or from another copy on the screen
    }
    if (answer.error) complain(answer.error);
    else show(answer.view);
    root.dataset.seq = answer.seq;
    if (waiting) send();
    else state(answer.error ? "error" : "ready");
  }

  const first = model.get("answer");
  put(first.values);
  const draw_first = () => {
    if (first.view) show(first.view);
    else if (first.error) complain(first.error);
  };
  draw_first();
  if (onPage) {
    unpack(bytes).then((grid) => {
      if (stopped) return;
      const look = fromGrid(grid, specs);
      ask = () => show(look(values()));
      ask();
      state("ready");
    }).catch(() => {
      state("error");
      complain("This browser cannot unpack the page's charts. A version from 2023 or later can.");
    });
  } else {
    ask = () => { if (pending === null) send(); else waiting = true; };
    model.on("change:answer", answered);
    state(first.error ? "error" : "ready");
  }

  // widths: panels are drawn for the room they have
  let width = 0;
  const watcher = new ResizeObserver(() => {
    if (Math.abs(panels.clientWidth - width) < 1) return;
    width = panels.clientWidth;
    drawn.forEach((panel) => panel.resize());
  });
  watcher.observe(panels);
  return () => {
    stopped = true;
    clearTimeout(timer);
    watcher.disconnect();
    model.off("change:answer", answered);
  };
}

export default { render };
