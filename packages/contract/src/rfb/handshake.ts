import { BrowserVmError } from "../errors.ts";

/** What a client says before messages begin (RFC 6143 §7.1 to §7.3.1). */
export type HandshakePhase = "version" | "security" | "vnc-auth" | "client-init";

const VERSION = /^RFB 003\.00[78]\n$/;
const SECURITY_NONE = 1;
const SECURITY_VNC = 2;

export const HANDSHAKE_BYTES = { version: 12, security: 1, "vnc-auth": 16, "client-init": 1 } as const;

/** What comes after these bytes of a phase. BAD_REQUEST when they are not RFB 3.7 or 3.8. May change the bytes. */
export function afterHandshake(phase: HandshakePhase, bytes: Uint8Array): HandshakePhase | "messages" {
  switch (phase) {
    case "version":
      if (!VERSION.test(String.fromCharCode(...bytes))) throw notRfb("the version is not RFB 3.7 or 3.8");
      return "security";
    case "security":
      return afterSecurity(bytes[0]);
    case "vnc-auth":
      return "client-init";
    case "client-init":
      // Who asks for the display alone would throw everybody else out (RFC 6143 §7.3.1).
      bytes[0] = 1;
      return "messages";
  }
}

function afterSecurity(type: number | undefined): HandshakePhase {
  if (type === SECURITY_NONE) return "client-init";
  if (type === SECURITY_VNC) return "vnc-auth";
  throw notRfb(`security type ${type} is not for viewers`);
}

export const notRfb = (why: string) =>
  new BrowserVmError("BAD_REQUEST", `this is not a viewer's RFB: ${why}`);
