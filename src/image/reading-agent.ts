import type { Agent, ClientRequestArgs } from "node:http";
import type { Socket } from "node:net";

/** Bytes of one read: a little more than Linux keeps for a socket on the same machine (208 KiB, net.core.wmem_default). */
export const READ = 256 * 1024;
/** With TLS a read is one record (RFC 8446, section 5.1). */
export const TLS_READ = 16 * 1024;

/**
 * Makes an agent one for large answers, with or without TLS. Each of its connections reads into the same memory over and over,
 * where Node's own take fresh memory for each 64 KiB, or 16 with TLS. That memory is the garbage collector's to give back, and
 * each 64 MiB make it look through all that was kept of the image so far. Connections through a proxy stay as they are.
 * @param agent is changed
 * @param size of the memory: {@link READ}, or {@link TLS_READ}
 */
export function readingAgent<T extends Agent>(agent: T, size: number): T {
  const connect = agent.createConnection.bind(agent) as (options: object, callback?: unknown) => Socket;
  agent.createConnection = (options: ClientRequestArgs, callback?: unknown): Socket => {
    const socket: Socket = connect({ ...options, onread: readInto(size, () => socket) }, callback);
    return socket;
  };
  return agent;
}

/** The option `onread` of net.connect and tls.connect; what comes is pushed as Node does it, so the stream waits, ends and fails as any other. */
function readInto(size: number, socketOf: () => Socket) {
  let buffer = Buffer.allocUnsafeSlow(size);
  return {
    buffer: () => buffer,
    callback(read: number): boolean {
      const socket = socketOf();
      const wantsMore = socket.push(buffer.subarray(0, read));
      // Whoever listens has taken what they want of it by now: the parser of HTTP copies. What waits in the stream must stay.
      if (socket.readableLength > 0) buffer = Buffer.allocUnsafeSlow(size);
      return wantsMore;
    },
  };
}
