import * as z from "zod/mini";

/** `wrappers.json`: how scripts and programs that choose the backend of iptables at run time are told. */

const texts = z.array(z.string()).check(z.minLength(1));

const wrapperScriptSchema = z.object({
  /** Generation of iptables-wrapper, or a fork's name. */
  version: z.string(),
  /** It holds all of these texts. */
  all: texts,
  /** It is no command but a start script that sets the links of the commands. */
  entrypoint: z.optional(z.boolean()),
  /** Pattern whose group is the folder of the links that it sets. A wrapper called by a link elsewhere calls itself again. */
  linksIn: z.optional(z.string()),
  /** Pattern whose group are the names of the links that it sets; absent: all of iptables' commands. */
  sets: z.optional(z.string()),
  /** The only backend whose links it sets; for the other one it relies on what the image has. */
  setsOnly: z.optional(z.enum(["nft", "legacy"])),
  source: z.string(),
  note: z.string(),
});

export const wrappersSchema = z.object({
  comment: z.string(),
  /** The first that fits counts. */
  scripts: z.array(wrapperScriptSchema),
  /** Of a script that writes the wrapper and so holds its texts. */
  installer: z.object({ all: texts, source: z.string(), note: z.string() }),
  /** Patterns of lines that leave the container, each with such a line. */
  hostExec: z.array(z.object({ pattern: z.string(), line: z.string(), source: z.string() })),
  /** The wrapper that is a Go program, told by its module; its generations by a text each. */
  go: z.object({
    module: z.string(),
    /** It replaces the links in the first of these folders that has `iptables`, whichever link it was called by. */
    linksIn: texts,
    generations: z.array(z.object({ version: z.string(), text: z.string() })),
    source: z.string(),
  }),
});
export type WrapperScript = z.infer<typeof wrapperScriptSchema>;
