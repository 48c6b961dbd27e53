import { tinyStory } from "./tiny-story.ts";

// Booted; tiny-restored.test.ts is the same from a golden snapshot.
tinyStory({ start: "boot" });
