import { tinyStory } from "./tiny-story.ts";

// The same story in a container, which has no kernel of its own to panic.
tinyStory({ start: "boot", env: { BROWSERVM_VMM__DRIVER: "container" }, ownKernel: false });
