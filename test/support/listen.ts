import { createServer as createHttpServer, type Server as HttpServer, type RequestListener } from "node:http";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { atEnd } from "./at-end.ts";

/** Servers on a free port of this machine, closed with their connections at the end of the test file. */

/** Answers HTTP requests. */
export async function listen(handler: RequestListener): Promise<HttpServer> {
  return await startServer(createHttpServer(handler));
}

/** Hands over each connection; one that breaks is nobody's error. */
export async function listenForSockets(handler: (socket: Socket) => void): Promise<Server> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    handler(socket);
  });
  return await startServer(server);
}

/** Starts a server of any kind. */
export async function startServer<Kind extends Server>(server: Kind): Promise<Kind> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  atEnd(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return server;
}

/** `127.0.0.1:PORT`. */
export function addressOf(server: Server): string {
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
