/** Put in by the bundler and by the test configuration, from package.json; scripts that run the source go without. */
declare const __VERSION__: string | undefined;
/** Put in by the bundler: a digest of the bundle itself. */
declare const __BUILD__: string | undefined;

export const tool = {
  name: "netfilter-compat",
  version: typeof __VERSION__ === "string" ? __VERSION__ : "development",
} as const;

/** Tells this build from every other of the same version; undefined where the source runs unbundled. */
export const build = typeof __BUILD__ === "string" ? __BUILD__ : undefined;
