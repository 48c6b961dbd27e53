// Asks a DNS server from where this runs: node ask-dns-process.ts SERVER NAME TYPE udp|tcp → one JSON line.
import { createSocket } from "node:dgram";
import { connect } from "node:net";
import dnsPacket, { type DecodedPacket, type RecordType } from "dns-packet";

const [server = "", name = "", type = "A", transport = "udp"] = process.argv.slice(2);
const PATIENCE_MS = 4000;
const question = dnsPacket.encode({
  type: "query",
  id: 7,
  flags: dnsPacket.RECURSION_DESIRED,
  questions: [{ name, type: type as RecordType, class: "IN" }],
  additionals: [
    {
      type: "OPT",
      name: ".",
      udpPayloadSize: 1232,
      extendedRcode: 0,
      ednsVersion: 0,
      flags: 0,
      flag_do: false,
      options: [],
    },
  ],
});

function tell(bytes: Buffer): void {
  const told = dnsPacket.decode(bytes) as DecodedPacket & { rcode: string };
  const options = told.additionals?.flatMap((one) => (one.type === "OPT" ? one.options : [])) ?? [];
  const [extended] = options as unknown as Array<{ code: number; data: Buffer }>;
  const answers = (told.answers ?? []).map((one) => ("data" in one ? String(one.data) : one.type));
  const blocked = extended
    ? { ede: extended.data.readUInt16BE(), words: String(extended.data.subarray(2)) }
    : {};
  process.stdout.write(`${JSON.stringify({ rcode: told.rcode, answers, ...blocked })}\n`);
  process.exit(0);
}
const fail = (error: Error) => {
  process.stdout.write(`${JSON.stringify({ rcode: error.message, answers: [] })}\n`);
  process.exit(0);
};
setTimeout(() => fail(new Error("silence")), PATIENCE_MS);

if (transport === "tcp") {
  const socket = connect(53, server, () => {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(question.length);
    socket.write(Buffer.concat([length, question]));
  });
  socket.on("error", fail);
  socket.on("data", (bytes) => tell(bytes.subarray(2)));
} else {
  const socket = createSocket("udp4", tell);
  socket.on("error", fail);
  socket.connect(53, server, () => socket.send(question));
}
