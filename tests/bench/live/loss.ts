import { run } from "../../../packages/host/src/process/run.ts";

const TABLE = "bench_live";

/** Drops so many percent of the packets of these ports on loopback, at random, until disposed. */
export async function dropPackets(percent: number, ports: readonly number[]): Promise<AsyncDisposable> {
  const list = `{ ${ports.join(", ")} }`;
  const dice = `numgen random mod 1000 < ${Math.round(percent * 10)} drop`;
  await nft(`table inet ${TABLE} {
    chain in {
      type filter hook input priority 0; policy accept;
      iifname lo th dport ${list} ${dice}
      iifname lo th sport ${list} ${dice}
    }
  }`);
  return { [Symbol.asyncDispose]: () => nft(`delete table inet ${TABLE}`) };
}

async function nft(rules: string): Promise<void> {
  await run("nft", ["-f", "-"], { input: rules });
}
