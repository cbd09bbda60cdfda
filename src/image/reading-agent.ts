import { Agent, type ClientRequestArgs } from "node:http";
import { connect, type NetConnectOpts, type Socket } from "node:net";

/** Bytes of one read: a little more than Linux keeps for a socket on the same machine (208 KiB, net.core.wmem_default). */
export const READ = 256 * 1024;

/**
 * An agent for large answers without TLS. Each of its connections reads into the same memory over and over, where Node's own
 * take fresh memory for each 64 KiB. That memory is the garbage collector's to give back, and each 64 MiB make it look through
 * all that was kept of the image so far.
 */
export function createReadingAgent(): Agent {
  const agent = new Agent();
  agent.createConnection = connectReusing;
  return agent;
}

/** Like net.connect; what comes is pushed as Node does it, so the stream waits, ends and fails as any other. */
function connectReusing(options: ClientRequestArgs): Socket {
  let buffer = Buffer.allocUnsafeSlow(READ);
  const socket: Socket = connect({
    ...(options as NetConnectOpts),
    onread: {
      buffer: () => buffer,
      callback(size) {
        const wantsMore = socket.push(buffer.subarray(0, size));
        // Whoever listens has taken what they want of it by now: the parser of HTTP copies. What waits in the stream must stay.
        if (socket.readableLength > 0) buffer = Buffer.allocUnsafeSlow(READ);
        return wantsMore;
      },
    },
  });
  return socket;
}
