import { readFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { GATEWAY_PATHS, MediaReader, parseMediaMessage } from "@browservm/contract";
import { WebSocket } from "ws";
import { LiveBridge } from "../../packages/controller/src/live-view/live-bridge.ts";
import { type GatewayFixture, SESSION, vmId } from "../../packages/gateway/src/testing/gateway-fixture.ts";
import { readIvf } from "./read-ivf.ts";

const PICTURES = readIvf(join(import.meta.dirname, "test-card.ivf"));
const FRAME_MS = 40;
const SOUND_MS = 20;
/** Half a second of a tone, as packets of Opus. */
const TONE = new MediaReader()
  .push(readFileSync(join(import.meta.dirname, "fixtures/two-colours.media")))
  .map(parseMediaMessage)
  .flatMap((message) => (message?.kind === "audio" ? [message.frame] : []));

/** Lets a viewer's connection of video through to a real gateway, as the controller does; `take` gets its input. */
export function connectViewer(
  to: GatewayFixture,
  ws: WebSocket,
  request: IncomingMessage,
  take: (bytes: Buffer) => void = () => {},
): void {
  ws.pause();
  const { searchParams } = new URL(request.url ?? "/", "http://front");
  const viewer = searchParams.get("viewer") ?? "";
  const query = new URLSearchParams({ session: SESSION, vm: vmId("b"), viewer, control: "1" });
  const gateway = new WebSocket(`ws+unix:${to.gateway.socketPath}:${GATEWAY_PATHS.live}?${query}`);
  gateway.on("error", () => ws.terminate());
  gateway.once("open", () => {
    gateway.pause();
    new LiveBridge({ ws, gateway, input: { hasControl: () => true, take }, isAllowed: async () => true });
    ws.resume();
  });
}

/** The guest shows its pictures and plays its tone again and again; one who asks for a key frame gets the first picture. */
export function playTo({ guest }: GatewayFixture): Disposable {
  guest.answersKeyFrames = false;
  let [at, keyFrames, sound] = [0, 0, 0];
  const pictures = setInterval(() => {
    if (guest.keyFrames > keyFrames || at === PICTURES.length) at = 0;
    keyFrames = guest.keyFrames;
    const data = PICTURES[at];
    if (data && guest.stream) guest.video({ width: 480, height: 270, isKey: at === 0, data });
    at += 1;
  }, FRAME_MS);
  const tone = setInterval(() => {
    const packet = TONE[sound % TONE.length];
    sound += 1;
    if (packet && guest.stream && guest.settings.at(-1)?.audio) guest.audio(sound, packet.data);
  }, SOUND_MS);
  const status = setInterval(() => guest.stream && guest.status(), 1000);
  return {
    [Symbol.dispose]: () => {
      for (const timer of [pictures, tone, status]) clearInterval(timer);
    },
  };
}
