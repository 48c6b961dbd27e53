import { BrowserVmError } from "@browservm/contract";
import { expect, test } from "vitest";
import { SOON, useSharing } from "./sharing-fixture.ts";

const { web, button, live, openAlone, openWithAnna, openByLink, me } = useSharing();

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

test("the panel says that there is nothing yet, and lists what there is, the newest first", async () => {
  await openPanel();
  await panel().getByText("Nothing has been downloaded or uploaded yet.").waitFor();
  web.api.files.put("old.pdf", "x".repeat(2500), 7200);
  web.api.files.put("new \u202eexe.txt", "hello");
  web.api.files.put(".hidden", "");
  await button("Look again").click();
  await item("old.pdf").waitFor();
  expect(await panel().getByRole("listitem").allTextContents()).toEqual([
    expect.stringMatching(/^new \ufffdexe\.txt5 bytes, /),
    "old.pdf2.5 KB, 2 h 00 ago",
  ]);
  expect(web.complaints).toEqual([]);
});

test("a file is downloaded under its own name", async () => {
  web.api.files.put("ü & b.txt", "hello");
  await openPanel();
  const downloading = web.page.waitForEvent("download");
  await web.page.getByRole("link", { name: "Download ü & b.txt" }).click();
  const download = await downloading;
  expect(download.suggestedFilename()).toBe("ü & b.txt");
  expect(String(Buffer.concat(await (await download.createReadStream()).toArray()))).toBe("hello");
});

test("a file is deleted after a question, with the keyboard alone", async () => {
  web.api.files.put("a.txt", "hello");
  await openPanel();
  await item("a.txt").waitFor();
  await tab().focus();
  await web.tabTo("Delete a.txt");
  await web.page.keyboard.press("Enter");
  await web.page.getByRole("dialog", { name: "Delete a.txt?" }).waitFor();
  expect(web.api.files.files.size).toBe(1);
  await web.tabTo("Delete");
  await web.page.keyboard.press("Enter");
  await panel().getByText("Nothing has been downloaded or uploaded yet.").waitFor();
  expect(web.api.files.files.size).toBe(0);
});

test("chosen files are uploaded one after the other, told how far they are, and listed", async () => {
  web.api.files.put("a.bin", "first");
  await openPanel();
  web.api.files.isStalled = true;
  await choose([
    { name: "a.bin", bytes: Buffer.alloc(20 * MIB, 1) },
    { name: "b.bin", bytes: Buffer.from("b") },
  ]);
  const bar = web.page.getByRole("progressbar", { name: "Upload of a.bin" });
  await expect.poll(async () => Number(await bar.getAttribute("value")), SOON).toBeGreaterThan(0);
  expect(await tray().getByRole("listitem").allTextContents()).toEqual([
    expect.stringMatching(/^a\.bin.* of 21 MB$/),
    "b.binWaiting",
  ]);
  web.api.files.goOn();
  await item("a (1).bin").waitFor();
  await item("b.bin").waitFor();
  expect(web.api.files.files.get("Downloads/a.bin")?.bytes.toString()).toBe("first");
  expect(web.api.files.files.get("Downloads/a (1).bin")?.bytes.length).toBe(20 * MIB);
  await expect.poll(() => tray().getByRole("listitem").count(), { timeout: 8000 }).toBe(0);
  expect(web.complaints).toEqual([]);
});

test("an upload is cancelled, and the next one goes", async () => {
  await openPanel();
  web.api.files.isStalled = true;
  await choose([
    { name: "a.bin", bytes: Buffer.alloc(20 * MIB) },
    { name: "b.bin", bytes: Buffer.from("b") },
  ]);
  await button("Cancel a.bin").click();
  await expect.poll(() => web.api.files.broken, SOON).toBe(1);
  web.api.files.goOn();
  await item("b.bin").waitFor();
  expect([...web.api.files.files.keys()]).toEqual(["Downloads/b.bin"]);
});

test("an upload that is refused says why, and holds up no other", async () => {
  await openPanel();
  await panel().getByText("Nothing has been").waitFor();
  web.api.files.refuse = new BrowserVmError("GUEST_DISK_FULL", "3 bytes do not fit: 1 is free");
  await choose([{ name: "a.bin", bytes: Buffer.from("abc") }]);
  await tray().getByText("3 bytes do not fit: 1 is free").first().waitFor();
  web.api.files.refuse = null;
  await choose([{ name: "b.bin", bytes: Buffer.from("b") }]);
  await item("b.bin").waitFor();
  await button("Put a.bin away").click();
  await expect.poll(() => tray().getByText("a.bin").count(), SOON).toBe(0);
});

test("a list that cannot be looked up says why, and is tried again", async () => {
  web.api.files.refuse = new BrowserVmError("SESSION_NOT_READY", "it is on its way to a pause");
  await openPanel();
  await panel().getByText("it is on its way to a pause").waitFor();
  web.api.files.refuse = null;
  await button("Try again").click();
  await panel().getByText("Nothing has been downloaded or uploaded yet.").waitFor();
});

test("a file that is dropped on the display goes in; the place to drop shows while it is held there", async () => {
  await openAlone();
  await drag("dragenter");
  await zone().waitFor();
  await drag("dragleave");
  await expect.poll(() => zone().count(), SOON).toBe(0);
  await drag("dragenter");
  await drag("drop");
  await expect
    .poll(() => web.api.files.files.get("Downloads/dropped.txt")?.bytes.toString(), SOON)
    .toBe("dropped");
  await tray().getByText("In the VM’s Downloads").waitFor();
  expect(await zone().count()).toBe(0);
  // text that is dragged is the page's own business
  expect(await drag("drop", false)).toBe(false);
  expect(web.api.files.files.size).toBe(1);
});

test("who only watches can drop nothing, and no file takes the page away", async () => {
  const life = web.api.seed({ url: "https://example.com/" });
  web.api.sharing.join(life, { name: "Anna", hasControl: true });
  await openByLink(life);
  await tab().click();
  await panel().getByText("Only who has the control can see and exchange files.").waitFor();
  await drag("dragenter");
  expect(await drag("drop")).toBe(true);
  expect(await zone().count()).toBe(0);
  expect(web.api.calls.filter((call) => call.includes("/files"))).toEqual([]);
});

test("who came by a link has the files as soon as it has the control; operators have them without", async () => {
  const life = web.api.seed({ url: "https://example.com/" });
  web.api.files.put("a.txt", "hello");
  web.api.sharing.guestsMayControl = true;
  web.api.sharing.join(life, { name: "Anna", hasControl: true });
  await openByLink(life);
  await tab().click();
  await panel().getByText("Only who has the control").waitFor();
  web.api.sharing.give(life, me(life).id);
  await item("a.txt").waitFor();
});

test("an operator without the control sees the files", async () => {
  web.api.files.put("a.txt", "hello");
  await openWithAnna();
  await live();
  await tab().click();
  await item("a.txt").waitFor();
});
