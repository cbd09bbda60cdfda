import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { inFolder } from "./in-folder.ts";

/** Lets the real Berkeley DB write hash files as rpm's `Packages` is one, through the module that perl has for it. */

export function hasBerkeleyDb(): boolean {
  return spawnSync("perl", ["-MDB_File", "-e", "1"], { timeout: 30_000 }).status === 0;
}

/** Reads `ID HEX` to put a value and `ID` to remove it, a line each. */
const PROGRAM = `
  my $info = DB_File::HASHINFO->new;
  $info->{bsize} = $ARGV[1];
  tie(my %rows, 'DB_File', $ARGV[0], O_RDWR | O_CREAT, 0644, $info) or die "$!";
  while (<STDIN>) {
    chomp;
    my ($id, $hex) = split / /;
    if (defined $hex) { $rows{pack 'V', $id} = pack 'H*', $hex } else { delete $rows{pack 'V', $id} }
  }
  untie %rows;`;

/**
 * @param steps a header is put at its number; without one what is there is removed
 * @returns the file, and what must be in it
 */
export function writeBerkeley(
  pageSize: number,
  steps: { id: number; header?: Buffer }[],
): { bytes: Buffer; left: Map<number, Buffer> } {
  const left = new Map<number, Buffer>();
  // As in rpm's own, the value of number 0 is the next free number.
  const lines = ["0 01000000"];
  for (const { id, header } of steps) {
    lines.push(header ? `${id} ${header.toString("hex")}` : `${id}`);
    if (header) left.set(id, header);
    else left.delete(id);
  }
  return inFolder((folder) => {
    const path = join(folder, "Packages");
    const args = ["-MDB_File", "-MFcntl", "-e", PROGRAM, path, `${pageSize}`];
    execFileSync("perl", args, { input: `${lines.join("\n")}\n`, timeout: 60_000 });
    return { bytes: readFileSync(path), left };
  });
}
