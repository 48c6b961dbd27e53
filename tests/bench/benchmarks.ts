import type { Benchmark } from "./benchmark.ts";
import { bootBrowser, bootTiny } from "./boot.ts";
import { claim } from "./claim.ts";
import { doctor } from "./doctor.ts";
import { live } from "./live/live.ts";
import { manyRestores } from "./many-restores.ts";
import { manyTaps } from "./many-taps.ts";
import { memory } from "./memory.ts";
import { oneTap } from "./one-tap.ts";
import { path } from "./path.ts";
import { pause } from "./pause.ts";
import { restoreBrowser, restoreTiny } from "./restore.ts";
import { signin } from "./signin.ts";

/** All benchmarks, the quick ones first. A new one is a file and a line here. */
export const BENCHMARKS: readonly Benchmark[] = [
  oneTap,
  manyTaps,
  doctor,
  path,
  memory,
  bootTiny,
  bootBrowser,
  restoreTiny,
  restoreBrowser,
  claim,
  manyRestores,
  pause,
  live,
  signin,
];
