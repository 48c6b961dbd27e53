import { programsCheck } from "./programs.ts";

export const networkPrograms = programsCheck({
  code: "network-programs",
  title: "The programs that set up and probe the network are installed",
  symptom: "`up` ends with TOOL_MISSING before there is a network",
  programs: () => ["ip", "nft", "nsenter", "ping"],
});
