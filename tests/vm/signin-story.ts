import { readFileSync } from "node:fs";
import { join } from "node:path";
import { GUEST_PATHS, type SigninLine, type Vm } from "@browservm/contract";
import { describe, expect, test } from "vitest";
import type { HostUnderTest } from "../harness/host-under-test.ts";
import { shIn } from "./in-guest.ts";

interface There {
  readonly host: HostUnderTest;
  readonly vm: Vm;
}

const TOOL = join(import.meta.dirname, "../../packages/guest-agent/src/signin/testing/stand-in-tool.ts");
const PATIENCE_MS = 60_000;
const FILES = [{ path: ".stand-in/auth.json", json: true }];

/** What a sign-in does in a real guest with a browser, by way of hostd. */
export function signinStory(there: () => There): void {
  const signins = () => there().host.client.signins;
  const within = () => AbortSignal.timeout(PATIENCE_MS);
  const navigate = (url: string) => there().host.client.navigate(there().vm.id, url);
  const inGuest = (script: string) => shIn(there().host, there().vm.id, script);

  describe("a sign-in", () => {
    test("has a listener in the guest that the guest's browser comes to, once", async () => {
      const lines: SigninLine[] = [];
      const listening = signins().listen(
        there().vm.id,
        { path: "/cb", host: "localhost", state: "s" },
        within(),
      );
      for await (const line of listening) {
        lines.push(line);
        if (line.type === "listening") await navigate(`${line.redirectUri}?code=planted-code&state=s`);
      }
      expect(lines.filter(({ type }) => type !== "alive")).toMatchObject([
        { type: "started" },
        { type: "listening" },
        { type: "callback", method: "GET", parameters: { code: "planted-code", state: "s" } },
        { type: "done" },
      ]);
    });

    test("runs a tool that the browser comes back to, captures its file, and leaves no process", async () => {
      const { host, vm } = there();
      const script = new Blob([readFileSync(TOOL)]).stream();
      const path = "Downloads/stand-in.mts";
      await host.client.writeFile(vm.id, { path, ifExists: "replace", body: script }, within());
      const command = [GUEST_PATHS.node, `/home/browser/${path}`];
      const env = { TOOL_PLAN: "opens orphans stays" };
      const said: SigninLine[] = [];
      const run = signins().runTool(vm.id, { command, env, urlPattern: "opened=1", files: FILES }, within());
      for await (const line of run) {
        said.push(line);
        if (line.type === "url") await navigate(backTo(line.url));
        if (line.type !== "files_ready") continue;
        const owners = await inGuest("ps -o user= -p $(pgrep -d, -f '[s]tand-in.mts')");
        expect(new Set(owners.split("\n"))).toEqual(new Set(["browser"]));
        break;
      }
      const told = said.filter(({ type }) => type !== "alive").map(({ type }) => type);
      expect(told).toEqual(["started", "phase", "url", "files_ready"]);
      const [file] = await signins().captureFiles(vm.id, FILES);
      expect(file).toMatchObject({ path: ".stand-in/auth.json", mode: 0o600 });
      const content = JSON.parse(Buffer.from(file?.data ?? "", "base64").toString());
      expect(content).toHaveProperty("access_token", "secret-planted-code");
      // Whoever hangs up ends it with all that it started, which ignores signals and is in a session of its own.
      const left = () => inGuest("pgrep -c -f '[s]tand-in.mts|[t]rap .. HUP' || true");
      await expect.poll(left, { timeout: 10_000 }).toBe("0");
    });

    test("gives the browser a state without asking its origins, and captures it again, origin by origin", async () => {
      const { vm } = there();
      const cookie = {
        name: "sid",
        value: "planted-cookie",
        domain: "app.example",
        httpOnly: true,
        secure: true,
      };
      const cookies = [
        { ...cookie, path: "/", sameSite: "Lax" as const },
        { ...cookie, name: "all", domain: ".example.org", path: "/deep" },
        { ...cookie, name: "elsewhere", domain: "other.example", path: "/" },
      ];
      const storage = [{ origin: "https://app.example", localStorage: { token: "planted-storage" } }];
      const put = await signins().putState(vm.id, { cookies, storage });
      expect(put).toEqual({ cookies: 3, origins: 1, refusedCookies: 0 });
      const origins = ["https://app.example", "https://www.example.org"];
      const { state, leftOut } = await signins().captureState(vm.id, origins);
      const byName = state.cookies.toSorted((a, b) => b.name.localeCompare(a.name));
      expect([byName, state.storage, leftOut]).toEqual([cookies.slice(0, 2), storage, 0]);
      expect(await inGuest("pgrep -c -f -- --type=renderer")).toMatch(/^[1-9]/);
    });

    test("writes nothing of what it sees into any log", async () => {
      const { host, vm } = there();
      const read = async (source: string) =>
        (await host.client.logs(vm.id, { source, lines: 1000 }, within())).text();
      const logs = [...(await Promise.all(["agent", "journal", "console", "vmm"].map(read))), host.log].join(
        "\n",
      );
      expect(logs).toContain("agent listens");
      expect(logs.match(/planted-\w+|secret-\w+|access_token|code_challenge/g) ?? []).toEqual([]);
    });
  });
}

/** Where the provider sends the person's browser. */
const backTo = (url: string): string => `${new URL(url).searchParams.get("redirect_uri")}?code=planted-code`;
