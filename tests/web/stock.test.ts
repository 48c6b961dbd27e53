import { describe, expect, test } from "vitest";
import { WebFixture } from "./web-fixture.ts";

const web = WebFixture.use();
const region = (name: string) => web.page.getByRole("region", { name });
const dialog = (name: string | RegExp) => web.page.getByRole("dialog", { name });
const pools = () => web.page.getByRole("list", { name: "Pools", exact: true }).getByRole("listitem");

describe("pools", () => {
  test("without any it is said what they are for; one is added, and fills", async () => {
    await web.openHost();
    await web.sees("No machine is made ahead of demand");
    await web.page.getByRole("button", { name: "Add a pool" }).click();
    await dialog("Add a pool").getByLabel("Name").fill("warm");
    await dialog("Add a pool").getByLabel("Kept ready").fill("3");
    await dialog("Add a pool").getByRole("button", { name: "Add" }).click();
    await pools().getByText("0 of 3 ready, 2 under way").waitFor();
    expect(web.api.stock.pools).toMatchObject([{ name: "warm", image: "browser", size: 3 }]);
    Object.assign(web.api.stock.pools[0] ?? {}, { ready: 3, filling: 0 });
    web.api.tell("host", "pool.state", {});
    await pools().getByText("3 of 3 ready").waitFor({ timeout: 3000 });
    expect(web.complaints).toEqual([]);
  });

  test("its numbers and the reason why it is not full are there", async () => {
    const reason = { code: "HOST_OUT_OF_MEMORY", message: "2048 MiB are wanted, 300 are free", fix: "" };
    const refillMs = { p50: 3120, p95: 4410 };
    web.api.stock.pool({ reason, hits: 128, misses: 4, refillMs, claimMs: { p50: 12, p95: 31 } });
    await web.openHost();
    for (const words of ["128", "4 missed, 97 %", "12 ms", "p95 31 ms", "3.1 s", "p95 4.4 s"])
      await pools().getByText(words).first().waitFor();
    await pools().getByText("Not full: 2048 MiB are wanted, 300 are free").waitFor();
  });

  test("wrong fields are named; a pool that is too large is refused with the most that fits", async () => {
    web.api.stock.pool();
    await web.openHost();
    await web.page.getByRole("button", { name: "Add a pool" }).click();
    await dialog("Add a pool").getByLabel("Name").fill("warm");
    await dialog("Add a pool").getByRole("button", { name: "Add" }).click();
    await web.sees("There is a pool of this name already.");
    await dialog("Add a pool").getByLabel("Name").fill("hot");
    await dialog("Add a pool").getByLabel("Kept ready").fill("100");
    await dialog("Add a pool").getByRole("button", { name: "Add" }).click();
    await web.sees("100 machines of 2048 MiB do not fit");
    await web.sees("At most 8 fit on this machine.");
    expect(web.api.stock.pools).toHaveLength(1);
  });

  test("a pool is changed, flushed and removed, with a question before", async () => {
    web.api.stock.pool();
    await web.openHost();
    await web.page.getByRole("button", { name: "Change the pool warm" }).click();
    await dialog(/Change the pool/)
      .getByLabel("Kept ready")
      .fill("2");
    await dialog(/Change the pool/)
      .getByRole("button", { name: "Change" })
      .click();
    await pools().getByText("2 of 2 ready, 1 under way").waitFor();
    await web.page.getByRole("button", { name: "Flush the pool warm" }).click();
    await dialog(/Flush/).getByRole("button", { name: "Flush" }).click();
    await pools().getByText("0 of 2 ready, 2 under way").waitFor();
    await web.page.getByRole("button", { name: "Remove the pool warm" }).click();
    await dialog(/Remove/)
      .getByRole("button", { name: "Remove" })
      .click();
    await web.sees("No machine is made ahead of demand");
    expect(web.api.stock.pools).toEqual([]);
  });

  test("one of the configuration can only be flushed here", async () => {
    web.api.stock.pool({ source: "config" });
    await web.openHost();
    await pools().getByText("configured").waitFor();
    expect(await web.page.getByRole("button", { name: "Remove the pool warm" }).count()).toBe(0);
    expect(await web.page.getByRole("button", { name: "Change the pool warm" }).count()).toBe(0);
    await web.page.getByRole("button", { name: "Flush the pool warm" }).waitFor();
  });

  test("a pool is added and removed with the keyboard alone", async () => {
    await web.openHost();
    await web.tabTo("Add a pool");
    await web.page.keyboard.press("Enter");
    await dialog("Add a pool").waitFor();
    await web.page.keyboard.type("warm");
    await web.page.keyboard.press("Enter");
    await pools().getByText("0 of 2 ready, 2 under way").waitFor();
    await web.tabTo("Remove the pool warm");
    await web.page.keyboard.press("Enter");
    await dialog(/Remove/).waitFor();
    await web.tabTo("Remove");
    await web.page.keyboard.press("Enter");
    await web.sees("No machine is made ahead of demand");
  });
});

describe("golden snapshots", () => {
  const items = () => web.page.getByRole("list", { name: "Golden snapshots" }).getByRole("listitem");

  test("one is made, is shown step by step, and serves", async () => {
    await web.openHost();
    await region("Golden snapshots").getByRole("button", { name: "Make one" }).click();
    await dialog("Make a golden snapshot").getByRole("button", { name: "Make it" }).click();
    await items().getByText("Being made: starting the machine").waitFor();
    const [made] = web.api.stock.snapshots;
    Object.assign(made ?? {}, { state: "ready", sizeMib: 702 });
    web.api.tell("host", "snapshot.state", {});
    await items().getByText("In service: nobody runs from it").waitFor({ timeout: 3000 });
    await items().getByText("702 MiB on disk").waitFor();
  });

  test("one in use stays; an old one is removed; a failed one says why", async () => {
    web.api.stock.snapshot({ users: 2 });
    web.api.stock.snapshot({ id: "browser-aaaaaaaaaaaaaaaa", current: false });
    const reason = { code: "DISK_FULL", message: "freeze: no space is left", fix: "Make room." };
    web.api.stock.snapshot({ id: "tiny-bbbbbbbbbbbbbbbb", image: "tiny", state: "failed", reason });
    await web.openHost();
    await items().getByText("In service: 2 run from it").waitFor();
    expect(await web.page.getByRole("button", { name: "In use: it cannot be removed" }).isDisabled()).toBe(
      true,
    );
    await items().getByText("freeze: no space is left").waitFor();
    await web.page.getByRole("button", { name: "Remove the snapshot aaaaaaaa" }).click();
    await dialog("Remove this snapshot?").getByRole("button", { name: "Remove" }).click();
    await expect.poll(() => items().count()).toBe(2);
  });
});

describe("the machine", () => {
  test("how it runs VMs, and why so, is on the page", async () => {
    await web.openHost();
    await web.sees("QEMU, emulated");
    await web.sees("KVM is not there: /dev/kvm does not exist");
    await web.sees("QEMU can restore them");
  });

  test("while it is looked up, the shape of the panels is there", async () => {
    await web.signIn();
    await web.page.route("**/v1/pools", () => {});
    await web.page.goto(`${web.url}/host`);
    await web.page.getByRole("status").filter({ hasText: "Looking for pools and snapshots" }).waitFor();
  });

  test("pools are told also while hostd is down", async () => {
    web.api.stock.pool();
    await web.openHost();
    web.api.isHostDown = true;
    web.api.tell("host", "pool.state", {});
    await region("Golden snapshots").getByText("hostd's socket").waitFor();
    await pools().getByText("2 of 3 ready, 1 under way").waitFor();
  });

  test.each([360, 900, 1600])("nothing sticks out of a screen of %i pixels", async (width) => {
    await web.reopen({ viewport: { width, height: 900 } });
    web.api.stock.pool({ name: "a-name-of-thirty-two-letters-xxx", size: 24, ready: 20, filling: 2 });
    web.api.stock.pool({ name: "large", size: 200, ready: 30, memoryMib: 4096, vcpus: 4, source: "config" });
    web.api.stock.snapshot();
    await web.openHost();
    await pools().first().waitFor();
    expect(await web.overflow()).toBe(0);
  });
});

describe("a new session", () => {
  test("is told that a ready machine waits, and that none does for another wish", async () => {
    web.api.stock.pool();
    await web.signIn();
    await web.page.getByRole("button", { name: "New session" }).click();
    await web.sees("A ready machine is waiting");
    await web.page.getByText("Size, start, lifetime, environment").click();
    await web.page.getByLabel("Start from").selectOption("boot");
    await expect.poll(() => web.page.getByText("A ready machine is waiting").count()).toBe(0);
  });

  test("asks for its start, and for what happens when it is idle", async () => {
    await web.signIn();
    await web.page.getByRole("button", { name: "New session" }).click();
    await web.page.getByText("Size, start, lifetime, environment").click();
    await web.page.getByLabel("Start from").selectOption("own");
    await web.page.getByLabel("Idle after").selectOption("900");
    await web.page.getByLabel("And then").selectOption("end");
    const asked = web.page.waitForRequest((request) => request.method() === "POST");
    await web.page.getByRole("button", { name: "Start session" }).click();
    expect((await asked).postDataJSON()).toMatchObject({ pool: false, idleSeconds: 900, onIdle: "end" });
  });
});
