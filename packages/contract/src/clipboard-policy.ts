import { z } from "zod";

/** Which way a clipboard's content may go: into the VM, and out of it. */
export const ClipboardPolicy = z.strictObject({ toGuest: z.boolean(), fromGuest: z.boolean() });
export type ClipboardPolicy = z.infer<typeof ClipboardPolicy>;

export const OPEN_CLIPBOARD: ClipboardPolicy = { toGuest: true, fromGuest: true };

/** What a session may, of what the machine allows. */
export const clipboardOf = (
  session: { readonly [way in keyof ClipboardPolicy]?: boolean | undefined } | undefined,
  machine: ClipboardPolicy,
): ClipboardPolicy => ({
  toGuest: machine.toGuest && (session?.toGuest ?? true),
  fromGuest: machine.fromGuest && (session?.fromGuest ?? true),
});
