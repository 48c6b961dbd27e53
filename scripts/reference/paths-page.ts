import { upPlaces } from "../../packages/cli/src/up/places.ts";
import { paths, resolveConfig } from "../../packages/contract/src/index.ts";
import { head, markdownTable } from "./page.ts";

const MEANING: Readonly<Record<string, string>> = {
  images: "golden images, content-addressed, read-only (root)",
  vms: "one directory per VM: sparse overlay disk, its initramfs, console and VMM log",
  snapshots: "golden snapshots: a directory each, named by what it depends on",
  hostDatabase: "hostd's SQLite database: VMs, slots, events (root only)",
  controllerDatabase: "the controller's SQLite database: sessions, keys, events (its user only)",
  vaultKey:
    "the vault's master key, 0600, unless `vault.keyFrom` or `vault.keyFile` say otherwise (its user only)",
  profiles: "saved browser profiles, sealed by the vault: a file for each (its user only)",
  cache: "packages kept between image builds (root only)",
  failures: "what was kept of VMs that failed, for `limits.evidenceDays` days (root only)",
  hostSocket: "hostd's API, 0660, group of the system user",
  controllerSocket: "the controller's API for root on this machine, in a directory of mode 0700",
  gatewaySocket: "the media gateway for the controller, in the same directory",
  vmRun: "per-VM sockets: QMP and control channel",
  upPid: "who runs BrowserVM here: `up` and its services, safe against pid re-use",
  logs: "JSON logs of hostd, controller, gateway and web; each is moved to `.1` at 16 MiB",
  releases: "what the services run: a copy of the checkout, root-owned; the newest two are kept",
  runtime: "the pinned Node and npm, when the machine has none that fits",
  hostConfig: "hostd's resolved settings (root only)",
  controllerConfig: "the controller's resolved settings (its user only)",
  gatewayConfig: "the media gateway's resolved settings (the controller's user only)",
};

/** Every place on disk that an operator may meet. */
export function pathsPage(): string {
  const { config } = resolveConfig({ env: {} });
  const rows = Object.entries({ ...paths(config), ...upPlaces(config) }).map(([name, path]) => {
    const meaning = MEANING[name];
    if (!meaning) throw new Error(`scripts/reference/paths-page.ts: say what ${name} is`);
    return [`\`${path}\``, meaning];
  });
  const words =
    "With the default `stateDir` and `runDir`. Nothing else is written, except /run/netns/NAME and the nftables tables that docs/networking.md names.";
  return `${head("Paths", "packages/contract/src/config/paths.ts", words)}\n${markdownTable(["Path", "What"], rows)}\n`;
}
