import {
  ApiKey,
  type apiRoutes,
  type BodyInput,
  BrowserVmError,
  Invitation,
  type Me,
  Person,
} from "@browservm/contract";
import type { MockApi } from "./mock-api.ts";

export const PASSWORD = "a password that is right";
export const INVITATION = "bvi_a-fresh-one";

type Body<Name extends keyof typeof apiRoutes> = BodyInput<(typeof apiRoutes)[Name]>;

/** What the mock answers, and whether the reader is signed in by it. */
interface Answer {
  readonly value: unknown;
  readonly signsIn?: boolean;
}

const idOf = (prefix: string, count: number) => `${prefix}_${String.fromCharCode(97 + count).repeat(20)}`;
const inFuture = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();

/** People, invitations and keys as they are told of; a test fills and empties them. */
export class MockPeople {
  people: Person[] = [];
  invitations: Invitation[] = [];
  keys: ApiKey[] = [];
  ways: { password: boolean; oidc: { name: string } | null } = { password: false, oidc: null };
  /** What was asked for, by its route. */
  readonly asked: [string, unknown][] = [];
  readonly #api: MockApi;
  #count = 0;

  constructor(api: MockApi) {
    this.#api = api;
  }

  person(over: Partial<Person> = {}): Person {
    const person = Person.parse({
      id: idOf("per", this.#next()),
      name: "Ann",
      email: "ann@example.org",
      role: "member",
      disabled: false,
      hasPassword: true,
      hasOidc: false,
      createdAt: inFuture(-86_400),
      lastSignInAt: inFuture(-240),
      ...over,
    });
    this.people.push(person);
    return person;
  }

  key(over: Partial<ApiKey> = {}): ApiKey {
    const key = ApiKey.parse({
      id: idOf("key", this.#next()),
      name: "ci",
      prefix: "bvm_abcdef",
      scopes: ["sessions:write", "connections:token"],
      project: "default",
      owner: null,
      createdAt: inFuture(-86_400),
      expiresAt: null,
      lastUsedAt: null,
      old: null,
      ...over,
    });
    this.keys.push(key);
    return key;
  }

  /** The reader's own account. */
  signedIn(over: Partial<Person> = {}): Person {
    const person = this.person({ name: "Olga", email: "olga@example.org", role: "admin", ...over });
    const { id, name, email, hasPassword } = person;
    this.#api.role = person.role;
    this.#api.person = { id, name, email, hasPassword } satisfies Me["person"];
    return person;
  }

  /** The answer of a route that is about people or keys; undefined: it is not. */
  answer(name: keyof typeof apiRoutes, params: Record<string, string>, body: unknown): Answer | undefined {
    const known = this.#signIn(name, body) ?? this.#work(name, params.id ?? "", body);
    if (known && !name.startsWith("list")) this.asked.push([name, body]);
    return known;
  }

  #signIn(name: string, body: unknown): Answer | undefined {
    if (name === "loginWays") return { value: this.ways };
    if (name === "passwordLogin") return this.#password(body as Body<"passwordLogin">);
    if (name === "lookAtInvitation") return { value: this.#look(body as { token: string }) };
    if (name === "acceptInvitation") {
      this.#look(body as { token: string });
      const [invitation] = this.invitations;
      this.invitations = [];
      this.signedIn({ email: invitation?.email ?? "", role: invitation?.role ?? "member", name: "Me" });
      return { value: this.#api.me, signsIn: true };
    }
    if (name === "changePassword") {
      if ((body as Body<"changePassword">).current !== PASSWORD) throw refused();
      return { value: this.#api.me, signsIn: true };
    }
    if (name === "signOutEverywhere") {
      this.#api.knowsReaders = false;
      return { value: {} };
    }
    return undefined;
  }

  #work(name: string, id: string, body: unknown): Answer | undefined {
    if (name === "listPeople") return { value: { data: this.people } };
    if (name === "listInvitations") return { value: { data: this.invitations } };
    if (name === "listApiKeys") return { value: { data: this.keys } };
    if (name === "createInvitation") return { value: this.#invite(body as Body<"createInvitation">) };
    if (name === "resetPerson") return { value: this.#reset(id) };
    if (name === "changePerson") return { value: this.#change(id, body as Partial<Person>) };
    if (name === "createApiKey") return { value: this.#makeKey(body as Body<"createApiKey">) };
    if (name === "rotateApiKey") return { value: this.#rotate(id, body as { graceSeconds: number }) };
    if (name === "removePerson") this.people = this.people.filter((person) => person.id !== id);
    else if (name === "removeInvitation") this.invitations = this.invitations.filter((one) => one.id !== id);
    else if (name === "removeApiKey") this.keys = this.keys.filter((key) => key.id !== id);
    else return undefined;
    return { value: {} };
  }

  #password({ email, password }: Body<"passwordLogin">): Answer {
    if (email !== "olga@example.org" || password !== PASSWORD) throw refused();
    this.signedIn();
    return { value: this.#api.me, signsIn: true };
  }

  #look({ token }: { token: string }): object {
    const [invitation] = this.invitations;
    if (!invitation || !token.startsWith("bvi_"))
      throw new BrowserVmError("INVITATION_SPENT", "the invitation is unknown, was used, or has expired");
    const { email, role, expiresAt, personId } = invitation;
    return { email, role, expiresAt, isReset: personId !== null };
  }

  #invite({ email, role = "member", ttlSeconds = 259_200 }: Body<"createInvitation">): object {
    if (this.people.some((person) => person.email === email))
      throw new BrowserVmError("PERSON_EXISTS", `somebody has the address ${email}`);
    return this.#link({ email, role, personId: null, expiresAt: inFuture(ttlSeconds) });
  }

  #reset(id: string): object {
    const person = this.#find(id);
    return this.#link({ ...person, personId: person.id, expiresAt: inFuture(259_200) });
  }

  #link(about: Pick<Invitation, "email" | "role" | "personId" | "expiresAt">): object {
    const id = idOf("inv", this.#next());
    const invitation = Invitation.parse({ invitedBy: "Olga", createdAt: inFuture(0), ...about, id });
    this.invitations.unshift(invitation);
    return { ...invitation, token: INVITATION, url: `http://127.0.0.1:4000/login#invitation=${INVITATION}` };
  }

  #change(id: string, change: Partial<Person>): Person {
    const person = this.#find(id);
    const isLast = !this.people.some((one) => one.role === "admin" && one.id !== id && !one.disabled);
    if (person.role === "admin" && isLast)
      throw new BrowserVmError("LAST_ADMIN", "there would be no admin any more");
    return Object.assign(person, change);
  }

  #makeKey({ name, scopes = [], project = null, ttlSeconds }: Body<"createApiKey">): object {
    const expiresAt = ttlSeconds === undefined ? null : inFuture(ttlSeconds);
    return { ...this.key({ name, scopes, project, expiresAt }), secret: "bvm_secret-that-is-told-once" };
  }

  #rotate(id: string, { graceSeconds }: { graceSeconds: number }): object {
    const key = this.keys.find((one) => one.id === id);
    if (!key) throw new BrowserVmError("KEY_NOT_FOUND", `there is no key ${id}`);
    const old = { prefix: key.prefix, until: inFuture(graceSeconds), lastUsedAt: null };
    Object.assign(key, { prefix: "bvm_ghijkl", old: graceSeconds > 0 ? old : null });
    return { ...key, secret: "bvm_another-secret" };
  }

  #find(id: string): Person {
    const person = this.people.find((one) => one.id === id);
    if (!person) throw new BrowserVmError("PERSON_NOT_FOUND", `there is no person ${id}`);
    return person;
  }

  #next(): number {
    this.#count += 1;
    return this.#count - 1;
  }
}

const refused = () => new BrowserVmError("LOGIN_REFUSED", "the e-mail address or the password is wrong");
