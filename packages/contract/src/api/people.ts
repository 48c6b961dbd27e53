import { z } from "zod";
import { Role } from "../access.ts";
import { route } from "../define-route.ts";
import { InvitationId, PersonId } from "../ids.ts";
import { Email, Me, NewPassword } from "./login.ts";
import { PersonName } from "./sharing.ts";

const THREE_DAYS_S = 259_200;
const THIRTY_DAYS_S = 2_592_000;
const Empty = z.object({});
const Params = z.object({ id: PersonId });
const Token = z.string().max(256);

/** Somebody who may sign in to the page. */
export const Person = z.object({
  id: PersonId,
  name: z.string(),
  email: z.string(),
  role: Role,
  /** A disabled person has no sign-in, and their keys do not work. */
  disabled: z.boolean(),
  hasPassword: z.boolean(),
  /** Signs in by the OpenID provider. */
  hasOidc: z.boolean(),
  createdAt: z.iso.datetime(),
  lastSignInAt: z.iso.datetime().nullable(),
});
export type Person = z.infer<typeof Person>;

/** A link by which somebody becomes a person, or (`personId`) chooses a new password. */
export const Invitation = z.object({
  id: InvitationId,
  email: z.string(),
  role: Role,
  personId: PersonId.nullable(),
  invitedBy: z.string().nullable(),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
});
export type Invitation = z.infer<typeof Invitation>;

/** Its secret is told once. */
export const InvitationLink = Invitation.extend({ token: z.string(), url: z.string() });
export type InvitationLink = z.infer<typeof InvitationLink>;

const ttlSeconds = z.int().min(300).max(THIRTY_DAYS_S).default(THREE_DAYS_S);

/** Accounts of people, and invitations. Nobody gives a role that can do more than oneself. */
export const peopleRoutes = {
  listPeople: route({
    method: "GET",
    path: "/v1/people",
    summary: "List people",
    access: "people:read",
    reply: z.object({ data: z.array(Person) }),
  }),
  changePerson: route({
    method: "PATCH",
    path: "/v1/people/:id",
    summary:
      "Change a person's name or role, or disable or enable them; ends their sign-ins where they lose something",
    access: "people:write",
    params: Params,
    body: z.strictObject({
      name: PersonName.optional(),
      role: Role.optional(),
      disabled: z.boolean().optional(),
    }),
    reply: Person,
    errors: ["PERSON_NOT_FOUND", "LAST_ADMIN", "GRANT_TOO_STRONG"],
  }),
  removePerson: route({
    method: "DELETE",
    path: "/v1/people/:id",
    summary: "Remove a person with their sign-ins and keys",
    access: "people:write",
    params: Params,
    reply: Empty,
    errors: ["PERSON_NOT_FOUND", "LAST_ADMIN", "GRANT_TOO_STRONG"],
  }),
  resetPerson: route({
    method: "POST",
    path: "/v1/people/:id/reset",
    summary: "Make a one-time link by which a person chooses a new password",
    access: "people:write",
    params: Params,
    body: z.strictObject({ ttlSeconds }),
    reply: InvitationLink,
    status: 201,
    errors: ["PERSON_NOT_FOUND", "GRANT_TOO_STRONG"],
  }),
  createInvitation: route({
    method: "POST",
    path: "/v1/invitations",
    summary: "Make a one-time link by which somebody becomes a person of this page",
    access: "people:write",
    body: z.strictObject({ email: Email, role: Role.default("member"), ttlSeconds }),
    reply: InvitationLink,
    status: 201,
    errors: ["PERSON_EXISTS", "GRANT_TOO_STRONG"],
  }),
  listInvitations: route({
    method: "GET",
    path: "/v1/invitations",
    summary: "Invitations that still can be used, without their secrets",
    access: "people:read",
    reply: z.object({ data: z.array(Invitation) }),
  }),
  removeInvitation: route({
    method: "DELETE",
    path: "/v1/invitations/:id",
    summary: "Make an invitation useless",
    access: "people:write",
    params: z.object({ id: InvitationId }),
    reply: Empty,
    errors: ["INVITATION_NOT_FOUND"],
  }),
  lookAtInvitation: route({
    method: "POST",
    path: "/v1/invitations/look",
    summary: "For whom an invitation is, before it is used",
    access: "open",
    body: z.strictObject({ token: Token }),
    reply: Invitation.pick({ email: true, role: true, expiresAt: true }).extend({ isReset: z.boolean() }),
    errors: ["INVITATION_SPENT", "RATE_LIMITED"],
  }),
  acceptInvitation: route({
    method: "POST",
    path: "/v1/invitations/accept",
    summary: "Use an invitation: choose name and password, and be signed in",
    access: "open",
    body: z.strictObject({
      token: Token,
      /** Not needed where it is for a new password. */
      name: PersonName.optional(),
      password: NewPassword,
    }),
    reply: Me,
    status: 201,
    errors: ["INVITATION_SPENT", "PERSON_EXISTS", "RATE_LIMITED"],
  }),
} as const;
