import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { run } from "../../../packages/host/src/process/run.ts";

const TABLE = "bench_live_delay";
/** The relay's own address, by which its way on is told from a reader's. */
const RELAY = "127.0.0.9";
/** From a port to the relay's port for it. */
const SHIFT = 10_000;

/** Where the bytes of these ports go on to. */
export interface Delayed {
  readonly host: string;
  readonly ports: readonly number[];
}

/** What the relay's thread is told. */
export interface RelayWork extends Delayed {
  readonly from: string;
  readonly shift: number;
  /** Each way, in milliseconds. */
  readonly delayMs: number;
}

/**
 * Sends connections to these ports that begin from now on through a relay that keeps all bytes, of TCP and of UDP, for half
 * of the round trip each way, until disposed. This kernel has no netem. What it is not: a long line, for the windows of TCP
 * are those of loopback.
 */
export async function delayPackets(roundTripMs: number, { host, ports }: Delayed): Promise<AsyncDisposable> {
  const workerData: RelayWork = { host, ports, from: RELAY, shift: SHIFT, delayMs: roundTripMs / 2 };
  await using undo = new AsyncDisposableStack();
  const relay = new Worker(new URL("delay-relay.ts", import.meta.url), { workerData });
  undo.defer(async () => void (await relay.terminate()));
  await once(relay, "message");
  const rules = ports.flatMap((port) =>
    ["tcp", "udp"].map((kind) => `${kind} dport ${port} redirect to :${port + SHIFT}`),
  );
  await nft(`table ip ${TABLE} {
    chain out {
      type nat hook output priority -100; policy accept;
      ip saddr ${RELAY} accept
      ${rules.map((rule) => `oifname lo ${rule}`).join("\n      ")}
    }
  }`);
  undo.defer(() => nft(`delete table ip ${TABLE}`));
  return undo.move();
}

async function nft(rules: string): Promise<void> {
  await run("nft", ["-f", "-"], { input: rules });
}
