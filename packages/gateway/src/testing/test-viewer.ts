import { GatewayMessage, parseMediaMessage, type VideoFrame } from "@browservm/contract";
import { WebSocket } from "ws";

type Kind = GatewayMessage["type"];
type Of<K extends Kind> = Extract<GatewayMessage, { type: K }>;

/** A viewer's WebSocket, and all that came over it. */
export class TestViewer {
  readonly ws: WebSocket;
  readonly messages: GatewayMessage[] = [];
  readonly frames: VideoFrame[] = [];
  sounds = 0;
  readonly closed: Promise<number>;

  constructor(url: string) {
    this.ws = new WebSocket(url);
    this.ws.on("message", (data: Buffer, isBinary) => this.#take(data, isBinary));
    this.ws.on("error", () => {});
    this.closed = new Promise((resolve) => this.ws.once("close", resolve));
  }

  async opened(): Promise<this> {
    await new Promise((resolve, reject) => {
      this.ws.once("open", resolve);
      this.ws.once("close", () => reject(new Error("the WebSocket was refused")));
    });
    return this;
  }

  say(message: unknown): void {
    this.ws.send(JSON.stringify(message));
  }

  watch(audio = false): void {
    this.say({ type: "rung/choose", rung: "websocket", audio });
  }

  of<K extends Kind>(type: K): Of<K>[] {
    return this.messages.filter((message): message is Of<K> => message.type === type);
  }

  get refusals(): string[] {
    return this.of("system/refused").map(({ what, code }) => `${what} ${code}`);
  }

  #take(data: Buffer, isBinary: boolean): void {
    if (!isBinary) return void this.messages.push(GatewayMessage.parse(JSON.parse(data.toString())));
    const parsed = parseMediaMessage(data);
    if (parsed?.kind === "video") this.frames.push(parsed.frame);
    else if (parsed?.kind === "audio") this.sounds += 1;
    else throw new Error("a viewer gets only frames");
  }
}
