import type { SessionId } from "@browservm/contract";
import type { BrowserVM } from "@browservm/sdk";
import { INTERNET, PAGE_WORDS } from "./internet.ts";
import type { Ledger } from "./ledger.ts";

const WHAT = "HTTP guest → outside (time between requests)";
const EVERY_SECONDS = 5;
/** Silence of the guest for longer than this is a loss, whatever it says later. */
const SILENCE_MS = 90_000;

/** Asks the page outside for ever, `/number/lost`, whether or not anybody holds the control channel. */
const LOOP = `i=0; lost=0; while :; do i=$((i+1))
said=$(timeout 30 bash -c "exec 3<>/dev/tcp/${INTERNET}/80 && printf 'GET /$i/$lost HTTP/1.0\\r\\n\\r\\n' >&3 && cat <&3")
case $said in *"${PAGE_WORDS}"*) ;; *) lost=$((lost+1)) ;; esac
sleep ${EVERY_SECONDS}; done`;

/** The guest's own requests to a page outside, as that page sees them. */
export class GuestAsks {
  readonly #ledger: Ledger;
  #lastAt: number | undefined;
  #number = 0;
  #lost = 0;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** Starts them in the guest, as a unit of their own: a command of ours would end with the control channel. */
  async begin(client: BrowserVM, id: SessionId): Promise<void> {
    const command = ["systemd-run", "--quiet", "--unit=browservm-soak", "bash", "-c", LOOP];
    await inGuest(client, id, command);
    this.#lastAt = performance.now();
  }

  /** Told of every request that reached the page. */
  onRequest(path: string): void {
    const [, number, lost] = /^\/(\d+)\/(\d+)$/.exec(path)?.map(Number) ?? [];
    if (number === undefined || lost === undefined) return;
    const now = performance.now();
    if (this.#lastAt !== undefined) this.#ledger.took(WHAT, now - this.#lastAt);
    this.#lastAt = now;
    for (; this.#lost < lost; this.#lost++)
      this.#ledger.lose(WHAT, `the guest got no page at request ${number - 1}`);
    this.#number = number;
  }

  /** A guest that fell silent says nothing of it. */
  check(): void {
    if (this.#lastAt === undefined || performance.now() - this.#lastAt < SILENCE_MS) return;
    this.#ledger.lose(WHAT, `nothing came for ${SILENCE_MS / 1000} s after request ${this.#number}`);
    this.#lastAt = performance.now();
  }
}

/** Runs a command as root in the guest; throws when it does not end well. */
export async function inGuest(client: BrowserVM, id: SessionId, command: string[]): Promise<void> {
  const timeoutMs = 120_000;
  const request = { command, user: "root" as const, timeoutMs };
  let said = "";
  for await (const event of client.sessions.exec(id, request, { signal: AbortSignal.timeout(timeoutMs) })) {
    if (event.type === "output") said += Buffer.from(event.data).toString();
    else if (event.code !== 0)
      throw new Error(`${command[0]} ended with ${event.code ?? event.signal}: ${said}`);
  }
}
