import type { Progress } from "@browservm/contract";

/**
 * Says what apt and dpkg are doing as notes with a share of the whole. Each package is fetched, unpacked and set up;
 * how many there are is only known as apt decides it, in a few rounds.
 */
export function mmdebstrapNotes(progress: Pick<Progress, "note">): (line: string) => void {
  let expected = 0;
  let done = 0;
  let shown = -1;
  const say = (what: string) => {
    const percent = expected === 0 ? 0 : Math.min(99, Math.floor((100 * done) / (3 * expected)));
    if (percent === shown) return;
    shown = percent;
    progress.note(`${percent} % · ${what}`);
  };
  return (line) => {
    const round = /(\d+) newly installed/.exec(line)?.[1];
    if (round !== undefined) expected += Number(round);
    const did = /^(?:(Get):\d+ \S+ \S+ \S+ (\S+)|(Unpacking|Setting up) (\S+))/.exec(line);
    if (did) {
      done += 1;
      say(did[1] ? `fetching ${did[2]}` : `${did[3] === "Unpacking" ? "unpacking" : "setting up"} ${did[4]}`);
    } else if (/^[EW]: /.test(line)) progress.note(line);
  };
}
