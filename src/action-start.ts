import { tool } from "./version.ts";

/**
 * Where the Action begins. Which version runs is in the log at once, also when the rest, most of it knowledge and GitHub's
 * client, fails to load.
 */
process.stdout.write(`${tool.name} ${tool.version}\n`);
await import("./main.ts");
