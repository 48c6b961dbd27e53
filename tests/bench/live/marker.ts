/**
 * A clock that a page paints and a reader reads back from the picture: black and white cells in the lower left corner,
 * first four that are always the same, then 16 bits of milliseconds in Gray code (a cell caught in the middle of its
 * change is wrong by one step only), then their parity.
 */
export const CELL_PX = 32;
const HEAD = [1, 0, 1, 1];
const BITS = 16;
export const CELLS = HEAD.length + BITS + 1;
const SPAN_MS = 2 ** BITS;

/** The cells of a time, in the order in which they are painted. Runs in the page too, as text. */
export function cellsOf(ms: number): number[] {
  const count = ms % 65_536;
  const gray = count ^ (count >> 1);
  const bits = Array.from({ length: 16 }, (_, at) => (gray >> (15 - at)) & 1);
  return [1, 0, 1, 1, ...bits, bits.reduce((sum, bit) => sum ^ bit, 0)];
}

/** How old the picture is whose cells have these brightnesses (0 to 255); undefined when it is no marker, or torn. */
export function ageOf(brightness: readonly number[], nowMs: number): number | undefined {
  const cells = brightness.map((value) => (value > 127 ? 1 : 0));
  if (cells.length !== CELLS || HEAD.some((cell, at) => cells[at] !== cell)) return undefined;
  const bits = cells.slice(HEAD.length, -1);
  if (bits.reduce<number>((sum, bit) => sum ^ bit, 0) !== cells.at(-1)) return undefined;
  let count = 0;
  for (let at = 0, bit = 0; at < BITS; at += 1) {
    bit ^= bits[at] ?? 0;
    count = count * 2 + bit;
  }
  return (((nowMs - count) % SPAN_MS) + SPAN_MS) % SPAN_MS;
}

/** A page that paints the time in every frame it is given, with something that moves and something to read. */
export const markerPage = (): string =>
  `data:text/html,${encodeURIComponent(`<!doctype html><title>clock</title>
<style>body{margin:0;background:#f4f1ea;font:15px sans-serif;overflow:hidden}canvas{position:fixed;left:0;bottom:0}
#b{position:fixed;width:180px;height:180px;background:linear-gradient(45deg,#d33,#36c)}p{margin:6px 220px}</style>
<div id=b></div><script>
${cellsOf.toString()}
for(let i=0;i<24;i++)document.body.insertAdjacentHTML("beforeend","<p>"+"The quick brown fox jumps over the lazy dog. ".repeat(2)+i)
const c=document.body.appendChild(document.createElement("canvas")),x=c.getContext("2d",{alpha:false});
c.width=${CELLS * CELL_PX};c.height=${CELL_PX};
(function f(){const t=Date.now();cellsOf(t).forEach((v,i)=>{x.fillStyle=v?"#fff":"#000";x.fillRect(i*${CELL_PX},0,${CELL_PX},${CELL_PX})});
b.style.transform="translate("+(t/4%1000)+"px,"+(250+150*Math.sin(t/400))+"px)";requestAnimationFrame(f)})()
</script>`)}`;

/** What one look at the picture saw: when, and how bright each cell was. */
export interface Look {
  readonly at: number;
  readonly cells: readonly number[];
}

/**
 * Text of a function for the reader's page: looks at the picture in every frame for so many milliseconds, and answers
 * the looks (Look[]) that differ from the one before. `surface` is an expression for the element that shows it.
 */
export const readerScript = (surface: string, ms: number): string => `new Promise((done) => {
  const small = new OffscreenCanvas(${CELLS}, 1).getContext("2d", { willReadFrequently: true });
  const looks = [], end = performance.now() + ${ms};
  let last = "";
  const look = () => {
    const from = ${surface};
    const width = from?.videoWidth ?? from?.width ?? 0, height = from?.videoHeight ?? from?.height ?? 0;
    if (width > 0) {
      small.imageSmoothingEnabled = false;
      small.drawImage(from, 0, height - ${CELL_PX / 2}, ${CELLS * CELL_PX}, 1, 0, 0, ${CELLS}, 1);
      const { data } = small.getImageData(0, 0, ${CELLS}, 1);
      const cells = Array.from({ length: ${CELLS} }, (_, at) => data[at * 4 + 1]);
      const text = cells.map((value) => (value > 127 ? 1 : 0)).join("");
      if (text !== last) looks.push({ at: Date.now(), cells });
      last = text;
    }
    if (performance.now() < end) requestAnimationFrame(look);
    else done(looks);
  };
  requestAnimationFrame(look);
})`;
