import { aboutViewers } from "../about.ts";
import { type LiveCheck, manual } from "../check.ts";

const choose = manual(
  "Choose another codec in the quality menu, or set `media.codec` to one that guest and viewers have: VP8 is in every browser.",
);

export const noCommonCodec: LiveCheck = {
  code: "live-no-common-codec",
  layer: "live",
  asks: "session",
  title: "Viewers can decode what the guest encodes",
  dependsOn: ["live-gateway-down"],
  breaks: [],
  explanation: {
    symptom: "The page says that this browser cannot decode the video, and stays at VNC.",
    cause: "The picture's codec is none that the viewer's browser decodes.",
    evidence: "The codecs that the viewer agreed on or told of, beside the one that the guest encodes.",
    fix: choose,
  },
  judge: aboutViewers(({ codecs, rung }, { source }) => {
    if (!source || !codecs || codecs.includes(source.codec)) return undefined;
    const takes = codecs.length > 0 ? codecs.join(", ") : "none";
    const also = source.codecs.filter((codec) => codecs.includes(codec));
    const hint = also.length > 0 ? ` (the guest has ${also.join(", ")}, too)` : "";
    return {
      cause: `the picture is ${source.codec}, and its browser decodes ${takes}${hint}.`,
      excerpt: `on ${rung}: decodes ${takes}; the guest encodes ${source.codecs.join(", ")}`,
    };
  }),
};
