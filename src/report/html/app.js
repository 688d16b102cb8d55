"use strict";
// Findings, drivers, fleet and problems: filtered, sorted and shown page by page. Every text goes into the page as a text
// node, so nothing that an INF says is ever read as markup.
(() => {
  const $ = (id) => document.getElementById(id);
  const SVG = "http://www.w3.org/2000/svg";
  const number = new Intl.NumberFormat("en");
  const SEVERITY = [["sev-error", "error", "Error"], ["sev-warning", "warning", "Warning"], ["sev-info", "info", "Note"]];
  const CONFIDENCE = ["guess", "likely", "proven"];
  const FATE = [["fate-fails", "error"], ["fate-unknown", "unknown"], ["fate-interrupted", "warning"], ["fate-fine", "ok"]];
  const FINDINGS_PER_PAGE = 50;
  const ROWS_PER_PAGE = 100;
  const LONG = 600;

  /** An element with attributes and children; strings become text nodes. */
  function el(tag, attributes, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value === true) node.setAttribute(name, "");
      else if (value !== false && value !== undefined && value !== null) node.setAttribute(name, value);
    }
    node.append(...children.filter((child) => child !== null && child !== undefined));
    return node;
  }

  function icon(name) {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("class", "icon");
    svg.setAttribute("aria-hidden", "true");
    const use = document.createElementNS(SVG, "use");
    use.setAttribute("href", "#i-" + name);
    svg.append(use);
    return svg;
  }

  const plural = (count, noun) => (count === 1 ? "1 " + noun : number.format(count) + " " + noun + "s");

  /** Text in which long words, such as paths, may be broken behind a slash. */
  function breakable(text) {
    const all = document.createDocumentFragment();
    for (const part of text.split(/(?<=[/\\])/)) {
      if (all.firstChild) all.append(el("wbr"));
      all.append(part);
    }
    return all;
  }

  /** Text that may be absurdly long: its beginning, and the rest on demand. */
  function long(text, most = LONG) {
    if (text.length <= most + 20) return breakable(text);
    const span = el("span", {}, breakable(text.slice(0, most) + "… "));
    const button = el("button", { type: "button", class: "link" }, "all " + number.format(text.length) + " characters");
    button.addEventListener("click", () => span.replaceChildren(breakable(text)));
    span.append(button);
    return span;
  }

  const capitalised = (text) => text.slice(0, 1).toUpperCase() + text.slice(1);

  const path = (text, most = 300) => el("bdi", { class: "path" }, long(text, most));

  function data(name) {
    const block = $("data-" + name);
    if (!block) return null;
    const value = JSON.parse(block.textContent);
    // The text is not needed twice.
    block.remove();
    return value;
  }

  let saying = 0;
  /** For screen readers, once typing has paused. */
  function say(text) {
    clearTimeout(saying);
    saying = setTimeout(() => { $("status").textContent = text; }, 400);
  }

  const words = (text) => text.toLowerCase().split(/\s+/).filter(Boolean);
  const holds = (text, all) => all.every((word) => text.includes(word));

  /** Calls back soon; at once when little has to be searched. */
  function soon(count, run) {
    let timer = 0;
    return () => {
      clearTimeout(timer);
      if (count() < 20000) run();
      else timer = setTimeout(run, 150);
    };
  }

  function pager(nav, page, pages, go) {
    nav.hidden = pages < 2;
    if (nav.hidden) return;
    const step = (label, to, name) => {
      const button = el("button", { type: "button", class: "button", disabled: to < 0 || to >= pages, "data-step": name }, label);
      button.addEventListener("click", () => go(to, name));
      return button;
    };
    nav.replaceChildren(
      step("First", page === 0 ? -1 : 0, "first"),
      step("Back", page - 1, "back"),
      el("span", {}, "Page " + number.format(page + 1) + " of " + number.format(pages)),
      step("Next", page + 1, "next"),
      step("Last", page === pages - 1 ? -1 : pages - 1, "last"),
    );
  }

  function keepFocus(nav, name) {
    const button = nav.querySelector('[data-step="' + name + '"]:not([disabled])') || nav.querySelector("button:not([disabled])");
    if (button) button.focus({ preventScroll: true });
  }

  // ---- findings ---------------------------------------------------------------------------------------------------------

  function findings() {
    const all = data("findings");
    if (!all || !$("findings")) return null;
    const rows = all.rows;
    const text = (said) => (typeof said === "number" ? all.texts[said] : said);
    let haystacks = null;
    const haystack = (row) => [
      all.rules[row.r].join(" "), row.m, row.d || "", row.p, all.owners[row.o], row.t === undefined ? "" : all.sets[row.t][1],
      (row.a || []).join(" "), (row.l || []).join(" "), (row.x || []).map(text).join(" "),
      (row.e || []).map((e) => text(e[0]) + " " + (e[1] || "")).join(" "), row.f,
    ].join("\n").toLowerCase();

    const search = $("f-search"), rule = $("f-rule"), target = $("f-target"), owner = $("f-owner");
    const confidence = $("f-confidence"), show = $("f-show"), sort = $("f-sort"), form = $("findings-filter");
    const severities = [...form.querySelectorAll('input[name="severity"]')];
    const list = $("f-list"), nav = $("f-pager");

    const tallies = (key) => {
      const counts = new Map();
      for (const row of rows) counts.set(row[key], (counts.get(row[key]) || 0) + 1);
      return counts;
    };
    const perRule = tallies("r");
    for (const [index, [id, title]] of all.rules.map((r, i) => [i, r]).sort((a, b) => (a[1][0] < b[1][0] ? -1 : 1))) {
      rule.append(el("option", { value: index, title }, id + " (" + number.format(perRule.get(index) || 0) + ")"));
    }
    all.targets.forEach((title, index) => target.append(el("option", { value: index }, title.length > 90 ? title.slice(0, 90) + "…" : title)));
    if (all.targets.length === 0) target.closest(".field").hidden = true;
    for (const name of all.owners.slice(0, 400)) $("f-owners").append(el("option", { value: name }));
    const baseline = rows.some((row) => row.k !== undefined);
    $("f-show-field").hidden = !baseline && !rows.some((row) => row.u);
    if (!baseline) show.querySelector('[value="new"]').remove();
    const setHas = all.sets.map((set) => new Set(set[0]));

    let shown = [];
    let page = 0;
    // What the page says by itself when it opens is not read out.
    let asked = false;
    const open = new Set();

    function shows(row) {
      switch (show.value) {
        case "open": return !row.u;
        case "suppressed": return Boolean(row.u);
        case "new": return row.k === 0;
        default: return true;
      }
    }

    function apply() {
      const wanted = new Set(severities.filter((box) => box.checked).map((box) => Number(box.value)));
      const terms = words(search.value), inOwner = owner.value.trim().toLowerCase();
      const onRule = rule.value === "" ? -1 : Number(rule.value), onTarget = target.value === "" ? -1 : Number(target.value);
      const least = Number(confidence.value);
      if (terms.length && !haystacks) haystacks = rows.map(haystack);
      const counts = [0, 0, 0];
      shown = [];
      rows.forEach((row, index) => {
        if (!shows(row) || row.c < least) return;
        if (onRule >= 0 && row.r !== onRule) return;
        if (onTarget >= 0 && (row.t === undefined || !setHas[row.t].has(onTarget))) return;
        if (inOwner && !all.owners[row.o].toLowerCase().includes(inOwner)) return;
        if (terms.length && !holds(haystacks[index], terms)) return;
        counts[row.s] += 1;
        if (wanted.has(row.s)) shown.push(index);
      });
      order();
      form.querySelectorAll("[data-count]").forEach((node) => { node.textContent = number.format(counts[Number(node.dataset.count)]); });
      page = 0;
      draw();
      const total = rows.filter(shows).length;
      const tally = shown.length === total ? plural(total, "finding") : number.format(shown.length) + " of " + plural(total, "finding");
      $("f-tally").textContent = tally;
      if (asked) say(tally);
      asked = true;
    }

    function order() {
      const size = (row) => (row.t === undefined ? 0 : all.sets[row.t][0].length);
      const name = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
      const by = {
        weight: (a, b) => rows[a].s - rows[b].s,
        owner: (a, b) => name(all.owners[rows[a].o], all.owners[rows[b].o]) || rows[a].s - rows[b].s,
        rule: (a, b) => name(all.rules[rows[a].r][0], all.rules[rows[b].r][0]) || rows[a].s - rows[b].s,
        targets: (a, b) => size(rows[b]) - size(rows[a]),
      }[sort.value];
      // The order of the report decides where this one does not.
      shown.sort((a, b) => by(a, b) || a - b);
    }

    function draw() {
      const pages = Math.max(1, Math.ceil(shown.length / FINDINGS_PER_PAGE));
      page = Math.min(page, pages - 1);
      const here = shown.slice(page * FINDINGS_PER_PAGE, (page + 1) * FINDINGS_PER_PAGE);
      const nodes = [];
      let last = null;
      for (const index of here) {
        const group = sort.value === "owner" ? all.owners[rows[index].o] : sort.value === "rule" ? all.rules[rows[index].r][0] : null;
        if (group !== null && group !== last) nodes.push(el("li", { class: "group" }, path(group)));
        last = group;
        nodes.push(item(index));
      }
      if (!nodes.length) nodes.push(el("li", { class: "empty" }, rows.length ? "No finding fits these filters." : "Nothing was found."));
      list.replaceChildren(...nodes);
      $("f-expand").hidden = here.length === 0;
      pager(nav, page, pages, (to, name) => {
        page = to;
        draw();
        $("findings").scrollIntoView();
        keepFocus(nav, name);
        say("Page " + (page + 1) + " of " + pages);
      });
    }

    function item(index) {
      const row = rows[index];
      const [id, title] = all.rules[row.r];
      const [severity, symbol, word] = SEVERITY[row.s];
      const head = el("button", { type: "button", class: "head", "aria-expanded": "false", "aria-controls": "body-" + index },
        icon(symbol), el("span", { class: "vh" }, word + ": "), el("span", { class: "title" }, title));
      const body = el("div", { class: "body", id: "body-" + index, hidden: true });
      const node = el("li", { class: "finding " + severity + (row.u ? " suppressed" : ""), id: "finding-" + row.f },
        el("h3", {}, head),
        el("p", { class: "meta" },
          path(row.p, 160), el("code", { class: "rule" }, id),
          el("span", {}, "confidence: " + CONFIDENCE[row.c]),
          row.u ? el("span", { class: "tag" }, "suppressed by " + row.u[0]) : null,
          row.k === 0 ? el("span", { class: "tag" }, "new") : null),
        stories(row) || el("p", { class: "message" }, long(row.m, 400)),
        body);
      const toggle = (to) => {
        if (to && !body.firstChild) body.append(...details(row));
        body.hidden = !to;
        head.setAttribute("aria-expanded", String(to));
        node.classList.toggle("open", to);
        if (to) open.add(index); else open.delete(index);
      };
      head.addEventListener("click", () => toggle(body.hidden));
      node.wimspectToggle = toggle;
      if (open.has(index)) toggle(true);
      return node;
    }

    function stories(row) {
      if (!row.w) return null;
      return el("ul", { class: "stories" }, ...row.w.slice(0, 4).map(([fate, task, network, targets]) =>
        el("li", {},
          el("span", { class: "where" }, long(targets, 200)),
          el("span", { class: "badge " + FATE[fate][0] }, icon(FATE[fate][1]), task), " ",
          el("span", { class: "net" }, network))));
    }

    function part(title, ...content) {
      return el("div", { class: "part" }, el("h4", {}, title), ...content);
    }

    function listOf(items, most, make) {
      const node = el("ul", { class: "plain" }, ...items.slice(0, most).map(make));
      if (items.length > most) {
        const button = el("button", { type: "button", class: "link" }, number.format(items.length - most) + " more");
        const last = el("li", {}, button);
        button.addEventListener("click", () => last.replaceWith(...items.slice(most).map(make)));
        node.append(last);
      }
      return node;
    }

    function details(row) {
      const [id] = all.rules[row.r];
      const parts = [];
      if (row.w) parts.push(el("p", { class: "message" }, long(row.m)));
      if (row.d && !row.w) parts.push(el("p", {}, long(row.d)));
      if (row.u) parts.push(part("Suppressed", el("p", {}, "By " + row.u[0] + (row.u[2] ? ", until " + row.u[2] : "") + ": ", long(row.u[1]))));
      if (row.x) parts.push(part("What to do", el("ol", { class: "advice" }, ...row.x.map((said) => el("li", {}, long(capitalised(text(said))))))));
      if (row.e) {
        parts.push(part("Why", listOf(row.e, 6, ([said, place, source]) => el("li", {}, long(text(said)),
          place && place !== row.p ? el("span", { class: "source" }, " ", path(place)) : null,
          source !== null ? el("span", { class: "source" }, " ", long(text(source), 300)) : null))));
      }
      if (row.t !== undefined) parts.push(part("Targets", el("p", {}, long(all.sets[row.t][1]))));
      if (row.a) parts.push(part(plural(row.a.length, "adapter id"), listOf(row.a, 12, (a) => el("li", {}, el("code", {}, long(a, 200))))));
      if (row.l) parts.push(part("Further places", listOf(row.l, 8, (place) => el("li", {}, path(place)))));
      const links = [el("a", { href: "#rule-" + id }, "What this rule means")];
      if (row.g) links.push(el("a", { href: "#drawing-" + row.g }, "Drawing and table"));
      if (row.i) links.push(el("a", { href: "#driver-" + row.i }, "The driver"));
      links.push(el("a", { href: "#finding-" + row.f }, "Link to this finding"));
      parts.push(el("p", { class: "links" }, ...links), el("p", { class: "fingerprint" }, "Fingerprint ", el("code", {}, row.f)));
      return parts;
    }

    function clear() {
      search.value = rule.value = target.value = owner.value = "";
      confidence.value = "0";
      show.value = "open";
      sort.value = "weight";
      severities.forEach((box) => { box.checked = true; });
    }

    /** Shows one finding, whatever the filters are. */
    function reveal(fingerprint) {
      const index = rows.findIndex((row) => row.f === fingerprint);
      if (index < 0) return false;
      if (!shown.includes(index)) {
        clear();
        if (rows[index].u) show.value = "all";
        apply();
      }
      page = Math.floor(shown.indexOf(index) / FINDINGS_PER_PAGE);
      open.add(index);
      draw();
      const node = $("finding-" + fingerprint);
      node.scrollIntoView();
      node.querySelector("button").focus({ preventScroll: true });
      return true;
    }

    /** What links of other sections ask for. */
    function filter(wish) {
      clear();
      if (wish.severity) severities.forEach((box) => { box.checked = box.value === String(["error", "warning", "info"].indexOf(wish.severity)); });
      if (wish.rule) rule.value = String(all.rules.findIndex((r) => r[0] === wish.rule));
      if (wish.owner) owner.value = wish.owner;
      if (wish.show) show.value = wish.show;
      apply();
    }

    search.addEventListener("input", soon(() => rows.length, apply));
    owner.addEventListener("input", soon(() => rows.length, apply));
    for (const control of [rule, target, confidence, show, sort, ...severities]) control.addEventListener("change", apply);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", (event) => { event.preventDefault(); clear(); apply(); });
    $("f-expand").addEventListener("click", () => {
      const items = [...list.querySelectorAll(".finding")];
      const to = items.some((node) => !node.classList.contains("open"));
      items.forEach((node) => node.wimspectToggle(to));
      $("f-expand").textContent = to ? "Fold all on this page" : "Expand all on this page";
    });
    apply();
    return {
      reveal, filter,
      /** All that fits the filters, for paper; a limit keeps the browser alive. */
      print(on) {
        if (!on) { draw(); return; }
        list.replaceChildren(...shown.slice(0, 500).map((index) => { const node = item(index); node.wimspectToggle(true); return node; }));
        open.clear();
        if (shown.length > 500) list.append(el("li", { class: "empty" }, "and " + plural(shown.length - 500, "more finding") + ": filter them, or take the JSON report"));
      },
    };
  }

  // ---- tables -----------------------------------------------------------------------------------------------------------

  /**
   * A table with search, filters, sorting and pages.
   * columns: [{ label, sort(row), show(row), number }], filters: [{ label, of(row) }], text(row), detail(row).
   */
  function table(root, { name, noun, rows, columns, filters, text, detail, order }) {
    const key = root.id;
    const search = el("input", { id: key + "-search", type: "search", autocomplete: "off", spellcheck: "false" });
    const form = el("form", { class: "toolbar", role: "search", "aria-label": "Filter " + name },
      el("div", { class: "field wide" }, el("label", { for: key + "-search" }, "Search " + name), search));
    const selects = filters.map((filter, at) => {
      const counts = new Map();
      for (const row of rows) { const value = filter.of(row); counts.set(value, (counts.get(value) || 0) + 1); }
      const values = [...counts.keys()].sort();
      const select = el("select", { id: key + "-filter-" + at }, el("option", { value: "" }, filter.all));
      for (const value of values) select.append(el("option", { value: "=" + value }, (value || "(none)") + " (" + number.format(counts.get(value)) + ")"));
      if (values.length > 1) form.append(el("div", { class: "field" }, el("label", { for: select.id }, filter.label), select));
      return select;
    });
    const sorter = el("select", { id: key + "-sort" },
      ...columns.flatMap((column, at) => (column.sort ? [el("option", { value: at }, column.label)] : [])));
    form.append(el("div", { class: "field" }, el("label", { for: sorter.id }, "Sort by"), sorter));
    const tally = el("p", { class: "tally" });
    const headers = columns.map((column, at) => {
      const cell = el("th", { scope: "col", role: "columnheader", class: column.number ? "number" : null });
      if (column.sort) {
        const button = el("button", { type: "button", class: "sort" }, column.label);
        button.addEventListener("click", () => {
          down = by === at ? !down : false;
          by = at;
          sorter.value = String(at);
          apply();
        });
        cell.append(button);
      } else cell.append(column.label);
      return cell;
    });
    const body = el("tbody", { role: "rowgroup" });
    const nav = el("nav", { class: "pager", "aria-label": "Pages of " + name, hidden: true });
    root.replaceChildren(form, tally,
      el("div", { class: "scroll", role: "group", "aria-label": name, tabindex: "0" },
        el("table", { class: "rows", role: "table" },
          el("caption", { class: "vh" }, name),
          el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, ...headers)), body)),
      nav);
    let by = order.by, down = order.down, page = 0, shown = [], haystacks = null, asked = false;
    sorter.value = String(by);

    function apply() {
      const terms = words(search.value);
      if (terms.length && !haystacks) haystacks = rows.map((row) => text(row).toLowerCase());
      const wanted = selects.map((select) => select.value);
      shown = [];
      rows.forEach((row, index) => {
        if (wanted.some((value, at) => value !== "" && "=" + filters[at].of(row) !== value)) return;
        if (terms.length && !holds(haystacks[index], terms)) return;
        shown.push(index);
      });
      const keys = new Map(shown.map((index) => [index, columns[by].sort(rows[index])]));
      const sign = down ? -1 : 1;
      shown.sort((a, b) => {
        const x = keys.get(a), y = keys.get(b);
        return (x < y ? -sign : x > y ? sign : 0) || a - b;
      });
      headers.forEach((cell, at) => {
        if (columns[at].sort) cell.setAttribute("aria-sort", at !== by ? "none" : down ? "descending" : "ascending");
      });
      page = 0;
      draw();
      tally.textContent = shown.length === rows.length ? plural(rows.length, noun) : number.format(shown.length) + " of " + plural(rows.length, noun);
      if (asked) say(tally.textContent);
      asked = true;
    }

    function line(row) {
      const cells = columns.map((column) => el("td", { role: "cell", "data-column": column.label, class: column.number ? "number" : null }, column.show(row)));
      const node = el("tr", { role: "row" }, ...cells);
      if (!detail) return [node];
      const extra = el("td", { colspan: columns.length, role: "cell" });
      const below = el("tr", { role: "row", class: "detail", hidden: true }, extra);
      const button = el("button", { type: "button", class: "disclose", "aria-expanded": "false" });
      button.append(...cells[0].childNodes);
      cells[0].append(button);
      button.addEventListener("click", () => {
        if (!extra.firstChild) extra.append(...detail(row));
        below.hidden = !below.hidden;
        button.setAttribute("aria-expanded", String(!below.hidden));
      });
      return [node, below];
    }

    function draw() {
      const pages = Math.max(1, Math.ceil(shown.length / ROWS_PER_PAGE));
      const here = shown.slice(page * ROWS_PER_PAGE, (page + 1) * ROWS_PER_PAGE);
      body.replaceChildren(...here.flatMap((index) => line(rows[index])));
      if (!here.length) body.append(el("tr", { role: "row" }, el("td", { role: "cell", colspan: columns.length, class: "empty" }, "Nothing fits these filters.")));
      pager(nav, page, pages, (to, step) => {
        page = to;
        draw();
        root.scrollIntoView();
        keepFocus(nav, step);
        say("Page " + (page + 1) + " of " + pages);
      });
    }

    search.addEventListener("input", soon(() => rows.length, apply));
    selects.forEach((select) => select.addEventListener("change", apply));
    sorter.addEventListener("change", () => { by = Number(sorter.value); down = false; apply(); });
    form.addEventListener("submit", (event) => event.preventDefault());
    apply();
    return {
      /** Searches for a text and opens the first line. */
      find(query) {
        selects.forEach((select) => { select.value = ""; });
        search.value = query;
        apply();
        root.closest("section").scrollIntoView();
        const first = body.querySelector("button");
        if (first && shown.length === 1) first.click();
        (first || search).focus({ preventScroll: true });
      },
    };
  }

  const TABLES = {
    drivers(root, all) {
      const ORIGIN = ["share", "in the box", "injected"];
      const ids = (row) => Object.entries(row.x || {}).flatMap(([prefix, ends]) => ends.map((end) => prefix + end));
      return table(root, {
        name: "drivers", noun: "driver", rows: all.rows, order: { by: 1, down: false },
        columns: [
          { label: "INF", sort: (row) => row.i.toLowerCase(), show: (row) => path(row.i, 80) },
          // Network drivers first: they are what this is about.
          { label: "Role", sort: (row) => (all.roles[row.r] === "not-network" ? "~" : all.roles[row.r]), show: (row) => el("span", { class: "role role-" + all.roles[row.r] }, all.roles[row.r]) },
          { label: "Class", sort: (row) => all.classes[row.c].toLowerCase(), show: (row) => long(all.classes[row.c], 40) },
          { label: "Provider", sort: (row) => all.providers[row.v].toLowerCase(), show: (row) => long(all.providers[row.v], 60) },
          { label: "Date and version", sort: (row) => row.d, show: (row) => row.d },
          { label: "Architectures", show: (row) => row.a },
          { label: "Devices", number: true, sort: (row) => -row.n, show: (row) => number.format(row.n) },
          { label: "Where", sort: (row) => row.l[0] ? row.l[0][1] : "", show: (row) => el("span", {}, row.l[0] ? path(row.l[0][1], 120) : "", row.l.length > 1 ? el("small", {}, " and " + (row.l.length - 1) + " more") : null) },
        ],
        filters: [
          { label: "Role", all: "All roles", of: (row) => all.roles[row.r] },
          { label: "Class", all: "All classes", of: (row) => all.classes[row.c] },
          { label: "Architecture", all: "All", of: (row) => row.a },
        ],
        text: (row) => [row.i, all.roles[row.r], all.classes[row.c], all.providers[row.v], row.d, row.f, ...row.l.map((l) => l[1]), ...ids(row)].join("\n"),
        detail: (row) => {
          const known = ids(row);
          const parts = [el("h4", {}, "Where it lies"), el("ul", { class: "plain" }, ...row.l.slice(0, 50).map(([origin, place]) => el("li", {}, path(place), " ", el("span", { class: "muted" }, ORIGIN[origin]))))];
          if (row.l.length > 50) parts.push(el("p", { class: "muted" }, number.format(row.l.length - 50) + " more in the JSON report"));
          if (known.length) {
            const most = 60;
            const list = el("ul", { class: "plain ids" }, ...known.slice(0, most).map((id) => el("li", {}, el("code", {}, long(id, 200)))));
            if (known.length > most) {
              const button = el("button", { type: "button", class: "link" }, number.format(known.length - most) + " more");
              const last = el("li", {}, button);
              button.addEventListener("click", () => last.replaceWith(...known.slice(most).map((id) => el("li", {}, el("code", {}, long(id, 200))))));
              list.append(last);
            }
            parts.push(el("h4", {}, plural(known.length, "hardware id")), list);
            if (row.y) parts.push(el("p", { class: "muted" }, number.format(row.y) + " more in the JSON report"));
          }
          parts.push(el("p", { class: "fingerprint" }, "Driver ", el("code", {}, row.f)));
          return parts;
        },
      });
    },
    fleet(root, all) {
      const STATE = [["fate-fine", "ok", "runs"], ["fate-unknown", "unknown", "wireless"], ["fate-unknown", "unknown", "not known"], ["fate-interrupted", "warning", "at risk"], ["fate-fails", "error", "network lost"], ["fate-fails", "error", "no network"]];
      return table(root, {
        name: "adapters of the fleet", noun: "line", rows: all.rows, order: { by: 0, down: false },
        columns: [
          { label: "State", sort: (row) => -row[5], show: (row) => el("span", { class: "badge " + STATE[row[5]][0] }, icon(STATE[row[5]][1]), STATE[row[5]][2]) },
          { label: "Model", sort: (row) => row[1].toLowerCase(), show: (row) => long(row[1] || "(not known)", 80) },
          { label: "Adapter", sort: (row) => row[2], show: (row) => el("span", {}, el("code", {}, long(row[2], 120)), el("small", { class: "below" }, long(row[3], 120))) },
          { label: "Machines", number: true, sort: (row) => -row[4], show: (row) => number.format(row[4]) },
          { label: "Target", sort: (row) => row[0], show: (row) => long(all.targets[row[0]], 120) },
          { label: "What runs it", show: (row) => long(row[6], 300) },
        ],
        filters: [
          { label: "Target", all: "All targets", of: (row) => all.targets[row[0]] },
          { label: "State", all: "All", of: (row) => STATE[row[5]][2] },
          { label: "Model", all: "All models", of: (row) => row[1] },
        ],
        text: (row) => row.slice(1, 4).join("\n") + "\n" + all.targets[row[0]] + "\n" + row[6],
      });
    },
    problems(root, all) {
      return table(root, {
        name: "problems", noun: "problem", rows: all.rows, order: { by: 0, down: false },
        columns: [
          { label: "File", sort: (row) => row[0], show: (row) => path(row[0] + (row[1] ? ":" + row[1] : ""), 200) },
          { label: "What went wrong", sort: (row) => row[2], show: (row) => long(row[2], 400) },
        ],
        filters: [],
        text: (row) => row[0] + "\n" + row[2],
      });
    },
  };

  const views = {};
  /** Tables are made when they come near: a large share has many drivers, and most readers never scroll there. */
  function view(name) {
    const root = $(name + "-table");
    if (!views[name] && root) {
      const all = data(name);
      if (all) views[name] = TABLES[name](root, all);
    }
    return views[name];
  }

  // ---- page -------------------------------------------------------------------------------------------------------------

  function themes() {
    const names = ["system", "light", "dark"];
    const label = $("theme-name");
    label.textContent = document.documentElement.dataset.theme || "system";
    $("theme").addEventListener("click", () => {
      const next = names[(names.indexOf(label.textContent) + 1) % names.length];
      label.textContent = next;
      if (next === "system") delete document.documentElement.dataset.theme;
      else document.documentElement.dataset.theme = next;
      try { localStorage.setItem("wimspect-theme", next); } catch { /* no storage here */ }
      say("Theme: " + next);
    });
  }

  let list = null;

  /** Goes where a link points to, opening what is closed on the way. */
  function follow(hash) {
    const id = decodeURIComponent(hash.slice(1));
    if (id.startsWith("finding-")) return Boolean(list && list.reveal(id.slice(8)));
    if (id.startsWith("driver-")) {
      const drivers = view("drivers");
      if (drivers) drivers.find(id.slice(7));
      return Boolean(drivers);
    }
    const node = id && $(id);
    if (!node) return false;
    if (node.tagName === "DETAILS") {
      node.open = true;
      node.scrollIntoView();
      node.querySelector("summary").focus({ preventScroll: true });
      return true;
    }
    return false;
  }

  function links() {
    document.addEventListener("click", (event) => {
      const link = event.target.closest('a[href^="#"]');
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
      const { severity, rule, owner, show } = link.dataset;
      if (list && (severity || rule || owner || show)) list.filter({ severity, rule, owner, show });
      else if (follow(link.hash)) {
        event.preventDefault();
        history.replaceState(null, "", link.hash);
      }
    });
    addEventListener("hashchange", () => follow(location.hash));
  }

  function printing() {
    let closed = [];
    addEventListener("beforeprint", () => {
      closed = [...document.querySelectorAll("main details:not([open])")];
      closed.forEach((node) => { node.open = true; });
      for (const name of Object.keys(TABLES)) view(name);
      if (list) list.print(true);
    });
    addEventListener("afterprint", () => {
      closed.forEach((node) => { node.open = false; });
      if (list) list.print(false);
    });
  }

  function start() {
    list = findings();
    links();
    printing();
    const near = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        near.unobserve(entry.target);
        view(entry.target.dataset.table);
      }
    }, { rootMargin: "600px" });
    document.querySelectorAll("[data-table]").forEach((node) => near.observe(node));
    if (location.hash) follow(location.hash);
    document.documentElement.dataset.ready = "true";
  }

  themes();
  // After the first paint: the answer stands in plain HTML above.
  requestAnimationFrame(() => setTimeout(start, 0));
})();
