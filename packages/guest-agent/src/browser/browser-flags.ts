import { BROWSER_USER } from "../browser-user.ts";

export interface BrowserLook {
  readonly window: "app" | "tabs";
  readonly startUrl: string;
  readonly width: number;
  readonly height: number;
}

/** Where the browser keeps its profile, below its user's home. */
export const PROFILE_PATH = ".config/browservm";

const FEATURES_OFF = [
  "Translate",
  "MediaRouter",
  "OptimizationHints",
  "AutofillServerCommunication",
  "InterestFeedContentSuggestions",
  "CalculateNativeWinOcclusion",
  "DialMediaRouteProvider",
  "PasswordLeakDetection",
  "GlobalMediaControls",
  // Parts of the tool bar that are web pages with a renderer of their own: emulated, they cost minutes.
  "InitialWebUI",
  "WebUIReloadButton",
  "WebUIToolbarWebView",
  "WebUILocationBar",
  "WebUIOmniboxPopup",
  "WebUIOmniboxFullPopup",
  "WebUIOmniboxAimPopup",
  "PreloadTopChromeWebUI",
  "SpareRendererForSitePerProcess",
];

/** How Chromium is started: sandboxed, quiet towards the outside, obeying only its pipe (descriptors 3 and 4). */
export function browserFlags(look: BrowserLook, session: Readonly<Record<string, string>>): string[] {
  return [
    "--remote-debugging-pipe",
    // Without it the pipe alone makes Chromium say to pages that a program drives it (navigator.webdriver).
    "--disable-blink-features=AutomationControlled",
    `--user-data-dir=${BROWSER_USER.home}/${PROFILE_PATH}`,
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-component-extensions-with-background-pages",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-sync",
    "--disable-breakpad",
    "--disable-client-side-phishing-detection",
    "--disable-search-engine-choice-screen",
    "--disable-session-crashed-bubble",
    "--hide-crash-restore-bubble",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--metrics-recording-only",
    "--no-pings",
    "--password-store=basic",
    "--use-mock-keychain",
    "--ozone-platform=x11",
    `--disable-features=${FEATURES_OFF.join(",")}`,
    `--lang=${languageOf(session.LANG)}`,
    "--window-position=0,0",
    `--window-size=${look.width},${look.height}`,
    ...proxyFlags(session),
    ...(look.window === "app" ? [`--app=${look.startUrl}`] : ["--start-maximized", look.startUrl]),
  ];
}

/** "de_CH.UTF-8" is "de-CH" to a browser; "C" and nonsense are English. */
export function languageOf(locale: string | undefined): string {
  const [, language, region] = /^([a-z]{2,3})(?:_([A-Z]{2}))?(?:[.@]|$)/.exec(locale ?? "") ?? [];
  return language ? [language, region].filter(Boolean).join("-") : "en-US";
}

/** Proxy settings as flags. Chromium takes no passwords here, and the command line is no place for them. */
export function proxyFlags(session: Readonly<Record<string, string>>): string[] {
  const setting = (name: string) => session[name] ?? session[name.toUpperCase()];
  const servers = (["http", "https"] as const).flatMap((scheme) => {
    const server = proxyServer(setting(`${scheme}_proxy`) ?? setting("all_proxy"));
    return server ? [`${scheme}=${server}`] : [];
  });
  if (servers.length === 0) return [];
  const bypass = (setting("no_proxy") ?? "")
    .split(",")
    .map((host) => host.trim())
    .filter((host) => /^[\w.*:/[\]-]+$/.test(host))
    .map((host) => (host.startsWith(".") ? `*${host}` : host));
  const bypassFlag = bypass.length > 0 ? [`--proxy-bypass-list=${bypass.join(";")}`] : [];
  return [`--proxy-server=${servers.join(";")}`, ...bypassFlag];
}

function proxyServer(value: string | undefined): string | undefined {
  if (!value) return undefined;
  const url = URL.parse(value.includes("://") ? value : `http://${value}`);
  if (!url || !/^(https?|socks[45]?):$/.test(url.protocol) || url.hostname === "") return undefined;
  return `${url.protocol}//${url.host}`;
}
