import { afterEach, beforeEach, expect, test } from "vitest";
import { openStore, type Store } from "../store/store.ts";
import { PasswordLogin } from "./password-login.ts";
import { Passwords } from "./passwords.ts";
import { personStore } from "./person-store.ts";

/** Notes what is hashed. */
class CountedPasswords extends Passwords {
  verified: string[] = [];

  override async verify(password: string, stored: string | null): Promise<boolean> {
    this.verified.push(stored === null ? "nobody's" : (stored.split("$", 4).join("$") ?? ""));
    return super.verify(password, stored);
  }
}

let store: Store;
beforeEach(async () => {
  store = await openStore(":memory:");
});
afterEach(() => store.destroy());

/** Wall time would tell more about the machine than about us: what costs time is counted. */
test("an unknown address costs the same hash and the same writing as a wrong password", async () => {
  const passwords = new CountedPasswords(2 ** 10);
  const login = new PasswordLogin(store, passwords);
  const passwordHash = await passwords.hash("a right password");
  await personStore.insert(store, { name: "Ann", email: "ann@example.org", role: "member", passwordHash });
  await personStore.insert(store, { name: "Bob", email: "bob@example.org", role: "member" });
  for (const email of ["ann@example.org", "bob@example.org", "nobody@example.org"])
    await expect(login.signIn(email, "wrong", "req")).rejects.toMatchObject({ code: "LOGIN_REFUSED" });
  expect(passwords.verified).toEqual(["scrypt$1024$8$3", "nobody's", "nobody's"]);
  const entries = await store.selectFrom("audit").select("action").execute();
  expect(entries).toHaveLength(3);
  await expect(login.signIn(" ANN@example.org", "a right password", "req")).resolves.toMatchObject({
    name: "Ann",
  });
});
