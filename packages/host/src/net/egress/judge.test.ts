import { EgressPolicy } from "@browservm/contract";
import dnsPacket, { type Answer, type DecodedPacket, type RecordType } from "dns-packet";
import { describe, expect, test } from "vitest";
import { compileEgress } from "./compile.ts";
import {
  type DnsMessage,
  decodeMessage,
  decodeQuestion,
  encodeQuestion,
  encodeReply,
} from "./dns-message.ts";
import { judge, sift } from "./judge.ts";

const egress = (policy: object) => compileEgress(EgressPolicy.parse(policy));
const TTL = { least: 10, most: 300 };

/** A question as it comes over the wire. */
function question(name: string, type: RecordType = "A", more: object = {}): DnsMessage {
  const bytes = dnsPacket.encode({
    type: "query",
    id: 4242,
    flags: dnsPacket.RECURSION_DESIRED,
    questions: [{ name, type, class: "IN" }],
    ...more,
  });
  const message = decodeMessage(bytes);
  if (!message) throw new Error("this is a question");
  return message;
}

/** A resolver's answer as it comes over the wire. */
function answer(answers: Answer[], flags = 0): DnsMessage {
  const message = decodeMessage(
    dnsPacket.encode({
      type: "response",
      id: 1,
      flags,
      questions: [{ name: "www.a.example", type: "A", class: "IN" }],
      answers,
    }),
  );
  if (!message) throw new Error("this is an answer");
  return message;
}

const a = (name: string, data: string, ttl = 60): Answer => ({ type: "A", name, data, ttl });
const cname = (name: string, data: string, ttl = 60): Answer => ({ type: "CNAME", name, data, ttl });

describe("a question under a policy that denies the rest", () => {
  const policy = egress({
    allow: ["a.example", "*.b.example:443", "*.b.example:8443", "bücher.example"],
    deny: ["bad.b.example", "*.worse.b.example"],
  });

  test.each([
    ["a.example", "a.example"],
    ["A.ExAmPlE", "a.example"],
    ["x.b.example", "*.b.example"],
    ["x.y.b.example", "*.b.example"],
    ["xn--bcher-kva.example", "xn--bcher-kva.example"],
  ])("for %s is asked on, by the entry %s", (name, rule) => {
    expect(judge(question(name), policy)).toMatchObject({ do: "ask", rule, type: "A" });
  });

  test.each([
    ["b.example", undefined],
    ["xa.example", undefined],
    ["a.example.evil.example", undefined],
    ["bad.b.example", "bad.b.example"],
    ["x.worse.b.example", "*.worse.b.example"],
    ["use-application-dns.net", undefined],
    [".", undefined],
    ["a b.a.example", undefined],
  ])("for %s is denied", (name, rule) => {
    expect(judge(question(name), policy)).toMatchObject({
      do: "answer",
      verdict: "denied",
      ...(rule ? { rule } : {}),
      reply: { rcode: "NXDOMAIN", blocked: expect.any(String) },
    });
  });

  test("keeps the ports of every entry for that name", () => {
    expect(judge(question("x.b.example"), policy)).toMatchObject({
      ports: [
        { from: 443, to: 443 },
        { from: 8443, to: 8443 },
      ],
    });
  });

  test.each<RecordType>(["AAAA", "HTTPS" as RecordType, "SVCB" as RecordType, "ANY" as RecordType])(
    "of type %s is answered with nothing, for it would lead past us",
    (type) => {
      expect(judge(question("a.example", type), policy)).toMatchObject({
        do: "answer",
        verdict: "allowed",
        reply: { rcode: "NOERROR" },
      });
    },
  );

  test("that is none, or another class or purpose, is refused", () => {
    const two = question("a.example", "A", {
      questions: [
        { name: "a.example", type: "A" },
        { name: "b.example", type: "A" },
      ],
    });
    expect(judge(two, policy)).toMatchObject({ reply: { rcode: "FORMERR" } });
    expect(judge({ ...question("a.example"), questions: [] }, policy)).toMatchObject({
      reply: { rcode: "FORMERR" },
    });
    expect(
      judge(
        question("a.example", "A", { questions: [{ name: "a.example", type: "A", class: "CH" }] }),
        policy,
      ),
    ).toMatchObject({ reply: { rcode: "REFUSED" } });
    expect(judge({ ...question("a.example"), opcode: "UPDATE" }, policy)).toMatchObject({
      reply: { rcode: "NOTIMP" },
    });
  });
});

test("under a policy that allows the rest, all but denied names are asked on, and nothing needs to be opened", () => {
  const policy = egress({ deny: ["*.bad.example"] });
  expect(judge(question("any.example"), policy)).toMatchObject({ do: "ask", ports: [] });
  expect(judge(question("x.bad.example"), policy)).toMatchObject({ verdict: "denied" });
});

describe("an answer", () => {
  const policy = egress({ allow: ["*.a.example"], deny: ["*.bad.example"] });
  const asked = { name: "www.a.example", type: "A" };
  const told = (answers: Answer[], flags = 0) =>
    sift(asked, answer(answers, flags), { egress: policy, ttl: TTL });

  test("is what follows from the question by its aliases, and no more", () => {
    const { reply, addresses } = told([
      cname("www.a.example", "edge.cdn.example"),
      cname("edge.cdn.example", "node.cdn.example"),
      a("node.cdn.example", "203.0.113.7"),
      a("node.cdn.example", "203.0.113.8"),
      a("bank.example", "203.0.113.9"),
    ]);
    expect(addresses).toEqual(["203.0.113.7", "203.0.113.8"]);
    expect(reply.answers).toHaveLength(4);
  });

  test.each([
    ["shorter than 10 s is kept for 10", 0, 10],
    ["in between is kept as it is", 60, 60],
    ["longer than 5 min is forgotten then", 86_400, 300],
  ])("whose time is %s", (_words, ttl, seconds) => {
    expect(told([a("www.a.example", "203.0.113.7", ttl)])).toMatchObject({
      seconds,
      reply: { answers: [{ ttl: seconds }] },
    });
  });

  test.each([
    "10.0.0.1",
    "127.0.0.1",
    "169.254.169.254",
    "192.168.0.1",
    "0.0.0.0",
    "100.64.0.1",
    "192.0.0.192",
    "224.0.0.1",
  ])("that leads to %s is refused whole", (ip) => {
    const { verdict, addresses, reply } = told([a("www.a.example", "203.0.113.7"), a("www.a.example", ip)]);
    expect({ verdict, addresses, rcode: reply.rcode }).toEqual({
      verdict: "private",
      addresses: [],
      rcode: "NXDOMAIN",
    });
    expect(told([cname("www.a.example", "x.example"), a("x.example", ip)])).toMatchObject({
      verdict: "private",
    });
  });

  test("by an alias that is denied is denied", () => {
    expect(told([cname("www.a.example", "x.bad.example"), a("x.bad.example", "203.0.113.7")])).toMatchObject({
      verdict: "denied",
      rule: "*.bad.example",
    });
  });

  test("whose aliases run in a circle, or never end, is a failure", () => {
    expect(told([cname("www.a.example", "x.example"), cname("x.example", "www.a.example")])).toMatchObject({
      verdict: "failed",
    });
    const chain = Array.from({ length: 20 }, (_, index) =>
      cname(index === 0 ? "www.a.example" : `n${index}.example`, `n${index + 1}.example`),
    );
    expect(told(chain)).toMatchObject({ verdict: "failed", reply: { rcode: "SERVFAIL" } });
  });

  test("of a hundred addresses opens sixteen", () => {
    const many = Array.from({ length: 100 }, (_, index) => a("www.a.example", `203.0.113.${index}`));
    const { addresses, reply } = told(many);
    expect(addresses).toHaveLength(16);
    expect(reply.answers).toHaveLength(16);
  });

  test("that there is no such name is passed on", () => {
    expect(told([], 3)).toMatchObject({
      verdict: "allowed",
      reply: { rcode: "NXDOMAIN", answers: [] },
      addresses: [],
    });
  });
});

describe("on the wire", () => {
  const read = (bytes: Buffer) => dnsPacket.decode(bytes) as DecodedPacket & { rcode: string };
  const edns = { additionals: [{ type: "OPT", name: ".", udpPayloadSize: 4096, flags: 0, options: [] }] };

  test("a refusal says why to those who speak EDNS, and only to them", () => {
    const reply = { rcode: "NXDOMAIN", blocked: "no" } as const;
    const plain = read(encodeReply(question("a.example"), reply, "udp"));
    expect(plain).toMatchObject({
      id: 4242,
      type: "response",
      rcode: "NXDOMAIN",
      flag_rd: true,
      flag_ra: true,
      additionals: [],
    });
    const [opt] = read(encodeReply(question("a.example", "A", edns), reply, "udp")).additionals ?? [];
    expect(opt).toMatchObject({ type: "OPT", options: [{ code: 15, data: Buffer.from("\u0000\u000fno") }] });
  });

  test("what is too long for UDP is cut, with the sign to ask by TCP", () => {
    const answers = Array.from({ length: 40 }, (_, index) =>
      a(`${"long-".repeat(8)}.example`, `203.0.113.${index}`),
    );
    const query = question("a.example");
    const cut = encodeReply(query, { rcode: "NOERROR", answers }, "udp");
    expect(cut.length).toBeLessThanOrEqual(512);
    expect(read(cut)).toMatchObject({ flag_tc: true, answers: [] });
    expect(read(encodeReply(query, { rcode: "NOERROR", answers }, "tcp")).answers).toHaveLength(40);
  });

  test("bytes that are no message are nothing, and never an exception", () => {
    const good = encodeQuestion(1, "a.example", "A");
    for (let length = 0; length < good.length; length++) decodeMessage(good.subarray(0, length));
    for (let seed = 0; seed < 5000; seed++) {
      const bytes = Buffer.from(good);
      for (let at = 0; at < 4; at++)
        bytes[(seed * 7 + at * 13) % bytes.length] = (seed * 31 + at * 101) % 256;
      const message = decodeMessage(bytes);
      if (message && !message.flag_qr) judge(message, egress({ allow: ["a.example"] }));
    }
    expect(decodeMessage(Buffer.alloc(0))).toBeUndefined();
    const loop = Buffer.concat([good.subarray(0, 12), Buffer.from([0xc0, 12, 0, 1, 0, 1])]);
    expect(decodeMessage(loop)).toBeUndefined();
  });

  test("a message that is dear to read is not read: hundreds of questions with one long name", () => {
    const long = dnsPacket.encode({
      type: "query",
      questions: [{ name: "a.".repeat(120).slice(0, -1), type: "A", class: "IN" }],
    });
    const again = Array.from({ length: 600 }, () => Buffer.from([0xc0, 12, 0, 1, 0, 1]));
    const bytes = Buffer.concat([long, ...again]);
    bytes.writeUInt16BE(601, 4);
    expect(decodeMessage(bytes)?.questions).toHaveLength(601);
    expect(decodeQuestion(bytes)).toBeUndefined();
  });

  test("a question with EDNS is one; an answer is none", () => {
    expect(decodeQuestion(encodeQuestion(1, "a.example", "A"))).toMatchObject({ id: 1 });
    const reply = encodeReply(question("a.example"), { rcode: "NOERROR" }, "udp");
    expect(decodeMessage(reply)).toBeDefined();
    expect(decodeQuestion(reply)).toBeUndefined();
  });
});
