/** Guests of a few hundred bytes: an initramfs whose init says one line and then does one thing. */
export type InitKind = "idle" | "flood" | "panic" | "poweroff";

const BASE = 0x40_0000;
const HEADERS = 64 + 56;

// asm/unistd_64.h; linux/reboot.h
const SYS = { write: 1, pause: 34, exit: 60, reboot: 169 } as const;
const REBOOT = { magic1: 0xfee1_dead, magic2: 672_274_793, powerOff: 0x4321_fedc } as const;

/** What init says first; `flood` says it for ever. */
export const sentence = (kind: InitKind): string =>
  `tiny-init: ${kind}, and sixty characters of text to fill the line\n`;

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

/** A static ELF executable with one loadable segment. */
function program(kind: InitKind): Buffer {
  const text = Buffer.from(sentence(kind));
  const length = code(kind, 0, text.length).length;
  const body = Buffer.concat([code(kind, BASE + HEADERS + length, text.length), text]);
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
  const segment = [u32(1), u32(5), u64(0), u64(BASE), u64(BASE), u64(size), u64(size), u64(0x1000)];
  return Buffer.concat([...elfHeader, ...segment, body]);
}

function code(kind: InitKind, textAt: number, textLength: number): Buffer {
  const say = Buffer.concat([setEax(SYS.write), setEdi(1), setEsi(textAt), setEdx(textLength), SYSCALL]);
  const sleep = Buffer.concat([setEax(SYS.pause), SYSCALL]);
  const reboot = [
    setEax(SYS.reboot),
    setEdi(REBOOT.magic1),
    setEsi(REBOOT.magic2),
    setEdx(REBOOT.powerOff),
    SYSCALL,
  ];
  const deed: Record<InitKind, Buffer> = {
    idle: Buffer.concat([sleep, jumpBack(sleep.length)]),
    flood: jumpBack(say.length),
    // A first process that ends is a panic (linux/kernel/exit.c).
    panic: Buffer.concat([setEax(SYS.exit), setEdi(0), SYSCALL]),
    poweroff: Buffer.concat([...reboot, jumpBack(0)]),
  };
  return Buffer.concat([say, deed[kind]]);
}

/** One member of a "newc" archive (linux Documentation/driver-api/early-userspace/buffer-format.rst). */
function cpioEntry(name: string, mode: number, content: Buffer): Buffer {
  const fields = [1, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, name.length + 1, 0];
  const header = `070701${fields.map((field) => field.toString(16).padStart(8, "0")).join("")}${name}\0`;
  return Buffer.concat([padded(Buffer.from(header)), padded(content)]);
}

const padded = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
