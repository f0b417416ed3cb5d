"use strict";
// Shows the report. What was recorded gets into the page as text only: elements are made one by one, never of markup.
(() => {
  const { report, groups, speeds } = JSON.parse(document.getElementById("data").textContent);

  const STATUSES = {
    equal: { sign: "=", name: "equal", means: "considered equal" },
    fixed: { sign: "✓", name: "fixed", means: "failed when recorded, and does not now" },
    different: { sign: "≠", name: "different", means: "considered different" },
    failed: { sign: "!", name: "failed", means: "did not fail when recorded, and does now" },
    equalizer_failure: { sign: "?", name: "equalizer failure", means: "could not be compared" },
  };
  const RISKS = ["success_became_error", "error_became_success", "output_missing", "output_added", "type_changed",
    "field_removed", "value_changed", "field_added", "moved"];
  const GRAVE = new Set(["success_became_error", "output_missing", "output_added"]);
  const RANK = ["equalizer_failure", "failed", "different", "fixed", "equal"];
  const ANSWERS = {
    expected: "", reused: "answered again by the last recorded call", fallback: "recorded under another alias",
    other_lane: "recorded in another lane", equivalent: "arguments written otherwise", called: "not recorded, ran",
    given: "not recorded", unused: "not made by the replay", not_replayed: "not replayed",
  };
  const KINDS = { operation: "●", input: "→", output: "←", data: "▪" };
  const FEW_GROUPS = 6;
  const SLICE = 100;
  const PRINTED = 2000;

  const $ = (id) => document.getElementById(id);
  /** An element; properties that begin with `on` are listeners, other properties attributes. */
  const h = (tag, properties, ...children) => fill(document.createElement(tag), properties, children);
  const s = (tag, properties, ...children) =>
    fill(document.createElementNS("http://www.w3.org/2000/svg", tag), properties, children);
  const fill = (element, properties, children) => {
    for (const [name, value] of Object.entries(properties ?? {})) {
      if (value === undefined || value === null || value === false) continue;
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...flat(children));
    return element;
  };
  const flat = (children) =>
    children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== "");
  const words = (name) => name.replaceAll("_", " ");
  const count = (number, what) => `${number.toLocaleString("en")} ${what}${number === 1 ? "" : "s"}`;
  const badge = (status) =>
    h("span", { class: `badge ${status}`, title: STATUSES[status].name, role: "img", "aria-label": STATUSES[status].name },
      h("span", { "aria-hidden": "true" }, STATUSES[status].sign));
  const took = (micros) => {
    if (micros === undefined || micros === null) return "";
    const [value, unit] = micros < 1e3 ? [micros, "µs"] : micros < 1e6 ? [micros / 1e3, "ms"] : [micros / 1e6, "s"];
    return `${value >= 100 || unit === "µs" ? Math.round(value) : value.toPrecision(3)} ${unit}`;
  };
  // Control characters and turns of direction, written out.
  const seen = (text) => text.replace(
    /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu,
    (c) => `\\u{${c.codePointAt(0).toString(16)}}`);

  // The recordings, each with what it is found by.
  const all = report.categories.flatMap((category) => category.recordings.map((recording) => ({ ...recording, category: category.category })));
  all.forEach((recording, at) => {
    recording.at = at;
    recording.unique = recording.id.slice(recording.category.length + 1);
    recording.worst = Math.min(RISKS.length, ...recording.differences.map(({ risk }) => RISKS.indexOf(risk)));
    recording.groups = new Set();
  });
  groups.forEach((group, number) => group.recordings.forEach((at) => all[at].groups.add(number)));
  const byId = new Map(all.map((recording) => [recording.id, recording]));
  const text = (recording) => recording.text ??= [
    recording.id, words(recording.status), recording.message, ...recording.escapes,
    ...recording.differences.flatMap((one) => [one.place, one.path, words(one.risk), one.change, one.recorded, one.replayed]),
    ...recording.timeline.steps.flatMap((step) =>
      [step.alias, step.recorded?.arguments, step.recorded?.result, step.replayed?.arguments, step.replayed?.result]),
  ].filter(Boolean).join("\n").toLowerCase();

  // What is shown, as it stands behind the `#` of the address: `#{id}?status=failed&q=…`.
  const state = { open: null, q: "", status: [], category: "", risk: "", group: "", order: "worst" };
  const read = () => {
    const [id, query] = location.hash.slice(1).split("?");
    const given = new URLSearchParams(query ?? "");
    state.open = byId.get(decode(id)) ?? null;
    state.q = given.get("q") ?? "";
    state.status = (given.get("status") ?? "").split(",").filter((status) => Object.hasOwn(STATUSES, status));
    state.category = given.get("category") ?? "";
    state.risk = given.get("risk") ?? "";
    const group = given.get("group") ?? "";
    state.group = /^\d+$/.test(group) && groups[group] ? group : "";
    state.order = given.get("order") ?? "worst";
  };
  const decode = (part) => { try { return decodeURIComponent(part); } catch { return ""; } };
  const address = () => {
    const given = new URLSearchParams();
    for (const name of ["q", "category", "risk", "group"]) if (state[name]) given.set(name, state[name]);
    if (state.status.length) given.set("status", state.status.join(","));
    if (state.order !== "worst") given.set("order", state.order);
    const id = state.open ? state.open.id.split("/").map(encodeURIComponent).join("/") : "";
    return `#${id}${given.size ? `?${given}` : ""}`;
  };
  const change = (changes) => {
    const opens = "open" in changes && changes.open !== state.open;
    Object.assign(state, changes);
    // A way back for what was opened, none for each letter of a search.
    if (opens) history.pushState(null, "", address());
    else history.replaceState(null, "", address());
    show();
  };

  // ---- the overview

  const overview = () => {
    const counts = report.summary.counts;
    const there = Object.keys(STATUSES).filter((status) => counts[status]);
    $("summary").textContent = [
      `${count(counts.total, "recording")} of ${report.categories.length === 1 ? "1 category" : `${report.categories.length} categories`}`,
      ...there.map((status) => `${counts[status].toLocaleString("en")} ${STATUSES[status].name}`),
    ].join(" · ");
    document.title = `Playback: ${$("summary").textContent}`;
    const heads = ["category", "", "recordings", ...Object.values(STATUSES).map(({ name }) => name), "own code"];
    const body = report.categories.map((category, at) => {
      const of = report.summary.categories[category.category];
      const segments = Object.keys(STATUSES).filter((status) => of[status]).map((status) => {
        const label = `${of[status]} ${STATUSES[status].name} of ${seen(category.category)}`;
        const segment = h("button", { class: status, title: label, "aria-label": `Show ${label}`, type: "button",
          onclick: () => filter({ category: category.category, status: [status] }) });
        segment.style.flexGrow = of[status];
        return segment;
      });
      return h("tr", {},
        h("th", { scope: "row" }, h("button", { class: "plain", type: "button",
          onclick: () => filter({ category: category.category, status: [] }) }, seen(category.category))),
        h("td", { class: "bar" }, h("div", { class: "bars" }, segments)),
        number(of.total, "recordings"),
        Object.entries(STATUSES).map(([status, { name }]) => number(of[status], name)),
        h("td", { title: speeds[at]?.told, class: speeds[at] ? null : "zero", "data-of": "own code" }, speeds[at] ? `× ${speeds[at].ratio.toFixed(2)}` : ""));
    });
    $("overview").append(
      h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col" }, head)))),
      h("tbody", {}, body));
    $("legend").append(...Object.entries(STATUSES).map(([status, { name, means }]) =>
      h("li", {}, badge(status), h("span", {}, `${name}: ${means}`))));
  };
  const number = (value, head) =>
    h("td", { class: value ? null : "zero", "data-of": head }, value ? value.toLocaleString("en") : "–");

  const notes = () => {
    const note = (title, texts) => texts.length ? h("div", {}, h("strong", {}, title),
      h("ul", {}, texts.map((text) => h("li", {}, h("pre", {}, seen(text)))))) : null;
    const given = [
      report.interrupted ? h("div", {}, h("strong", {}, "Interrupted: "), "this is what was done until then.") : null,
      note("Failures", report.failures.slice()),
      ...report.categories.map((category) => note(`Failures of ${seen(category.category)}`, category.failures)),
      note("Nothing was found", [report.nothing_found, ...report.categories.map((category) =>
        category.nothing_found && `${category.category}: ${category.nothing_found}`)].filter(Boolean)),
      note("Left out", report.categories.flatMap((category) =>
        (category.left_out ?? []).map((text) => `${category.category}: ${text}`))),
      note("Rules that matched nothing", report.summary.unused_rules),
    ].filter(Boolean);
    $("notes").append(...given);
    $("notes").hidden = given.length === 0;
  };

  let moreGroups;
  const alike = () => {
    const item = (group, at) => h("li", { "data-group": at },
      h("div", { class: "where" },
        h("span", {}, place(group.category, group.output, group.pattern)),
        h("span", { class: "count" }, count(group.recordings.length, "recording"))),
      sides(group),
      h("div", { class: "foot" },
        risk(group.risk),
        group.recordings.slice(0, 3).map((recording) => h("button", { class: "plain mono", type: "button",
          onclick: () => change({ open: all[recording] }) }, all[recording].unique.slice(9))),
        h("button", { class: "plain act", type: "button", onclick: () => filter({ group: String(at), status: [], category: "", risk: "", q: "" }) },
          `show ${group.recordings.length === 1 ? "it" : `all ${group.recordings.length}`}`)));
    // Made only when they are asked for: to mark what differs costs time, and there may be thousands.
    let next = 0;
    const more = (number) => {
      const items = groups.slice(next, next + number).map((group, at) => item(group, next + at));
      next += items.length;
      const rest = groups.length - next;
      $("groups").append(...items);
      $("more-groups").hidden = rest === 0;
      $("more-groups").textContent = rest > SLICE ? `Show ${SLICE} of ${rest.toLocaleString("en")} more` : `Show ${rest} more`;
      return items;
    };
    moreGroups = more;
    more(FEW_GROUPS);
    if (groups.length === 0) $("groups").append(h("li", { class: "soft" }, "There are none."));
    $("more-groups").addEventListener("click", () => {
      const [first] = more(SLICE);
      showFilters();
      first.querySelector("button").focus();
    });
  };
  const risk = (name) => h("span", { class: GRAVE.has(name) ? "chip grave" : "chip" }, words(name));
  const place = (category, output, path) => [
    category ? h("span", { class: "soft" }, `${seen(category)} · `) : null,
    h("strong", {}, output === "playback.result" ? "result" : seen(output ?? "")), " ", h("code", {}, seen(path)),
  ];

  // ---- what was, and what is

  /** The two sides of a difference, with what differs between them marked. */
  const sides = ({ sign, recorded, replayed, change }) => {
    const both = recorded !== null && replayed !== null && sign !== ">";
    const [old, now] = both ? marked(recorded, replayed) : [recorded, replayed].map((side) => side === null ? null : [seen(side)]);
    const side = (name, mark, label, content) => h("div", { class: name },
      h("span", { "aria-label": label, role: "img" }, mark), h("pre", {}, content));
    if (sign === ">") return h("div", { class: "change" }, side("neutral", ">", "moved", [seen(change)]));
    return h("div", { class: "change" },
      old ? side("old", "−", "recorded", old) : null, now ? side("new", "+", "replayed", now) : null);
  };
  const marked = (recorded, replayed) => {
    const [old, now] = [recorded, replayed].map((text) => seen(text).match(/[\p{L}\p{N}_]+|\s+|[^]/gu) ?? []);
    if (old.length * now.length > 400000) return [[old.join("")], [now.join("")]];
    const [keepOld, keepNow] = same(old, now);
    // Where little is the same, marking the rest says nothing.
    const size = (tokens) => tokens.reduce((sum, token) => sum + (/[\p{L}\p{N}]/u.test(token) ? token.length : 0), 0);
    if (3 * size([...keepOld].map((at) => old[at])) < Math.min(size(old), size(now))) return [[old.join("")], [now.join("")]];
    return [pieces(old, keepOld), pieces(now, keepNow)];
  };
  /** Which tokens of two lists are in their longest common subsequence. */
  const same = (one, other) => {
    const width = other.length + 1;
    const lengths = new Uint16Array((one.length + 1) * width);
    for (let i = one.length - 1; i >= 0; i--) {
      for (let j = other.length - 1; j >= 0; j--) {
        lengths[i * width + j] = one[i] === other[j] ? lengths[(i + 1) * width + j + 1] + 1
          : Math.max(lengths[(i + 1) * width + j], lengths[i * width + j + 1]);
      }
    }
    const [keepOne, keepOther] = [new Set(), new Set()];
    for (let i = 0, j = 0; i < one.length && j < other.length;) {
      if (one[i] === other[j]) { keepOne.add(i++); keepOther.add(j++); }
      else if (lengths[(i + 1) * width + j] >= lengths[i * width + j + 1]) i++;
      else j++;
    }
    return [keepOne, keepOther];
  };
  const pieces = (tokens, keep) => {
    const runs = [];
    tokens.forEach((token, at) => {
      const last = runs.at(-1);
      if (last && last.keep === keep.has(at)) last.text += token;
      else runs.push({ keep: keep.has(at), text: token });
    });
    return runs.map(({ keep, text }) => keep ? text : h("mark", {}, text));
  };

  // ---- durations

  const scatter = (which) => {
    const points = all.filter(({ recorded, replayed }) => recorded && replayed).map((recording) => ({
      recording, x: Math.max(1, recording.recorded[which]), y: Math.max(1, recording.replayed[which]),
    }));
    if (points.length === 0) return $("scatter").replaceChildren(h("p", { class: "soft" }, "No recording has both durations."));
    const [W, H, LEFT, BOTTOM, TOP, RIGHT] = [520, 400, 58, 44, 12, 12];
    const decade = (pick, round) => round(Math.log10(pick));
    const range = (values) => {
      const [low, high] = values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, 0]);
      const [from, to] = [decade(low, Math.floor), decade(high, Math.ceil)];
      return [from, Math.max(to, from + 1)];
    };
    const [x0, x1] = range(points.map(({ x }) => x));
    const [y0, y1] = range(points.map(({ y }) => y));
    const toX = (value) => LEFT + (Math.log10(value) - x0) / (x1 - x0) * (W - LEFT - RIGHT);
    const toY = (value) => H - BOTTOM - (Math.log10(value) - y0) / (y1 - y0) * (H - BOTTOM - TOP);
    points.forEach((point) => { point.px = toX(point.x); point.py = toY(point.y); });
    const ticks = (from, to) => Array.from({ length: to - from + 1 }, (_, at) => 10 ** (from + at));
    const plain = (micros) => micros < 1e3 ? `${micros} µs` : micros < 1e6 ? `${micros / 1e3} ms` : `${micros / 1e6} s`;
    const grid = [
      ...ticks(x0, x1).flatMap((value) => [
        s("line", { class: "grid", x1: toX(value), x2: toX(value), y1: TOP, y2: H - BOTTOM }),
        s("text", { x: toX(value), y: H - BOTTOM + 16, "text-anchor": "middle" }, plain(value))]),
      ...ticks(y0, y1).flatMap((value) => [
        s("line", { class: "grid", x1: LEFT, x2: W - RIGHT, y1: toY(value), y2: toY(value) }),
        s("text", { x: LEFT - 7, y: toY(value) + 4, "text-anchor": "end" }, plain(value))]),
      s("text", { x: W - RIGHT, y: H - 8, "text-anchor": "end" }, "recorded →"),
      s("text", { x: LEFT + 6, y: TOP + 12 }, "↑ replayed"),
    ];
    const [low, high] = [Math.max(x0, y0), Math.min(x1, y1)];
    if (low < high) grid.push(s("line", { class: "same", x1: toX(10 ** low), y1: toY(10 ** low), x2: toX(10 ** high), y2: toY(10 ** high) }));
    // One path for each status and shape: thousands of points are few elements.
    const shapes = {
      equal: (x, y) => `M${x - 3} ${y}a3 3 0 1 0 6 0a3 3 0 1 0-6 0`,
      fixed: (x, y) => `M${x - 3} ${y - 3}h6v6h-6z`,
      different: (x, y) => `M${x} ${y - 4.5}l4.5 4.5l-4.5 4.5l-4.5-4.5z`,
      failed: (x, y) => `M${x} ${y - 4.5}l4.5 8h-9z`,
      equalizer_failure: (x, y) => `M${x - 4} ${y}l2-4h4l2 4l-2 4h-4z`,
    };
    const paths = Object.entries(shapes).map(([status, shape]) => s("path", { class: `points ${status}`,
      d: points.filter(({ recording }) => recording.status === status)
        .map(({ px, py }) => shape(+px.toFixed(1), +py.toFixed(1))).join("") }));
    const ring = s("circle", { class: "near", r: 7, visibility: "hidden" });
    const tip = h("p", { class: "tip" }, "Below the line replays are faster. A replay does not wait for what it reads and sends.");
    const nearest = (event) => {
      const box = svg.getBoundingClientRect();
      const [x, y] = [(event.clientX - box.left) * W / box.width, (event.clientY - box.top) * H / box.height];
      const distance = ({ px, py }) => (px - x) ** 2 + (py - y) ** 2;
      const found = points.reduce((best, point) => distance(point) < distance(best) ? point : best);
      return distance(found) < 400 ? found : null;
    };
    const svg = s("svg", { viewBox: `0 0 ${W} ${H}`, role: "img",
      "aria-label": `Recorded against replayed durations of ${count(points.length, "recording")}; the list below has each`,
      onmousemove: (event) => {
        const found = nearest(event);
        ring.setAttribute("visibility", found ? "visible" : "hidden");
        if (!found) return;
        ring.setAttribute("cx", found.px);
        ring.setAttribute("cy", found.py);
        tip.textContent = `${seen(found.recording.id)}: ${took(found.x)} recorded, ${took(found.y)} replayed`;
      },
      onclick: (event) => { const found = nearest(event); if (found) change({ open: found.recording }); },
    }, grid, paths, ring);
    $("scatter").replaceChildren(svg, tip);
  };

  // ---- the list of recordings: only the rows in sight are there

  let found = [];
  let active = 0;
  let shownFor = null;
  const filter = (changes) => {
    change(changes);
    $("recordings").scrollIntoView({ block: "start" });
    $("list").focus({ preventScroll: true });
  };
  const find = () => {
    const terms = state.q.toLowerCase().split(/\s+/).filter(Boolean);
    found = all.filter((recording) =>
      (!state.status.length || state.status.includes(recording.status))
      && (!state.category || recording.category === state.category)
      && (!state.risk || recording.differences.some((one) => one.risk === state.risk))
      && (!state.group || recording.groups.has(Number(state.group)))
      && terms.every((term) => text(recording).includes(term)));
    const orders = {
      worst: (one, other) => RANK.indexOf(one.status) - RANK.indexOf(other.status) || one.worst - other.worst || one.at - other.at,
      slowest: (one, other) => (other.replayed?.duration_us ?? -1) - (one.replayed?.duration_us ?? -1) || one.at - other.at,
    };
    if (orders[state.order]) found.sort(orders[state.order]);
    active = Math.max(0, state.open ? found.indexOf(state.open) : Math.min(active, found.length - 1));
  };
  const told = (recording) => {
    const [first] = recording.differences;
    if (!first) return recording.message ?? "";
    const more = recording.differences.length + recording.omitted - 1;
    return `${first.place} ${first.path} ${first.change}${more ? `  +${more}` : ""}`;
  };
  const row = (recording, at) => {
    const element = h("div", { class: "row", role: "option", id: `row-${at}`, "aria-selected": at === active ? "true" : "false",
      "aria-setsize": found.length, "aria-posinset": at + 1, onclick: () => { active = at; change({ open: recording }); } },
      badge(recording.status), h("span", { title: recording.category }, seen(recording.category)),
      h("span", { class: "mono unique" }, recording.unique.slice(9)), h("span", { class: "soft what" }, seen(told(recording)).replaceAll("\n", " ")),
      h("span", { class: "time recorded", title: "recorded" }, took(recording.recorded?.duration_us)),
      h("span", { class: "time replayed", title: "replayed" }, took(recording.replayed?.duration_us)));
    element.style.top = `${at * height()}px`;
    return element;
  };
  const height = () => parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--row"));
  const list = (printed) => {
    const [box, each] = [$("list").getBoundingClientRect(), height()];
    const from = printed ? 0 : Math.max(0, Math.floor(-box.top / each) - 10);
    const to = printed ? Math.min(found.length, PRINTED) : Math.min(found.length, Math.ceil((innerHeight - box.top) / each) + 10);
    $("list").style.height = `${Math.max(1, found.length) * each}px`;
    const rows = [];
    for (let at = from; at < to; at++) rows.push(row(found[at], at));
    $("list").replaceChildren(...(found.length ? rows : [h("p", { class: "empty" }, all.length ? "No recording is like this." : "No recording was replayed.")]));
    if (found.length && active >= from && active < to) $("list").setAttribute("aria-activedescendant", `row-${active}`);
    else $("list").removeAttribute("aria-activedescendant");
  };
  const move = (to) => {
    if (!found.length) return;
    active = Math.max(0, Math.min(found.length - 1, to));
    const [top, each] = [$("list").getBoundingClientRect().top + active * height(), height()];
    if (top < each) scrollBy(0, top - 2 * each);
    else if (top + 2 * each > innerHeight) scrollBy(0, top + 3 * each - innerHeight);
    if (state.open) change({ open: found[active] });
    else list();
  };

  const filters = () => {
    $("statuses").append(...Object.entries(STATUSES).filter(([status]) => report.summary.counts[status]).map(([status, { name }]) =>
      h("button", { type: "button", "data-status": status, onclick: () => change({
        status: state.status.includes(status) ? state.status.filter((one) => one !== status) : [...state.status, status] }) },
        badge(status), h("span", {}, name))));
    $("category").append(h("option", { value: "" }, "all categories"),
      ...report.categories.map(({ category }) => h("option", { value: category }, seen(category))));
    const there = new Set(groups.map((group) => group.risk));
    $("risk").append(h("option", { value: "" }, "all risks"),
      ...RISKS.filter((risk) => there.has(risk)).map((risk) => h("option", { value: risk }, words(risk))));
    for (const name of ["category", "risk", "order"]) $(name).addEventListener("change", () => change({ [name]: $(name).value }));
    let waiting;
    $("search").addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => change({ q: $("search").value }), all.length > 500 ? 120 : 0);
    });
    $("clear").addEventListener("click", () => filter({ q: "", status: [], category: "", risk: "", group: "" }));
  };
  const showFilters = () => {
    if ($("search").value !== state.q && document.activeElement !== $("search")) $("search").value = state.q;
    for (const button of $("statuses").children) button.setAttribute("aria-pressed", state.status.includes(button.dataset.status));
    for (const name of ["category", "risk", "order"]) $(name).value = state[name];
    for (const item of $("groups").children) {
      if (item.dataset.group === state.group) item.setAttribute("aria-current", "true");
      else item.removeAttribute("aria-current");
    }
    const group = groups[state.group];
    const of = group ? ` with ${words(group.risk)} at ${group.output === "playback.result" ? "result" : group.output ?? ""} ${group.pattern}` : "";
    $("found").textContent = found.length === all.length ? count(all.length, "recording")
      : `${found.length.toLocaleString("en")} of ${count(all.length, "recording")}${seen(of)}`;
    $("clear").hidden = !(state.q || state.status.length || state.category || state.risk || state.group);
  };

  // ---- one recording

  const detail = () => {
    const [pane, recording] = [$("detail"), state.open];
    if (recording === shownFor) return;
    const was = shownFor;
    shownFor = recording;
    pane.hidden = !recording;
    if (!recording) {
      pane.replaceChildren();
      if (was) $("list").focus({ preventScroll: true });
      return;
    }
    const at = found.indexOf(recording);
    const runs = [["recorded", recording.recorded], ["replayed", recording.replayed]].filter(([, run]) => run);
    pane.replaceChildren(...flat([
      h("div", { class: "top" },
        h("button", { type: "button", "aria-label": "Previous recording", disabled: at < 1, onclick: () => move(at - 1) }, "↑"),
        h("button", { type: "button", "aria-label": "Next recording", disabled: at < 0 || at + 1 >= found.length, onclick: () => move(at + 1) }, "↓"),
        h("button", { type: "button", id: "close", onclick: () => change({ open: null }) }, "Close")),
      h("h2", { id: "detail-title" }, badge(recording.status), h("span", {}, `${seen(recording.category)} is ${STATUSES[recording.status].name}`)),
      h("p", { class: "id mono soft" }, seen(recording.id)),
      recording.message && recording.message !== count(recording.differences.length + recording.omitted, "difference")
        ? h("div", { class: "message" }, h("pre", {}, seen(recording.message))) : "",
      runs.length ? h("table", { class: "runs" },
        h("thead", {}, h("tr", {}, ["", "in all", "own code", ""].map((head) => h("th", { scope: "col" }, head)))),
        h("tbody", {}, runs.map(([name, run]) => h("tr", {}, h("th", { scope: "row" }, name),
          h("td", {}, took(run.duration_us)), h("td", {}, took(run.own_us)), h("td", { class: "soft" }, run.failed ? "failed" : "returned"))))) : "",
      recording.differences.length ? [h("h3", {}, count(recording.differences.length + recording.omitted, "difference")),
        recording.differences.map((one) => h("div", { class: "difference" },
          h("div", { class: "where" }, h("span", {}, place("", one.place, one.path)), risk(one.risk)), sides(one))),
        recording.omitted ? h("p", { class: "soft" }, `and ${recording.omitted} more that are not listed`) : ""] : "",
      recording.escapes.length ? [h("h3", {}, "Escapes"), recording.escapes.map((escape) => h("p", {}, seen(escape)))] : "",
      timeline(recording)]));
    pane.scrollTop = 0;
    pane.focus({ preventScroll: true });
  };

  const timeline = ({ timeline: { steps, omitted }, recorded, replayed }) => {
    if (!steps.length) return "";
    const end = (side, whole) => Math.max(1, whole?.duration_us ?? 0,
      ...steps.map((step) => step[side] ? step[side].started_us + step[side].duration_us : 0));
    const ends = { recorded: end("recorded", recorded), replayed: end("replayed", replayed) };
    const span = (step, side, name) => {
      if (!step[side]) return "";
      const bar = h("i", { class: name, title: `${side}: began at ${took(step[side].started_us)}, took ${took(step[side].duration_us)}` });
      const left = Math.min(99, 100 * step[side].started_us / ends[side]);
      bar.style.left = `${left}%`;
      bar.style.width = `${Math.max(0, Math.min(100 - left, 100 * step[side].duration_us / ends[side]))}%`;
      return bar;
    };
    const call = (moment) => `${moment.arguments ?? "(…)"}${moment.result === null ? "" : ` → ${moment.result}`}`;
    // What was called with what, as far as there is room.
    const hint = ({ recorded, replayed }) => {
      const moment = replayed?.arguments ? replayed : recorded ?? replayed;
      return moment?.arguments || moment?.result ? h("span", { class: "hint mono" }, seen(call(moment)).replaceAll("\n", " ")) : "";
    };
    const item = (step) => {
      const answer = step.answer === "unused" && step.kind === "input" ? "not read by the replay" : ANSWERS[step.answer] ?? words(step.answer);
      const head = [
        h("span", { class: "kind", title: step.kind, role: "img", "aria-label": step.kind }, KINDS[step.kind] ?? "·"),
        h("span", { class: "name" }, h("strong", {}, seen(step.alias)), step.kind === "operation" ? "" : ` #${step.number + 1}`,
          step.lane.length ? h("span", { class: "lane" }, `lane ${step.lane.join(".")}`) : "",
          (step.replayed ?? step.recorded)?.failed ? h("span", { class: "lane" }, "failed") : "",
          hint(step)),
        answer ? h("span", { class: "chip" }, answer) : h("span"),
        h("span", { class: "spans" }, span(step, "recorded", "then"), span(step, "replayed", "now")),
      ];
      const texts = [["recorded", step.recorded], ["replayed", step.replayed]].filter(([, moment]) =>
        moment && (moment.arguments !== null || moment.result !== null));
      if (!texts.length) return h("li", {}, h("div", { class: "brief" }, head));
      return h("li", {}, h("details", {}, h("summary", {}, head), h("div", { class: "calls" },
        texts.flatMap(([side, moment]) => [h("span", { class: "soft" }, side), h("pre", {}, seen(call(moment)))]))));
    };
    return [h("h3", {}, "Timeline"),
      h("div", { class: "key" }, h("span", {}, h("i"), `recorded, ${took(ends.recorded)}`),
        steps.some((step) => step.replayed) ? h("span", {}, h("i", { class: "now" }), `replayed, ${took(ends.replayed)}`) : "",
        h("span", {}, "→ in"), h("span", {}, "← out")),
      h("ol", { class: "steps" }, steps.map(item)),
      omitted ? h("p", { class: "soft" }, `and ${omitted} more calls that are not kept`) : ""];
  };

  // ---- all together

  const show = () => {
    find();
    showFilters();
    list();
    detail();
  };
  const which = (name) => {
    $("own").setAttribute("aria-pressed", name === "own_us");
    $("whole").setAttribute("aria-pressed", name === "duration_us");
    scatter(name);
  };
  const typing = (target) => target.closest("input, select, textarea");
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = state.open ? found.indexOf(state.open) : active;
    if (event.key === "Escape") {
      if (state.open) change({ open: null });
      else if (event.target === $("search")) $("list").focus();
      else return;
    } else if (typing(event.target)) {
      if (event.key !== "Enter" || event.target !== $("search")) return;
      $("list").focus({ preventScroll: true });
    } else if (event.key === "/") {
      $("search").focus();
      $("search").select();
    } else if (event.key === "j" || (event.key === "ArrowDown" && event.target === $("list"))) move(at + 1);
    else if (event.key === "k" || (event.key === "ArrowUp" && event.target === $("list"))) move(at - 1);
    else if (event.key === "g" || (event.key === "Home" && event.target === $("list"))) move(0);
    else if (event.key === "G" || (event.key === "End" && event.target === $("list"))) move(found.length - 1);
    else if (event.key === "Enter" && (event.target === $("list") || event.target === document.body)) {
      if (found[active]) change({ open: found[active] });
    } else return;
    event.preventDefault();
  });
  let scrolled = false;
  const redraw = () => {
    if (scrolled) return;
    scrolled = true;
    requestAnimationFrame(() => { scrolled = false; list(); });
  };
  addEventListener("scroll", redraw, { passive: true });
  addEventListener("resize", redraw);
  addEventListener("beforeprint", () => {
    moreGroups(SLICE);
    list(true);
  });
  addEventListener("afterprint", () => list());
  addEventListener("hashchange", () => { read(); show(); });
  addEventListener("popstate", () => { read(); show(); });
  $("own").addEventListener("click", () => which("own_us"));
  $("whole").addEventListener("click", () => which("duration_us"));
  $("theme").addEventListener("click", () => {
    const dark = getComputedStyle(document.documentElement).colorScheme === "dark"
      || (document.documentElement.dataset.theme === undefined && matchMedia("(prefers-color-scheme: dark)").matches);
    document.documentElement.dataset.theme = dark ? "light" : "dark";
  });

  $("page").hidden = false;
  overview();
  notes();
  alike();
  filters();
  which("own_us");
  read();
  show();
})();
