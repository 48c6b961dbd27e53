/**
 * What is no part of a profile, by its name at any depth: what Chromium makes anew (caches), what belongs to one run of
 * it (locks, crash reports, the pages that were open), and what it downloads for itself.
 */
const LEFT_OUT: ReadonlySet<string> = new Set([
  "Cache",
  "Code Cache",
  "GPUCache",
  "DawnCache",
  "DawnGraphiteCache",
  "DawnWebGPUCache",
  "GrShaderCache",
  "GraphiteDawnCache",
  "ShaderCache",
  "CacheStorage-tmp",
  "Crash Reports",
  "Crashpad",
  "BrowserMetrics",
  "Safe Browsing",
  "Sessions",
  "Sessions_Encrypted",
  "component_crx_cache",
  "extensions_crx_cache",
  "optimization_guide_model_store",
  "DevToolsActivePort",
  "LOCK",
]);

/** Whether a name in the browser's directory belongs to its profile. */
export const isKept = (name: string): boolean =>
  !LEFT_OUT.has(name) && !name.startsWith("Singleton") && !/^BrowserMetrics.*\.pma$/.test(name);
