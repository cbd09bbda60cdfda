import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { atEnd } from "./at-end.ts";

/** A small server that answers like Docker's daemon, with an archive made elsewhere. */

export interface StandIn {
  server: Server;
  requests: string[];
}

/** As Docker's daemon sends an image: without a length, in chunks of 32 KiB (seen with 28.5, both image stores). */
function sendChunks(response: ServerResponse, data: Buffer): void {
  for (let at = 0; at < data.length; at += 32 * 1024) response.write(data.subarray(at, at + 32 * 1024));
  response.end();
}

/**
 * Answers the three requests of the Engine API that are needed to read an image.
 * @param archive what it holds under `name`, which has a tag
 * @param answer may answer a request in another way; true = it did
 */
export function createStandIn(
  name: string,
  archive: string,
  answer: (request: IncomingMessage, response: ServerResponse) => boolean = () => false,
): StandIn {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const url = request.url ?? "";
    requests.push(url);
    if (answer(request, response)) return;
    response.setHeader("api-version", "1.48");
    const asked = /^\/images\/(.+)\/(json|get)(\?.*)?$/.exec(url);
    if (url === "/_ping") response.end("OK");
    else if (asked?.[2] === "json" && (asked[1] === name || `${asked[1]}:latest` === name))
      response.end(JSON.stringify({ Id: `sha256:${"c0ffee".repeat(10)}abcd`, RepoTags: [name] }));
    else if (asked?.[2] === "get" && asked[1] === name) sendChunks(response, readFileSync(archive));
    else response.writeHead(404).end(JSON.stringify({ message: `No such image: ${asked?.[1]}` }));
  });
  atEnd(() => {
    server.closeAllConnections();
    server.close();
  });
  return { server, requests };
}
