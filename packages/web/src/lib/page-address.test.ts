import { expect, test } from "vitest";
import { pageAddress } from "./page-address.ts";

test("a bare host gets https, a local one http", () => {
  expect(pageAddress("example.com/a")).toBe("https://example.com/a");
  expect(pageAddress(" localhost:8080 ")).toBe("http://localhost:8080");
});

test("a full address stays as it is", () => {
  expect(pageAddress("http://example.com")).toBe("http://example.com");
  expect(pageAddress("about:blank")).toBe("about:blank");
});

test("what is no address, or one that browsers must not open, is refused", () => {
  expect(pageAddress("")).toBeNull();
  expect(pageAddress("two words")).toBeNull();
  expect(pageAddress("file:///etc/passwd")).toBeNull();
  expect(pageAddress("javascript:alert(1)")).toBeNull();
});
