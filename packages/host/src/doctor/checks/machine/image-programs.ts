import { programsCheck } from "./programs.ts";

export const imagePrograms = programsCheck({
  code: "image-programs",
  title: "The programs that build images and disks are installed",
  symptom: "`browservm image build` ends with TOOL_MISSING",
  programs: () => ["mmdebstrap", "mkfs.erofs", "mkfs.ext4"],
});
