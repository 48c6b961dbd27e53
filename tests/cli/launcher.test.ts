import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { PACKAGE_OF } from "../../packages/host/src/process/run.ts";
import { CleanMachine } from "./clean-machine.ts";
import { serveRegistry } from "./registry.ts";

const LAUNCHER = join(import.meta.dirname, "../../browservm");

test("the launcher is a script that every POSIX shell reads, and shellcheck finds nothing in it", () => {
  execFileSync("dash", ["-n", LAUNCHER]);
  expect(execFileSync("shellcheck", ["-s", "dash", LAUNCHER], { encoding: "utf8" })).toBe("");
});

test("every program that the host starts is in a package that the launcher installs", () => {
  const text = readFileSync(LAUNCHER, "utf8");
  const missing = [...new Set(Object.values(PACKAGE_OF))].filter((name) => !text.includes(name));
  expect(missing).toEqual([]);
});

test("with Node and packages in place it runs the command with its words, and nothing else on stdout", async () => {
  using machine = new CleanMachine();
  machine.giveNode();
  machine.giveModules();
  machine.program("npm", "echo 11.0.0");
  const { status, stdout, stderr } = await machine.launch(["run", "https://example.org/a b", "--json"]);
  expect(JSON.parse(stdout)).toEqual({
    node: process.version,
    args: ["run", "https://example.org/a b", "--json"],
  });
  expect([status, stderr]).toEqual([0, ""]);
});

describe("fetching Node", () => {
  test("a Node that is too old is not used: the pinned one is asked for at the configured registry", async () => {
    using machine = new CleanMachine();
    machine.program("node", "echo v18.19.0");
    machine.giveRealProgram("curl");
    await using registry = await serveRegistry(Buffer.from("nothing"), 404);
    const { status, stderr } = await machine.launch(["ls"], { NPM_CONFIG_REGISTRY: registry.url });
    expect(status).toBe(1);
    expect(registry.asked[0]).toMatch(
      /^\/node-linux-(x64|arm64)\/-\/node-linux-(x64|arm64)-24\.\d+\.\d+\.tgz$/,
    );
    expect(stderr).toContain("cannot be fetched");
    expect(stderr).toContain("→ Check the network and `npm config get registry`");
  });

  test("the registry of a person's .npmrc is used", async () => {
    using machine = new CleanMachine();
    machine.giveRealProgram("curl");
    await using registry = await serveRegistry(Buffer.from("nothing"), 404);
    machine.program("npm", `echo ${registry.url}`);
    await machine.launch(["ls"]);
    expect(registry.asked).not.toEqual([]);
  });

  test("a tarball with another checksum is refused, and nothing of it stays", async () => {
    using machine = new CleanMachine();
    machine.giveRealProgram("curl");
    await using registry = await serveRegistry(Buffer.from("not what was published"));
    const { status, stderr } = await machine.launch(["ls"], { NPM_CONFIG_REGISTRY: registry.url });
    expect(status).toBe(1);
    expect(stderr).toContain("SHA-512 differs");
    expect(readdirSync(join(machine.state, "runtime"))).toEqual([]);
  });

  test("a processor without a pinned Node is named", async () => {
    using machine = new CleanMachine();
    machine.program("uname", "echo riscv64");
    const { status, stderr } = await machine.launch(["ls"]);
    expect(status).toBe(1);
    expect(stderr).toContain("there is no pinned Node for riscv64");
  });
});

describe("installing packages", () => {
  test("an ordinary user is told what is missing and how to get it, and nothing is installed", async () => {
    using machine = new CleanMachine();
    machine.program("id", "echo 1000");
    machine.program(
      "dpkg-query",
      '[ "$4" = nftables ] && exit 1; [ "$3" = nftables ] && exit 1; echo installed',
    );
    const { status, stderr } = await machine.launch(["up"]);
    expect(status).toBe(1);
    expect(stderr).toContain("these packages are missing: nftables");
    expect(stderr).toContain("→ Run it as root");
    expect(stderr).not.toContain("apt-get install --yes");
  });

  test("root without a terminal is not asked: the missing packages are named and installed", async () => {
    using machine = new CleanMachine();
    machine.giveNode();
    machine.giveModules();
    machine.program("npm", "echo 11.0.0");
    machine.program(
      "dpkg-query",
      `[ -e ${machine.directory}/done ] && { echo installed; exit; }; [ "$3" = socat ] && exit 1; echo installed`,
    );
    machine.program("apt-get", `echo "$*" >>${machine.directory}/apt; echo >${machine.directory}/done`);
    const { status, stderr } = await machine.launch(["up"]);
    expect(stderr).toContain("these Debian/Ubuntu packages will be installed with apt-get: socat");
    expect(readFileSync(join(machine.directory, "apt"), "utf8")).toContain(
      "install --yes --no-install-recommends socat",
    );
    expect(status).toBe(0);
  });

  test("a command that needs no packages looks for none", async () => {
    using machine = new CleanMachine();
    machine.giveNode();
    machine.giveModules();
    machine.program("npm", "echo 11.0.0");
    machine.program("dpkg-query", `echo >${machine.directory}/asked; exit 1`);
    expect((await machine.launch(["ls"])).status).toBe(0);
    expect(existsSync(join(machine.directory, "asked"))).toBe(false);
  });

  test("what apt says when it fails is shown", async () => {
    using machine = new CleanMachine();
    machine.program("dpkg-query", "exit 1");
    machine.program("apt-get", "echo 'E: no space left' >&2; exit 100");
    const { status, stderr } = await machine.launch(["up"]);
    expect(status).toBe(1);
    expect(stderr).toContain("E: no space left");
    expect(stderr).toContain("apt-get could not install");
  });
});
