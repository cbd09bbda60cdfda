/** Put in by the bundler and by the test configuration, from package.json. */
declare const __VERSION__: string;

export const tool = { name: "netfilter-compat", version: __VERSION__ } as const;
