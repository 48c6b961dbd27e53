import type { IForbiddenRuleType } from "dependency-cruiser";

/** Who may import whom, as the table of docs/architecture.md says it. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  contract: [],
  sdk: ["contract"],
  "guest-agent": ["contract"],
  daemon: ["contract"],
  host: ["contract", "daemon"],
  controller: ["contract", "daemon", "sdk"],
  gateway: ["contract", "daemon"],
  web: ["contract", "sdk"],
  cli: ["contract", "sdk"],
};

/** May be imported by the command only when a command needs them, so that `browservm ls` stays quick. */
const LAZY_FOR_CLI = "^packages/(host|controller)/";
const DRIVERS = ["firecracker", "qemu", "container", "fake"];
const TEST = "\\.test\\.ts$";

const arrows = Object.entries(MAY_IMPORT).map(
  ([name, allowed]): IForbiddenRuleType => ({
    name: `${name}-imports-${allowed.length > 0 ? `only-${allowed.join("-and-")}` : "no-other-package"}`,
    severity: "error",
    from: { path: `^packages/${name}/` },
    to: {
      path: "^packages/",
      pathNot: [`^packages/(${[name, ...allowed].join("|")})/`, ...(name === "cli" ? [LAZY_FOR_CLI] : [])],
    },
  }),
);

const drivers = DRIVERS.map(
  (name): IForbiddenRuleType => ({
    name: `driver-${name}-knows-no-other-driver`,
    severity: "error",
    from: { path: `^packages/host/src/vmm/${name}/`, pathNot: TEST },
    to: { path: `^packages/host/src/vmm/(${DRIVERS.filter((other) => other !== name).join("|")})/` },
  }),
);

/** The sentences of the architecture that a machine checks. */
export const RULES: IForbiddenRuleType[] = [
  ...arrows,
  {
    name: "cli-loads-host-and-controller-lazily",
    severity: "error",
    from: { path: "^packages/cli/", pathNot: TEST },
    to: { path: LAZY_FOR_CLI, dynamic: false, dependencyTypesNot: ["type-only"] },
  },
  ...drivers,
  {
    name: "only-host-linux-and-guest-media-have-ffi",
    severity: "error",
    from: {
      path: "^packages/",
      pathNot: "^packages/(host/src/linux|guest-agent/src/media/native)/",
    },
    to: { path: "(^|/)koffi(/|$)" },
  },
  {
    name: "only-process-folders-start-programs",
    severity: "error",
    from: {
      path: "^packages/(contract|sdk|host|controller|gateway|cli|web)/src/",
      pathNot: [
        "^packages/host/src/process/",
        "^packages/cli/src/process\\.ts$",
        "^packages/controller/src/process/",
        TEST,
      ],
    },
    to: { path: "^(node:)?child_process$|(^|/)execa(/|$)" },
  },
  {
    name: "only-image-folder-bundles",
    severity: "error",
    from: { path: "^packages/", pathNot: "^packages/host/src/image/" },
    to: { path: "(^|/)esbuild(/|$)" },
  },
  {
    name: "contract-does-no-io",
    severity: "error",
    from: { path: "^packages/contract/src/", pathNot: TEST },
    to: { dependencyTypes: ["core"] },
  },
  {
    name: "no-cycles",
    severity: "error",
    from: {},
    to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
  },
];
