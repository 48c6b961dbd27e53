import { BrowserVmError } from "@browservm/contract";
import { expect, test } from "vitest";
import { SOON, useSharing } from "./sharing-fixture.ts";

const { web, button, openAlone, openWithAnna, openByLink, me } = useSharing();

const MIB = 1_048_576;
const tab = () => web.page.getByRole("tab", { name: "Files" });
const panel = () => web.page.getByRole("region", { name: "Files" });
const tray = () => web.page.getByRole("region", { name: "Uploads" });
const item = (name: string) => panel().getByRole("listitem").filter({ hasText: name });
const zone = () => web.page.getByTestId("drop-zone");

async function openPanel(): Promise<void> {
  await openAlone();
  await tab().click();
}

const choose = (files: { name: string; bytes: Buffer }[]) =>
  web.page
    .getByLabel("Files to put into the VM")
    .setInputFiles(
      files.map(({ name, bytes }) => ({ name, mimeType: "application/octet-stream", buffer: bytes })),
    );

/** Holds a file over the display, or lets it go there, as a browser tells it to the page. */
const drag = (type: "dragenter" | "dragleave" | "drop", isFile = true) =>
  web.page.evaluate(`(() => {
    const dataTransfer = new DataTransfer();
    if (${isFile}) dataTransfer.items.add(new File(["dropped"], "dropped.txt"));
    else dataTransfer.setData("text/plain", "words");
    const target = document.querySelector("[data-testid=display]");
    const event = new DragEvent("${type}", { dataTransfer, bubbles: true, cancelable: true });
    target.dispatchEvent(event);
    return event.defaultPrevented;
  })()`);

test("the panel lists what there is, gives it out under its own name, and deletes it after a question", async () => {
  web.api.files.refuse = new BrowserVmError("SESSION_NOT_READY", "it is on its way to a pause");
  await openPanel();
  await panel().getByText("it is on its way to a pause").waitFor();
  web.api.files.refuse = null;
  await button("Try again").click();
  await panel().getByText("Nothing has been downloaded or uploaded yet.").waitFor();
  web.api.files.put("old & ü.pdf", "x".repeat(2500), 7230);
  web.api.files.put("new \u202eexe.txt", "hello");
  web.api.files.put(".hidden", "");
  await button("Look again").click();
  await item("old & ü.pdf").waitFor();
  expect(await panel().getByRole("listitem").allTextContents()).toEqual([
    expect.stringMatching(/^new \ufffdexe\.txt5 bytes, /),
    expect.stringMatching(/^old & ü\.pdf2\.5 KB, 2 h( \d min)? ago$/),
  ]);
  const downloading = web.page.waitForEvent("download");
  await web.page.getByRole("link", { name: "Download old & ü.pdf" }).click();
  const download = await downloading;
  expect(download.suggestedFilename()).toBe("old & ü.pdf");
  expect(Buffer.concat(await (await download.createReadStream()).toArray()).length).toBe(2500);
  await tab().focus();
  await web.tabTo("Delete old & ü.pdf");
  await web.page.keyboard.press("Enter");
  await web.page.getByRole("dialog", { name: "Delete old & ü.pdf?" }).waitFor();
  expect(web.api.files.files.has("Downloads/old & ü.pdf")).toBe(true);
  await web.tabTo("Delete");
  await web.page.keyboard.press("Enter");
  await expect.poll(() => item("old & ü.pdf").count(), SOON).toBe(0);
  expect(web.api.files.files.has("Downloads/old & ü.pdf")).toBe(false);
});

test("files are uploaded one after the other; one is cancelled, one refused, and none replaces another", async () => {
  web.api.files.put("b.bin", "first");
  await openPanel();
  await item("b.bin").waitFor();
  web.api.files.isStalled = true;
  await choose([
    { name: "a.bin", bytes: Buffer.alloc(8 * MIB) },
    { name: "b.bin", bytes: Buffer.from("second") },
  ]);
  const bar = web.page.getByRole("progressbar", { name: "Upload of a.bin" });
  await expect.poll(async () => Number(await bar.getAttribute("value")), SOON).toBeGreaterThan(0);
  expect(await tray().getByRole("listitem").allTextContents()).toEqual([
    expect.stringMatching(/^a\.bin.* of 8\.4 MB$/),
    "b.binWaiting",
  ]);
  await button("Cancel a.bin").click();
  web.api.files.goOn();
  await item("b (1).bin").waitFor();
  await expect.poll(() => web.api.files.broken, SOON).toBe(1);
  expect([...web.api.files.files].map(([path, { bytes }]) => [path, String(bytes)])).toEqual([
    ["Downloads/b.bin", "first"],
    ["Downloads/b (1).bin", "second"],
  ]);
  expect(web.complaints).toEqual([]);
  web.api.files.refuse = new BrowserVmError("GUEST_DISK_FULL", "3 bytes do not fit: 1 is free");
  await choose([{ name: "c.bin", bytes: Buffer.from("abc") }]);
  await tray().getByRole("listitem").filter({ hasText: "3 bytes do not fit: 1 is free" }).waitFor();
  await button("Put c.bin away").click();
  await expect.poll(() => tray().getByText("c.bin").count(), SOON).toBe(0);
});

test("a file that is dropped on the display goes in; the place to drop shows while it is held there", async () => {
  // operators need not have the control
  await openWithAnna();
  await drag("dragenter");
  await zone().waitFor();
  await drag("dragleave");
  await expect.poll(() => zone().count(), SOON).toBe(0);
  await drag("dragenter");
  await drag("drop");
  await expect
    .poll(() => web.api.files.files.get("Downloads/dropped.txt")?.bytes.toString(), SOON)
    .toBe("dropped");
  await tray().getByRole("listitem").filter({ hasText: "In the VM’s Downloads" }).waitFor();
  expect(await zone().count()).toBe(0);
  // text that is dragged is the page's own business
  expect(await drag("drop", false)).toBe(false);
  expect(web.api.files.files.size).toBe(1);
});

test("who came by a link has the files as soon as it has the control; before, no file even takes the page away", async () => {
  const life = web.api.seed({ url: "https://example.com/" });
  web.api.files.put("a.txt", "hello");
  web.api.sharing.guestsMayControl = true;
  web.api.sharing.join(life, { name: "Anna", hasControl: true });
  await openByLink(life);
  await tab().click();
  await panel().getByText("Only who has the control can see and exchange files.").waitFor();
  await drag("dragenter");
  expect(await drag("drop")).toBe(true);
  expect(await zone().count()).toBe(0);
  expect(web.api.calls.filter((call) => call.includes("/files"))).toEqual([]);
  web.api.sharing.give(life, me(life).id);
  await item("a.txt").waitFor();
});
