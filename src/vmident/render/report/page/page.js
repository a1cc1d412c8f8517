"use strict";
// Names come from Azure and are hostile: text is only ever set as textContent or as an attribute's value.
(function () {
  const data = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);
  const SVG = "http://www.w3.org/2000/svg";
  const MOST_NODES = 30;
  const PAGE = 100;

  function element(name, attributes, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }
  function shape(name, attributes, ...children) {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes || {})) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }
  const isolated = (text) => element("bdi", {}, text);
  const routesOf = (identity) => data.sets[identity.routes].map((at) => data.routes[at]);

  const narrow = matchMedia("(max-width: 760px)");

  // --- the map -----------------------------------------------------------------------------------------------------

  function cut(text, most) {
    const letters = Array.from(text);
    return letters.length > most ? letters.slice(0, most - 1).join("") + "\u2026" : text;
  }

  function identityNode(identity) {
    return {
      key: "identity=" + identity.key,
      title: identity.name,
      about: identity.about,
      privileged: identity.roles.some((at) => data.roles[at].privileged),
    };
  }
  function principalNode(route) {
    return { key: "principal=" + route.principal, title: route.title, about: route.hows.join(", ") + route.kind };
  }
  function roleNode(role) {
    return { key: "role=" + role.key, title: role.role, about: role.where, privileged: role.privileged };
  }

  // Columns of nodes from left to right, and the edges between neighbors; an edge is dashed where all it stands for is
  // eligible or conditional.
  function around(focus) {
    const [kind, value] = focus;
    const columns = [new Map(), new Map(), new Map()];
    const edges = new Map();
    const put = (column, node) => {
      if (!columns[column].has(node.key)) columns[column].set(node.key, node);
      return node.key;
    };
    const join = (from, to, dashed) => {
      const key = from + "|" + to;
      const found = edges.get(key) || { from, to, dashed: true };
      found.dashed = found.dashed && dashed;
      edges.set(key, found);
    };
    let identities;
    if (kind === "identity") identities = data.identities.filter((one) => String(one.key) === value);
    else if (kind === "principal")
      identities = data.identities.filter((one) => routesOf(one).some((route) => route.principal === value));
    else identities = data.identities.filter((one) => one.roles.some((at) => data.roles[at].key === value));
    const privilegedFirst = (one) => (one.roles.some((at) => data.roles[at].privileged) ? 0 : 1);
    identities = identities.slice().sort((a, b) => privilegedFirst(a) - privilegedFirst(b));
    const total = identities.length;
    for (const identity of identities.slice(0, MOST_NODES)) {
      const center = put(1, identityNode(identity));
      for (const route of routesOf(identity)) {
        if (kind === "principal" && route.principal !== value) continue;
        if (kind === "role" && columns[0].size >= MOST_NODES) break;
        join(put(0, principalNode(route)), center, route.eligible || route.conditional);
      }
      for (const at of identity.roles) {
        const role = data.roles[at];
        if (kind === "role" && role.key !== value) continue;
        join(center, put(2, roleNode(role)), role.limited);
      }
    }
    return { columns, edges: [...edges.values()], hidden: Math.max(0, total - MOST_NODES) };
  }

  function draw(focus) {
    const view = byId("map-view");
    const { columns, edges, hidden } = around(focus);
    const titles = ["Who", "Identity", "Can do"];
    const stacked = narrow.matches;
    const width = stacked ? 424 : 1320, boxWidth = 370, boxHeight = 46, gap = 14, top = 34;
    const left = stacked ? [44, 44, 44] : [10, (width - boxWidth) / 2, width - boxWidth - 10];
    const shown = columns.map((column) => [...column.values()].slice(0, MOST_NODES));
    const tallest = Math.max(1, ...shown.map((column) => column.length));
    const heightOf = (rows) => top + rows * (boxHeight + gap);
    const begins = shown.map((_, at) => shown.slice(0, at).reduce((sum, column) => sum + heightOf(column.length), 0));
    const boxes = stacked ? begins[2] + heightOf(shown[2].length) : heightOf(tallest);
    const height = boxes + (hidden ? 24 : 0);
    const svg = shape("svg", { viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": "Access map" });
    const places = new Map();
    shown.forEach((column, at) => {
      const above = stacked ? begins[at] : 0;
      svg.append(shape("text", { x: left[at], y: above + 20, class: "title" }, titles[at]));
      const offset = above + top + (stacked ? 0 : ((tallest - column.length) * (boxHeight + gap)) / 2);
      column.forEach((node, row) => places.set(node.key, { x: left[at], y: offset + row * (boxHeight + gap) }));
    });
    for (const edge of edges) {
      const from = places.get(edge.from), to = places.get(edge.to);
      if (!from || !to) continue;
      // Side by side, an edge leads from box to box; stacked, it goes around the boxes between them.
      const x1 = stacked ? from.x : from.x + boxWidth, y1 = from.y + boxHeight / 2, x2 = to.x, y2 = to.y + boxHeight / 2;
      const bend = stacked ? -44 : (x2 - x1) / 2;
      const path = shape("path", { d: `M${x1},${y1} C${x1 + bend},${y1} ${stacked ? x2 + bend : x2 - bend},${y2} ${x2},${y2}` });
      if (edge.dashed) path.setAttribute("class", "dashed");
      svg.append(path);
    }
    const focusKey = focus.join("=");
    shown.forEach((column) => {
      for (const node of column) {
        const { x, y } = places.get(node.key);
        const kind = [node.key === focusKey ? "focus" : "", node.privileged ? "privileged" : ""].join(" ").trim();
        const link = shape("a", { href: "#" + node.key, class: kind });
        if (node.key === focusKey) link.setAttribute("aria-current", "true");
        link.append(
          shape("rect", { x, y, width: boxWidth, height: boxHeight }, shape("title", {}, `${node.title}\n${node.about}`)),
          shape("text", { x: x + 12, y: y + 19 }, cut(node.title, 42)),
          shape("text", { x: x + 12, y: y + 36, class: "soft" }, cut(node.about, 52)),
        );
        svg.append(link);
      }
    });
    if (hidden) svg.append(shape("text", { x: left[1], y: height - 6, class: "title" }, `and ${hidden} more identities`));
    const own = focus[0] === "principal" ? data.routes.find((one) => one.principal === focus[1]) : null;
    const members = own ? own.members : [];
    const more = own && own.more ? ` and ${own.more} more` : "";
    byId("map-members").textContent = members.length ? `Members: ${members.join(", ")}${more}` : "";
    const keepsFocus = view.contains(document.activeElement);
    view.replaceChildren(svg);
    if (keepsFocus) {
      const current = svg.querySelector("a.focus");
      if (current) current.focus();
    }
  }

  narrow.addEventListener("change", () => draw(start()));

  function start() {
    const hash = decodeURIComponent(location.hash.slice(1));
    const found = /^(identity|principal|role)=(.*)$/.exec(hash);
    if (found) return [found[1], found[2]];
    const worst = document.querySelector("#finding-table tbody a");
    if (worst) return ["identity", worst.getAttribute("href").split("=")[1]];
    return ["identity", data.identities.length ? String(data.identities[0].key) : ""];
  }
  addEventListener("hashchange", () => {
    if (/^#(identity|principal|role)=/.test(location.hash)) {
      draw(start());
      byId("map").scrollIntoView({ block: "nearest" });
    }
  });

  // --- tables ------------------------------------------------------------------------------------------------------

  // Fill a table again when it is filtered, sorted, printed, or asked for more rows.
  function filtered(table, name, more, does) {
    const form = byId(name + "-filters");
    form.addEventListener("input", () => { does.reset(); does.fill(); });
    form.addEventListener("submit", (event) => event.preventDefault());
    more.addEventListener("click", () => { does.grow(); does.fill(); });
    addEventListener("beforeprint", () => { does.all(); does.fill(); });
    table.querySelectorAll("th button").forEach((button) => {
      button.addEventListener("click", () => {
        const head = button.closest("th");
        const descending = head.getAttribute("aria-sort") === "ascending";
        table.querySelectorAll("th").forEach((one) => one.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", descending ? "descending" : "ascending");
        does.sort(button.dataset.sort, descending ? -1 : 1);
        does.fill();
      });
    });
    does.fill();
  }

  function placesOf(text) {
    const ids = text.split("\n");
    const segment = (id, at) => (id.split("/")[at] || "").toLowerCase();
    return {
      subscriptions: new Set(ids.map((id) => segment(id, 2)).filter(Boolean)),
      groups: new Set(ids.filter((id) => segment(id, 3) === "resourcegroups").map((id) => segment(id, 4))),
    };
  }

  function findings() {
    const table = byId("finding-table"), body = table.tBodies[0], more = byId("finding-more");
    const rows = data.findings.map((one, at) => ({
      one, at, text: [one.message, one.rule, one.name].join(" ").toLowerCase(), ...placesOf(one.resources),
    }));
    const fillSelect = (select, values) => [...values].sort().forEach((one) => select.append(element("option", {}, one)));
    fillSelect(byId("finding-subscription"), new Set(rows.flatMap((one) => [...one.subscriptions])));
    fillSelect(byId("finding-group"), new Set(rows.flatMap((one) => [...one.groups])));
    let limit = PAGE, key = "severity", sign = 1;
    function compare(a, b) {
      const first = key === "severity" ? a.at - b.at : a.one[key].localeCompare(b.one[key]);
      return sign * first || a.at - b.at;
    }
    function row(one) {
      const severity = element("span", { class: "severity " + one.severity }, one.severity);
      const fix = element("details", {}, element("summary", {}, "How to fix it"), element("code", {}, isolated(one.remediation)));
      const about = element("td", {}, isolated(one.message), " ", element("span", { class: "rule" }, one.rule), fix);
      const name = one.key === null ? isolated(one.name) : element("a", { href: "#identity=" + one.key }, isolated(one.name));
      return element("tr", {}, element("td", {}, severity), about, element("td", {}, name));
    }
    function fill() {
      const search = byId("finding-search").value.toLowerCase(), severity = byId("finding-severity").value;
      const subscription = byId("finding-subscription").value, group = byId("finding-group").value;
      const found = rows.filter(
        ({ one, text, subscriptions, groups }) =>
          text.includes(search) &&
          (!severity || one.severity === severity) &&
          (!subscription || subscriptions.has(subscription)) &&
          (!group || groups.has(group)),
      ).sort(compare);
      body.replaceChildren(...found.slice(0, limit).map(({ one }) => row(one)));
      byId("finding-count").textContent = `${found.length} of ${rows.length} findings`;
      more.hidden = found.length <= limit;
    }
    filtered(table, "finding", more, {
      reset: () => { limit = PAGE; },
      grow: () => { limit += 5 * PAGE; },
      all: () => { limit = rows.length; },
      sort: (chosen, direction) => { key = chosen; sign = direction; },
      fill,
    });
  }

  function identities() {
    const table = byId("identity-table"), body = table.tBodies[0], more = byId("identity-more");
    const rows = data.identities.map((one) => ({ one, text: (one.name + " " + one.place).toLowerCase() }));
    let limit = PAGE, key = "name", sign = 1;
    const privileged = (one) => one.roles.some((at) => data.roles[at].privileged);
    const kinds = {
      privileged,
      unused: (one) => one.machines === 0,
      missing: (one) => one.missing,
      user: (one) => one.type === "user",
      system: (one) => one.type === "system",
    };
    const principals = data.sets.map((set) => new Set(set.map((at) => data.routes[at].principal)).size);
    const value = (one) => (key === "principals" ? principals[one.routes] : one[key]);
    function compare(a, b) {
      const first = value(a.one), second = value(b.one);
      return sign * (typeof first === "number" ? first - second : first.localeCompare(second));
    }
    function row(one) {
      const link = element("a", { href: "#identity=" + one.key }, isolated(one.name));
      const name = element("td", {}, link, element("div", { class: "rule" }, one.about));
      const roles = element("td");
      for (const at of one.roles.slice(0, 6)) {
        const role = data.roles[at];
        const line = element("div", {}, isolated(role.role), " on ", isolated(role.where));
        if (role.privileged) line.prepend(element("strong", {}, "Privileged: "));
        roles.append(line);
      }
      if (one.roles.length > 6) roles.append(element("div", { class: "rule" }, `and ${one.roles.length - 6} more`));
      const group = element("td", {}, isolated(one.group));
      const number = (count) => element("td", { class: "number" }, String(count));
      return element("tr", {}, name, group, number(one.machines), number(principals[one.routes]), roles);
    }
    function fill() {
      const search = byId("identity-search").value.toLowerCase(), kind = byId("identity-kind").value;
      const found = rows.filter(({ one, text }) => text.includes(search) && (!kind || kinds[kind](one))).sort(compare);
      body.replaceChildren(...found.slice(0, limit).map(({ one }) => row(one)));
      byId("identity-count").textContent = `${found.length} of ${rows.length} identities`;
      more.hidden = found.length <= limit;
    }
    filtered(table, "identity", more, {
      reset: () => { limit = PAGE; },
      grow: () => { limit += 5 * PAGE; },
      all: () => { limit = rows.length; },
      sort: (chosen, direction) => { key = chosen; sign = direction; },
      fill,
    });
  }

  findings();
  identities();
  draw(start());
})();
