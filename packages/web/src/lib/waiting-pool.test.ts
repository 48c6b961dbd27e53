import { describe, expect, test } from "vitest";
import { poolFact } from "./testing/stock-facts.ts";
import { waitingPool } from "./waiting-pool.ts";

const images = [{ name: "browser", defaults: { vcpus: 2, memoryMib: 2048 } }];

describe("a pool that waits for a session", () => {
  test("is one of the same image with a ready VM", () => {
    const empty = poolFact({ name: "cold", ready: 0 });
    expect(waitingPool({ image: "browser" }, [empty, poolFact()])).toMatchObject({
      pool: { name: "warm" },
      isReady: true,
    });
    expect(waitingPool({ image: "tiny" }, [poolFact()])).toBeUndefined();
  });

  test("that has no VM just now is named all the same; one of size 0 is not", () => {
    expect(waitingPool({ image: "browser" }, [poolFact({ ready: 0 })])?.isReady).toBe(false);
    expect(waitingPool({ image: "browser" }, [poolFact({ size: 0, ready: 0 })])).toBeUndefined();
  });

  test("has the size that is asked for, in so many words or by default", () => {
    const asked = { image: "browser", memoryMib: 2048 };
    expect(waitingPool(asked, [poolFact()], images)).toBeDefined();
    expect(waitingPool(asked, [poolFact({ memoryMib: 4096 })], images)).toBeUndefined();
    expect(waitingPool({ ...asked, memoryMib: 4096 }, [poolFact()], images)).toBeUndefined();
  });

  test("is passed by for a session that wants a VM of its own", () => {
    expect(waitingPool({ image: "browser", pool: false }, [poolFact()])).toBeUndefined();
    expect(waitingPool({ image: "browser", start: "boot" }, [poolFact()])).toBeUndefined();
  });
});
