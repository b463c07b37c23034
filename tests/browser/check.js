// Opens reports in Chromium and fails on what a reader would trip over: an error in the console, a request to the
// network, a view that the keyboard does not reach, a serious fault for assistive technology, a slow start.
// Usage: node check.js CHROMIUM FOLDER [SHOTS]; every .html of the folder is opened. Prints a line for each check.
import { existsSync, mkdirSync, readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import puppeteer from "puppeteer-core";

const [chromium, folder, shots] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const views = ["verdict", "groups", "flow", "matrix", "trust", "control", "provenance"];
const slowest = 2000;
let failed = 0;

function check(name, what, faults) {
  const bad = faults.filter(Boolean);
  failed += bad.length > 0;
  console.log(`${bad.length ? "FAIL" : "ok"}   ${name}: ${what}`);
  for (const fault of bad.slice(0, 8)) console.log(`       ${fault}`);
}

/** Without motion: colours that are on their way have no contrast that could be judged. */
const media = (scheme) => [
  { name: "prefers-color-scheme", value: scheme },
  { name: "prefers-reduced-motion", value: "reduce" },
];

/** A page with the report in it, and what went wrong on it. */
async function open(browser, file, options = {}) {
  const page = await browser.newPage();
  const wrong = [];
  page.on("console", (message) => {
    if (["error", "warning", "warn"].includes(message.type())) wrong.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => wrong.push(`error: ${error.message}`));
  page.on("dialog", async (dialog) => {
    wrong.push(`dialog: ${dialog.message()}`);
    await dialog.dismiss();
  });
  page.on("request", (request) => {
    if (request.url() !== pathToFileURL(file).href) wrong.push(`request: ${request.url()}`);
  });
  await page.setViewport({ width: options.width ?? 1280, height: 900 });
  await page.setJavaScriptEnabled(options.script ?? true);
  await page.emulateMediaFeatures(media(options.scheme ?? "light"));
  const start = performance.now();
  await page.goto(pathToFileURL(file).href, { waitUntil: "load" });
  if (options.script ?? true) await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn))));
  return { page, wrong, took: Math.round(performance.now() - start) };
}

/** What has the focus: its place in words. */
const focused = (page) => page.evaluate(() => {
  const element = document.activeElement;
  return element.getAttribute("href") ?? element.id ?? element.tagName;
});

async function keyboard(page) {
  const faults = [];
  const expect = async (wanted, what) => {
    const found = await focused(page);
    if (found !== wanted) faults.push(`${what}: the focus is on ${found}, and not on ${wanted}`);
  };
  const seen = () => page.evaluate(() => {
    const visible = (element) => element.offsetParent !== null;
    return [...document.querySelectorAll("main > section")].filter(visible).map((section) => section.id);
  });
  await page.keyboard.press("Tab");
  await expect("#main", "the first stop is the skip link");
  const ring = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
  if (ring === "none") faults.push("the focus cannot be seen");
  await page.keyboard.press("Tab");
  for (const view of views) {
    await expect(`#${view}`, "Tab goes from view to view");
    await page.keyboard.press("Enter");
    await page.waitForFunction((id) => document.activeElement.id === `${id}-h`, { timeout: 2000 }, view)
      .catch(() => faults.push(`Enter on ${view} does not go to its heading`));
    const shown = await seen();
    if (shown.join() !== view) faults.push(`Enter on ${view} shows ${shown}`);
    // Back to the link, and on to the next one by an arrow key.
    await page.evaluate((id) => document.querySelector(`header nav a[href="#${id}"]`).focus(), view);
    if (view !== views.at(-1)) await page.keyboard.press("ArrowRight");
  }
  return faults;
}

async function groups(page) {
  const faults = [];
  await page.evaluate(() => { location.hash = "#groups"; });
  await page.waitForFunction(() => document.activeElement.id === "groups-h", { timeout: 2000 });
  const links = await page.evaluate(() => document.querySelectorAll("#group-list a").length);
  if (links < 2) return [];
  await page.evaluate(() => document.querySelector("#group-list a").focus());
  await page.keyboard.press("ArrowDown");
  if (await focused(page) !== "#group-2") faults.push("the arrow does not go to the second group");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.activeElement.id === "group-2", { timeout: 2000 })
    .catch(() => faults.push("Enter does not open the second group"));
  const shown = await page.evaluate(() => [...document.querySelectorAll("article.group")]
    .filter((group) => group.offsetParent !== null).map((group) => group.id).join());
  if (shown !== "group-2") faults.push(`the groups shown are ${shown}`);
  await page.focus("#filter-text");
  await page.keyboard.type("newly denied");
  const rest = await page.evaluate(() => [...document.querySelectorAll("#group-list li")]
    .filter((item) => !item.hidden).map((item) => item.innerText));
  if (rest.some((text) => !/newly denied/.test(text)) || rest.length === links) faults.push("the filter does not filter");
  return faults;
}

async function matrix(page) {
  const faults = [];
  await page.evaluate(() => { location.hash = "#matrix"; });
  await page.waitForFunction(() => document.activeElement.id === "matrix-h", { timeout: 2000 });
  if (!await page.$("#matrix-table")) return [];
  await page.keyboard.press("Tab");
  const at = () => page.evaluate(() => {
    const cell = document.activeElement.closest("td");
    return cell ? `${cell.parentElement.rowIndex},${cell.cellIndex}` : "no cell";
  });
  if (await at() !== "1,1") faults.push(`Tab goes to ${await at()}`);
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowDown");
  if (await at() !== "2,2") faults.push(`the arrows go to ${await at()}`);
  await page.keyboard.press("End");
  const [, column] = (await at()).split(",");
  const last = await page.evaluate(() => document.querySelector("#matrix-table tbody tr").cells.length - 1);
  if (Number(column) !== last) faults.push("End does not go to the last cell");
  const said = await page.evaluate(() => document.getElementById("matrix-status").textContent);
  if (!said.includes(": ")) faults.push("the cell is not said in words");
  return faults;
}

async function accessible(page) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return found.violations
    .filter((fault) => ["serious", "critical"].includes(fault.impact))
    .map((fault) => `${fault.id} (${fault.nodes.length}): ${fault.help}; ${fault.nodes[0].html.slice(0, 160)}`);
}

async function everyView(page, visit) {
  const faults = [];
  for (const view of views) {
    await page.evaluate((id) => { location.hash = `#${id}`; }, view);
    await page.waitForFunction((id) => document.getElementById(id).offsetParent !== null, { timeout: 2000 }, view);
    for (const fault of await visit(view)) faults.push(`${view}: ${fault}`);
  }
  return faults;
}

const wide = (page) => page.evaluate(() => {
  const over = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  return over > 0 ? [`${over} px wider than the screen`] : [];
});

async function report(browser, file, name) {
  // The first start of a browser is the browser's own.
  const first = await open(browser, file);
  await first.page.close();
  // What else the machine does is not the page's time: the quickest of three.
  const times = [];
  for (const _ of [1, 2]) {
    const once = await open(browser, file);
    times.push(once.took);
    await once.page.close();
  }
  const { page, wrong, took: last } = await open(browser, file);
  const took = Math.min(last, ...times);
  check(name, `opens in ${took} ms`, [took > slowest && `more than ${slowest} ms`]);
  check(name, "every view by keyboard", await keyboard(page));
  check(name, "groups by keyboard", await groups(page));
  check(name, "matrix by keyboard", await matrix(page));
  // What axe finds in a great page it finds in a small one, in seconds and not in minutes.
  const small = readFileSync(file).length < 1_000_000;
  for (const scheme of small ? ["light", "dark"] : []) {
    await page.emulateMediaFeatures(media(scheme));
    check(name, `no serious fault in ${scheme}`, await everyView(page, () => accessible(page)));
  }
  await page.setViewport({ width: 400, height: 800 });
  check(name, "fits 400 px", await everyView(page, () => wide(page)));
  await page.emulateMediaType("print");
  const printed = await page.evaluate(() => [...document.querySelectorAll("main > section")]
    .filter((section) => section.offsetParent === null).map((section) => section.id));
  check(name, "prints every view", printed.map((view) => `${view} is not printed`));
  check(name, "no console error, no request", wrong);
  await page.close();

  const plain = await open(browser, file, { script: false });
  const hidden = await plain.page.$$eval("main > section, article.group", (all) =>
    all.filter((element) => element.offsetParent === null).map((element) => element.id));
  check(name, "whole without script", [...hidden.map((id) => `${id} is hidden`), ...plain.wrong]);
  await plain.page.close();
}

/** A page without script and views. */
async function still(browser, file, name) {
  const times = [];
  for (const _ of [1, 2, 3]) {
    const once = await open(browser, file);
    times.push(once.took);
    await once.page.close();
  }
  const { page, wrong } = await open(browser, file);
  const took = Math.min(...times);
  check(name, `opens in ${took} ms`, [took > slowest && `more than ${slowest} ms`]);
  await page.keyboard.press("Tab");
  check(name, "the first stop is the skip link", [(await focused(page)) !== "#main" && `it is ${await focused(page)}`]);
  for (const scheme of ["light", "dark"]) {
    await page.emulateMediaFeatures(media(scheme));
    check(name, `no serious fault in ${scheme}`, await accessible(page));
  }
  await page.setViewport({ width: 400, height: 800 });
  check(name, "fits 400 px", await wide(page));
  check(name, "no console error, no request", wrong);
  await page.close();
}

/** Whether a screenshot can be taken of the whole page. */
const low = (page) => page.evaluate(() => document.documentElement.scrollHeight < 16_000);

async function shoot(browser, file, name) {
  mkdirSync(shots, { recursive: true });
  for (const [label, options] of [["light", {}], ["dark", { scheme: "dark" }], ["narrow", { width: 400 }]]) {
    const { page } = await open(browser, file, options);
    await everyView(page, async (view) => {
      await page.screenshot({ path: join(shots, `${name}-${view}-${label}.png`), fullPage: await low(page) });
      return [];
    });
    await page.close();
  }
}

/** Where a program stands: a name alone is looked up as a shell does. */
function onPath(program) {
  if (existsSync(program)) return program;
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path)) ?? program;
}

const browser = await puppeteer.launch({
  executablePath: onPath(chromium),
  args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
});
try {
  for (const file of readdirSync(folder).filter((file) => file.endsWith(".html")).sort()) {
    const name = file.replace(/\.html$/, "");
    if (name.startsWith("coverage")) {
      await still(browser, resolve(folder, file), name);
      continue;
    }
    await report(browser, resolve(folder, file), name);
    if (shots) await shoot(browser, resolve(folder, file), name);
  }
} finally {
  await browser.close();
}
process.exit(failed ? 1 : 0);
