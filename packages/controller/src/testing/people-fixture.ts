import type { Me, Role } from "@browservm/contract";
import type { TestController } from "./test-controller.ts";

export const PASSWORD = "correct horse battery staple";

/** A browser that is signed in: what it sends with each request. */
export interface Browser {
  readonly me: Me;
  readonly cookie: string;
  readonly headers: { cookie: string; "x-csrf-token": string };
}

/** The browser that an answer of a sign-in makes. */
export async function browserOf(reply: Response): Promise<Browser> {
  if (!reply.ok) throw new Error(((await reply.json()) as { code: string }).code);
  const me = (await reply.json()) as Me;
  const cookies = reply.headers.getSetCookie().map((line) => line.split(";", 1)[0] ?? "");
  const cookie = cookies.find((one) => one.startsWith("bvm_session=")) ?? "";
  return { me, cookie, headers: { cookie, "x-csrf-token": me.csrfToken ?? "" } };
}

/** Invites somebody and accepts in their place. */
export async function join(t: TestController, email: string, role: Role = "member"): Promise<Browser> {
  const { token } = await t.admin.invitations.create({ email, role });
  const body = { token, name: email.split("@", 1)[0], password: PASSWORD };
  return browserOf(await t.fetch("POST", "/v1/invitations/accept", { body }));
}

export const signInByPassword = (t: TestController, email: string, password = PASSWORD) =>
  t.fetch("POST", "/v1/login/password", { body: { email, password } });

/** `ok`, or the code of the problem. */
export async function codeOf(reply: Promise<Response>): Promise<string> {
  const answer = await reply;
  return answer.ok ? "ok" : ((await answer.json()) as { code: string }).code;
}
