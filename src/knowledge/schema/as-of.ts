import * as z from "zod/mini";

/**
 * `as-of.json`: the day on which hosts, programs and the releases of Kubernetes were last gone through as a whole, so that
 * what is missing came out later. Set by hand after that, never computed from the clock.
 */
export const asOfSchema = z.object({ date: z.iso.date() });
