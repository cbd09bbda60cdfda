/** Inputs that once ended in something else than a result or a UserError. They are as the fuzzers print them. */
export const regressions: { target: string; what: string; input: unknown }[] = [
  {
    target: "streams",
    what: "gzip data with something else behind it, in another piece",
    input: {
      mutant: { base: "members", edits: [{ kind: "repeat", at: 754643643, length: 599, times: 2 }] },
      size: 1,
    },
  },
];
