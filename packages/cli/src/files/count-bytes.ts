import { type Readable, Transform } from "node:stream";
import type { Output } from "../output.ts";
import { inUnits } from "./describe-files.ts";

interface Counting {
  readonly output: Output;
  readonly total: number | undefined;
}

const TELL_MS = 200;

/** The same bytes; how many there were is told while they go by. */
export function countBytes(source: Readable, { output, total }: Counting): Readable {
  let bytes = 0;
  let toldAt = 0;
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (Date.now() - toldAt > TELL_MS) {
        toldAt = Date.now();
        output.transient(total === undefined ? inUnits(bytes) : `${inUnits(bytes)} of ${inUnits(total)}`);
      }
      done(null, chunk);
    },
  });
  source.once("error", (error) => counter.destroy(error));
  counter.once("close", () => source.destroy());
  return source.pipe(counter);
}
