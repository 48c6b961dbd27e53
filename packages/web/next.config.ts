import { join } from "node:path";
import type { NextConfig } from "next";

/** The workspace's root: the standalone server carries what it needs from there. */
const root = join(import.meta.dirname, "../..");

const config: NextConfig = {
  output: "standalone",
  outputFileTracingRoot: root,
  turbopack: { root },
  transpilePackages: ["@browservm/contract", "@browservm/sdk"],
  /** `npm run types` checks them, for all packages at once. */
  typescript: { ignoreBuildErrors: true },
  poweredByHeader: false,
  reactStrictMode: true,
  devIndicators: false,
  /** The controller in front may compress; doing it twice only delays the first byte. */
  compress: false,
};

export default config;
