import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { connect } from "node:net";
import { toDnsName } from "@browservm/contract";
import { frame, onFrames } from "./dns-frames.ts";
import { type DnsMessage, decodeMessage, encodeQuestion } from "./dns-message.ts";

/** How long one resolver may take. A browser gives its own question up after 5 s. */
const PATIENCE_MS = 2000;
const DNS_PORT = 53;
const MOST_BYTES = 65_535;

export interface Question {
  readonly name: string;
  readonly type: string;
}

/** Asks one resolver after the other, until one answers; undefined when none does. */
export async function askResolvers(
  resolvers: readonly string[],
  question: Question,
): Promise<DnsMessage | undefined> {
  for (const ip of resolvers) {
    const told = await askByUdp(ip, question);
    const answer = told?.flag_tc ? await askByTcp(ip, question) : told;
    if (answer && answer.rcode !== "SERVFAIL" && answer.rcode !== "REFUSED") return answer;
  }
  return undefined;
}

interface Asking {
  readonly id: number;
  readonly message: Buffer;
}

/** An identity and a port of its own for each question: who wants to answer in the resolver's place must guess both. */
function compose({ name, type }: Question): Asking {
  const id = randomInt(0, 65_536);
  return { id, message: encodeQuestion(id, name, type) };
}

function answerTo({ id }: Asking, { name, type }: Question, bytes: Buffer): DnsMessage | undefined {
  const told = decodeMessage(bytes);
  const [asked] = told?.questions ?? [];
  const isOurs = told?.flag_qr && told.id === id && asked?.type === type && toDnsName(asked.name) === name;
  return isOurs ? told : undefined;
}

function askByUdp(ip: string, question: Question): Promise<DnsMessage | undefined> {
  const { promise, resolve } = Promise.withResolvers<DnsMessage | undefined>();
  const asking = compose(question);
  const socket = createSocket("udp4");
  const timer = setTimeout(() => resolve(undefined), PATIENCE_MS);
  socket.on("error", () => resolve(undefined)); // refused or unreachable: the next one may know
  socket.on("message", (bytes) => {
    const told = answerTo(asking, question, bytes);
    if (told) resolve(told);
  });
  // Connected, it hears nobody else.
  socket.connect(DNS_PORT, ip, () => socket.send(asking.message));
  return promise.finally(() => {
    clearTimeout(timer);
    socket.close();
  });
}

function askByTcp(ip: string, question: Question): Promise<DnsMessage | undefined> {
  const { promise, resolve } = Promise.withResolvers<DnsMessage | undefined>();
  const asking = compose(question);
  const socket = connect({ host: ip, port: DNS_PORT, timeout: PATIENCE_MS });
  const timer = setTimeout(() => resolve(undefined), PATIENCE_MS);
  socket.on("error", () => resolve(undefined)); // as above
  socket.on("close", () => resolve(undefined));
  onFrames(socket, (bytes) => resolve(answerTo(asking, question, bytes)), MOST_BYTES);
  socket.write(frame(asking.message));
  return promise.finally(() => {
    clearTimeout(timer);
    socket.destroy();
  });
}
