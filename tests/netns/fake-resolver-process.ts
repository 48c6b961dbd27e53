// A resolver that knows what it is told: node fake-resolver-process.ts IP '{"a.example": [{"type":"A","data":"…","ttl":9}]}'
// A name that it does not know does not exist. "slow.example" is answered by TCP only.
import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import dnsPacket, { type Answer, type DecodedPacket } from "dns-packet";

const [ip = "", table = "{}"] = process.argv.slice(2);
const known: Record<string, Array<Partial<Answer>>> = JSON.parse(table);
const NXDOMAIN = 3;

function answer(query: DecodedPacket, byTcp: boolean): Buffer {
  const name = query.questions?.[0]?.name.toLowerCase() ?? "";
  const answers = (known[name] ?? []).map((one) => ({ ...{ name }, ...one }) as Answer);
  const isCut = name === "slow.example" && !byTcp;
  const flags = (known[name] ? 0 : NXDOMAIN) | (isCut ? dnsPacket.TRUNCATED_RESPONSE : 0);
  return dnsPacket.encode({
    type: "response",
    id: query.id ?? 0,
    flags,
    questions: query.questions ?? [],
    answers: isCut ? [] : answers,
  });
}

const udp = createSocket("udp4", (bytes, { address, port }) =>
  udp.send(answer(dnsPacket.decode(bytes), false), port, address),
);
const tcp = createServer((socket) => {
  socket.on("error", () => socket.destroy());
  socket.on("data", (bytes) => {
    const reply = answer(dnsPacket.decode(bytes.subarray(2)), true);
    const length = Buffer.alloc(2);
    length.writeUInt16BE(reply.length);
    socket.write(Buffer.concat([length, reply]));
  });
});
udp.bind(53, ip, () => tcp.listen(53, ip, () => process.stdout.write("ready\n")));
