/** Guests of a few hundred bytes: an initramfs whose init says one line and then does one thing. */
export type InitKind = "idle" | "flood" | "panic" | "poweroff" | "count";

const BASE = 0x40_0000;
const HEADERS = 64 + 56;

// asm/unistd_64.h; linux/reboot.h
const SYS = { write: 1, pause: 34, nanosleep: 35, exit: 60, reboot: 169 } as const;
const REBOOT = { magic1: 0xfee1_dead, magic2: 672_274_793, powerOff: 0x4321_fedc } as const;

const COUNT_NANOSECONDS = 100_000_000;
const COUNTER = "count 00000000\n";

/** What init says first; `flood` says it for ever, `count` goes on with numbers, ten in a second. */
export const sentence = (kind: InitKind): string =>
  `tiny-init: ${kind}, and sixty characters of text to fill the line\n`;

/** The numbers that a counting guest said, in their order. */
export const countedOn = (console: string): number[] =>
  [...console.matchAll(/count (\d{8})\b/g)].map(([, digits]) => Number(digits));

/** The initramfs, uncompressed. x86-64 only, as the emulated machines of the vm tests. */
export function tinyInitramfs(kind: InitKind): Buffer {
  return Buffer.concat([
    cpioEntry("init", 0o100755, program(kind)),
    cpioEntry("TRAILER!!!", 0, Buffer.alloc(0)),
  ]);
}

const u32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
};
const u64 = (value: number) => Buffer.concat([u32(value), u32(0)]);
const setEax = (value: number) => Buffer.concat([Buffer.of(0xb8), u32(value)]);
const setEdi = (value: number) => Buffer.concat([Buffer.of(0xbf), u32(value)]);
const setEsi = (value: number) => Buffer.concat([Buffer.of(0xbe), u32(value)]);
const setEdx = (value: number) => Buffer.concat([Buffer.of(0xba), u32(value)]);
const SYSCALL = Buffer.of(0x0f, 0x05);
const jumpBack = (bytes: number) => Buffer.of(0xeb, 256 - bytes - 2);

/** A static ELF executable with one loadable segment, which is its own data, too. */
function program(kind: InitKind): Buffer {
  const text = Buffer.from(sentence(kind));
  const data = Buffer.concat([text, u64(0), u64(COUNT_NANOSECONDS), Buffer.from(COUNTER)]);
  const { length } = code(kind, 0);
  const body = Buffer.concat([code(kind, BASE + HEADERS + length), data]);
  const size = HEADERS + body.length;
  const ident = Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  const half = (...values: number[]) => Buffer.from(Uint16Array.from(values).buffer);
  const elfHeader = [
    ident,
    half(2, 62),
    u32(1),
    u64(BASE + HEADERS),
    u64(64),
    u64(0),
    u32(0),
    half(64, 56, 1, 64, 0, 0),
  ];
  const segment = [u32(1), u32(7), u64(0), u64(BASE), u64(BASE), u64(size), u64(size), u64(0x1000)];
  return Buffer.concat([...elfHeader, ...segment, body]);
}

function code(kind: InitKind, dataAt: number): Buffer {
  const textLength = sentence(kind).length;
  const say = write(dataAt, textLength);
  const sleep = Buffer.concat([setEax(SYS.pause), SYSCALL]);
  const reboot = [
    setEax(SYS.reboot),
    setEdi(REBOOT.magic1),
    setEsi(REBOOT.magic2),
    setEdx(REBOOT.powerOff),
    SYSCALL,
  ];
  // One second, in which its launch is over: an end before that is another story.
  const nap = Array.from({ length: 10 }, () => nanosleep(dataAt + textLength));
  const deed: Record<InitKind, Buffer> = {
    idle: Buffer.concat([sleep, jumpBack(sleep.length)]),
    flood: jumpBack(say.length),
    // A first process that ends is a panic (linux/kernel/exit.c).
    panic: Buffer.concat([...nap, setEax(SYS.exit), setEdi(0), SYSCALL]),
    poweroff: Buffer.concat([...nap, ...reboot, jumpBack(0)]),
    count: counting(dataAt + textLength),
  };
  return Buffer.concat([say, deed[kind]]);
}

const write = (at: number, length: number) =>
  Buffer.concat([setEax(SYS.write), setEdi(1), setEsi(at), setEdx(length), SYSCALL]);

const nanosleep = (timespecAt: number) =>
  Buffer.concat([setEax(SYS.nanosleep), setEdi(timespecAt), setEsi(0), SYSCALL]);

/** Sleeps, adds one to the decimal digits in its own memory, says them; again and again. */
function counting(timespecAt: number): Buffer {
  const counterAt = timespecAt + 16; // sizeof(struct timespec)
  const nap = nanosleep(timespecAt);
  const lastDigit = setEdi(counterAt + COUNTER.length - 2);
  const carry = Buffer.of(0xc6, 0x07, 0x30, 0x48, 0xff, 0xcf); // mov byte [rdi],'0'; dec rdi
  const next = Buffer.of(0x8a, 0x07, 0x04, 0x01, 0x3c, 0x39, 0x76, carry.length + 2); // al=[rdi]+1; if al<='9' store
  const again = jumpBack(next.length + carry.length);
  const store = Buffer.of(0x88, 0x07);
  const round = Buffer.concat([nap, lastDigit, next, carry, again, store, write(counterAt, COUNTER.length)]);
  return Buffer.concat([round, jumpBack(round.length)]);
}

/** One member of a "newc" archive (linux Documentation/driver-api/early-userspace/buffer-format.rst). */
function cpioEntry(name: string, mode: number, content: Buffer): Buffer {
  const fields = [1, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, name.length + 1, 0];
  const header = `070701${fields.map((field) => field.toString(16).padStart(8, "0")).join("")}${name}\0`;
  return Buffer.concat([padded(Buffer.from(header)), padded(content)]);
}

const padded = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
