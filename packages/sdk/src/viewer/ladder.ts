import type { Rung } from "@browservm/contract";

export type VideoRung = Exclude<Rung, "vnc">;
/** What a person wants: the best that goes, or no better than this. */
export type Wish = "auto" | Rung;
/** What the gateway says of the VM's capture. */
export type SourceState = "starting" | "running" | "failed";

const ORDER: readonly VideoRung[] = ["webrtc", "websocket"];
/** A try without a painted frame ends after so long. */
const TRY_MS = 4000;
/** The same while the VM's capture only begins. */
const START_MS = 30_000;
/** So long WebRTC's handshake waits for the first picture by WebSocket: it would keep page and gateway from showing that. */
const HEAD_START_MS = 500;
/** After the first, second and each further failure. WebRTC that has painted and breaks is tried once more at once. */
const WAITS_MS = [30_000, 60_000, 120_000] as const;
/** What has painted for so long has proved itself: its failures are forgotten. */
const PROVED_MS = 60_000;
/** What breaks so soon after a change of the network broke by it: the new one may carry it at once. */
const CHANGE_MS = 10_000;

const NAMES: Readonly<Record<VideoRung, string>> = { webrtc: "WebRTC", websocket: "video over WebSocket" };
const EMULATED = "this VM is emulated: encoding video in it would slow its browser down";
const NO_GATEWAY = "there is no connection to the media gateway";

interface Trouble {
  readonly times: number;
  readonly until: number;
  readonly why: string;
  /** Of the way itself, not of the VM's picture. */
  readonly isOfWay: boolean;
}

export interface LadderSpec {
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
  readonly isEmulated: boolean;
  /** Rungs that this browser cannot use at all, and why. */
  readonly unable: ReadonlyMap<VideoRung, string>;
}

/** Which way of the picture is shown, and which is tried. Pure: it is told what happens, and asked what to do. */
export class Ladder {
  readonly #spec: LadderSpec;
  readonly #troubles = new Map<VideoRung, Trouble>();
  #wish: Wish = "auto";
  #isHidden = false;
  #served: ReadonlySet<Rung> | null | undefined;
  #source: SourceState | null = null;
  #shown: Rung = "vnc";
  #shownAt = 0;
  #trying: VideoRung | null = null;
  #changedAt = Number.NEGATIVE_INFINITY;
  #triedAt = 0;
  /** What is tried does not begin before, unless a picture comes by WebSocket. */
  #heldUntil = 0;

  constructor(spec: LadderSpec) {
    this.#spec = spec;
  }

  get wish(): Wish {
    return this.#wish;
  }

  /** What paints now. */
  get shown(): Rung {
    return this.#shown;
  }

  /** What is tried meanwhile. */
  get trying(): VideoRung | null {
    return this.#trying;
  }

  /** What may paint until WebRTC, which is tried, does: it needs no handshake. */
  get meanwhile(): VideoRung | null {
    if (this.#trying !== "webrtc") return null;
    return !this.#waits("websocket") && this.#allowed().includes("websocket") ? "websocket" : null;
  }

  /** What is tried and may begin. */
  get begun(): VideoRung | null {
    return this.#isHeld ? null : this.#trying;
  }

  get triedAt(): number {
    return this.#triedAt;
  }

  /** The best that would be taken now, whether or not it goes. */
  get wants(): Rung {
    return this.wantsGateway && !this.#isHidden ? this.#first() : "vnc";
  }

  /** Whether the gateway is of any use now. */
  get wantsGateway(): boolean {
    return this.#wish !== "vnc" && !(this.#wish === "auto" && this.#spec.isEmulated);
  }

  choose(wish: Wish): void {
    this.#wish = wish;
    this.#forgive();
    this.#settle();
  }

  hide(isHidden: boolean): void {
    this.#isHidden = isHidden;
    this.#settle();
  }

  /** What the gateway serves; null while there is no connection to it, undefined while that is not known. */
  serve(rungs: readonly Rung[] | null | undefined): void {
    this.#served = rungs && new Set(rungs);
    this.#source = null;
    this.#settle();
  }

  /** How the VM's capture is. All rungs with video live of it. */
  hear(source: SourceState, problem?: string): void {
    if (source !== this.#source && this.#trying) this.#triedAt = this.#spec.now();
    // what failed for want of a picture is worth a try as soon as there is one
    if (source === "running" && this.#source === "failed")
      for (const [rung, { isOfWay }] of this.#troubles) if (!isOfWay) this.#troubles.delete(rung);
    this.#source = source;
    const isInUse = this.#trying !== null || this.#shown !== "vnc";
    if (source === "failed" && isInUse)
      for (const rung of ORDER)
        if (!this.#waits(rung)) this.#note(rung, problem ?? "the VM has no picture to send", false);
    this.#settle();
  }

  painted(rung: VideoRung): void {
    if (rung === this.#shown || (rung !== this.#trying && rung !== this.meanwhile)) return;
    this.#shown = rung;
    this.#shownAt = this.#spec.now();
    if (rung === this.#trying) this.#trying = null;
    this.#settle();
  }

  failed(rung: VideoRung, why: string): void {
    if (rung !== this.#shown && rung !== this.#trying && rung !== this.meanwhile) return;
    this.#note(rung, why);
    this.#settle();
  }

  /** The network is another: what failed in the old one is tried again at once. */
  networkChanged(): void {
    this.#changedAt = this.#spec.now();
    this.#forgive();
    this.#settle();
  }

  /** To be called at `nextAt`. */
  tick(): void {
    const { now } = this.#spec;
    if (this.#trying && now() >= this.#triedAt + this.#limitMs)
      this.#note(this.#trying, `no picture came within ${this.#limitMs / 1000} s`);
    this.#settle();
  }

  /** When something is due by itself. */
  get nextAt(): number | null {
    const due = this.#better()
      .map((rung) => this.#troubles.get(rung)?.until)
      .filter((at) => at !== undefined && at > this.#spec.now());
    if (this.#trying) due.push(this.#isHeld ? this.#heldUntil : this.#triedAt + this.#limitMs);
    return due.length === 0 ? null : Math.min(...due.map(Number));
  }

  /** Why what is shown is not better; null when it is what was wanted, or something better is being tried. */
  get why(): string | null {
    if (this.#wish === "vnc" || this.#shown === this.#first()) return null;
    if (!this.wantsGateway) return EMULATED;
    if (this.#isHidden) return "this tab is hidden";
    if (this.#served === null) return NO_GATEWAY;
    if (this.#served === undefined) return null;
    if (this.#trying && this.#trying === this.#first()) return null;
    // of the rung next to what is shown: those above it have failed before
    const above = this.#shown === "vnc" ? "websocket" : "webrtc";
    return this.#whyNot(above) ?? this.#whyNot(this.#first());
  }

  #first(): VideoRung {
    return this.#wish === "websocket" ? "websocket" : "webrtc";
  }

  #whyNot(rung: VideoRung): string | null {
    const known = this.#spec.unable.get(rung) ?? this.#troubles.get(rung)?.why;
    if (known !== undefined) return known;
    return this.#served?.has(rung) ? null : `the gateway does not serve ${NAMES[rung]}`;
  }

  /** It failed a while ago. */
  #waits(rung: VideoRung): boolean {
    return (this.#troubles.get(rung)?.until ?? 0) > this.#spec.now();
  }

  get #isHeld(): boolean {
    return this.meanwhile !== null && this.#shown === "vnc" && this.#spec.now() < this.#heldUntil;
  }

  get #limitMs(): number {
    return this.#source === "starting" ? START_MS : TRY_MS;
  }

  /** What may be used at all, the best first. */
  #allowed(): VideoRung[] {
    if (!this.wantsGateway || this.#isHidden) return [];
    return ORDER.slice(ORDER.indexOf(this.#first())).filter(
      (rung) => this.#served?.has(rung) && !this.#spec.unable.has(rung),
    );
  }

  /** Of that, what is better than what is shown. */
  #better(): VideoRung[] {
    const allowed = this.#allowed();
    return this.#shown === "vnc" ? allowed : allowed.slice(0, Math.max(0, allowed.indexOf(this.#shown)));
  }

  #settle(): void {
    const allowed = this.#allowed();
    if (this.#shown !== "vnc" && !allowed.includes(this.#shown)) this.#shown = "vnc";
    const now = this.#spec.now();
    const best = this.#better().find((rung) => !this.#waits(rung)) ?? null;
    if (best !== this.#trying) {
      this.#triedAt = now;
      this.#heldUntil = now + HEAD_START_MS;
    }
    this.#trying = best;
  }

  #note(rung: VideoRung, why: string, isOfWay = true): void {
    const now = this.#spec.now();
    const isShown = rung === this.#shown;
    const before = isShown && now - this.#shownAt >= PROVED_MS ? undefined : this.#troubles.get(rung);
    // TCP may be open where UDP is dropped now: that is known when it was tried.
    const isFirst = isOfWay && rung === "webrtc" && before === undefined;
    const isFree = isShown && (isFirst || now - this.#changedAt < CHANGE_MS);
    const times = (before?.times ?? 0) + (isFree ? 0 : 1);
    const wait = isFree ? 0 : (WAITS_MS[Math.min(times, WAITS_MS.length) - 1] ?? WAITS_MS[0]);
    this.#troubles.set(rung, { times, until: now + wait, why, isOfWay });
    if (isShown) this.#shown = "vnc";
  }

  #forgive(): void {
    this.#troubles.clear();
  }
}
