export { LIVE_CHECKS } from "./checks.ts";
