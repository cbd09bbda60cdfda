import type { FileTree } from "../model/image.ts";
import { textAt } from "./content.ts";

/** Where Debian and Fedora note the alternatives of a name. */
const FOLDERS = ["/var/lib/dpkg/alternatives", "/var/lib/alternatives"];

/** True for the notes on iptables and ip6tables. */
export function isAlternatives(path: string): boolean {
  return /\/var\/lib\/(?:dpkg\/)?alternatives\/ip6?tables$/.test(`/${path.replace(/^\/+/, "")}`);
}

/** What is noted of one name (update-alternatives(1), "Files"; the same in chkconfig's alternatives). */
export interface Alternatives {
  /** The highest priority wins; otherwise somebody chose one. */
  isAuto: boolean;
  priorities: Map<string, number>;
}

/** @returns undefined where nothing is noted */
export function readAlternatives(tree: FileTree, name: string): Alternatives | undefined {
  const text = FOLDERS.map((folder) => textAt(tree, `${folder}/${name}`)).find((found) => found !== undefined);
  if (text === undefined) return undefined;
  const noted = [...text.matchAll(/^(\/\S+)\n(?:@.*@)?(-?\d{1,9})$/gm)];
  const priorities = new Map(noted.map(([, path = "", priority]) => [path, Number(priority)]));
  return { isAuto: text.startsWith("auto\n"), priorities };
}

/** The one of the highest priority. */
export function bestAlternative({ priorities }: Alternatives): string | undefined {
  return [...priorities].sort(([, one], [, other]) => other - one)[0]?.[0];
}
