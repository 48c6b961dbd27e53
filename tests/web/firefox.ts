import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import puppeteer, { type Browser, type Page } from "puppeteer-core";
import type { SoundDevice } from "./sound-device.ts";

/** Where `browservm test` unpacks it, or what was chosen: `/` is the package, installed. */
const HOME = process.env.BROWSERVM_TEST_FIREFOX ?? "/var/lib/browservm/cache/firefox-esr";

/** Addresses as they are, for there is nobody to ask for their names, and no service of Mozilla's. */
const PREFERENCES = {
  "media.peerconnection.ice.obfuscate_host_addresses": false,
  "app.normandy.enabled": false,
  "datareporting.policy.dataSubmissionEnabled": false,
};

const LINK = "bvff0";

/** Where the gateway is for it: Firefox takes part in WebRTC from the interface of its default route only, never from loopback. */
export const FIREFOX_ADDRESS = "10.79.0.1";

/** An interface with a default route, in this tier's own namespace. Disposing leaves nothing. */
export function firefoxLink(): Disposable {
  const ip = (words: string) => execFileSync("ip", words.split(" "));
  ip(`link add ${LINK} type veth peer name bvff1`);
  ip(`addr add ${FIREFOX_ADDRESS}/24 dev ${LINK}`);
  for (const name of [LINK, "bvff1"]) ip(`link set ${name} up`);
  ip(`route add default via 10.79.0.2 dev ${LINK}`);
  return { [Symbol.dispose]: () => void ip(`link del ${LINK}`) };
}

/** Drops what these rules match, for everybody here; what was dropped before passes again. */
export function dropHere(...matches: readonly string[]): void {
  const rules = matches.map((match) => `${match} drop;`).join(" ");
  const chain = `chain input { type filter hook input priority 0; ${rules} };`;
  const input = `table inet ${LINK} {}; delete table inet ${LINK}; table inet ${LINK} { ${chain} };`;
  execFileSync("nft", ["-f", "-"], { input });
}

/** Debian's own Firefox by WebDriver BiDi, which Playwright does not speak with it. */
export function launchFirefox({ env }: SoundDevice): Promise<Browser> {
  const [triplet] = readdirSync(join(HOME, "usr/lib")).filter((name) => name.endsWith("-linux-gnu"));
  return puppeteer.launch({
    browser: "firefox",
    executablePath: join(HOME, "usr/lib/firefox-esr/firefox-esr"),
    headless: true,
    extraPrefsFirefox: PREFERENCES,
    env: {
      ...process.env,
      ...env,
      ...(triplet ? { LD_LIBRARY_PATH: join(HOME, "usr/lib", triplet) } : {}),
    },
  });
}

/** A page; what goes wrong in its console is kept. */
export async function openFirefoxPage(browser: Browser): Promise<{ page: Page; complaints: string[] }> {
  const page = await browser.newPage();
  await page.setViewport({ width: 1280, height: 800 });
  const complaints: string[] = [];
  const complain = (words: string) => {
    // zod asks once whether it may make code; Chromium says nothing of that
    if (!words.includes("blocked a JavaScript eval")) complaints.push(words);
  };
  page.on("pageerror", (error) => complain(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") complain(message.text());
  });
  return { page, complaints };
}
