import { z } from "zod";
import { route } from "../define-route.ts";
import { SessionId, ViewerId, ViewLinkId } from "../ids.ts";

const Params = z.object({ id: SessionId });
const Empty = z.object({});

export const ViewRole = z.enum(["view", "control"]);
export type ViewRole = z.infer<typeof ViewRole>;

/** Neither control characters and line ends, nor what turns the direction of the text around it. */
const PLAIN_TEXT = /^[^\p{Cc}\p{Cs}\u2028\u2029\u202A-\u202E\u2066-\u2069]*$/u;

/** What a person is called in the list of who is here. */
export const PersonName = z
  .string()
  .trim()
  .min(1)
  .max(60)
  .regex(PLAIN_TEXT, "must not have control characters, line ends or marks that turn the direction of text");

export const ViewTokenRequest = z.strictObject({
  role: ViewRole.default("control"),
  /** Of the link, and of every sign-in by it. */
  ttlSeconds: z.int().min(10).max(604_800).default(300),
  /** Lets the first one in, nobody after. */
  oneTime: z.boolean().default(false),
  /** For whom it is. */
  name: PersonName.optional(),
});

export const ViewToken = z.object({
  id: ViewLinkId,
  /** Told once: only its hash is kept. */
  token: z.string(),
  url: z.string(),
  role: ViewRole,
  expiresAt: z.iso.datetime(),
});
export type ViewToken = z.infer<typeof ViewToken>;

/** A link to one session's live view, without its secret. */
export const ViewLink = z.object({
  id: ViewLinkId,
  role: ViewRole,
  oneTime: z.boolean(),
  name: z.string().nullable(),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  /** When it was last used; a one-time link is of no use afterwards. */
  spentAt: z.iso.datetime().nullable(),
  revokedAt: z.iso.datetime().nullable(),
});
export type ViewLink = z.infer<typeof ViewLink>;

/** One open live view. */
export const Viewer = z.object({
  id: ViewerId,
  name: z.string(),
  /** `operator`: signed in to the whole page, or by an API key; `link`: by a link to this session. */
  via: z.enum(["operator", "link"]),
  linkId: ViewLinkId.nullable(),
  /** Whether it may be given the control at all. */
  canControl: z.boolean(),
  /** Keyboard, pointer, clipboard and size are its own; at most one viewer of a session has them. */
  hasControl: z.boolean(),
  /** Since when it waits for the control. */
  asksSince: z.iso.datetime().nullable(),
  since: z.iso.datetime(),
});
export type Viewer = z.infer<typeof Viewer>;

export const Viewers = z.object({ viewers: z.array(Viewer) });
export type Viewers = z.infer<typeof Viewers>;

/**
 * What happens to the control of a session. `ask`: it is given at once when nobody has it or its holder has been idle,
 * else its holder is told; `give`: by its holder or an operator, to `to`; `release`: whoever asked first gets it;
 * `take`: operators only.
 */
export const ControlRequest = z.discriminatedUnion("action", [
  z.strictObject({ action: z.literal("ask"), viewer: ViewerId }),
  z.strictObject({ action: z.literal("take"), viewer: ViewerId }),
  z.strictObject({ action: z.literal("release"), viewer: ViewerId }),
  z.strictObject({ action: z.literal("give"), viewer: ViewerId, to: ViewerId }),
  /** The holder, or an operator, lets `viewer` wait no more. */
  z.strictObject({ action: z.literal("refuse"), viewer: ViewerId }),
]);
export type ControlRequest = z.infer<typeof ControlRequest>;

/** Links to a session, who is there, and who has the control. */
export const sharingRoutes = {
  createViewToken: route({
    method: "POST",
    path: "/v1/sessions/:id/view-tokens",
    summary: "Make a link to the live view",
    access: "sessions:write",
    params: Params,
    body: ViewTokenRequest,
    reply: ViewToken,
    status: 201,
    errors: ["SESSION_NOT_FOUND", "GRANT_TOO_STRONG"],
  }),
  listViewLinks: route({
    method: "GET",
    path: "/v1/sessions/:id/view-tokens",
    summary: "The links that were made, without their secrets, the newest first",
    access: "sessions:read",
    params: Params,
    reply: z.object({ links: z.array(ViewLink) }),
    errors: ["SESSION_NOT_FOUND"],
  }),
  revokeViewLink: route({
    method: "DELETE",
    path: "/v1/sessions/:id/view-tokens/:link",
    summary: "Make a link useless, and close every view that came by it",
    access: "sessions:write",
    params: z.object({ id: SessionId, link: ViewLinkId }),
    reply: Empty,
    errors: ["SESSION_NOT_FOUND", "VIEW_LINK_NOT_FOUND"],
  }),
  listViewers: route({
    method: "GET",
    path: "/v1/sessions/:id/viewers",
    summary: "Who looks at the session now, the first comer first",
    access: "sessions:view",
    params: Params,
    reply: Viewers,
    errors: ["SESSION_NOT_FOUND"],
  }),
  removeViewer: route({
    method: "DELETE",
    path: "/v1/sessions/:id/viewers/:viewer",
    summary: "Send a viewer away; one that came by a link cannot come back by the same sign-in",
    access: "sessions:write",
    params: z.object({ id: SessionId, viewer: ViewerId }),
    reply: Empty,
    errors: ["SESSION_NOT_FOUND", "VIEWER_NOT_FOUND"],
  }),
  control: route({
    method: "POST",
    path: "/v1/sessions/:id/control",
    summary: "Ask for the control, take it, give it, let it go, or refuse it",
    access: "sessions:view",
    params: Params,
    body: ControlRequest,
    reply: Viewers,
    errors: ["SESSION_NOT_FOUND", "VIEWER_NOT_FOUND", "CONTROL_REFUSED"],
  }),
};
