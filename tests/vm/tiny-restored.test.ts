import { tinyStory } from "./tiny-story.ts";

// All that holds for a VM that was booted holds for one that was restored.
tinyStory({ start: "restore" });
