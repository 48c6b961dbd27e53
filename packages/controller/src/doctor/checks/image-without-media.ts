import { aboutSource, GATEWAY_DOWN } from "../about.ts";
import { fail, gatewaySaw, type LiveCheck, manual, pass } from "../check.ts";

const build = manual(
  "Build the image anew with this version (`browservm image build`), and start new sessions of it. An image without a browser has no video.",
);

export const imageWithoutMedia: LiveCheck = {
  code: "live-image-without-media",
  layer: "live",
  asks: "session",
  title: "The image can send picture and sound",
  dependsOn: [GATEWAY_DOWN],
  breaks: [],
  explanation: {
    symptom: "The page shows pictures by VNC only, whatever is chosen.",
    cause: "The VM's image has no media helper: it has no browser, or was built before there was one.",
    evidence: "The agent refuses the stream `media` because its image sends none.",
    fix: build,
  },
  judge: aboutSource(({ problem, state }) =>
    problem?.code === "STREAM_UNAVAILABLE"
      ? fail(
          "The VM's image cannot send picture and sound.",
          [gatewaySaw("stream media", problem.message)],
          build,
        )
      : pass("stream media", state),
  ),
};
