import type { Me, Route } from "@browservm/contract";
import type { FastifyReply, FastifyRequest } from "fastify";
import { askerOf } from "../audit/asker.ts";
import type { Principal } from "../auth/principal.ts";
import type { SignInAs } from "../auth/web-sessions.ts";
import { COOKIE_NAME, requestAddress } from "./guard.ts";
import type { Parts } from "./parts.ts";
import type { Call } from "./serve.ts";

type SignInCall = Pick<Call<Route>, "principal" | "request" | "reply">;

/** Gives the browser a fresh cookie and forgets the one that it came with. */
export async function signIn(
  parts: Parts,
  as: SignInAs,
  way: "password" | "invitation" | "oidc",
  call: SignInCall,
): Promise<Me> {
  const signedIn = await parts.authenticator.webSessions.create(as);
  const by = askerOf(signedIn.principal, call.request.id);
  await parts.vault.audit.record({ action: "person.signed_in", by, details: { way } });
  return welcome(parts, signedIn, call);
}

/** Sets the cookie of a sign-in. */
export async function welcome(
  parts: Parts,
  { cookie, expiresAt, principal }: { cookie: string; expiresAt: string; principal: Principal },
  call: SignInCall,
): Promise<Me> {
  if (call.principal?.kind === "cookie") await parts.authenticator.webSessions.remove(call.principal.scope);
  const expires = new Date(expiresAt);
  call.reply.setCookie(COOKIE_NAME, cookie, { ...cookieOptions(parts, call.request), expires });
  return describeMe(parts, principal, call.request);
}

/** Who is asking, as the API tells it. */
export async function describeMe(
  { address, version, authenticator }: Parts,
  principal: Principal | undefined,
  request: FastifyRequest,
): Promise<Me> {
  const isPerson = principal?.kind === "cookie" && principal.personId !== null;
  const person = isPerson ? await authenticator.people.find(principal.personId) : undefined;
  return {
    role: principal?.role ?? null,
    scopes: [...(principal?.may ?? [])],
    person: person
      ? { id: person.id, name: person.name, email: person.email, hasPassword: person.hasPassword }
      : null,
    project: principal?.project ?? null,
    csrfToken: principal?.csrfToken ?? null,
    version,
    publicUrl: address.baseUrl(requestAddress(request)),
  };
}

export function cookieOptions(
  { address }: Parts,
  request: FastifyRequest,
): Parameters<FastifyReply["setCookie"]>[2] & object {
  const isSecure = address.isSecure || request.protocol === "https";
  return { path: "/", httpOnly: true, sameSite: "strict", secure: isSecure };
}
