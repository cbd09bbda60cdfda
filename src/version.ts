/** Put in by the bundler and by the test configuration, from package.json; scripts that run the source go without. */
declare const __VERSION__: string | undefined;

export const tool = {
  name: "netfilter-compat",
  version: typeof __VERSION__ === "string" ? __VERSION__ : "development",
} as const;
