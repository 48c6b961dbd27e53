import { describe, expect, test } from "vitest";
import { PublicAddress } from "./public-address.ts";

const direct = (host: string) => ({ protocol: "http", host, isForwarded: false });
const local = new PublicAddress({ publicUrl: "" }, () => "127.0.0.1:4000");
const wide = new PublicAddress({ publicUrl: "" }, () => "0.0.0.0:4000");
const named = new PublicAddress({ publicUrl: "https://bvm.example/" }, () => "127.0.0.1:4000");

describe("PublicAddress", () => {
  test("the configured address wins over everything", () => {
    expect(named.baseUrl(direct("127.0.0.1:4000"))).toBe("https://bvm.example");
    expect(named.isSecure).toBe(true);
  });

  test("without one, links lead to where we listen", () => {
    expect(local.baseUrl()).toBe("http://127.0.0.1:4000");
    expect(local.baseUrl(direct("evil.example"))).toBe("http://127.0.0.1:4000");
  });

  test("links never lead to 0.0.0.0: an IP address that was used is used again, a name is not believed", () => {
    expect(wide.baseUrl(direct("10.1.2.3:4000"))).toBe("http://10.1.2.3:4000");
    expect(wide.baseUrl(direct("evil.example:4000"))).toBe("http://127.0.0.1:4000");
  });

  test("a trusted proxy is believed", () => {
    const request = { protocol: "https", host: "bvm.example", isForwarded: true };
    expect(local.baseUrl(request)).toBe("https://bvm.example");
    expect(local.isOwnOrigin("https://bvm.example", request)).toBe(true);
  });

  test.each([
    ["http://127.0.0.1:4000", direct("127.0.0.1:4000"), true],
    ["http://localhost:5000", direct("localhost:5000"), true],
    ["http://[::1]:4000", direct("[::1]:4000"), true],
    ["https://bvm.example", direct("bvm.example"), true],
    ["http://evil.example:4000", direct("evil.example:4000"), false],
    ["http://evil.example", direct("127.0.0.1:4000"), false],
    ["http://127.0.0.1:4001", direct("127.0.0.1:4000"), false],
    ["null", direct("127.0.0.1:4000"), false],
    ["", direct(""), false],
  ])("origin %s of a request to %o is ours: %s", (origin, request, isOurs) => {
    expect(named.isOwnOrigin(origin, request)).toBe(isOurs);
  });
});
