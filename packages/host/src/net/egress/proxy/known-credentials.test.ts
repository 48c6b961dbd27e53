import { ProxyCredentialsId } from "@browservm/contract";
import { expect, test } from "vitest";
import { KnownCredentials } from "./known-credentials.ts";

const [ID, OTHER] = ["a", "b"].map((letter) => ProxyCredentialsId.parse(`pxc_${letter.repeat(20)}`)) as [
  ProxyCredentialsId,
  ProxyCredentialsId,
];
const ANN = { username: "ann", password: "s3cret" };

test("are waited for until they are told, and no longer than there is time", async () => {
  const known = new KnownCredentials();
  let isTold = false;
  const waiting = known.untilTold(ID, 60_000).then(() => {
    isTold = true;
  });
  known.put(OTHER, ANN);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(isTold).toBe(false);
  known.put(ID, ANN);
  await waiting;
  await known.untilTold(ID, 60_000);
  expect(known.get(ID)).toEqual(ANN);
  const never = new KnownCredentials();
  await never.untilTold(ID, 20);
  expect(never.get(ID)).toBeUndefined();
});

test("are forgotten when no policy names them and nobody asked for ten minutes", () => {
  let now = 0;
  const known = new KnownCredentials(() => now);
  known.put(ID, ANN);
  known.put(OTHER, ANN);
  now = 600_000;
  known.forgetBut(new Set());
  expect([known.get(ID), known.get(OTHER)]).toEqual([ANN, ANN]);
  now = 1_300_000;
  known.forgetBut(new Set([ID]));
  expect(known.get(ID)).toEqual(ANN);
  expect(known.get(OTHER)).toBeUndefined();
});
