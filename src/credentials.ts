import { pathExists } from "./image/open-source.ts";
import { parseReference } from "./image/reference.ts";
import type { RegistryCredentials } from "./image/registry-credentials.ts";
import { parseRegistryName } from "./image/registry-name.ts";
import { UserError } from "./model/error.ts";

/**
 * The login of the inputs, bound to the one registry that the references name: a password must not be offered to whatever
 * registry another reference leads to.
 * @throws UserError when only one half is given, or when the references name several registries
 */
export function credentialsFor(
  login: { username?: string | undefined; password?: string | undefined },
  references: readonly string[],
): RegistryCredentials | undefined {
  const { username, password } = login;
  if (username === undefined && password === undefined) return undefined;
  if (username === undefined || password === undefined) {
    throw new UserError("inputs registry-username and registry-password: give both, or neither");
  }
  const hosts = [...new Set(references.flatMap(registryOf))];
  if (hosts.length > 1) {
    const named = `the images are in ${hosts.length} registries (${hosts.join(", ")})`;
    throw new UserError(
      `inputs registry-username and registry-password are for one registry: ${named}; log in with docker login instead`,
    );
  }
  const [registry] = hosts;
  return registry === undefined ? undefined : { username, password, registry };
}

/** Host of the registry that a reference may be read from; none for archives. */
function registryOf(reference: string): string[] {
  const parsed = parseReference(reference, pathExists);
  const named = parsed.transport === "registry" || (parsed.transport === "name" && parsed.registry);
  return named ? [parseRegistryName(parsed.name).host] : [];
}
