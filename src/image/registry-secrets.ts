import type { FoundLogin } from "./registry-credentials.ts";

/** What a registry was shown and nobody else may see. */
export interface Secrets {
  /** The value of an Authorization header. */
  addAuthorization(header: string): void;
  addLogin(found: FoundLogin): void;
  /**
   * Takes the secrets out of what a server says, before it is shown: some servers repeat what they were sent in their errors,
   * and messages end up in logs that anybody can read.
   */
  hide(text: string): string;
}

/** Any text as a regular expression. */
function toPattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}

/** None yet. */
export function createSecrets(): Secrets {
  const known = new Set<string>();
  function add(secret: string): void {
    for (const form of [secret, encodeURIComponent(secret.toWellFormed())]) if (form !== "") known.add(form);
  }
  return {
    addAuthorization: (header) => add(header.slice(header.indexOf(" ") + 1)),
    addLogin({ login }) {
      if (login === undefined) return;
      if ("identityToken" in login) return add(login.identityToken);
      if ("registryToken" in login) return add(login.registryToken);
      add(login.password);
      add(Buffer.from(`${login.username}:${login.password}`).toString("base64"));
    },
    hide(text) {
      // Longer ones first: one may be part of another. Addresses come back in small letters.
      const longest = [...known].sort((a, b) => b.length - a.length);
      return longest.reduce((rest, secret) => rest.replace(new RegExp(toPattern(secret), "gi"), "***"), text);
    },
  };
}
