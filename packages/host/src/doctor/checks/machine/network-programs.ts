import { programsCheck } from "./programs.ts";

export const networkPrograms = programsCheck({
  code: "network-programs",
  title: "The programs that set up and probe the network are installed",
  programs: () => ["ip", "nft", "nsenter", "ping"],
});
