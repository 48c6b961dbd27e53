/**
 * Why the controller closed a WebSocket (RFC 6455 §7.4.2, private range). The close frame's reason is the name of
 * a code of the error table where there is one.
 */
export const CLOSE_CODES = {
  /** The session ended or failed. */
  sessionEnded: 4000,
  /** The guest's side of the stream went away; connecting again may help. */
  streamLost: 4001,
  /** The credentials that opened it have expired or were revoked. */
  credentialsExpired: 4002,
  /** The viewer did not answer pings. */
  unresponsive: 4003,
  /** A viewer without the control sent something that is not RFB. */
  protocolError: 4004,
  /** The session was paused; connect again when it is ready. */
  sessionPaused: 4005,
  /** Somebody sent this viewer away, or revoked the link that it came by. */
  removed: 4006,
  /** The same viewer came again by another connection. */
  replaced: 4007,
  /** The controller is going down; connect again. */
  goingAway: 1001,
} as const;
