const GPU_CACHES = ["GPUCache", "DawnCache", "DawnGraphiteCache", "DawnWebGPUCache"] as const;
const CACHES = ["Cache", "Code Cache", ...GPU_CACHES] as const;

/** Of Chromium's whole directory. */
const OF_ALL: ReadonlySet<string> = new Set([
  ...["ShaderCache", "GrShaderCache", "GraphiteDawnCache", "Crash Reports", "Crashpad", "BrowserMetrics"],
  ...["Safe Browsing", "component_crx_cache", "extensions_crx_cache", "optimization_guide_model_store"],
  "DevToolsActivePort",
]);
/** Of one person's part of it. */
const OF_PERSON: ReadonlySet<string> = new Set([...CACHES, "Sessions", "Sessions_Encrypted", "LOCK"]);
/** Of a partition that an extension or an app has beside the others. */
const OF_PARTITION: ReadonlySet<string> = new Set(CACHES);

const PERSON = /^(Default|Profile \d+|Guest Profile|System Profile)$/;
const OTHERS_OF_RUN = /^(Singleton.*|BrowserMetrics.*\.pma)$/;

/**
 * Whether a path in the browser's directory belongs to its profile. What does not: what Chromium makes anew (caches), what
 * belongs to one run of it (locks, crash reports, the pages that were open), and what it downloads for itself – each
 * where Chromium has it, for sites and extensions may call theirs the same.
 */
export function isKept(path: readonly string[]): boolean {
  const [first = "", second = "", ...rest] = path;
  if (path.length === 1) return !OF_ALL.has(first) && !OTHERS_OF_RUN.test(first);
  if (!PERSON.test(first)) return true;
  if (path.length === 2) return !OF_PERSON.has(second);
  const [kind, _owner, _partition, name = ""] = rest;
  const isOfPartition = second === "Storage" && kind === "ext" && rest.length === 4;
  return !(isOfPartition && OF_PARTITION.has(name));
}
