import asOf from "../knowledge/as-of.json" with { type: "json" };

/** A minor release of Kubernetes comes every four months, one of a distribution mostly every six. */
const FRESH_DAYS = 183;
const DAY = 24 * 60 * 60 * 1000;

/**
 * A release knows the hosts and programs of its day. Whoever stays with it must be told that `default` and `maintained` are
 * those of then, or its pass would mean less each month without a word.
 * @param today `YYYY-MM-DD`
 * @returns a sentence for the notes of the report; none while the knowledge is fresh
 */
export function describeAge(today: string): string[] {
  if (Date.parse(today) - Date.parse(asOf.date) <= FRESH_DAYS * DAY) return [];
  return [
    `hosts, programs and defects are known as of ${asOf.date}: later ones are in no selection and no rule; take a newer release of netfilter-compat`,
  ];
}
