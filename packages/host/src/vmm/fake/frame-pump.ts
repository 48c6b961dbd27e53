import { setImmediate as turn } from "node:timers/promises";
import { check, closeFd, isSyscallError, POLLIN, sys } from "../../linux/libc.ts";
import { deleteLink } from "../../linux/links.ts";
import { NetlinkSocket } from "../../linux/netlink-socket.ts";
import { attachTap, setOffloads, VNET_HEADER_BYTES } from "../../linux/tun.ts";
import { TAP_WAYS, type TapBehaviour, type TapWay } from "./tap-ways.ts";

/** Upper bound for how long timers and signals of this process wait while no frame comes. */
const IDLE_MS = 100;
/** And while frames come all the time. */
const BUSY_MS = 5;
const FRAME_BYTES = 65_536 + 64;
const POLLFD_BYTES = 8; // struct pollfd { int fd; short events; short revents; }
/** poll(2) passes over it. */
const NO_FD = -1;

/**
 * Carries frames between the VM's TAP and the guest's `eth0`, as a VMM's virtio device does, in the way that it is
 * told. It blocks its thread in poll(2), for Node cannot wait on a TAP.
 */
export class FramePump {
  readonly #tap: string;
  readonly #guest: number;
  readonly #frame = Buffer.alloc(FRAME_BYTES);
  readonly #pollfds = Buffer.alloc(2 * POLLFD_BYTES);
  #host = NO_FD;
  #way: TapWay | undefined;
  /** False: frames of the host are taken and forgotten, and the guest's, too. */
  guestLives = true;
  /** Longer ones are lost; without the virtio header. */
  largestFrameBytes = Number.MAX_SAFE_INTEGER;

  /** `guest` is the descriptor of the TAP that the guest's stack has for its `eth0`. */
  constructor(tap: string, guest: number) {
    this.#tap = tap;
    this.#guest = guest;
  }

  /** Lets go of the VM's TAP and takes it again. Nothing when that is how it has it. */
  take(way: TapWay): void {
    if (way === this.#way) return;
    const { opening, withoutTap, guestOffloads } = this.#behaviour(way);
    if (this.#host !== NO_FD) closeFd(this.#host);
    this.#host = NO_FD;
    this.#way = way;
    if (withoutTap) removeTap(this.#tap);
    setOffloads(this.#guest, guestOffloads);
    if (opening) this.#host = attachTap(this.#tap, opening);
  }

  /** Never ends; everything else on this thread has its turn at least ten times a second. */
  async run(): Promise<never> {
    for (;;) {
      const busyUntil = performance.now() + BUSY_MS;
      while (this.#carry() && performance.now() < busyUntil);
      await turn();
    }
  }

  /** Waits for frames and carries at most one each way; false when there was none. */
  #carry(): boolean {
    for (const [index, fd] of [this.#host, this.#guest].entries()) {
      this.#pollfds.writeInt32LE(fd, index * POLLFD_BYTES);
      this.#pollfds.writeInt16LE(POLLIN, index * POLLFD_BYTES + 4);
      this.#pollfds.writeInt16LE(0, index * POLLFD_BYTES + 6);
    }
    if (!this.#poll()) return false;
    const { cutFromHost, padToGuest, cutFromGuest } = this.#behaviour(this.#way ?? "never");
    if (this.#pollfds.readInt16LE(6)) this.#copy(this.#host, this.#guest, cutFromHost, padToGuest);
    if (this.#pollfds.readInt16LE(POLLFD_BYTES + 6)) this.#copy(this.#guest, this.#host, cutFromGuest, 0);
    return true;
  }

  #poll(): boolean {
    try {
      return check(sys.poll(this.#pollfds, 2, IDLE_MS), "poll") > 0;
    } catch (error) {
      if (isSyscallError(error, "EINTR")) return false; // a signal: Node handles it in its next turn
      throw error;
    }
  }

  #copy(from: number, to: number, cut: number, pad: number): void {
    const length = this.#read(from, this.#frame.subarray(VNET_HEADER_BYTES));
    if (length <= cut || !this.guestLives || to === NO_FD) return;
    if (length - VNET_HEADER_BYTES > this.largestFrameBytes) return;
    // What is cut lies behind the room for what is put there instead.
    const start = VNET_HEADER_BYTES + cut - pad;
    this.#frame.fill(0, start, start + pad);
    const bytes = this.#frame.subarray(start, VNET_HEADER_BYTES + length);
    // A link that is down refuses frames (EIO); a real machine's packets are lost then, too.
    sys.write(to, bytes, bytes.length);
  }

  #read(from: number, into: Buffer): number {
    const length = sys.read(from, into, into.length);
    // The TAP was deleted under us (EBADFD): the VMM lives on without it.
    if (length < 0 && from === this.#host) this.#forgetHost();
    return length;
  }

  /** Its descriptor stays open, as that of a VMM that notices nothing; only poll(2) no longer looks at it. */
  #forgetHost(): void {
    this.#host = NO_FD;
  }

  #behaviour(way: TapWay): TapBehaviour {
    return TAP_WAYS[way];
  }
}

function removeTap(name: string): void {
  using netlink = new NetlinkSocket();
  deleteLink(netlink, name);
}
