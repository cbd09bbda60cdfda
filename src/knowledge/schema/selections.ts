import * as z from "zod/mini";

/** `hosts/selections.json`: named lists of hosts. An entry is a catalogue id, `id@kernel` or `id@*`. */
export const selectionsSchema = z.record(
  z.string(),
  z.object({
    hosts: z.array(z.string()).check(z.minLength(1)),
    note: z.string(),
    /** What whoever selects it has to know: shown in the report. */
    caveat: z.optional(z.string()),
  }),
);
