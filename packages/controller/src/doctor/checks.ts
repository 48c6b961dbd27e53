import type { LiveCheck } from "./check.ts";
import { announcedAddress } from "./checks/announced-address.ts";
import { displayGone } from "./checks/display-gone.ts";
import { encoderDead } from "./checks/encoder-dead.ts";
import { gatewayDown } from "./checks/gateway-down.ts";
import { guestSilent } from "./checks/guest-silent.ts";
import { helperRestarting } from "./checks/helper-restarting.ts";
import { imageWithoutMedia } from "./checks/image-without-media.ts";
import { noCommonCodec } from "./checks/no-common-codec.ts";
import { notCaptured } from "./checks/not-captured.ts";
import { portBlocked } from "./checks/port-blocked.ts";
import { portClosed } from "./checks/port-closed.ts";
import { streamLost } from "./checks/stream-lost.ts";
import { udpBlocked } from "./checks/udp-blocked.ts";
import { videoMissing } from "./checks/video-missing.ts";
import { notDecoded, notPainted, notReceived, notSent } from "./checks/viewer-stages.ts";
import { viewerStuck } from "./checks/viewer-stuck.ts";

/** What is asked of the way of a picture, from the guest's screen to the viewer's; what explains comes before what it explains. */
export const LIVE_CHECKS: readonly LiveCheck[] = [
  gatewayDown,
  portClosed,
  imageWithoutMedia,
  helperRestarting,
  streamLost,
  guestSilent,
  displayGone,
  notCaptured,
  encoderDead,
  announcedAddress,
  portBlocked,
  udpBlocked,
  noCommonCodec,
  viewerStuck,
  notSent,
  notReceived,
  notDecoded,
  notPainted,
  videoMissing,
];
