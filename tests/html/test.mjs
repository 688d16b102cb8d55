// Looks at reports in headless Chromium. Usage: node test.mjs CHROMIUM FOLDER, where FOLDER holds the reports that run.sh has
// made. Nothing here asserts on wall-clock time; what was measured is printed.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { LONG } from "./hostile.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const [executablePath, folder] = process.argv.slice(2);
const shots = join(folder, "screenshots");
mkdirSync(shots, { recursive: true });
const SIZES = { wide: { width: 1280, height: 900 }, narrow: { width: 390, height: 844 } };
let failed = 0, done = 0;

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });

/** Opens a report; every message on the console, every error and every request for something else is a failure. */
async function open(name, { size = "wide", theme = "light", hash = "" } = {}) {
  const context = await browser.newContext({ viewport: SIZES[size], colorScheme: theme, reducedMotion: "reduce" });
  const page = await context.newPage();
  const noise = [];
  page.on("console", (message) => noise.push("console " + message.type() + ": " + message.text()));
  page.on("pageerror", (error) => noise.push("error: " + error.message));
  page.on("dialog", (dialog) => { noise.push("dialog: " + dialog.message()); dialog.dismiss(); });
  page.on("request", (request) => {
    if (!request.url().startsWith("file:") && !request.url().startsWith("data:")) noise.push("request: " + request.url());
  });
  await page.goto(pathToFileURL(resolve(folder, name + ".html")) + hash);
  await page.waitForFunction(() => document.documentElement.dataset.ready === "true");
  return { page, noise, close: async () => { assert.deepEqual(noise, []); await context.close(); } };
}

async function test(name, run) {
  try {
    await run();
    done += 1;
    console.log("ok    " + name);
  } catch (error) {
    failed += 1;
    console.log("FAIL  " + name + "\n" + (error.stack || error));
  }
}

const tally = (page) => page.textContent("#f-tally");
const shown = (page) => page.locator("#f-list .finding").count();
const count = async (page) => Number((await tally(page)).match(/^[\d,]+/)[0].replaceAll(",", ""));
/** How long the page takes to answer, until the frame is drawn. */
const timed = (page, action) => page.evaluate(async (code) => {
  const start = performance.now();
  new Function(code)();
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
  return Math.round(performance.now() - start);
}, action);

await test("the answer stands above, without a script, too", async () => {
  const context = await browser.newContext({ javaScriptEnabled: false, viewport: SIZES.wide });
  const page = await context.newPage();
  await page.goto(pathToFileURL(resolve(folder, "verify.html")).href);
  assert.match(await page.textContent("h1"), /^\d+ errors? to fix/);
  const first = await page.textContent(".first > li:first-child");
  for (const words of ["netxtreme2-multitier", "6.0.6001-amd64-monolithic.wim:1", "fails at Setup", "network lost for good", "What to do"]) {
    assert.ok(first.includes(words), words);
  }
  assert.equal(await page.locator("#images .card").count(), 4);
  assert.ok(await page.locator("#matrix td.fate-fails").count() > 0);
  assert.ok(await page.locator("svg.drawing").count() > 0);
  await context.close();
});

await test("filters by severity, rule, target, folder, confidence; what is counted is said", async () => {
  const { page, close } = await open("verify");
  const all = await count(page);
  assert.equal(all, await shown(page));
  await page.uncheck('input[name="severity"][value="2"]');
  const loud = await count(page);
  assert.ok(loud < all && loud === await shown(page));
  assert.equal(await page.locator("#f-list .sev-info").count(), 0);
  await page.waitForFunction((text) => document.getElementById("status").textContent === text, await tally(page));
  await page.click("#findings-filter button[type=reset]");
  assert.equal(await count(page), all);

  const rule = page.locator("#f-rule option", { hasText: "integrity-table-missing" });
  await page.selectOption("#f-rule", await rule.getAttribute("value"));
  assert.ok((await rule.textContent()).endsWith("(" + await count(page) + ")"));
  await page.click("#findings-filter button[type=reset]");

  await page.selectOption("#f-target", { index: 1 });
  const onTarget = await count(page);
  assert.ok(onTarget > 0 && onTarget < all);
  await page.click("#findings-filter button[type=reset]");

  await page.fill("#f-owner", "netxtreme2-multitier");
  const inFolder = await count(page);
  assert.ok(inFolder > 0 && inFolder < all);
  await page.click("#findings-filter button[type=reset]");

  await page.selectOption("#f-confidence", "2");
  assert.ok(await count(page) < all);
  await close();
});

await test("searches messages, places, ids and advice; all words must be there", async () => {
  const { page, close } = await open("verify");
  const all = await count(page);
  await page.fill("#f-search", "ven_14e4&dev_1639");
  const byId = await count(page);
  assert.ok(byId > 0 && byId < all);
  await page.fill("#f-search", "ven_14e4&dev_1639 multi-tier");
  assert.ok(await count(page) <= byId);
  await page.fill("#f-search", "no such words anywhere");
  assert.equal(await shown(page), 0);
  assert.match(await page.textContent("#f-list"), /No finding fits/);
  await page.fill("#f-search", "");
  assert.equal(await count(page), all);
  await close();
});

await test("sorts, and groups by folder", async () => {
  const { page, close } = await open("verify");
  const severities = () => page.locator("#f-list .finding").evaluateAll((nodes) => nodes.map((n) => ["sev-error", "sev-warning", "sev-info"].findIndex((c) => n.classList.contains(c))));
  const weights = await severities();
  assert.deepEqual(weights, [...weights].sort());
  await page.selectOption("#f-sort", "owner");
  const groups = await page.locator("#f-list .group").allTextContents();
  assert.ok(groups.length > 3);
  assert.deepEqual(groups, [...groups].sort((a, b) => (a < b ? -1 : 1)));
  await close();
});

await test("expands by mouse and by keyboard: advice, evidence, places, rule, drawing, driver", async () => {
  const { page, close } = await open("verify");
  const first = page.locator("#f-list .finding").first();
  const button = first.locator("button.head");
  assert.equal(await button.getAttribute("aria-expanded"), "false");
  await button.focus();
  await page.keyboard.press("Enter");
  assert.equal(await button.getAttribute("aria-expanded"), "true");
  const body = await first.locator(".body").textContent();
  for (const words of ["What to do", "Why", "adapter id", "Fingerprint"]) assert.ok(body.includes(words), words);
  await page.keyboard.press("Space");
  assert.ok(await first.locator(".body").isHidden());
  await button.click();
  await first.locator("a", { hasText: "What this rule means" }).click();
  const rule = page.locator("details.rule[open]");
  assert.equal(await rule.count(), 1);
  assert.ok((await rule.textContent()).includes("Why it matters"));
  assert.equal(await page.evaluate(() => document.activeElement.tagName), "SUMMARY");
  await page.locator("#f-expand").click();
  assert.equal(await page.locator("#f-list .body:visible").count(), await shown(page));
  await close();
});

await test("links of the other sections lead to a finding, whatever is filtered", async () => {
  const { page, close } = await open("verify");
  await page.fill("#f-search", "no such words anywhere");
  await page.locator(".first a").first().click();
  const open1 = page.locator("#f-list .finding.open");
  assert.equal(await open1.count(), 1);
  assert.ok((await open1.textContent()).includes("netxtreme2-multitier"));
  await page.locator('.tile[data-severity="error"]').click();
  assert.equal(await page.locator("#f-list .sev-warning").count(), 0);
  assert.ok(await page.locator("#f-list .sev-error").count() > 0);
  const fingerprint = (await page.locator("#f-list .finding").last().getAttribute("id"));
  await close();
  const again = await open("verify", { hash: "#" + fingerprint });
  assert.equal(await again.page.locator("#" + fingerprint + ".open").count(), 1);
  await again.close();
});

await test("the table of drivers: search by hardware id, filter, sort, open, pages", async () => {
  const { page, close } = await open("audit");
  await page.locator("#drivers-table").scrollIntoViewIfNeeded();
  await page.waitForSelector("#drivers-table tbody tr");
  await page.fill("#drivers-table-search", "ven_14e4&dev_1639 monolithic");
  const rows = page.locator("#drivers-table tbody tr:not(.detail)");
  const found = await rows.count();
  assert.ok(found >= 1);
  await page.locator("#drivers-table .disclose").first().click();
  assert.ok((await page.locator("#drivers-table .detail:visible").textContent()).includes("PCI\\VEN_14E4&DEV_1639"));
  await page.fill("#drivers-table-search", "");
  await page.locator("#drivers-table th button", { hasText: "INF" }).click();
  const names = () => rows.locator("td:first-child").evaluateAll((cells) => cells.map((c) => c.textContent.toLowerCase()));
  const up = await names();
  assert.deepEqual(up, [...up].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)));
  assert.equal(await page.locator("#drivers-table th").first().getAttribute("aria-sort"), "ascending");
  await page.locator("#drivers-table th button", { hasText: "INF" }).click();
  assert.deepEqual(await names(), [...up].sort((a, b) => (a > b ? -1 : a < b ? 1 : 0)));
  await close();
});

await test("the fleet: bars say their numbers, the table is worst first", async () => {
  const { page, close } = await open("verify");
  const bars = await page.locator("svg.bar").evaluateAll((nodes) => nodes.map((n) => n.getAttribute("aria-label")));
  assert.equal(bars.length, 4);
  for (const label of bars) assert.match(label, /\d+ machines?: /);
  await page.locator("#fleet-table").scrollIntoViewIfNeeded();
  await page.waitForSelector("#fleet-table tbody tr");
  assert.match(await page.locator("#fleet-table tbody tr").first().textContent(), /no network/);
  await close();
});

await test("the theme button goes through system, light and dark", async () => {
  const { page, close } = await open("audit");
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await background();
  await page.click("#theme");
  assert.equal(await background(), light);
  await page.click("#theme");
  assert.notEqual(await background(), light);
  assert.equal(await page.textContent("#theme-name"), "dark");
  await page.reload();
  await page.waitForFunction(() => document.documentElement.dataset.ready === "true");
  assert.equal(await page.textContent("#theme-name"), "dark", "it is kept");
  await close();
});

await test("paper gets everything that fits the filters, unfolded", async () => {
  const { page, close } = await open("verify");
  await page.evaluate(() => window.dispatchEvent(new Event("beforeprint")));
  assert.equal(await page.locator("#f-list .body:not([hidden])").count(), await count(page));
  assert.equal(await page.locator("main details:not([open])").count(), 0);
  await page.evaluate(() => window.dispatchEvent(new Event("afterprint")));
  assert.equal(await page.locator("#f-list .body:not([hidden])").count(), 0);
  await page.pdf({ path: join(shots, "verify.pdf"), format: "A4" });
  await close();
});

await test("what an INF says is text and nothing else", async () => {
  const { page, close } = await open("hostile");
  await page.locator("#f-expand").click();
  for (const table of ["drivers"]) {
    await page.locator("#" + table + "-table").scrollIntoViewIfNeeded();
    await page.waitForSelector("#" + table + "-table tbody tr");
    for (const button of await page.locator("#" + table + "-table .disclose").all()) await button.click();
  }
  await page.locator("main details > summary").evaluateAll((nodes) => nodes.forEach((n) => { n.parentNode.open = true; }));
  assert.equal(await page.evaluate(() => window.hacked), undefined);
  assert.equal(await page.locator("main script, main img, main iframe, main [onerror], main [onload]").count(), 0);
  const text = await page.evaluate(() => document.documentElement.textContent);
  for (const bad of ["\u001b", "\u202e", "\u2066", "\u200f", "\u2028", "\ufeff", "\u200b"]) {
    assert.ok(!text.includes(bad), "U+" + bad.charCodeAt(0).toString(16));
  }
  const visible = await page.evaluate(() => document.querySelector("main").innerText);
  for (const good of ["<script>window.hacked=1</script>", "⟨U+202E⟩", "␛[31mred"]) assert.ok(visible.includes(good), good);
  await close();
});

await test("a name of 10,000 characters is cut, and can be read whole", async () => {
  const { page, close } = await open("hostile");
  assert.ok(!(await page.evaluate(() => document.querySelector("main").innerText)).includes(LONG));
  await page.fill("#f-search", "long/broken.inf");
  const finding = page.locator("#f-list .finding").first();
  await finding.locator("button", { hasText: "characters" }).first().click();
  assert.ok((await finding.textContent()).includes(LONG));
  // INF strings end at 4,096 characters: so Windows reads them.
  await page.locator("#drivers-table").scrollIntoViewIfNeeded();
  await page.waitForSelector("#drivers-table tbody tr");
  await page.fill("#drivers-table-search", "long.inf");
  const line = page.locator("#drivers-table tbody tr").first();
  await line.locator("button", { hasText: "all 4,096 characters" }).first().click();
  assert.ok((await line.textContent()).includes(LONG.slice(0, 4096)));
  await close();
});

for (const [name, reports] of [["wide", ["audit", "verify", "releases", "inspect", "scheduled", "hostile"]], ["narrow", ["audit", "verify", "releases", "scheduled", "hostile"]]]) {
  for (const theme of ["light", "dark"]) {
    await test(`${name}, ${theme}: nothing sticks out, and axe finds no fault`, async () => {
      for (const report of reports) {
        const { page, close } = await open(report, { size: name, theme });
        for (const table of ["drivers", "fleet", "problems"]) {
          if (await page.locator("#" + table).count()) {
            await page.locator("#" + table + "-table").scrollIntoViewIfNeeded();
            await page.waitForSelector("#" + table + "-table tbody tr");
          }
        }
        if (await page.locator("#f-expand:visible").count()) await page.locator("#f-expand").click();
        const [width, room] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
        assert.ok(width <= room, `${report}: ${width} px in ${room}`);
        const wide = await page.evaluate(() => {
          const inside = (node) => node.scrollWidth > node.clientWidth + 1 && getComputedStyle(node).overflowX !== "auto";
          document.querySelectorAll("main details").forEach((node) => { node.open = true; });
          const blocks = [...document.querySelectorAll("main section, main .card, main .finding, main li, main td")];
          return blocks.filter((node) => node.clientWidth > 0 && inside(node)).map((node) => node.outerHTML.slice(0, 200));
        });
        assert.deepEqual(wide, [], report);
        // The tool is put in past the policy of the page, which lets nothing in.
        await page.evaluate(() => scrollTo(0, 0));
        await page.screenshot({ path: join(shots, `${report}-${name}-${theme}.png`), fullPage: report !== "hostile" });
        await page.evaluate(AXE);
        const result = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
        const faults = result.violations.map((v) => v.id + " (" + v.impact + "): " + v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160) + " " + n.failureSummary).join(" | "));
        assert.deepEqual(faults, [], report);
        await close();
      }
    });
  }
}

await test("a scheduled report says first what is new, and leads to the finding", async () => {
  for (const size of ["wide", "narrow"]) {
    const { page, close } = await open("scheduled", { size });
    const place = await page.locator("#since-h").boundingBox();
    assert.ok(place.y + place.height < SIZES[size].height / 2, "it is seen without scrolling");
    assert.match(await page.textContent("#since-h"), /\d+ new /);
    const link = page.locator("#since [data-change=new] .changes a").first();
    const hash = await link.getAttribute("href");
    await link.click();
    await page.waitForSelector(hash);
    assert.ok(await page.locator(hash).isVisible());
    const drawing = page.locator("#since svg.trend").first();
    assert.match(await drawing.getAttribute("aria-label"), /over 2 runs: /);
    await close();
  }
});

await test("the keyboard reaches the content, and focus is seen", async () => {
  const { page, close } = await open("audit");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "main");
  await page.keyboard.press("Tab");
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
  assert.equal(outline, "solid");
  await close();
});

for (const name of ["corpus", "large"].filter((name) => existsSync(join(folder, name + ".html")))) {
  await test(name + ": opens, pages, filters and searches", async () => {
    const { page, close } = await open(name);
    const paint = await page.evaluate(() => Math.round(performance.getEntriesByName("first-contentful-paint")[0].startTime));
    const total = await count(page);
    const measured = { "first paint": paint };
    const severity = (value, checked) => `const box = document.querySelector('input[name="severity"][value="${value}"]'); box.checked = ${checked}; box.dispatchEvent(new Event("change", { bubbles: true }));`;
    const type = (id, text) => `const box = document.getElementById("${id}"); box.value = ${JSON.stringify(text)}; box.dispatchEvent(new Event("input", { bubbles: true }));`;
    const choose = (id, index) => `const box = document.getElementById("${id}"); box.selectedIndex = ${index}; box.dispatchEvent(new Event("change", { bubbles: true }));`;
    measured["severity"] = await timed(page, severity(2, false));
    assert.ok(await count(page) < total);
    await timed(page, severity(2, true));
    measured["first search"] = await timed(page, type("f-search", "intel"));
    measured["next search"] = await timed(page, type("f-search", "intel wlan"));
    await timed(page, type("f-search", ""));
    measured["rule"] = await timed(page, choose("f-rule", 2));
    await timed(page, choose("f-rule", 0));
    measured["target"] = await timed(page, choose("f-target", 3));
    await timed(page, choose("f-target", 0));
    measured["confidence"] = await timed(page, choose("f-confidence", 2));
    await timed(page, choose("f-confidence", 0));
    measured["folder"] = await timed(page, type("f-owner", "intel"));
    await timed(page, type("f-owner", ""));
    measured["sort"] = await timed(page, choose("f-sort", 1));
    if (await page.locator("#f-pager").isVisible()) {
      const before = await page.locator("#f-list .finding").first().getAttribute("id");
      await page.locator('#f-pager [data-step="next"]').click();
      assert.notEqual(await page.locator("#f-list .finding").first().getAttribute("id"), before);
    }
    const started = Date.now();
    await page.evaluate(() => document.getElementById("drivers").scrollIntoView());
    await page.waitForSelector("#drivers-table tbody tr");
    measured["drivers made"] = Date.now() - started;
    measured["drivers first search"] = await timed(page, type("drivers-table-search", "ven_14e4&dev_1639"));
    measured["drivers next search"] = await timed(page, type("drivers-table-search", "ven_8086&dev_1502"));
    assert.ok(await page.locator("#drivers-table tbody tr").count() > 0);
    measured["drivers role"] = await timed(page, choose("drivers-table-filter-0", 2));
    await page.evaluate(() => scrollTo(0, 0));
    await page.screenshot({ path: join(shots, name + ".png") });
    console.log("      " + name + ", ms: " + Object.entries(measured).map(([what, ms]) => what + " " + ms).join(", "));
    await close();
  });
}

await browser.close();
console.log(`${done} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
