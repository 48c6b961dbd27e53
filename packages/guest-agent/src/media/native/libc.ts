import koffi from "koffi";

const libc = koffi.load("libc.so.6");

// Prototypes as in shmget(2), shmat(2), shmctl(2) and memcmp(3). Pointers are numbers of 64 bits.
const sys = {
  shmget: libc.func("shmget", "int", ["int", "size_t", "int"]),
  shmat: libc.func("shmat", "intptr_t", ["int", "size_t", "int"]),
  shmdt: libc.func("shmdt", "int", ["size_t"]),
  shmctl: libc.func("shmctl", "int", ["int", "int", "size_t"]),
  memcmp: libc.func("memcmp", "int", ["size_t", "size_t", "size_t"]),
} as const;

const IPC_PRIVATE = 0; // linux/ipc.h
const IPC_CREAT = 0o1000;
const IPC_RMID = 0;

/** An address in this process. */
export type Pointer = number | bigint;

/** Memory that this process shares with the X server. */
export class SharedMemory {
  readonly id: number;
  readonly address: Pointer;
  readonly bytes: number;

  private constructor(id: number, address: Pointer, bytes: number) {
    this.id = id;
    this.address = address;
    this.bytes = bytes;
  }

  static make(bytes: number): SharedMemory {
    const id: number = sys.shmget(IPC_PRIVATE, bytes, IPC_CREAT | 0o600);
    if (id < 0) throw new Error(`shmget: errno ${koffi.errno()}`);
    const address: Pointer = sys.shmat(id, 0, 0);
    if (address === -1 || address === -1n) {
      sys.shmctl(id, IPC_RMID, 0);
      throw new Error(`shmat: errno ${koffi.errno()}`);
    }
    return new SharedMemory(id, address, bytes);
  }

  /** From now on it goes away with the last process that has it, however that ends. */
  forget(): void {
    sys.shmctl(this.id, IPC_RMID, 0);
  }

  isSameAs(other: SharedMemory, bytes: number): boolean {
    return sys.memcmp(this.address, other.address, bytes) === 0;
  }

  [Symbol.dispose](): void {
    sys.shmctl(this.id, IPC_RMID, 0); // may have been done
    sys.shmdt(this.address);
  }
}
