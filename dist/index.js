import { createRequire as __createRequire } from "node:module";
const require = __createRequire(import.meta.url);

// src/version.ts
var tool = {
  name: "netfilter-compat",
  version: true ? "0.1.0" : "development"
};

// src/action-start.ts
process.stdout.write(`${tool.name} ${tool.version}
`);
await import("./action.js");
