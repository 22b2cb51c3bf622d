import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { access, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Browser, chromium } from "playwright-core";

/** A host name that the browser, and only the browser, knows for this computer: to it, an address on a network. */
export const NETWORK_NAME = "gate.test";

/** Where distributions and installers put Chrome and Chromium. `CHROME_PATH` goes first. */
const INSTALLED = [
  process.env.CHROME_PATH ?? "",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/snap/bin/chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

/**
 * A real browser: an installed Chrome or Chromium where there is one, else the one from `@sparticuz/chromium`, which
 * is unpacked once for this checkout. It keeps all of its security features; only the sandbox is off for root, which
 * cannot have one.
 */
export async function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: INSTALLED.find((path) => path !== "" && existsSync(path)) ?? (await unpackedBrowser()),
    headless: true,
    chromiumSandbox: process.getuid?.() !== 0,
    args: [
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-domain-reliability",
      "--disable-dev-shm-usage",
      "--disable-gpu",
      "--no-pings",
      `--host-resolver-rules=MAP ${NETWORK_NAME} 127.0.0.1`,
    ],
  });
}

/** The browser of the npm package. Its own list of flags is not used: that turns off web security and isolation. */
async function unpackedBrowser(): Promise<string> {
  const require = createRequire(import.meta.url);
  const packageFile = require.resolve("@sparticuz/chromium").replace(/build[\\/].*$/, "package.json");
  const { version } = require(packageFile) as { readonly version: string };
  const cache = join(packageFile, "../../../.cache");
  const home = join(cache, `gatehouse-chromium-${version}`);
  const executable = join(home, "chromium");
  if (await exists(executable)) return executable;
  await mkdir(cache, { recursive: true });
  // Test files run in parallel: unpack aside and move into place, so that nobody starts half a browser.
  const aside = await mkdtemp(`${home}-`);
  try {
    // The package unpacks into the temporary directory, which only a process of its own can be given.
    await promisify(execFile)(
      process.execPath,
      [
        "--input-type=module",
        "--eval",
        'await (await import("@sparticuz/chromium")).default.executablePath()',
      ],
      { cwd: import.meta.dirname, env: { ...process.env, TMPDIR: aside, TMP: aside, TEMP: aside } },
    );
    await rename(aside, home);
  } catch (error) {
    await rm(aside, { recursive: true, force: true });
    // Another process was first, and a full directory cannot be moved onto.
    if (!(await exists(executable))) throw error;
  }
  return executable;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
